"""A domain's transform against a slow twin that asks of every pixel where it comes from."""

import numpy as np
import pytest

from stylealign.config.domains import Transform
from stylealign.data.transform import transformed

SIDE = 16


def slow(square: np.ndarray, transform: Transform) -> np.ndarray:
    """Pixel by pixel, in two passes: flip, then shift."""
    flipped, moved = np.empty_like(square), np.empty_like(square)
    last = len(square) - 1
    right, down = (round(part * len(square)) for part in transform.shift)
    for y in range(last + 1):
        for x in range(last + 1):
            from_y = last - y if transform.flip == "vertical" else y
            from_x = last - x if transform.flip == "horizontal" else x
            flipped[y, x] = square[from_y, from_x]
    for y in range(last + 1):
        for x in range(last + 1):
            moved[y, x] = flipped[inside(y - down, last, transform.fill), inside(x - right, last, transform.fill)]
    return moved


def inside(place: int, last: int, fill: str) -> int:
    """A place that may lie outside 0..last, walked back in: to the edge, or mirrored at it."""
    while not 0 <= place <= last:
        if fill == "edge":
            place = 0 if place < 0 else last
        else:
            place = -place if place < 0 else 2 * last - place
    return place


@pytest.mark.parametrize("fill", ["edge", "reflect"])
@pytest.mark.parametrize("flip", [None, "vertical", "horizontal"])
@pytest.mark.parametrize("shift", [(0, 0), (60 / 256, 0), (0, 60 / 256), (-0.4, 0.5), (0.05, -0.5)])
def test_images_and_regions_go_where_the_slow_twin_puts_them(shift, flip, fill):
    rng = np.random.default_rng(0)
    pixels, regions = (rng.integers(0, 256, shape, np.uint8) for shape in ([SIDE, SIDE, 3], [SIDE, SIDE]))
    transform = Transform(shift=shift, flip=flip, fill=fill)
    got_pixels, got_regions = transformed(pixels, regions, transform)
    assert np.array_equal(got_pixels, slow(pixels, transform))
    assert np.array_equal(got_regions, slow(regions, transform))
    assert got_pixels.flags.c_contiguous
    assert got_regions.flags.c_contiguous
