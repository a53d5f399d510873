"""The fixed-z samples of a model, as ``rule train`` writes them: the same z in every model of a study."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylealign.errors import TableError
from stylealign.translated_images import load_pictures


@dataclass(frozen=True)
class Samples:
    """Images of the same n codes at K moments of one training; the last moment is the finished model."""

    z: NDArray[np.float32]  # [n, z_dim]
    kimg: NDArray[np.float32]  # [K]
    pixels: NDArray[np.uint8]  # [K, n, R, R, 3]

    @property
    def resolution(self) -> int:
        return int(self.pixels.shape[2])

    @property
    def finished(self) -> NDArray[np.uint8]:
        """The images of the finished model, [n, R, R, 3]."""
        return self.pixels[-1]


def load_samples(path: Path) -> Samples:
    """``samples.npz`` of one model; :class:`TableError` when its arrays do not belong together."""
    archive = load_pictures(path, "z", "kimg", "pixels")
    samples = Samples(archive["z"], archive["kimg"], archive["pixels"])
    shape = samples.pixels.shape
    if samples.pixels.ndim != 5 or shape[:2] != (len(samples.kimg), len(samples.z)):
        raise TableError(f"{path}: pixels {shape} are not [K={len(samples.kimg)}, n={len(samples.z)}, R, R, 3]")
    return samples


def kimg_text(kimg: float) -> str:
    """Thousands of images as people say them: a tick ends at a whole batch, so 0.992 is called 1."""
    return f"{round(float(kimg), 1):g}"
