"""Image sets that are a part of a world (``only``): which images, split how, and what too few say."""

import pandas as pd
import pytest

from stylealign.config.domains import WorldDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet, load_regions
from stylealign.data.selection import is_selected
from stylealign.errors import ImageSetError

DARK = {"coat_lightness": (0.14, 0.4), "hat": "no"}


def world(files, only=None, world="face", **nums):
    domain = WorldDomain(source="world", world=world, **{"num_train": 40, "num_test": 24} | nums, only=only)
    build_image_set(domain, name="face", resolution=16, seed=0, **files)
    images = ImageSet.open(files["images"], files["index"])
    return pd.read_parquet(files["index"]).set_index("origin"), images.all(), load_regions(files["regions"])[0]


def test_a_selection_is_the_part_of_the_whole_that_lies_within_the_bounds(files):
    whole, pixels, regions = world(files)
    part, chosen, chosen_regions = world(files, DARK)
    dark = (whole["attribute:coat_lightness"] <= 0.4) & (whole["attribute:hat"] == 0)
    assert 10 < len(part) == dark.sum() < len(whole)
    assert part.drop(columns="file").equals(whole[dark].drop(columns="file"))
    assert (chosen == pixels[dark.to_numpy()]).all()
    assert (chosen_regions == regions[dark.to_numpy()]).all()


def test_more_held_out_images_leave_the_others_where_they_were(files):
    few, _, _ = world(files, DARK)
    many, _, _ = world(files, DARK, num_test=80)
    assert len(many) > len(few)
    assert many[: len(few)].equals(few)
    assert set(many[len(few) :]["split"]) == {"test"}


@pytest.mark.parametrize(("split", "nums"), [("train", {"num_train": 3}), ("test", {"num_test": 1})])
def test_too_few_are_refused_and_nothing_is_left(files, split, nums):
    with pytest.raises(ImageSetError, match=rf"world face: \d of the images drawn as `num_{split}` are as `only`"):
        world(files, {"coat_lightness": (0.14, 0.2), "hat": "no"}, **nums)
    assert list(files["images"].parent.iterdir()) == []


def test_bounds_are_included_values_are_named_and_what_is_unknown_lies_in_none():
    assert is_selected({"age": 0.3}, None)
    assert is_selected({"age": 0.3, "hat": 1.0}, {"age": (0.3, 0.3), "hat": "yes"})
    assert not is_selected({"age": 0.3, "hat": 1.0}, {"age": (0.3, 0.3), "hat": "no"})
    assert not is_selected({"age": 0.31, "hat": 1.0}, {"age": (0.0, 0.3)})
    assert not is_selected({"cloth_hue": float("nan")}, {"cloth_hue": (20, 320)})
