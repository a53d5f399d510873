"""The LPIPS recipe without learned heads: unit-normalised multi-layer differences (Zhang et al. 2018, equation 1).

At each position of each layer the channel vector is scaled to unit length; the squared differences are summed over
channels, averaged over positions and averaged over layers, so a distance lies in [0, 4] whatever the network.

A judge sees an image as its layers so scaled; what it has seen of one image is compared with many others.
"""

from collections.abc import Sequence
from typing import Any

import torch

EPSILON = 1e-10


class _UnitNormalise(torch.autograd.Function):
    """Channel vectors scaled to unit length; where one is zero (after a ReLU) the gradient is zero, not NaN."""

    @staticmethod
    def forward(ctx: Any, activation: torch.Tensor) -> torch.Tensor:
        length = activation.square().sum(1, keepdim=True).sqrt()  # [N, 1, H, W]
        unit = activation / (length + EPSILON)
        ctx.save_for_backward(unit, length)
        return unit

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        unit, length = ctx.saved_tensors
        along = (unit * gradient).sum(1, keepdim=True)  # moving along the vector changes nothing
        scale = torch.where(length > 0, 1 / (length + EPSILON), 0)
        return torch.addcmul(gradient, unit, along, value=-1).mul_(scale)


def unit_normalise(activation: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] with every channel vector scaled to unit length."""
    return _UnitNormalise.apply(activation)


def unit_distance(units_a: Sequence[torch.Tensor], units_b: Sequence[torch.Tensor]) -> torch.Tensor:
    """Distance [N] between layers [N, C, H, W] whose channel vectors have unit length already."""
    distances = [(a - b).square().sum(1).mean([1, 2]) for a, b in zip(units_a, units_b, strict=True)]
    return torch.stack(distances).mean(0)


def flat_units(units: Sequence[torch.Tensor]) -> torch.Tensor:
    """[N, F] whose squared Euclidean distances are :func:`unit_distance`."""
    return torch.cat([unit.flatten(1) / (unit[0, 0].numel() * len(units)) ** 0.5 for unit in units], 1)


def perceptual_distance(layers_a: Sequence[torch.Tensor], layers_b: Sequence[torch.Tensor]) -> torch.Tensor:
    """Distance [N] between layers [N, C, H, W] as a network gives them."""
    return unit_distance([unit_normalise(a) for a in layers_a], [unit_normalise(b) for b in layers_b])
