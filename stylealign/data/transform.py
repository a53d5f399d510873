"""A domain moved or turned (StyleAlign, A.3): one map of pixels for a square picture and for its region map.

Flipped first, then shifted, at the study's resolution and by whole pixels: nothing is resampled, and a region
stays on its pixel. What a shift uncovers is the nearest pixel of the edge (``edge``) or the picture mirrored there
(``reflect``).

Legend: R pixels a side.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stylealign.config.domains import Transform


def transformed(
    pixels: np.ndarray, regions: np.ndarray | None, transform: "Transform | None"
) -> tuple[np.ndarray, np.ndarray | None]:
    """``pixels`` uint8 [R, R, 3] and ``regions`` uint8 [R, R] (where known), moved alike; as they are without one."""
    if transform is None:
        return pixels, regions
    rows, columns = source_places(transform, len(pixels))
    return _gathered(pixels, rows, columns), None if regions is None else _gathered(regions, rows, columns)


def source_places(transform: "Transform", resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """From which row and from which column of the undisturbed picture each row and column comes: int [R] both."""
    right, down = transform.shift_px(resolution)
    rows = _along_one_side(down, transform.flip == "vertical", transform.fill, resolution)
    return rows, _along_one_side(right, transform.flip == "horizontal", transform.fill, resolution)


def _along_one_side(shift_px: int, is_flipped: bool, fill: str, resolution: int) -> np.ndarray:
    last = resolution - 1
    places = np.arange(resolution) - shift_px  # in the flipped picture, or up to R / 2 beside it
    places = places.clip(0, last) if fill == "edge" else last - np.abs(last - np.abs(places))
    return last - places if is_flipped else places


def _gathered(square: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(square[rows[:, None], columns])
