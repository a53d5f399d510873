from itertools import pairwise

import pytest

from stylealign.figures import alluvial, style
from stylealign.figures import channel_fate as figure


def compose(table, parents):
    with style.applied():
        return figure.compose_channel_fate(table, parents)


def labels(axes):
    return {text.get_text() for text in axes.texts if not text.get_text().isdigit()}


def test_equal_tables_give_equal_bytes(channel_fate, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_channel_fate(channel_fate, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX


def test_a_child_with_grandchildren_is_drawn_once(channel_fate, parents):
    titles = [text.get_text() for text in compose(channel_fate, parents).figure.texts]
    arrow = " \N{RIGHTWARDS ARROW} "
    assert arrow.join(["face", "dog", "cat"]) in titles
    assert arrow.join(["face", "dog"]) not in titles
    assert titles.index("face" + arrow + "painting") < titles.index("dog" + arrow + "cat")


def test_every_channel_is_in_every_column(channel_fate, parents):
    line, painting, cat = compose(channel_fate, parents).figure.axes
    assert {"ear 6", "mouth 4", "hair 8", "same region 2", "another region 8", "unlisted region 1"} <= labels(line)
    assert labels(painting) == {"ear 6", "mouth 4", "hair 8", "same region 16", "another region 1", "none 1"}
    assert labels(cat) == {"ear 7", "torso 3", "same region 9", "another region 1"}


def test_the_chains_say_how_many_return(channel_fate, parents):
    texts = [text.get_text() for text in compose(channel_fate, parents).figure.texts]
    assert "of 7 localized nowhere in dog, 0 act in their old region in cat" in texts
    assert "16 of 18 channels act in their region in painting" in texts
    assert "loose rule: 16 of 18 channels act in their region in painting" in texts


def test_hidden_channels_flow_back(channel_fate, parents):
    back = (channel_fate["grandchild"] == "cat") & (channel_fate["fate_in_child"] == "inactive")
    table = channel_fate.assign(fate_in_grandchild=channel_fate["fate_in_grandchild"].mask(back, "retained"))
    texts = [text.get_text() for text in compose(table, parents).figure.texts]
    assert "of 7 localized nowhere in dog, 7 act in their old region in cat" in texts


def test_ribbons_are_as_wide_as_what_flows(channel_fate, parents):
    chain, *_ = figure._chains(channel_fate, parents)
    for flow, start, end in zip(figure._flows(chain), figure._columns(chain), figure._columns(chain)[1:], strict=False):
        for bar in start:
            assert sum(ribbon.size for ribbon in flow if ribbon.start == bar.name) == bar.size
        for bar in end:
            assert sum(ribbon.size for ribbon in flow if ribbon.end == bar.name) == bar.size


@pytest.mark.parametrize("unit", [0.5, 8.0])
def test_labels_never_meet_and_bars_stay_in_their_column(unit):
    column = [alluvial.Bar(f"region{n}", size, style.GREY) for n, size in enumerate((1, 40, 1, 2, 90))]
    tops = alluvial._tops(column, unit, 0.0)
    middles = [tops[bar.name] + bar.size * unit / 2 for bar in column]
    assert min(b - a for a, b in pairwise(middles)) >= alluvial.ROOM
    assert tops["region4"] + 90 * unit <= alluvial.height_of(column, unit)


def test_no_rows_and_no_channels(channel_fate, parents, tmp_path, read_png):
    for name, table in {"empty": channel_fate[:0], "loose": channel_fate[channel_fate["rule"] == "loose"]}.items():
        figure.draw_channel_fate(table, parents, tmp_path / f"{name}.png")
        assert (read_png(tmp_path / f"{name}.png") < 128).any()
    texts = [text.get_text() for text in compose(table, parents).figure.texts]
    assert any("strict rule" in text for text in texts)
