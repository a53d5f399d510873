"""The image's exact derivative by every style channel, in forward mode (StyleAlign, A.9; StyleSpace's gradient maps).

A channel map is how much the image changes per unit of one style channel, and where. The published code runs one
backward pass per cell of the map and per layer. Here the network runs once per image; the image's change by a channel
of layer l starts at l and is carried up through the layers above (:mod:`stylealign.alignment.linear_synthesis`), many
channels at a time. Nothing below l is computed again, no graph is kept, no step size is chosen.

Legend: N images, C convolution channels of all layers, n channels carried together, g cells of the grid, R pixels.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.alignment.linear_synthesis import LinearLayer, MergedLayer, linearise

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

BYTES_PER_GB = 1e9
CACHE_BYTES = 2**21  # on a CPU a layer's changes should stay near: more at once is slower
FEWEST = 8  # but below this many at once, a CPU does little else than prepare
ALIVE = 4  # tensors of a layer's size that are alive at once: input, convolved, filtered, output


def channel_maps(G: "Generator", s: Tensor, *, grid: int, memory_budget_gb: float = 1.0) -> Iterator[Tensor]:
    """The maps of each image of s [N, num_styles] in turn: N times [C, g, g], in the order of ``s`` without toRGB.

    A map is the mean over RGB of |d pooled image / d style|, the image in [-1, 1] and averaged to g = min(grid, R)
    cells a side; noise is constant. The type is that of ``s`` and the weights (float32), never half precision.
    ``memory_budget_gb`` (1e9 bytes) bounds what is held beside one image's own activations and its maps.

    Raises:
        ValueError: the grid does not divide the image.
    """
    grid = min(grid, G.img_resolution)
    if G.img_resolution % grid:
        raise ValueError(f"grid must divide the resolution {G.img_resolution}, not {grid}")
    for one in s.split(1):
        yield _maps_of_one(G, one, grid, memory_budget_gb * BYTES_PER_GB)


@torch.no_grad()
def _maps_of_one(G: "Generator", s: Tensor, grid: int, budget: float) -> Tensor:
    """Maps [C, g, g] of one image, s [1, num_styles]."""
    with _float32_on_gpu():
        network = linearise(G.synthesis, s)
        kernel_bytes = MergedLayer.kernel_bytes(network[-1])
        if 3 * kernel_bytes < budget:  # it takes three times its size while it is made
            network[-1] = MergedLayer.of(network[-1])
            budget -= kernel_bytes
        parts = []
        for index, first in enumerate(network):
            for channels in _batches(first.layer.channels, _batch_size(network[index:], budget)):
                parts.append(_maps_from(network[index:], channels, grid))
        return torch.cat(parts)


def _float32_on_gpu() -> contextlib.AbstractContextManager[None]:
    """Convolutions on a GPU in whole float32 (not TF32, whose steps are 1e-3), and the same in every run."""
    return torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False)


def _maps_from(network: list[LinearLayer], channels: slice, grid: int) -> Tensor:
    """Maps [n, g, g] of ``channels`` of the first layer of ``network``."""
    dx, dimg = network[0].start(channels)
    for layer in network[1:]:
        dx, dimg = layer.carry(dx, dimg)
    assert dimg is not None  # [n, 3, R, R]
    factor = dimg.shape[2] // grid
    pooled = dimg if factor == 1 else F.avg_pool2d(dimg, factor)
    return pooled.abs().mean(1)


def _batches(num: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, num)) for start in range(0, num, size))


def _batch_size(network: list[LinearLayer], budget: float) -> int:
    """How many channels to carry together through ``network``, so that their changes stay within ``budget`` bytes."""
    widest = max(layer.bytes_of_a_change() for layer in network)
    most = int(budget / (ALIVE * widest))
    if network[0].conv.x.device.type == "cpu":
        most = min(most, max(FEWEST, CACHE_BYTES // widest))
    return max(1, most)
