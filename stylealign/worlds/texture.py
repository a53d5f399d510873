"""Random gains laid over a picture: broad brush strokes, and the canvas they are painted on."""

from functools import lru_cache

import numpy as np
from PIL import Image

from stylealign.worlds.draws import Draws

ROWS, COLUMNS = 12, 4
STRENGTH = 0.16  # from the darkest to the lightest stroke


def brush_strokes(draws: Draws, resolution: int) -> np.ndarray:
    """Relative gain [R, R] of level strokes, about 1 on average; from 128 px on with the weave of the canvas."""
    levels = bytes(int(draws.between(0, 256)) for _ in range(ROWS * COLUMNS))
    grid = Image.frombytes(
        "L", (COLUMNS, ROWS), levels
    )  # 8 bits: Pillow then interpolates in integers, the same everywhere
    strokes = np.asarray(grid.resize((resolution, resolution), Image.Resampling.BICUBIC))
    return (strokes * np.float32(STRENGTH / 255) + np.float32(1 - STRENGTH / 2)) * _weave(resolution)


@lru_cache(maxsize=8)
def _weave(resolution: int) -> np.ndarray:
    """Threads 1/64 of the width apart, which smaller images are too coarse to show: [R, R]."""
    if resolution < 128:
        return np.ones((1, 1), np.float32)
    threads = (np.arange(resolution) * 128 // resolution) % 2 * 2.0 - 1.0
    return (1 + 0.018 * threads[:, None] + 0.012 * threads[None, :]).astype(np.float32)
