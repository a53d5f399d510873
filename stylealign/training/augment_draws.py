"""The random numbers of ADA's augmentations: one handed stream, or one percentile of every distribution.

Small tensors on the CPU whatever the images' device, so that every device augments alike and no draw waits for a GPU.
"""

import math

import torch

from stylealign.latents import Stream, normal, uniform


class Draws:
    """Draws for ``num`` images at probability ``p``.

    ``percentile`` (0..1) replaces every draw by that percentile, and every transform happens: a picture of the pipe.
    The published pipe reads a normal's percentile as erfinv(2 u - 1), i.e. 1/sqrt(2) of the true one; so does this,
    and its second rotation stays out of the picture.
    """

    def __init__(self, num: int, p: float, generator: Stream | None, percentile: float | None = None):
        assert generator is not None or percentile is not None, "augmenting draws from a named stream: hand a generator"
        assert percentile is None or 0 <= percentile < 1, percentile
        self.num = num
        self.p = p
        self.generator = generator
        self.percentile = percentile

    def uniform(self, width: int = 1) -> torch.Tensor:
        """U(0, 1) as float64 [num, width]."""
        if self.percentile is not None:
            return torch.full([self.num, width], self.percentile, dtype=torch.float64)
        return uniform([self.num, width], self.generator).double().cpu()

    def normal(self, width: int = 1) -> torch.Tensor:
        """N(0, 1) as float64 [num, width]."""
        if self.percentile is not None:
            return self.uniform(width).mul(2).sub(1).erfinv()
        return normal([self.num, width], self.generator).double().cpu()

    def happens(self, multiplier: float) -> torch.Tensor:
        """Whether a transform happens to each image, with probability p * multiplier; -> bool [num]."""
        return self._below(self.p * multiplier)

    def half_happens(self, multiplier: float) -> torch.Tensor:
        """The same for one of two chances that together have probability p * multiplier; -> bool [num]."""
        return self._below(1 - math.sqrt(1 - min(self.p * multiplier, 1)))

    def _below(self, probability: float) -> torch.Tensor:
        if self.percentile is not None:
            return torch.full([self.num], probability > 0)
        return self.uniform()[:, 0] < probability
