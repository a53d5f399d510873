"""Reducing and enlarging pixels: exact means of boxes, constants stay, a slow twin agrees."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.images import enlarged, reduced


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([(4, 2), (8, 2), (8, 4), (16, 2)]))
def test_a_reduced_pixel_is_the_mean_of_its_box_rounded_half_up(seed, sizes):
    size, small = sizes
    pixels = np.random.default_rng(seed).integers(0, 256, [2, 3, size, size], dtype=np.uint8)
    found, factor = reduced(torch.from_numpy(pixels), small).numpy(), size // small
    for y, x in np.ndindex(small, small):
        box = pixels[:, :, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor].astype(np.float64)
        assert np.array_equal(found[:, :, y, x], np.floor(box.mean(axis=(2, 3)) + 0.5))


@given(st.integers(0, 255), st.sampled_from([2, 4, 8]))
def test_one_colour_stays_that_colour(value, size):
    pixels = torch.full([1, 3, 16, 16], value, dtype=torch.uint8)
    assert torch.equal(enlarged(reduced(pixels, size), 16), pixels)


def test_the_same_size_is_the_same_image_and_no_other_is_guessed():
    pixels = torch.arange(48, dtype=torch.uint8).reshape(1, 3, 4, 4)
    assert reduced(pixels, 4) is pixels
    assert enlarged(pixels, 4) is pixels
    with pytest.raises(ValueError, match="3 px"):
        reduced(pixels, 3)
