"""An image set at a lower resolution: images reduced by box means as they are read (`stylealign.images.reduced`)."""

from collections.abc import Sequence

import numpy as np
import torch

from stylealign.data.image_set import ImageSet
from stylealign.images import reduced

_CHUNK = 128  # images held at their own size at a time


class ReducedImages:
    """The images of ``image_set`` at ``resolution``; what a model of a lower resolution is trained on."""

    def __init__(self, image_set: ImageSet, resolution: int):
        self.image_set, self.resolution, self.num = image_set, resolution, image_set.num
        self._all: torch.Tensor | None = None

    def read(self, positions: Sequence[int] | np.ndarray | torch.Tensor) -> torch.Tensor:
        """The images at ``positions``: uint8 [n, 3, r, r]. Safe to call from several threads."""
        parts = [positions[start : start + _CHUNK] for start in range(0, len(positions), _CHUNK)]
        return torch.cat([reduced(self.image_set.read(part), self.resolution) for part in parts])

    def all(self) -> torch.Tensor:
        """Every image, decoded once: uint8 [num, 3, r, r]. Not to be written to."""
        if self._all is None:
            self._all = self.read(range(self.num))
        return self._all


def at_resolution(image_set: ImageSet, resolution: int) -> ImageSet | ReducedImages:
    """``image_set`` itself where it is of that resolution, else reduced to it."""
    return image_set if image_set.resolution == resolution else ReducedImages(image_set, resolution)
