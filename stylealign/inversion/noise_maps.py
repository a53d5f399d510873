"""Noise maps that are optimised beside a code, and kept from carrying the picture (StyleGAN2, 5.3; appendix D).

Each image has its own map for every layer, in place of the model's constant noise. They are not part of the code: an
inversion throws them away, and a translation uses the constant noise of its model.

Legend: N images; a map is [N, 1, r, r].
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.latents import torch_stream
from stylealign.networks.generator import Generator

SMALLEST_PX = 8  # side of the coarsest scale at which autocorrelation is looked at
_SUFFIX = "noise_const"


def draw_noise_maps(G: Generator, image_ids: Sequence[str], seed: int, *purpose: str | int) -> dict[str, Tensor]:
    """Standard normal maps by the names of the synthesis network's buffers, from a stream for each image."""
    shapes = {name: tensor.shape for name, tensor in G.synthesis.named_buffers() if name.endswith(_SUFFIX)}
    streams = [torch_stream(seed, "invert", image_id, "noise", *purpose) for image_id in image_ids]
    maps = {
        name: torch.stack([torch.randn([1, *shape], generator=stream) for stream in streams])
        for name, shape in shapes.items()
    }
    return normalised({name: noise.to(G.mapping.w_avg.device) for name, noise in maps.items()})


def synthesise(G: Generator, s: Tensor, maps: Mapping[str, Tensor]) -> Tensor:
    """Images [N, 3, R, R] of s [N, num_styles] with ``maps`` in place of the constant noise (none: with it)."""
    if not maps:
        return G.synthesis(s, noise_mode="const")
    return torch.func.functional_call(G.synthesis, dict(maps), (s,), {"noise_mode": "const"})


def autocorrelation(maps: Mapping[str, Tensor]) -> Tensor:
    """[N]: squared correlations of each map with itself one pixel on, summed over directions, scales and maps."""
    return torch.stack([_of_one_map(noise) for noise in maps.values()]).sum(0)


def _of_one_map(noise: Tensor) -> Tensor:
    total = _neighbours(noise)
    while noise.shape[2] > SMALLEST_PX:
        noise = F.avg_pool2d(noise, 2)
        total = total + _neighbours(noise)
    return total


def _neighbours(noise: Tensor) -> Tensor:
    """[N]: of one scale."""
    means = [(noise * noise.roll(1, dims=dim)).mean([1, 2, 3]) for dim in (2, 3)]
    return means[0].square() + means[1].square()


def normalised(maps: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Every image's every map with mean zero and mean square one."""
    centred = {name: noise - noise.mean([1, 2, 3], keepdim=True) for name, noise in maps.items()}
    return {name: noise / noise.square().mean([1, 2, 3], keepdim=True).sqrt() for name, noise in centred.items()}
