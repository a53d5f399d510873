"""``preview.png``: an 8 x 8 grid of training images (of all, if none is), to be looked at before any training."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

_SIDE, _MAX_CELL_PX = 8, 128


def draw_preview(path: Path, images: Path, files: Sequence[str], resolution: int) -> None:
    """Evenly spaced ``files`` of the zip ``images``, each at ``resolution`` (128 at most); white where none is left."""
    cell = min(resolution, _MAX_CELL_PX)
    grid = Image.new("RGB", (_SIDE * cell, _SIDE * cell), "white")
    chosen = np.unique(np.linspace(0, len(files) - 1, min(len(files), _SIDE**2)).round().astype(int))
    with zipfile.ZipFile(images) as archive:
        for place, position in enumerate(chosen):
            image = Image.open(io.BytesIO(archive.read(files[position])))
            small = image.resize((cell, cell), Image.Resampling.LANCZOS)
            grid.paste(small, (place % _SIDE * cell, place // _SIDE * cell))
    grid.save(path, "PNG")
