"""Adapting one region: masks as the parser sees them, nothing asked inside, everything held outside."""

import numpy as np
import pytest
import torch

from stylealign.adaptation.region import (
    has_region,
    inside,
    open_region,
    outside_squares,
)
from stylealign.config.adapted_region import AdaptedRegion
from stylealign.errors import JudgeError
from stylealign.images import to_net, to_pixels
from stylealign.judges.colour import ColourJudge
from stylealign.judges.region_masks import region_masks

NAMES = ("background", "skin", "hair", "eye")
SEEN = ("background", "eye")  # what the untrained parser finds a few pixels of


@pytest.fixture(scope="module")
def judge(make_judge):
    return make_judge(regions=NAMES)


def settings(**changed):
    return AdaptedRegion.model_validate({"judge": "tiny", "regions": SEEN} | changed)


def some_images(num=5, seed=0):
    """Images in [-1, 1] that are whole grey levels."""
    generator = torch.Generator().manual_seed(seed)
    return to_net(torch.randint(0, 256, [num, 3, 16, 16], dtype=torch.uint8, generator=generator))


def a_mask(num=5):
    mask = torch.zeros([num, 1, 16, 16], dtype=torch.bool)
    mask[:, :, 4:9, 3:12] = True
    return mask


def test_the_mask_is_where_the_parser_sees_a_named_region(judge):
    x = some_images()
    region = open_region(settings(), judge, judge, model="m")
    parsed = judge.regions(to_pixels(x))
    mask = region.mask(x, some_images(seed=1))
    assert mask.any(), "a mask of something"
    assert not mask.all(), "and not of everything"
    assert mask.shape == (5, 1, 16, 16)
    assert np.array_equal(mask[:, 0].numpy(), (parsed == 0) | (parsed == 3))
    assert torch.equal(mask, region_masks(judge, SEEN, to_pixels(x)))


def test_of_both_images_the_mask_is_the_union(judge):
    x, other = some_images(), some_images(seed=1)
    own = open_region(settings(), judge, judge, model="m")
    both = open_region(settings(seen_in="both"), judge, judge, model="m")
    assert torch.equal(both.mask(x, other), own.mask(x, other) | own.mask(other, x))


def test_outside_squares_are_means_over_what_is_outside():
    x, other, mask = some_images(), some_images(seed=1), a_mask()
    mask[3], mask[4] = True, False
    squares = outside_squares(x, other, mask)
    for place in range(3):
        there = ~mask[place, 0]
        assert squares[place].item() == pytest.approx(
            (x[place] - other[place])[:, there].square().mean().item(), rel=1e-5
        )
    assert squares[3] == 0, "a region that is the whole image leaves nothing outside"
    assert squares[4].item() == pytest.approx((x[4] - other[4]).square().mean().item(), rel=1e-5), "held whole"


def test_a_change_inside_costs_nothing_and_one_outside_does(judge):
    region, x, mask = open_region(settings(), judge, judge, model="m"), some_images(), a_mask()
    within, without = x + 0.3 * mask, x + 0.3 * ~mask
    assert region.outside_loss(x, within, mask) < 1e-9
    assert region.outside_loss(x, without, mask) > 10 * 0.3**2 * 0.99


def test_gradients_come_from_outside_alone(judge):
    region, x, mask = open_region(settings(), judge, judge, model="m"), some_images(), a_mask()
    trained = some_images(seed=1).requires_grad_()
    region.outside_loss(x, trained, mask).backward()
    assert not (trained.grad * mask).any()
    assert (trained.grad * ~mask).any(1).any(1).any(1).all()


def test_each_weight_of_zero_leaves_its_part_out(judge):
    x, other, mask = some_images(), some_images(seed=1), a_mask()

    def loss(**weights):
        return open_region(settings(**weights), judge, judge, model="m").outside_loss(x, other, mask).item()

    pixels, perceived = loss(perceptual_weight=0), loss(pixel_weight=0)
    assert pixels == pytest.approx(10 * outside_squares(x, other, mask).mean().item(), rel=1e-6)
    assert perceived > 0
    assert loss() == pytest.approx(pixels + perceived, rel=1e-5)
    assert loss(pixel_weight=0, perceptual_weight=0) == 0
    assert settings(perceptual_weight=0).distance_judge() is None


def test_the_perceptual_distance_is_that_of_the_frozen_image_with_the_outside_pasted_in(judge):
    x, other, mask = some_images(), some_images(seed=1), a_mask()
    region = open_region(settings(pixel_weight=0), judge, judge, model="m")
    pasted = to_pixels(torch.where(mask, x, other))
    expected = judge.distance(to_pixels(x), pasted).mean()
    assert region.outside_loss(x, other, mask).item() == pytest.approx(expected, rel=1e-4)


def test_what_clip_sees_is_grey_outside():
    x, mask = some_images(), a_mask()
    seen = inside(x, mask)
    assert torch.equal(seen[:, :, 4:9, 3:12], x[:, :, 4:9, 3:12])
    assert not (seen * ~mask).any()


def test_images_without_the_region_are_known():
    mask = a_mask(3)
    mask[1] = False
    assert has_region(mask).tolist() == [True, False, True]


def test_who_cannot_find_the_region_or_measure_a_distance_is_told(judge):
    with pytest.raises(
        JudgeError, match=r"models\.m\.adapt\.region\.regions: judge tiny finds no 'hare'; did you mean 'h"
    ):
        open_region(settings(regions=("hare",)), judge, judge, model="m")
    with pytest.raises(JudgeError, match="judge colours measures no distance"):
        open_region(settings(perceptual_judge="colours"), judge, ColourJudge("colours"), model="m")
    assert open_region(settings(perceptual_weight=0), judge, None, model="m").perceptual is None
