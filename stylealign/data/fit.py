"""How a picture of any shape becomes a square: one geometry for the image (Lanczos) and for its mask (nearest)."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Fit = Literal["crop", "pad"]


@dataclass(frozen=True)
class Geometry:
    """The part of the original that is resampled, the size it gets, and where it lands on the square; all in pixels."""

    box: tuple[int, int, int, int]  # left, upper, right, lower in the original
    size: tuple[int, int]  # width, height after resampling
    offset: tuple[int, int]  # left, upper on the square

    @property
    def is_whole(self) -> bool:
        """Whether the result covers the square."""
        return self.size[0] == self.size[1] and self.offset == (0, 0)


def fit_geometry(width: int, height: int, resolution: int, fit: Fit) -> Geometry:
    """``crop``: the largest centred square; ``pad``: the whole picture, centred on the square."""
    if fit == "crop":
        side = min(width, height)
        left, upper = (width - side) // 2, (height - side) // 2
        return Geometry((left, upper, left + side, upper + side), (resolution, resolution), (0, 0))
    longer = max(width, height)
    size = max(1, round(width * resolution / longer)), max(1, round(height * resolution / longer))
    offset = (resolution - size[0]) // 2, (resolution - size[1]) // 2
    return Geometry((0, 0, width, height), size, offset)


def place(part: np.ndarray, geometry: Geometry, resolution: int, fill: int) -> np.ndarray:
    """The resampled part on its square: ``[h, w, ...]`` to ``[R, R, ...]``, filled with ``fill`` around it."""
    if geometry.is_whole:
        return part
    square = np.full((resolution, resolution, *part.shape[2:]), fill, dtype=part.dtype)
    (left, upper), (width, height) = geometry.offset, geometry.size
    square[upper : upper + height, left : left + width] = part
    return square
