"""Heat laid over a grey image, and the outline of a region: pictures [side, side, 3] made of whole pixels."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from stylealign.figures.sheet import Pixels, resample

HEAT = LinearSegmentedColormap.from_list("heat", ["#ffffff", "#fee08b", "#f46d43", "#a50026"])
OUTLINE = (0, 114, 178)  # style.BLUE
THICKNESS = 3  # px
LIFT = 0.7  # the power of the heat that is shown: below 1, so that what is less than the peak can be seen


def over_grey(pixels: Pixels, heat: NDArray[np.float64], side: int) -> Pixels:
    """An image [R, R, 3] in pale grey, tinted by a map [g, g] of 0 to 1: no heat leaves it, full heat replaces it."""
    grey = resample(pixels, side).astype(np.float64).mean(axis=-1, keepdims=True) / 255
    pale = 0.55 + 0.45 * grey  # [side, side, 1]
    spread = (_enlarged(heat, side) ** LIFT)[..., None]
    tinted = pale * (1 - spread) + HEAT(spread[..., 0])[..., :3] * spread
    return np.rint(255 * tinted).astype(np.uint8)


def outlined(picture: Pixels, mask: NDArray[np.bool_], thickness: int = THICKNESS) -> Pixels:
    """A picture [side, side, 3] with the edge of a region [R, R] drawn just inside it; unchanged where it is empty."""
    large = _enlarged(mask, picture.shape[0])
    inner = large
    for _ in range(thickness):
        inner = _eroded(inner)
    drawn = picture.copy()
    drawn[large & ~inner] = OUTLINE
    return drawn


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask less the pixels at its edge; the border of the picture is an edge."""
    padded = np.pad(mask, 1)
    inner = padded[1:-1, 1:-1].copy()
    for axis in (0, 1):
        for step in (-1, 1):
            inner &= np.roll(padded, step, axis)[1:-1, 1:-1]
    return inner


def _enlarged(grid: NDArray, side: int) -> NDArray:
    """A grid [g, g] read at ``side`` x ``side`` places, nearest neighbour."""
    places = np.arange(side) * grid.shape[0] // side
    return grid[np.ix_(places, places)]
