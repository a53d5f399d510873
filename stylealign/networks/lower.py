"""The lower part of a network: its blocks up to a resolution, as a child of that resolution has them (StyleAlign, A.4).

Channels at a resolution depend on ``channel_base`` and ``channel_max`` only, so whatever both have fits without
reshaping; the columns of s of the lower part are the first ones of the whole, under the papers' same numbers.
"""

import torch
from torch import nn

from stylealign.networks.generator import Generator


@torch.no_grad()
def copy_lower(source: nn.Module, target: nn.Module) -> list[str]:
    """Copy into ``target`` every tensor that ``source`` has by the same name and shape; the names of all others."""
    theirs, left = source.state_dict(), []
    for name, tensor in target.state_dict().items():
        if name in theirs and theirs[name].shape == tensor.shape:
            tensor.copy_(theirs[name])
        else:
            left.append(name)
    return left


def lower_part(G: Generator, img_resolution: int) -> Generator:
    """``G`` without its blocks above ``img_resolution``: ready to be measured, as ``G`` (eval, no gradients).

    Its images are the sum of fewer toRGB, so that they lack contrast. Raises :class:`ValueError` for a resolution that
    ``G`` has not.
    """
    if img_resolution not in G.synthesis.resolutions:
        raise ValueError(f"img_resolution must be one of {G.synthesis.resolutions}, not {img_resolution}")
    lower = Generator(**{**G.init_kwargs, "img_resolution": img_resolution})
    left = copy_lower(G, lower)
    assert not left, left
    return lower.eval().requires_grad_(False).to(G.mapping.w_avg.device)
