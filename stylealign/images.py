"""Pixel ranges: the one door between uint8 images (``pixels``, [N, 3, H, W]) and network images (``x`` in [-1, 1]).

Sizes too: a lower resolution by whole factors is exact in integers, the same on every machine.
"""

import itertools

import numpy as np
import torch
import torch.nn.functional as F


def at_once(resolution: int, most: int = 64) -> int:
    """How many images of R x R are drawn or looked at together: ``most`` up to 128 px, then as many pixels."""
    return max(1, min(most, most * 128**2 // resolution**2))


def to_net(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 ``pixels`` of any shape to float32 ``x`` in [-1, 1] (StyleGAN: ``x = pixels / 127.5 - 1``)."""
    assert pixels.dtype == torch.uint8, pixels.dtype
    return pixels.to(torch.float32).div_(127.5).sub_(1)


def to_pixels(x: torch.Tensor) -> torch.Tensor:
    """Network images to uint8 (StyleGAN: ``clamp(127.5 x + 128)``, truncated)."""
    return (x.float() * 127.5 + 128).clamp(0, 255).to(torch.uint8)


def to_hwc(pixels: torch.Tensor) -> np.ndarray:
    """uint8 [N, 3, H, W] to the [N, H, W, 3] array that Pillow and matplotlib draw."""
    return pixels.movedim(-3, -1).contiguous().cpu().numpy()


def from_hwc(array: np.ndarray) -> torch.Tensor:
    """uint8 [N, H, W, 3] to ``pixels`` [N, 3, H, W]."""
    return torch.from_numpy(np.ascontiguousarray(array)).movedim(-1, -3).contiguous()


def reduced(pixels: torch.Tensor, resolution: int) -> torch.Tensor:
    """uint8 [N, 3, R, R] at a whole fraction of R: box means, of integers, rounded once (a half rounds up).

    Halving twice without rounding in between is the same as a quarter at once. :class:`ValueError` when ``resolution``
    does not divide R.
    """
    num, channels, size, _ = pixels.shape
    if size == resolution:
        return pixels
    if size % resolution:
        raise ValueError(f"images of {size} px cannot be reduced to {resolution} px: not a whole fraction")
    factor = size // resolution
    sums = torch.zeros(num, channels, resolution, resolution, dtype=torch.int32, device=pixels.device)
    for row, column in itertools.product(range(factor), repeat=2):  # a sum over boxes would hold all in wide integers
        sums += pixels[:, :, row::factor, column::factor]
    return ((sums + factor**2 // 2) // factor**2).to(torch.uint8)


def enlarged(pixels: torch.Tensor, resolution: int) -> torch.Tensor:
    """uint8 [N, 3, r, r] at ``resolution``, a power of two times r: bilinear, rounded (a half rounds up).

    Every weight is a whole fraction of a power of two, so float32 holds the sums exactly.
    """
    if pixels.shape[2] == resolution:
        return pixels
    smooth = F.interpolate(pixels.float(), size=(resolution, resolution), mode="bilinear", align_corners=False)
    return (smooth + 0.5).floor().clamp(0, 255).to(torch.uint8)
