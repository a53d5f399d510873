"""The image's exact derivative by every style channel, in forward mode (StyleAlign, A.9; StyleSpace's gradient maps).

A channel map is how much the image changes per unit of one style channel, and where. The published code runs one
backward pass per cell of the map and per layer. Here the network runs once per image and keeps what it did. With ``s``
fixed, all that follows a layer is linear: convolutions whose weights are known, and slopes that are known. So the
image's change by a channel of layer l starts at l, as a change of l's features, and is carried up through the layers
above, many channels at a time. Nothing below l is computed again, no graph is kept, no step size is chosen.

Legend: C convolution channels of all layers, n channels carried together (their changes are the batch), g grid;
[h, w] pixels of a layer's input, [H, W] of its output.
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
CACHE_BYTES = 2**21  # on a CPU, the features' changes carried together stay in its cache


@dataclass(frozen=True)
class LinearConv:
    """One image's styled convolution ``out = activation(d * conv(x * s) + noise + bias)``, ready to carry changes."""

    x: Tensor  # [1, Cin, h, w] its input
    s: Tensor  # [Cin]
    d: Tensor  # [Cout] demodulation
    y: Tensor  # [1, Cout, H, W] conv(x * s), before demodulation
    slope: Tensor  # [1, Cout, H, W] derivative of the activation; 0 where it is clamped
    weight: Tensor  # [Cout, Cin, 3, 3] as learned
    styled: Tensor  # [Cout, Cin, 3, 3] weight * s * d
    filter: Tensor | None  # [4, 4] where the layer doubles the size

    def carry(self, dx: Tensor) -> Tensor:
        """Changes of its input [n, Cin, h, w] to changes of its output [n, Cout, H, W]."""
        return _convolve(dx, self.styled, self.filter).mul_(self.slope)

    def start(self, channels: slice) -> Tensor:
        """The change of its output per unit of each of its own styles ``channels``: [n, Cout, H, W].

        A style scales its input channel, and through d all outputs: with E_u = sum_k W_u^2,
        d = (sum_u s_u^2 E_u + eps)^(-1/2) changes by -d^3 s_u E_u.
        """
        weight = self.weight[:, channels]  # [Cout, n, 3, 3]
        shifted = _convolve(self.x[0, channels, None], _deltas(self.x), self.filter)  # [n, 9, H, W]
        by_tap = (weight.flatten(2) * self.d[:, None, None]).permute(1, 2, 0)  # [n, 9, Cout]
        direct = shifted.flatten(2).transpose(1, 2) @ by_tap  # [n, H * W, Cout]
        energy = weight.square().sum([2, 3]).t()  # [n, Cout]
        dd = -self.d.pow(3) * self.s[channels, None] * energy  # [n, Cout]
        dy = direct.unflatten(1, self.y.shape[2:]).permute(0, 3, 1, 2)  # [n, Cout, H, W], channels last
        return dy.addcmul_(dd[:, :, None, None], self.y).mul_(self.slope)


def _convolve(x: Tensor, weight: Tensor, up_filter: Tensor | None) -> Tensor:
    """The layer's convolution, doubling where it has a filter: [n, Cin, h, w] -> [n, Cout, H, W]."""
    if up_filter is None:
        return F.conv2d(x, weight, padding=1)
    return blur2d(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), up_filter, padding=1, gain=4)


def _deltas(like: Tensor) -> Tensor:
    """The nine 3 x 3 kernels with a single 1: [9, 1, 3, 3]."""
    return torch.eye(9, dtype=like.dtype, device=like.device).reshape(9, 1, 3, 3)


@dataclass(frozen=True)
class LinearToRGB:
    """A toRGB of one image, which adds to the image of the blocks below."""

    weight: Tensor  # [3, C, 1, 1] weight * s
    slope: Tensor | None  # [1, 3, H, W] 0 where the layer clamps; None where it never does
    filter: Tensor  # [4, 4] of the skip connection

    def carry(self, dx: Tensor, dimg: Tensor | None) -> Tensor:
        """Changes of the features [n, C, H, W] and of the image below [n, 3, H/2, W/2] to changes of the image."""
        drgb = F.conv2d(dx, self.weight)
        drgb = drgb if self.slope is None else drgb * self.slope
        return drgb if dimg is None else drgb.add_(upsample2d(dimg, self.filter))


@dataclass(frozen=True)
class LinearLayer:
    """One convolution, its place in ``s``, and the toRGB that reads it (where it is a block's last)."""

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
        conv, x = _linear_conv(getattr(block, layer.kind), block.const[None] if x is None else x, parts[layer.name])
        rgb = _linear_torgb(block, x, parts[f"b{layer.resolution}.torgb"]) if layer.kind == "conv1" else None
        found.append(LinearLayer(layer, conv, rgb))
    return found


def _linear_conv(module: SynthesisLayer, x: Tensor, s: Tensor) -> tuple[LinearConv, Tensor]:
    """The layer at x [1, Cin, h, w] and s [1, Cin], and its output [1, Cout, H, W]."""
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
    y, slope = (each.contiguous(memory_format=torch.channels_last) for each in (y, slope))
    styled = weight * s[0, :, None, None] * d[:, None, None, None]
    return LinearConv(x, s[0], d, y, slope, weight, styled, up_filter), out


def _linear_torgb(block, x: Tensor, s: Tensor) -> LinearToRGB:
    module: ToRGB = block.torgb
    slope = None
    if module.conv_clamp is not None:
        slope = (module(x, s).abs() < module.conv_clamp).to(x.dtype)
    return LinearToRGB(module.weight * (s * module.weight_gain)[:, :, None, None], slope, block.filter)


@dataclass(frozen=True)
class MergedOutput:
    """The last convolution, its slope and toRGB as one linear map: at each pixel, features to 3 x 3 pixels of RGB.

    It has 27 outputs for Cin inputs where the convolution alone has 9 Cout, and its result is the image.
    """

    kernel: Tensor  # [R * R, 27, Cin] from a pixel's features to (tap, RGB)
    filter: Tensor

    @classmethod
    def of(cls, last: LinearLayer) -> "MergedOutput":
        assert last.torgb is not None
        to_rgb = last.torgb.weight[:, :, 0, 0] * last.conv.slope[0].permute(1, 2, 0)[:, :, None]  # [R, R, 3, Cout]
        if last.torgb.slope is not None:
            to_rgb = to_rgb * last.torgb.slope[0].permute(1, 2, 0)[:, :, :, None]
        taps = last.conv.styled.permute(2, 3, 0, 1).flatten(0, 1)  # [9, Cout, Cin]
        size = last.layer.resolution
        padded = F.pad(to_rgb, [0, 0, 0, 0, 1, 1, 1, 1])  # [R + 2, R + 2, 3, Cout]
        by_tap = [padded[rows, columns] @ tap for (rows, columns), tap in zip(_windows(size), taps, strict=True)]
        return cls(torch.cat(by_tap, dim=2).flatten(0, 1), last.torgb.filter)

    def carry(self, dx: Tensor, dimg: Tensor | None) -> Tensor:
        """Changes of the last convolution's input [n, Cin, R, R] and of the image below to changes of the image."""
        num, size = len(dx), dx.shape[2]
        by_pixel = dx.permute(2, 3, 1, 0).flatten(0, 1)  # [R * R, Cin, n]
        spread = torch.bmm(self.kernel, by_pixel).view(size, size, 9, 3, num)
        gathered = spread.new_zeros([size + 2, size + 2, 3, num])
        for tap, (rows, columns) in enumerate(_windows(size)):
            gathered[rows, columns] += spread[:, :, tap]
        drgb = gathered[1:-1, 1:-1].permute(3, 2, 0, 1)  # [n, 3, R, R]
        return drgb if dimg is None else upsample2d(dimg, self.filter).add_(drgb)


def _windows(size: int) -> list[tuple[slice, slice]]:
    """Where the pixels that read a pixel through each tap of a 3 x 3 kernel lie, in an image padded by one."""
    sides = [slice(2 - tap, 2 - tap + size) for tap in range(3)]
    return [(rows, columns) for rows in sides for columns in sides]


@torch.no_grad()
def channel_maps(G: "Generator", s: Tensor, *, grid: int, memory_budget_gb: float = 1.0) -> Iterator[Tensor]:
    """The maps of each image of s [N, num_styles] in turn: N times [C, g, g], in the order of ``s`` without toRGB.

    A map is the mean over RGB of |d pooled image / d style|, the image in [-1, 1] and averaged to g = min(grid, R)
    cells a side; noise is constant. All is computed in the type of ``s`` and the weights, never in half precision.
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
    merged = MergedOutput.of(network[-1])
    for index, start in enumerate(network):
        for first in range(0, start.layer.channels, size):
            channels = slice(first, min(first + size, start.layer.channels))
            maps.append(_image_change(network[index:], merged, channels, grid))
    return torch.cat(maps)


def _image_change(network: list[LinearLayer], merged, channels: slice, grid: int) -> Tensor:
    """Maps [n, g, g] of ``channels`` of the first layer of ``network``."""
    dx: Tensor | None = None
    dimg: Tensor | None = None
    for step in network:
        if step is network[-1] and dx is not None:
            dimg = merged.carry(dx, dimg)
            break
        dx = step.conv.start(channels) if dx is None else step.conv.carry(dx)
        if step.torgb is not None:
            dimg = step.torgb.carry(dx, dimg)
    assert dimg is not None
    factor = dimg.shape[2] // grid
    if factor > 1:
        dimg = F.avg_pool2d(dimg, factor)
    return dimg.abs().mean(1)


def _batch_size(G: "Generator", memory_budget_gb: float) -> int:
    """How many channels are carried together."""
    return max(1, min(16, int(memory_budget_gb * BYTES_PER_GB / _bytes_per_channel(G))))


def _bytes_per_channel(G: "Generator") -> int:
    widest = max(layer.channels * layer.resolution**2 for layer in G.style_layers)
    return 4 * 4 * widest
