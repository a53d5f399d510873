"""Pixel ranges: the one door between uint8 images (``pixels``, [N, 3, H, W]) and network images (``x`` in [-1, 1])."""

import numpy as np
import torch


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
