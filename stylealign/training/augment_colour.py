"""ADA's colour augmentations (Karras et al. 2020, appendix B): one affine map of RGB an image.

Colours are (r, g, b, 1) in the range of network images; a map is a 4 x 4 matrix. Luma is the axis (1, 1, 1) / sqrt(3).
"""

import math
from collections.abc import Callable, Mapping

import torch

from stylealign.training.augment_draws import Draws

BRIGHTNESS_STD = 0.2
CONTRAST_STD = 0.5  # log2 of the factor
SATURATION_STD = 1.0  # log2 of the factor

_ON_LUMA = torch.full([3, 3], 1 / 3, dtype=torch.float64)  # projection on the luma axis
_OFF_LUMA = torch.eye(3, dtype=torch.float64) - _ON_LUMA
_LUMA_CROSS = torch.tensor([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], dtype=torch.float64) / math.sqrt(3)


def _linear(matrix: torch.Tensor) -> torch.Tensor:
    """Maps of RGB without a constant, [N, 3, 3]; -> [N, 4, 4]."""
    colour = torch.eye(4, dtype=torch.float64).repeat(len(matrix), 1, 1)
    colour[:, :3, :3] = matrix
    return colour


def _brightness(draws: Draws) -> torch.Tensor:
    colour = torch.eye(4, dtype=torch.float64).repeat(draws.num, 1, 1)
    colour[:, :3, 3] = draws.normal() * BRIGHTNESS_STD
    return colour


def _contrast(draws: Draws) -> torch.Tensor:
    factor = torch.exp2(draws.normal()[..., None] * CONTRAST_STD)  # [N, 1, 1]
    return _linear(factor * torch.eye(3, dtype=torch.float64))


def _lumaflip(draws: Draws) -> torch.Tensor:
    flip = (draws.uniform()[..., None] * 2).floor()
    return _linear(torch.eye(3, dtype=torch.float64) - 2 * flip * _ON_LUMA)


def _hue(draws: Draws) -> torch.Tensor:
    theta = (draws.uniform()[..., None] * 2 - 1) * math.pi
    return _linear(_ON_LUMA + theta.cos() * _OFF_LUMA + theta.sin() * _LUMA_CROSS)


def _saturation(draws: Draws) -> torch.Tensor:
    factor = torch.exp2(draws.normal()[..., None] * SATURATION_STD)
    return _linear(_ON_LUMA + factor * _OFF_LUMA)


# In the order that they are applied to an image.
COLOUR: tuple[tuple[str, Callable[[Draws], torch.Tensor]], ...] = (
    ("brightness", _brightness),
    ("contrast", _contrast),
    ("lumaflip", _lumaflip),
    ("hue", _hue),
    ("saturation", _saturation),
)


def sample_colour(draws: Draws, multipliers: Mapping[str, float]) -> torch.Tensor:
    """One composed map an image, exactly the identity where nothing happens; -> float64 [N, 4, 4]."""
    colour = torch.eye(4, dtype=torch.float64).repeat(draws.num, 1, 1)
    for name, sampler in COLOUR:
        step = sampler(draws)
        chosen = draws.happens(multipliers[name])
        colour = torch.where(chosen[:, None, None], step @ colour, colour)
    return colour


def recolour_images(x: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
    """``x`` [N, 3, R, R] through ``colour`` [N, 4, 4] (on the CPU); -> [N, 3, R, R]."""
    colour = colour.to(device=x.device, dtype=x.dtype)
    mixed = torch.baddbmm(colour[:, :3, 3:], colour[:, :3, :3], x.flatten(2))  # [N, 3, R*R]
    return mixed.unflatten(2, x.shape[2:])
