"""Smooth random gains laid over a picture: brush strokes on canvas."""

from functools import lru_cache

import numpy as np
from PIL import Image

from stylealign.worlds.draws import Draws


def brush_strokes(draws: Draws, resolution: int) -> np.ndarray:
    """Relative gain [R, R] of broad, mostly diagonal strokes, with a weave that shows from 64 px on."""
    grid = np.array([draws.between(-1, 1) for _ in range(48)], np.float32).reshape(8, 6)
    image = Image.fromarray(grid).resize((resolution, resolution), Image.Resampling.BICUBIC)
    return 1 + np.float32(0.055) * np.asarray(image) + _weave(resolution)


@lru_cache(maxsize=8)
def _weave(resolution: int) -> np.ndarray:
    """Threads three pixels of a 256 px image apart, too fine to survive at 32 px."""
    places = np.arange(resolution) * (256 // resolution) if resolution >= 64 else np.zeros(resolution)
    threads = ((places // 4) % 2 * 2 - 1) * (0.02 if resolution >= 64 else 0.0)
    return (threads[:, None] + threads[None, :] * 0.6).astype(np.float32)
