"""The figures of channels and edits, with short names and long ones: nothing is cut off by the edge of the page."""

from stylealign.figures.channel_fate import compose_channel_fate
from stylealign.figures.channel_maps import compose_channel_maps
from stylealign.figures.channel_overlap import compose_channel_overlap
from stylealign.figures.effect_agreement import compose_effect_agreement
from stylealign.figures.manipulations import compose_manipulations


def test_channels(channel_overlap, channel_fate, channels, evidence, parents, rename, check_all):
    check_all(compose_channel_overlap, rename(channel_overlap), rename(parents))
    check_all(compose_channel_fate, rename(channel_fate), rename(parents))
    tables = dict(zip(rename(dict.fromkeys(channels)), channels.values(), strict=True))
    check_all(compose_channel_maps, rename(evidence), tables, rename(parents))


def test_edits(effect_agreement, edited_images, parents, rename, check_all):
    check_all(compose_effect_agreement, rename(effect_agreement), rename(parents))
    check_all(compose_manipulations, rename(edited_images), rename(parents), 1)
