"""The LPIPS recipe without learned heads: unit-normalised multi-layer differences (Zhang et al. 2018, equation 1).

At each position of each layer the channel vector is scaled to unit length; the squared differences are summed over
channels, averaged over positions and averaged over layers, so a distance lies in [0, 4] whatever the network.
"""

from collections.abc import Sequence

import torch

EPSILON = 1e-10


def unit_normalise(activation: torch.Tensor) -> torch.Tensor:
    """[N, C, H, W] with every channel vector scaled to unit length."""
    return activation / (activation.square().sum(1, keepdim=True).sqrt() + EPSILON)


def layer_distance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Distance [N] at one layer between activations [N, C, H, W]."""
    return (unit_normalise(a) - unit_normalise(b)).square().sum(1).mean([1, 2])


def perceptual_distance(layers_a: Sequence[torch.Tensor], layers_b: Sequence[torch.Tensor]) -> torch.Tensor:
    """Distance [N]: the mean over layers of :func:`layer_distance`."""
    distances = [layer_distance(a, b) for a, b in zip(layers_a, layers_b, strict=True)]
    return torch.stack(distances).mean(0)
