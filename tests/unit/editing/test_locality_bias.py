"""Which localized channels keep their effect: a copy keeps all; the choice never looks at the child; refusals."""

import numpy as np
import pytest

from stylealign.checkpoint import load_generator
from stylealign.editing.channel_effects import odd_changes
from stylealign.editing.locality_bias import is_kept, locality_bias, readable_numbers
from stylealign.editing.manipulate import channel_edit, measure_deviations
from stylealign.errors import JudgeError, LineageError
from stylealign.judged_attributes import Scores
from stylealign.latents import sample_z
from stylealign.tables import JUDGE_QUALITY, LOCALITY_BIAS, to_frame, write_table

REGIONS = {"2_0": "eye", "2_3": "eye", "2_5": "eye", "3_1": "mouth", "5_2": "hair", "5_9": "hair"}
LAYERS = {"2": "b8.conv0", "3": "b8.conv1", "5": "b16.conv0"}
ABOUT = {"parent": "parent", "model": "child", "num_images": 10, "parser": "tiny", "parser_iou": 0.9}
SETTINGS = {"transform": "flipped vertically", "attributes": ("yaw_deg", "smile"), "num_channels": 2}
SETTINGS |= {"min_effect": 0.5, "num_z": 6, "num_controls": 4, "strength": 3.0, "truncation_psi": 0.7}
SETTINGS |= {"num_shown": 3, "quality": None, "domains": {"parent": "face", "model": "moved"}, "seed": 0}


def regions():
    return [
        ABOUT
        | {"channel": channel, "layer": LAYERS[channel[0]], "region": region, "region_in_model": "eye"}
        | {"kept_region": region == "eye", "region_chance": 0.25, "region_shown": 1.0, "protocol": "psi0.7"}
        for channel, region in REGIONS.items()
    ]


@pytest.fixture(scope="module")
def made(family, judge):
    """Rows as a frame, and pictures, of a child (kept: the same call is made once)."""
    known = {}

    def make(model="child", **changed):
        key = model, tuple(sorted((name, str(value)) for name, value in changed.items()))
        if key not in known:
            rows, pictures = locality_bias(regions(), family["parent"], family[model], judge, **(SETTINGS | changed))
            known[key] = to_frame(LOCALITY_BIAS, rows), pictures
        return known[key]

    return make


def test_of_each_region_so_many_channels_are_taken(made):
    frame = made()[0]
    assert frame.groupby("region")["rank"].max().to_dict() == {"eye": 2, "hair": 2, "mouth": 1}
    assert set(frame["channel"]) <= set(REGIONS)
    assert made(num_channels=9)[0]["channel"].nunique() == len(REGIONS)


def test_a_copy_keeps_every_effect(made):
    frame = made("copy")[0]
    assert frame["effect_model"].tolist() == frame["effect_parent"].tolist()
    assert frame["kept_effect"].all()
    assert (frame["effect_model_low"] == frame["effect_parent_low"]).all()


def test_the_choice_never_looks_at_the_child(made):
    of_parent = ["region", "rank", "channel", "attribute", "effect_parent", "effect_parent_low", "effect_parent_high"]
    assert made("child")[0][of_parent].equals(made("stranger")[0][of_parent])
    assert made("child")[1]["channels"].tolist() == made("stranger")[1]["channels"].tolist()


def test_effects_are_mean_changes_in_deviations_over_the_parents_images(made, family, judge):
    """Measured again, channel by channel, in the child."""
    frame, G, parent = made()[0], *(load_generator(family[name])[0] for name in ("child", "parent"))
    deviations = measure_deviations(parent, truncation_psi=0.7, seed=0)
    ws = G.mapping(sample_z(6, 8, 0, "locality_bias", "effects"), truncation_psi=0.7)
    unit: dict[str, float] = {}
    for row in frame.itertuples():
        edit = channel_edit(G.style_layers, [(row.channel, 1.0)])
        change = odd_changes(G, ws, [edit], 3.0, deviations, judge, [row.attribute])[0, :, 0].mean()
        ratio = change / row.effect_model
        assert np.isclose(ratio, unit.setdefault(row.attribute, ratio))  # one unit for each attribute
        assert row.effect_model_low <= row.effect_model <= row.effect_model_high
    assert all(value > 0 for value in unit.values())


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [(1, 0.5, True), (1, 0.49, False), (1, -1, False), (-1, -3, True), (0, 0, False), (0, 1, False), (-1, 0.6, False)],
)
def test_kept_is_the_same_sign_and_half_the_size(before, after, kept):
    assert bool(is_kept(before, after, 0.5)) is kept


def test_controls_are_other_channels_of_the_layer(made):
    frame = made("copy", num_controls=16)[0]  # all of the layer: 16 channels
    assert ((frame["effect_chance"] * 15).round(9) % 1 == 0).all()  # of the 15 others, not of itself
    assert (frame["effect_chance"] < 1).all()
    assert made(min_effect=1e9)[0]["effect_chance"].eq(0).all()
    lax, strict = (made(min_effect=share)[0]["effect_chance"].sum() for share in (1e-9, 2.0))
    assert lax > strict


def test_pictures_show_each_region_first(made, family):
    pictures = made()[1]
    assert {REGIONS[str(channel)] for channel in pictures["channels"]} == {"eye", "mouth", "hair"}
    assert pictures["parent"].shape == pictures["model"].shape == (3, 3, 16, 16, 3)
    assert pictures["strengths"].tolist() == [-3.0, 0.0, 3.0]
    assert (pictures["model"][:, 1] == pictures["model"][0, 1]).all()  # unedited: one code
    assert not np.array_equal(pictures["model"][0, 0], pictures["model"][0, 2])
    assert made("copy")[1]["model"].tolist() == made("copy")[1]["parent"].tolist()


def test_what_the_judge_reads_poorly_does_not_count(family, judge, tmp_path):
    scored = {("face", "yaw_deg"): 0.9, ("moved", "yaw_deg"): 0.2, ("face", "smile"): 0.4}
    rows = [
        {"judge": "tiny", "domain": domain, "task": "attribute", "target": name, "metric": "r2", "score": score}
        | {"num_images": 9, "seed": 0}
        for (domain, name), score in scored.items()
    ]
    write_table(tmp_path / "quality.parquet", JUDGE_QUALITY, rows, {})
    changed = {"quality": tmp_path / "quality.parquet", "attributes": None}
    found, _ = locality_bias(regions(), family["parent"], family["copy"], judge, **(SETTINGS | changed))
    assert {row["attribute"] for row in found} == {"yaw_deg"}  # smile is not read well in the parent's domain
    assert {row["judge_score"] for row in found} == {0.2}
    assert not any(row["counted"] for row in found)


def test_without_scores_every_number_is_read(judge):
    assert readable_numbers(judge, None, Scores(), "face") == ("yaw_deg", "smile")
    with pytest.raises(JudgeError, match=r"studies\.locality_bias\.attributes: 'glasses' is a class"):
        readable_numbers(judge, ("glasses",), Scores(), "face")
    with pytest.raises(JudgeError, match="reads no number of face well"):
        readable_numbers(judge, None, Scores({("face", "smile"): 0.1}), "face")


def test_a_parent_without_localized_channels_has_no_rows(family, judge):
    rows, pictures = locality_bias([], family["parent"], family["child"], judge, **SETTINGS)
    assert rows == []
    assert pictures["model"].shape == (0, 3, 16, 16, 3)


def test_another_architecture_is_refused(family, judge):
    with pytest.raises(LineageError, match="different shapes"):
        locality_bias(regions(), family["parent"], family["foreigner"], judge, **SETTINGS)
