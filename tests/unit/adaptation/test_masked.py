"""An adaptation confined to a region, whole: less changes outside, as much may inside, resumed as if never stopped."""

import numpy as np
import pytest
import torch

from stylealign.adaptation.region import open_region
from stylealign.checkpoint import load_generator, read_card
from stylealign.config.adapted_region import AdaptedRegion
from stylealign.images import to_pixels
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.region_masks import region_masks
from stylealign.metrics.region_change import side_changes

NAMES = ("background", "skin", "hair", "eye")


class HalvesJudge(EmbeddedJudge):
    """A judge whose regions are known: hair above, skin below."""

    def _regions(self, pixels):
        found = torch.full([len(pixels), *pixels.shape[2:]], NAMES.index("skin"), dtype=torch.uint8)
        found[:, : pixels.shape[2] // 2] = NAMES.index("hair")
        return found


@pytest.fixture(scope="module")
def judge(make_judge):
    tiny = make_judge(regions=NAMES)
    return HalvesJudge("tiny", tiny.network)


@pytest.fixture(scope="module")
def confined(make_adapted, judge):
    """Adapts with the hair as region, with these weights of what is outside."""

    def make(name, regions=("hair",), *, parser=judge, folder=None, iterations=12, **weights):
        section = {"judge": "tiny", "regions": regions, **weights}
        opened = open_region(AdaptedRegion.model_validate(section), parser, judge, model=name)
        course = {"iterations": iterations, "batch_size": 4, "lr": 0.01, "checkpoint_iterations": 3}
        return make_adapted(name, opened=opened, region=section, folder=folder, **course)

    return make


@pytest.fixture(scope="module")
def held(confined):
    return confined("held", pixel_weight=100.0, perceptual_weight=10.0)


def change(make_adapted, judge, files):
    """Mean absolute change of grey levels inside the region, and outside."""
    z = torch.randn([16, 8], generator=torch.Generator().manual_seed(3))
    with torch.no_grad():
        before, after = (to_pixels(load_generator(path)[0](z)) for path in (make_adapted.parent, files.g_ema))
    inside, outside = side_changes(before, after, region_masks(judge, ["hair"], before))
    return inside.mean(), outside.mean()


def test_what_is_outside_changes_less_where_it_is_held(make_adapted, judge, confined):
    held = confined("held", pixel_weight=100.0, perceptual_weight=1.0, iterations=60)
    loose = confined("loose", pixel_weight=0, perceptual_weight=0, iterations=60)
    held_inside, held_outside = change(make_adapted, judge, held)
    _, loose_outside = change(make_adapted, judge, loose)
    assert held_outside < 0.5 * loose_outside
    assert held_inside > 1.5 * held_outside, "the change is where it was asked for"
    assert held_inside > 5, "and there is one"


def test_nothing_is_asked_where_the_region_is_nowhere(make_adapted, confined):
    """Nobody finds an eye: images are held whole, CLIP sees none, and an exact copy of the parent costs nothing."""
    files = confined("blind", regions=("eye",))
    assert read_card(files.g_ema).digest == read_card(make_adapted.parent).digest


def test_equal_settings_give_equal_bytes(held, confined):
    again = confined("held", pixel_weight=100.0, perceptual_weight=10.0)
    assert again.g_ema.read_bytes() == held.g_ema.read_bytes()
    assert again.samples.read_bytes() == held.samples.read_bytes()


class BreakingJudge(HalvesJudge):
    """Parses eight times, and no more."""

    num_parsed = 0

    def _regions(self, pixels):
        self.num_parsed += 1
        if self.num_parsed > 8:
            raise RuntimeError("the power is gone")
        return super()._regions(pixels)


def test_a_run_that_broke_off_ends_as_one_that_did_not(held, confined, judge, tmp_path):
    weights = {"pixel_weight": 100.0, "perceptual_weight": 10.0, "folder": tmp_path}
    with pytest.raises(RuntimeError, match="the power is gone"):
        confined("held", parser=BreakingJudge("tiny", judge.network), **weights)
    assert [path.name for path in (tmp_path / "state").glob("state-*6.safetensors")] == ["state-000000006.safetensors"]
    again = confined("held", **weights)
    assert again.g_ema.read_bytes() == held.g_ema.read_bytes()


def test_the_card_tells_the_region(held):
    told = read_card(held.g_ema).transfer["adapted"]["region"]
    assert (told["regions"], told["pixel_weight"]) == (["hair"], 100.0)


def test_the_mask_of_the_test_is_half_of_the_image(judge):
    pixels = torch.zeros([2, 3, 16, 16], dtype=torch.uint8)
    assert np.isclose(region_masks(judge, ["hair"], pixels).float().mean(), 0.5)
