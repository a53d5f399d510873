"""What must hold of a domain's transform, whatever the picture."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.config.domains import Transform
from stylealign.data.transform import transformed

PARTS = st.floats(-0.5, 0.5)
FLIPS = st.sampled_from([None, "vertical", "horizontal"])
FILLS = st.sampled_from(["edge", "reflect"])
SIDES = st.sampled_from([16, 32])


def picture(seed: int, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Random pixels, and region ids that are told by the first colour alone: they must stay on their pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, [side, side, 3], np.uint8)
    return pixels, pixels[..., 0] // 32


@given(seed=st.integers(0, 99), side=SIDES, fill=FILLS)
@settings(max_examples=20, deadline=None)
def test_no_shift_is_the_identity(seed, side, fill):
    pixels, regions = picture(seed, side)
    same = transformed(pixels, regions, Transform(shift=(0, 0), fill=fill))
    assert np.array_equal(same[0], pixels)
    assert np.array_equal(same[1], regions)
    assert transformed(pixels, regions, None) == (pixels, regions)


@given(seed=st.integers(0, 99), side=SIDES, flip=st.sampled_from(["vertical", "horizontal"]))
@settings(max_examples=20, deadline=None)
def test_flipping_twice_is_the_identity(seed, side, flip):
    pixels, regions = picture(seed, side)
    once = transformed(pixels, regions, Transform(flip=flip))
    twice = transformed(*once, Transform(flip=flip))
    assert not np.array_equal(once[0], pixels)
    assert np.array_equal(twice[0], pixels)
    assert np.array_equal(twice[1], regions)


@given(seed=st.integers(0, 99), side=SIDES, shift=st.tuples(PARTS, PARTS), flip=FLIPS, fill=FILLS)
@settings(max_examples=60, deadline=None)
def test_regions_move_with_the_image(seed, side, shift, flip, fill):
    pixels, regions = picture(seed, side)
    moved, moved_regions = transformed(pixels, regions, Transform(shift=shift, flip=flip, fill=fill))
    assert np.array_equal(moved[..., 0] // 32, moved_regions)


@given(seed=st.integers(0, 99), side=SIDES, shift=st.tuples(PARTS, PARTS), fill=FILLS)
@settings(max_examples=40, deadline=None)
def test_a_shift_and_back_gives_what_never_left_the_square(seed, side, shift, fill):
    pixels, _ = picture(seed, side)
    there, _ = transformed(pixels, None, Transform(shift=shift, fill=fill))
    back, _ = transformed(there, None, Transform(shift=tuple(-part for part in shift), fill=fill))
    right, down = Transform(shift=shift).shift_px(side)
    rows, columns = (slice(max(0, -px), side - max(0, px)) for px in (down, right))
    assert np.array_equal(back[rows, columns], pixels[rows, columns])


def test_a_shift_means_the_same_at_any_resolution():
    small, _ = picture(0, 16)
    large = small.repeat(2, axis=0).repeat(2, axis=1)
    transform = Transform(shift=(0.25, -0.125))
    moved_small, moved_large = (transformed(pixels, None, transform)[0] for pixels in (small, large))
    assert np.array_equal(moved_small.repeat(2, axis=0).repeat(2, axis=1), moved_large)
