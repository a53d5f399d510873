"""The image's exact derivative by every style channel, in forward mode (StyleAlign, A.9; StyleSpace's gradient maps).

A channel map is how much the image changes per unit of one style channel, and where. The published code runs one
backward pass per pixel of the map and per layer. Here the network runs once per image and keeps what it did. With ``s``
fixed, all that follows a layer is then linear: convolutions whose weights are known, and slopes that are known. So the
image's change by a channel of layer l starts at l, as a change of l's features, and is carried up through the layers
above it, many channels at a time. Nothing below l is computed, no graph is kept, no step size is chosen.

Legend: C convolution channels of all layers, n channels carried together (their changes are the batch), g grid.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.networks.stylespace import StyleLayer
from stylealign.networks.synthesis import SynthesisLayer, SynthesisNetwork, ToRGB
from stylealign.ops.modulated_conv import LRELU_GAIN, LRELU_SLOPE, demodulation
from stylealign.ops.resample import blur2d, upsample2d

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

BYTES_PER_GB = 1e9


@dataclass(frozen=True)
class LinearConv:
    """A styled convolution of one image, ready to carry changes: ``slope * (d * conv(x * s) + noise + bias)``."""

    x: Tensor  # [1, Cin, h, w] its input
    s: Tensor  # [Cin]
    d: Tensor  # [Cout] demodulation
    y: Tensor  # [1, Cout, H, W] conv(x * s), before demodulation
    slope: Tensor  # [1, Cout, H, W] derivative of the activation and its clamp
    weight: Tensor  # [Cout, Cin, 3, 3] as learned
    styled: Tensor  # [Cout, Cin, 3, 3] weight * s * d
    filter: Tensor | None  # [4, 4] where the layer doubles the size

    def carry(self, dx: Tensor) -> Tensor:
        """Changes of its input [n, Cin, h, w] to changes of its output [n, Cout, H, W]."""
        return _convolve(dx, self.styled, self.filter).mul_(self.slope)

    def start(self, channels: slice) -> Tensor:
        """The change of its output per unit of each of its own styles ``channels``: [n, Cout, H, W].

        With E = sum_k W^2, the demodulation d = (sum_u s_u^2 E_u + eps)^(-1/2) changes by -d^3 s_u E_u.
        """
        x = self.x[0, channels].unsqueeze(1)  # [n, 1, h, w]
        weight = (self.weight * self.d[:, None, None, None])[:, channels]  # [Cout, n, 3, 3]
        direct = _each_channel(x, weight.transpose(0, 1), self.filter)  # [n, Cout, H, W]
        energy = self.weight[:, channels].square().sum([2, 3])  # [Cout, n]
        dd = -(self.d.pow(3)[:, None] * self.s[channels] * energy).t()  # [n, Cout]
        return direct.addcmul_(dd[:, :, None, None], self.y).mul_(self.slope)


def _convolve(x: Tensor, weight: Tensor, up_filter: Tensor | None) -> Tensor:
    """The layer's convolution with given weights, as the network does it: [n, Cin, h, w] -> [n, Cout, H, W]."""
    if up_filter is None:
        return F.conv2d(x, weight, padding=1)
    return blur2d(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), up_filter, padding=1, gain=4)


def _each_channel(x: Tensor, weight: Tensor, up_filter: Tensor | None) -> Tensor:
    """Each input channel convolved alone: x [n, 1, h, w], weight [n, Cout, 3, 3] -> [n, Cout, H, W]."""
    num, num_out = weight.shape[:2]
    x = x.transpose(0, 1)  # [1, n, h, w]
    weight = weight.reshape(num * num_out, 1, 3, 3)
    if up_filter is None:
        y = F.conv2d(x, weight, padding=1, groups=num)  # [1, n * Cout, H, W]
    else:
        y = F.conv_transpose2d(x, weight.reshape(num, num_out, 3, 3), stride=2, groups=num)
    y = y.reshape(num, num_out, *y.shape[2:]).contiguous(memory_format=torch.channels_last)
    return y if up_filter is None else blur2d(y, up_filter, padding=1, gain=4)


@dataclass(frozen=True)
class LinearToRGB:
    """A toRGB of one image: features' changes to RGB's."""

    weight: Tensor  # [3, C, 1, 1] weight * s
    slope: Tensor | None  # [1, 3, H, W] where the layer clamps
    filter: Tensor  # [4, 4] for what comes from below

    def carry(self, dx: Tensor, dimg: Tensor | None) -> Tensor:
        """Changes of features [n, C, r, r] and of the image below [n, 3, r/2, r/2] to changes of the image."""
        rgb = F.conv2d(dx, self.weight)
        rgb = rgb if self.slope is None else rgb * self.slope
        return rgb if dimg is None else upsample2d(dimg, self.filter) + rgb


@dataclass(frozen=True)
class LinearLayer:
    """One convolution, its place in ``s``, and the toRGB that reads it (conv1 only)."""

    layer: StyleLayer
    conv: LinearConv
    torgb: LinearToRGB | None


def linearise(synthesis: SynthesisNetwork, s: Tensor) -> list[LinearLayer]:
    """Run one image, s [1, num_styles], with constant noise, and keep what its derivatives need, layer by layer."""
    parts = {layer.name: s[:, layer.columns] for layer in synthesis.style_layers}
    found = []
    x: Tensor | None = None
    for layer in synthesis.style_layers:
        if layer.kind == "torgb":
            continue
        block = getattr(synthesis, f"b{layer.resolution}")
        x = block.const[None] if x is None else x
        conv, x = _linear_conv(getattr(block, layer.kind), x, parts[layer.name])
        rgb = _linear_torgb(block, x, parts[f"b{layer.resolution}.torgb"]) if layer.kind == "conv1" else None
        found.append(LinearLayer(layer, conv, rgb))
    return found


def _linear_conv(module: SynthesisLayer, x: Tensor, s: Tensor) -> tuple[LinearConv, Tensor]:
    """The layer at one image, x [1, Cin, h, w] and s [1, Cin], and its output [1, Cout, H, W]."""
    weight = module.weight.contiguous(memory_format=torch.channels_last)
    d = demodulation(weight, s)[0]
    up_filter = module.filter if module.up else None
    y = _convolve(x * s[:, :, None, None], weight, up_filter)
    before = y * d[:, None, None] + module.noise_const * module.noise_strength + module.bias[:, None, None]
    slope = torch.where(before < 0, LRELU_SLOPE * LRELU_GAIN, LRELU_GAIN).to(y.dtype)
    out = before * slope
    if module.conv_clamp is not None:
        slope = slope * (out.abs() < module.conv_clamp)
        out = out.clamp(-module.conv_clamp, module.conv_clamp)
    slope = slope.contiguous(memory_format=torch.channels_last)
    styled = weight * s[0, :, None, None] * d[:, None, None, None]
    return LinearConv(x, s[0], d, y, slope, weight, styled, up_filter), out


def _linear_torgb(block, x: Tensor, s: Tensor) -> LinearToRGB:
    module: ToRGB = block.torgb
    slope = None
    if module.conv_clamp is not None:
        slope = (module(x, s).abs() < module.conv_clamp).to(x.dtype)
    return LinearToRGB(module.weight * (s * module.weight_gain)[:, :, None, None], slope, block.filter)


def conv_layers(layers: list[StyleLayer]) -> list[StyleLayer]:
    """The layers whose channels have maps: all but toRGB."""
    return [layer for layer in layers if layer.kind != "torgb"]


@torch.no_grad()
def channel_maps(G: "Generator", s: Tensor, *, grid: int, memory_budget_gb: float = 1.0) -> Iterator[Tensor]:
    """The maps of every image of s [N, num_styles]: N times [C, g, g], in ``s``'s order without toRGB.

    A map is the mean over RGB of |d pooled image / d style|, the image in [-1, 1] and averaged to g = min(grid, R)
    cells a side; noise is constant. All is computed in the generator's own type, never in half precision.
    ``memory_budget_gb`` (1e9 bytes) bounds the changes carried together.

    Raises:
        ValueError: the grid does not divide the image.
    """
    grid = min(grid, G.img_resolution)
    if G.img_resolution % grid:
        raise ValueError(f"grid must divide the resolution {G.img_resolution}, not {grid}")
    size = _batch_size(G, memory_budget_gb)
    for one in s.split(1):
        yield _maps_of_one(linearise(G.synthesis, one), grid, size)


def _maps_of_one(network: list[LinearLayer], grid: int, size: int) -> Tensor:
    maps = []
    for index, start in enumerate(network):
        for first in range(0, start.layer.channels, size):
            channels = slice(first, min(first + size, start.layer.channels))
            maps.append(_image_change(network[index:], channels, grid))
    return torch.cat(maps)


def _image_change(network: list[LinearLayer], channels: slice, grid: int) -> Tensor:
    """Maps [n, g, g] of ``channels`` of the first layer of ``network``."""
    dx: Tensor | None = None
    dimg: Tensor | None = None
    for step in network:
        dx = step.conv.start(channels) if dx is None else step.conv.carry(dx)
        if step.torgb is not None:
            dimg = step.torgb.carry(dx, dimg)
    assert dimg is not None
    return F.adaptive_avg_pool2d(dimg, grid).abs().mean(1)


def _batch_size(G: "Generator", memory_budget_gb: float) -> int:
    """How many channels are carried together."""
    return max(1, min(32, int(memory_budget_gb * BYTES_PER_GB / _bytes_per_channel(G))))


def _bytes_per_channel(G: "Generator") -> int:
    widest = max(layer.channels * layer.resolution**2 for layer in G.style_layers)
    return 4 * 4 * widest
