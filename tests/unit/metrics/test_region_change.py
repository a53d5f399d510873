"""Changes inside and outside of a region: one value an image, by the parent's own image, and laws that hold for any."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.judges.judge import REGIONS, Judge
from stylealign.metrics.region_change import region_columns, side_changes

SEEDS = st.integers(0, 10_000)


class BrightJudge(Judge):
    """Finds what is brighter than half in red."""

    kind, measures, region_names = "bright", frozenset({REGIONS}), ("dark", "bright")

    def _regions(self, pixels):
        return (pixels[:, 0] > 127).to(torch.uint8)


@pytest.fixture(scope="module")
def judge():
    return BrightJudge("bright", "cpu")


def some_images(seed, num=6):
    stream = torch.Generator().manual_seed(seed)
    return torch.randint(0, 256, [num, 3, 8, 8], dtype=torch.uint8, generator=stream)


def some_masks(seed, num=6):
    """A different share of each image; nothing of the first, all of the last."""
    stream = torch.Generator().manual_seed(seed)
    return torch.rand([num, 1, 8, 8], generator=stream) < torch.linspace(-0.01, 1.01, num)[:, None, None, None]


def test_the_change_is_the_mean_over_pixels_and_colours_of_each_image():
    before, after, mask = some_images(0), some_images(1), some_masks(2)
    inside, outside = side_changes(before, after, mask)
    change = (before.numpy().astype(int) - after.numpy().astype(int)).__abs__()
    for place in range(1, 5):
        there = mask[place, 0].numpy()
        assert inside[place] == pytest.approx(change[place][:, there].mean(), rel=1e-12)
        assert outside[place] == pytest.approx(change[place][:, ~there].mean(), rel=1e-12)
    assert np.isnan(inside).tolist() == [True, *[False] * 5]
    assert np.isnan(outside).tolist() == [*[False] * 5, True]


def test_grey_levels_do_not_wrap_around():
    black, white = torch.zeros([1, 3, 8, 8], dtype=torch.uint8), torch.full([1, 3, 8, 8], 255, dtype=torch.uint8)
    for before, after in ((black, white), (white, black)):
        inside, outside = side_changes(before, after, some_masks(0, 3)[1:2])
        assert (inside[0], outside[0]) == (255, 255)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_what_is_equal_outside_has_changed_by_exactly_nothing_there(seed):
    before, other, mask = some_images(seed), some_images(seed + 1), some_masks(seed)
    inside, outside = side_changes(before, torch.where(mask, other, before), mask)
    assert (outside[:-1] == 0).all()
    assert (inside[1:] > 0).all()
    assert all((side[np.isfinite(side)] == 0).all() for side in side_changes(before, before, mask))


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_neither_the_order_of_models_nor_which_side_is_which_matters(seed):
    before, after, mask = some_images(seed), some_images(seed + 1), some_masks(seed)
    inside, outside = side_changes(before, after, mask)
    assert np.array_equal(inside, side_changes(after, before, mask)[0], equal_nan=True)
    assert np.array_equal(inside, side_changes(before, after, ~mask)[1], equal_nan=True)
    assert np.array_equal(outside, side_changes(before, after, ~mask)[0], equal_nan=True)


def test_a_child_that_changed_inside_alone_has_an_outside_of_exactly_0(judge):
    before = some_images(0)
    bright = before[:, :1] > 127
    after = torch.where(bright, before - 40, before)  # the child's own image has less of the region: it is not asked
    found = region_columns(judge, ["bright"], before, after, 0, "adaptation", "child")
    assert (found["change_outside"], found["outside_low"], found["outside_high"]) == (0, 0, 0)
    assert found["change_inside"] > 40
    assert found["num_inside"] == 6
    same = region_columns(judge, ["bright"], before, before, 0, "adaptation", "child")
    assert (same["change_inside"], same["change_outside"]) == (0, 0)


def test_images_without_the_region_count_outside_only(judge):
    before = some_images(0)
    before[2:, 0] = 9
    after = (before.int() + 1).clamp(max=255).to(torch.uint8)
    inside, outside = side_changes(before, after, (before[:, :1] > 127))
    found = region_columns(judge, ["bright"], before, after, 0, "adaptation", "child")
    assert found["num_inside"] == 2
    assert found["change_inside"] == pytest.approx(inside[:2].mean())
    assert found["change_outside"] == pytest.approx(outside.mean())


def test_one_image_has_a_change_and_no_interval(judge):
    before = some_images(0)
    before[1:, 0] = 9
    found = region_columns(judge, ["bright"], before, some_images(1), 0, "adaptation", "child")
    assert found["num_inside"] == 1
    assert found["change_inside"] > 0
    assert (found["inside_low"], found["inside_high"]) == (None, None)


def test_a_side_that_no_image_has_is_missing(judge):
    before = some_images(0)
    before[:, 0] = 9
    found = region_columns(judge, ["bright"], before, some_images(1), 0, "adaptation", "child")
    assert [found[name] for name in ("change_inside", "inside_low", "inside_high", "num_inside")] == [None] * 3 + [0]
    whole = region_columns(judge, ["dark", "bright"], before, some_images(1), 0, "adaptation", "child")
    assert whole["region"] == "dark, bright"
    assert [whole[name] for name in ("change_outside", "outside_low", "outside_high")] == [None] * 3
    assert whole["change_inside"] == found["change_outside"]
