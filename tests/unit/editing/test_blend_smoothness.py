"""How even a way is: steps, their largest, and the distance from both ends."""

import numpy as np
import pytest
import torch

from stylealign.editing import blend_smoothness
from stylealign.editing.blend import METHODS
from stylealign.editing.blend_smoothness import blend_rows, evenness, sequence_distances
from stylealign.tables import BLEND_SMOOTHNESS, to_frame

HOW = {"num_z": 6, "truncation_psi": 0.7, "seed": 0}


@pytest.fixture(scope="module")
def rows(relatives, judge):
    paths = [relatives[name] for name in ("parent", "child")]
    return to_frame(BLEND_SMOOTHNESS, blend_rows("parent2child", paths, judge, granularity="layer", **HOW))


def test_an_even_way_has_the_ratio_one_and_a_leap_that_of_all_steps():
    found = evenness(np.array([[0.2, 0.0, 0.0], [0.2, 0.6, 0.0], [0.2, 0.0, 0.0]]))  # 3 steps of 3 codes
    assert found["max_over_mean"].tolist() == pytest.approx([1, 3, 1]), "the last never moves: even"
    assert found["mean_step"].tolist() == pytest.approx([0.2, 0.2, 0])
    assert found["largest_step"].tolist() == pytest.approx([0.2, 0.6, 0])


def test_distances_are_those_of_neighbours_and_ends(judge):
    images = list(torch.randint(0, 256, [3, 2, 3, 16, 16], generator=torch.Generator().manual_seed(0)).to(torch.uint8))
    found = sequence_distances(images, judge)
    assert found["step"].shape == (2, 2)
    assert np.allclose(found["step"][1], judge.distance(images[1], images[2]), atol=1e-6)
    assert np.allclose(found["to_first"][2], judge.distance(images[0], images[2]), atol=1e-6)
    assert np.allclose(found["to_first"][2], found["to_second"][0], atol=1e-6)
    assert not found["to_first"][0].any()


def test_every_way_takes_as_many_steps_between_the_same_ends(rows):
    assert set(rows["method"]) == set(METHODS)
    assert set(rows["num_steps"]) == {5}
    for _, own in rows.groupby("method"):
        assert sorted(own.loc[own["measure"] == "step", "place"]) == [1, 2, 3, 4, 5]
        assert sorted(own.loc[own["measure"] == "to_first", "place"]) == [0, 1, 2, 3, 4, 5]
    ends = rows[(rows["measure"] == "to_first") & (rows["place"] == 5)]["value"]
    assert ends.max() - ends.min() < 1e-6
    starts = rows[(rows["measure"] == "to_first") & (rows["place"] == 0)]["value"]
    assert not starts.any()


def test_a_ways_numbers_agree_with_its_steps_and_lie_in_their_intervals(rows):
    assert (rows["low"] <= rows["value"]).all()
    assert (rows["value"] <= rows["high"]).all()
    for _, own in rows.groupby("method"):
        value = own.set_index(["measure", "place"])["value"]
        assert value["mean_step", 0] == pytest.approx(value["step"].mean())
        assert value["largest_step", 0] >= value["step"].max()
        assert 1 <= value["max_over_mean", 0] <= 5


def test_the_same_model_twice_has_no_steps(relatives, judge):
    paths = [relatives[name] for name in ("parent", "copy")]
    rows = to_frame(BLEND_SMOOTHNESS, blend_rows("parent2copy", paths, judge, granularity="block", **HOW))
    assert not rows.loc[rows["measure"] == "largest_step", "value"].any()
    assert rows.loc[rows["measure"] == "max_over_mean", "value"].eq(1).all()


def test_batches_are_only_a_matter_of_memory(relatives, judge, rows, monkeypatch):
    monkeypatch.setattr(blend_smoothness, "BATCH", 4)  # of 6 codes
    paths = [relatives[name] for name in ("parent", "child")]
    found = to_frame(BLEND_SMOOTHNESS, blend_rows("parent2child", paths, judge, granularity="layer", **HOW))
    assert np.allclose(found[["value", "low", "high"]], rows[["value", "low", "high"]], atol=1e-4)
