"""Images and edits of a parent in a relative: kept whole by a copy, refused by a stranger, controls near nothing."""

import numpy as np
import pytest

from stylealign.adaptation_tables import EDITS_ACROSS_DOMAINS
from stylealign.editing.edits_across_domains import (
    MEAN,
    crossing_pictures,
    crossing_rows,
    kept_rows,
    no_own_places,
    open_crossing,
    ratio_of_means,
    readable_numbers,
)
from stylealign.errors import CodesError, JudgeError, LineageError
from stylealign.judged_attributes import Scores
from stylealign.tables import to_frame

ABOUT = {"parent": "parent", "model": "child", "seed": 0, "protocol": "test"}
EDITED = ("yaw_deg", "smile")


@pytest.fixture
def cross(relatives, inverted, channels, boundaries):
    def make(model="copy", owner="parent", edits=("direction", "channels")):
        codes = inverted("dog", relatives[owner], ("w_opt",)).codes["w_opt"]
        files = (relatives["parent"], relatives[model], codes, channels, boundaries)
        return open_crossing(*files, attributes=EDITED, edits=edits, strength=3.0, seed=0)

    return make


def rows_of(crossing, judge, named=(), kept=None):
    settings = {"attributes": EDITED, "kept": kept, "named": named, "domains": ("face", "face")}
    frame = to_frame(EDITS_ACROSS_DOMAINS, crossing_rows(crossing, judge, Scores(), **settings, about=ABOUT))
    return {(row["measure"], row["attribute"], row["edit"]): row for row in frame.to_dict("records")}


def test_a_copy_keeps_everything(cross, judge):
    rows = rows_of(cross(), judge, named=("smile",))
    for attribute in (*EDITED, MEAN):
        assert rows["kept", attribute, ""]["value"] == pytest.approx(1)
        assert rows["shuffled", attribute, ""]["value"] < 1
    effects = [row for (measure, _, _), row in rows.items() if measure == "effect"]
    assert len(effects) == 4
    for row in effects:
        assert row["effect_in_model"] == row["effect_in_parent"]
        assert np.isnan(row["value"]) or row["value"] == row["low"] == row["high"] == 1
    assert rows["kept", "smile", ""]["is_named"]
    assert not rows["kept", "yaw_deg", ""]["is_named"]


def test_a_relative_differs_and_has_the_same_rows(cross, judge):
    copy, child = rows_of(cross(), judge), rows_of(cross("child"), judge)
    assert list(copy) == list(child)
    assert any(child[key]["effect_in_model"] != copy[key]["effect_in_model"] for key in copy if key[0] == "effect")


def test_the_mean_leaves_out_what_the_text_names():
    rng = np.random.default_rng(0)
    same, other, noise = (rng.normal(size=30) for _ in range(3))
    columns = {"hue": (same, same), "hair": (other, noise)}
    about = {"model": "a", "num_images": 30, "seed": 0}
    found = {(row["measure"], row["attribute"]): row["value"] for row in kept_rows(columns, {"hair"}, about)}
    assert found["kept", MEAN] == found["kept", "hue"] == pytest.approx(1)
    both = {(row["measure"], row["attribute"]): row["value"] for row in kept_rows(columns, set(), about)}
    assert both["kept", MEAN] == pytest.approx((both["kept", "hue"] + both["kept", "hair"]) / 2)


@pytest.mark.parametrize("num", [2, 3, 7, 100])
def test_in_the_control_no_image_meets_itself_and_each_is_met_once(num):
    for seed in range(20):
        other = no_own_places(num, seed, "child")
        assert sorted(other) == list(range(num))
        assert (other != np.arange(num)).all()


def test_a_ratio_needs_an_effect_to_carry_over():
    rng = np.random.default_rng(1)
    before = rng.normal(2, 0.5, 40)
    ratio, (low, high) = ratio_of_means(before / 2, before, 0, "a")
    assert (ratio, low, high) == pytest.approx((0.5, 0.5, 0.5))
    nothing = rng.normal(0, 1, 40)
    assert np.isnan(ratio_of_means(before, nothing - nothing.mean(), 0, "a")[0])


def test_pictures_begin_with_the_unedited_image(cross):
    crossing = cross("child", edits=("direction",))
    shown = crossing_pictures(crossing, np.zeros([6, 16, 16, 3], np.uint8), 2)
    assert shown["parent"].shape == shown["model"].shape == (2, 3, 16, 16, 3)
    assert [str(one) for one in shown["edits"]] == ["yaw_deg: W", "smile: W"]
    plain = crossing_pictures(cross("child", edits=("channels",)), np.zeros([6, 16, 16, 3], np.uint8), 2)
    np.testing.assert_array_equal(plain["model"][:, 0], shown["model"][:, 0])
    assert (shown["model"][:, 1] != shown["model"][:, 0]).any()


def test_strangers_and_codes_of_others_are_refused(cross):
    with pytest.raises(LineageError, match="no common ancestor"):
        cross("stranger")
    with pytest.raises(CodesError, match="found in another model"):
        cross("child", owner="child")


def test_attributes_that_are_read_poorly_are_left_out(judge):
    scores = Scores(
        {("face", "yaw_deg"): 0.9, ("face", "smile"): 0.2, ("face", "glasses"): 0.9}, frozenset({"glasses"})
    )
    assert readable_numbers(judge, None, scores, ("face", "face")) == ("yaw_deg",)
    assert readable_numbers(judge, ("smile",), scores, ("face", "face")) == ("smile",)
    poor = Scores({("face", "yaw_deg"): 0.1, ("face", "smile"): 0.2}, frozenset({"glasses"}))
    with pytest.raises(JudgeError, match=r"edits_across_domains\.kept"):
        readable_numbers(judge, None, poor, ("face", "face"))
