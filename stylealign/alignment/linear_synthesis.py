"""The synthesis network of one image as what it is once ``s`` is fixed: a chain of linear layers (StyleAlign, A.9).

The network runs once and keeps what it did. A change of features is then carried up by convolutions whose weights are
known and slopes that are known, and a change of one style starts as a change of its own layer's output. Both are exact:
this is forward-mode differentiation, written out.

Legend: n changes carried together (the batch); R pixels of the image; [h, w] pixels of a layer's input, [H, W] of its
output. ``dx`` and ``dimg`` are changes of features and of the image, per unit of a style.
"""

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.networks.stylespace import StyleLayer
from stylealign.networks.synthesis import SynthesisBlock, SynthesisLayer, SynthesisNetwork, ToRGB
from stylealign.ops.modulated_conv import LRELU_GAIN, LRELU_SLOPE, demodulation
from stylealign.ops.resample import blur2d


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

    def start(self, channels: slice) -> Tensor:
        """The change of its output per unit of each of its own styles ``channels``: [n, Cout, H, W].

        A style scales its input channel and, through d, every output: with E_u = sum_k W_u^2,
        d = (sum_u s_u^2 E_u + eps)^(-1/2) changes by -d^3 s_u E_u.
        """
        weight = self.weight[:, channels]  # [Cout, n, 3, 3]
        read, taps = _read_by_taps(self.x[0, channels, None], weight, self.filter)
        direct = read.transpose(1, 2) @ (taps * self.d)  # [n, H * W, Cout]
        energy = weight.square().sum([2, 3]).t()  # [n, Cout]
        dd = -self.d.pow(3) * self.s[channels, None] * energy  # [n, Cout]
        dy = direct.unflatten(1, self.y.shape[2:]).permute(0, 3, 1, 2)  # [n, Cout, H, W], channels last
        return dy.addcmul_(dd[:, :, None, None], self.y).mul_(self.slope)

    def carry(self, dx: Tensor) -> Tensor:
        """Changes of its input [n, Cin, h, w] to changes of its output [n, Cout, H, W]."""
        return _convolve(dx, self.styled, self.filter).mul_(self.slope)


def _convolve(x: Tensor, weight: Tensor, up_filter: Tensor | None) -> Tensor:
    """The layer's convolution, doubling where it has a filter: [n, Cin, h, w] -> [n, Cout, H, W]."""
    if up_filter is None:
        return F.conv2d(x, weight, padding=1)
    return blur2d(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2), up_filter, padding=1, gain=4)


def _read_by_taps(x: Tensor, weight: Tensor, up_filter: Tensor | None) -> tuple[Tensor, Tensor]:
    """The convolution of each channel alone, x [n, 1, h, w] with weight [Cout, n, 3, 3], as the factors of a product.

    What each tap reads at each pixel of the output [n, 9, H * W], and the taps [n, 9, Cout]. A layer that doubles reads
    the channel doubled by its filter, from the last tap to the first.
    """
    if up_filter is None:
        return F.unfold(x, 3, padding=1), weight.flatten(2).permute(1, 2, 0)
    doubled = F.conv_transpose2d(x, 4 * up_filter[None, None], stride=2)  # [n, 1, H + 2, W + 2]
    return F.unfold(doubled, 3), weight.flatten(2).flip(2).permute(1, 2, 0)


@dataclass(frozen=True)
class LinearToRGB:
    """One image's toRGB, added to the image of the blocks below."""

    weight: Tensor  # [3, C, 1, 1] weight * s
    slope: Tensor | None  # [1, 3, H, W] 0 where it is clamped; None where it never is
    doubling: Tensor  # [H, H / 2] the skip connection's filter, along one axis

    def carry(self, dx: Tensor, dimg: Tensor | None) -> Tensor:
        """Changes of the features [n, C, H, W] and of the image below [n, 3, H/2, W/2] to changes of the image."""
        drgb = F.conv2d(dx, self.weight)
        return self.add(drgb if self.slope is None else drgb * self.slope, dimg)

    def add(self, drgb: Tensor, dimg: Tensor | None) -> Tensor:
        """``drgb`` [n, 3, H, W] and the doubled ``dimg`` [n, 3, H/2, W/2]."""
        return drgb if dimg is None else drgb + self.doubling @ dimg @ self.doubling.t()


def _doubling(f: Tensor, size: int) -> Tensor:
    """The matrix [size, size / 2] that doubles along one axis as ``upsample2d`` does with ``f`` [4, 4] along both."""
    taps = 2 * f.sum(0)
    each = torch.eye(size // 2, dtype=f.dtype, device=f.device)[:, None]  # [size / 2, 1, size / 2]
    return F.conv_transpose1d(each, taps[None, None], stride=2, padding=1)[:, 0].t()


@dataclass(frozen=True)
class LinearLayer:
    """One convolution, its place in ``s``, and the toRGB that reads it (where it is a block's last)."""

    layer: StyleLayer
    conv: LinearConv
    torgb: LinearToRGB | None

    def start(self, channels: slice) -> tuple[Tensor, Tensor | None]:
        """Changes of its features and of the image so far, per unit of each of its own styles ``channels``."""
        dx = self.conv.start(channels)
        return dx, self._image(dx, None)

    def carry(self, dx: Tensor, dimg: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Changes of its input and of the image below to changes of its features and of the image so far."""
        dx = self.conv.carry(dx)
        return dx, self._image(dx, dimg)

    def bytes_of_a_change(self) -> int:
        """What one change of its input takes, or of its output where that is larger."""
        return max(self.conv.x.numel(), self.conv.y.numel()) * self.conv.x.element_size()

    def _image(self, dx: Tensor, dimg: Tensor | None) -> Tensor | None:
        return dimg if self.torgb is None else self.torgb.carry(dx, dimg)


@dataclass(frozen=True)
class MergedLayer(LinearLayer):
    """The last layer, whose features only its toRGB reads: from each pixel's input straight to 3 x 3 pixels of RGB.

    Convolution, slope and toRGB are one linear map of 27 outputs, instead of 9 Cout and toRGB's own.
    """

    kernel: Tensor  # [R * R, 27, Cin] to (tap, RGB), each pixel its own

    @classmethod
    def of(cls, last: LinearLayer) -> "MergedLayer":
        conv, torgb = last.conv, last.torgb
        assert torgb is not None
        to_rgb = torgb.weight[:, :, 0, 0] * conv.slope[0].permute(1, 2, 0)[:, :, None]  # [R, R, 3, Cout]
        if torgb.slope is not None:
            to_rgb = to_rgb * torgb.slope[0].permute(1, 2, 0)[..., None]
        padded = F.pad(to_rgb, [0, 0, 0, 0, 1, 1, 1, 1])  # [R + 2, R + 2, 3, Cout]
        taps = conv.styled.flatten(2).permute(2, 0, 1)  # [9, Cout, Cin]
        reading = (padded.flatten(0, 2) @ taps).unflatten(1, padded.shape[:3])  # [9, R + 2, R + 2, 3, Cin]
        kernel = [reading[tap, rows, columns] for tap, (rows, columns) in enumerate(_readers(len(to_rgb)))]
        inherited = {field.name: getattr(last, field.name) for field in fields(last)}
        return cls(**inherited, kernel=torch.cat(kernel, dim=2).flatten(0, 1))

    @staticmethod
    def kernel_bytes(last: LinearLayer) -> int:
        """What the kernel takes."""
        return 27 * last.conv.x.numel() * last.conv.x.element_size()

    def bytes_of_a_change(self) -> int:
        return max(
            super().bytes_of_a_change(), self.kernel.numel() // self.conv.x.shape[1] * self.kernel.element_size()
        )

    def carry(self, dx: Tensor, dimg: Tensor | None) -> tuple[Tensor, Tensor]:
        """As in other layers, but the features' changes stay those of its input."""
        num, size = len(dx), dx.shape[2]
        by_pixel = dx.permute(2, 3, 1, 0).flatten(0, 1)  # [R * R, Cin, n]
        spread = torch.bmm(self.kernel, by_pixel).view(size, size, 9, 3, num)
        drgb = spread.new_zeros([size + 2, size + 2, 3, num])
        for tap, (rows, columns) in enumerate(_readers(size)):
            drgb[rows, columns] += spread[:, :, tap]
        assert self.torgb is not None
        return dx, self.torgb.add(drgb[1:-1, 1:-1].permute(3, 2, 0, 1), dimg)  # [n, 3, R, R]


def _readers(size: int) -> list[tuple[slice, slice]]:
    """For each of 3 x 3 taps, where the pixels lie that read through it pixels 0, 1, ...; in an image padded by one."""
    sides = [slice(2 - tap, 2 - tap + size) for tap in range(3)]
    return [(rows, columns) for rows in sides for columns in sides]


def linearise(synthesis: SynthesisNetwork, s: Tensor) -> list[LinearLayer]:
    """Run one image, s [1, num_styles], with constant noise; keep what its derivatives need, by convolution.

    It runs in the type of ``s`` and the weights, whatever ``num_fp16_res`` is.
    """
    styles = {layer.name: s[:, layer.columns] for layer in synthesis.style_layers}
    x = synthesis.get_submodule(f"b{synthesis.resolutions[0]}").const[None]  # [1, C, 4, 4]
    found = []
    for layer in synthesis.style_layers:
        if layer.kind == "torgb":
            continue
        block = synthesis.get_submodule(f"b{layer.resolution}")
        conv, x = _linear_conv(block.get_submodule(layer.kind), x, styles[layer.name])
        torgb = _linear_torgb(block, x, styles[f"b{layer.resolution}.torgb"]) if layer.kind == "conv1" else None
        found.append(LinearLayer(layer, conv, torgb))
    return found


def _linear_conv(module: SynthesisLayer, x: Tensor, s: Tensor) -> tuple[LinearConv, Tensor]:
    """The layer at x [1, Cin, h, w] and s [1, Cin], and its output [1, Cout, H, W]."""
    weight = module.weight.contiguous(memory_format=torch.channels_last)
    d = demodulation(weight, s)[0]
    up_filter = module.filter if module.up else None
    y = _convolve(x * s[:, :, None, None], weight, up_filter)
    before = y * d[:, None, None] + module.noise_const * module.noise_strength + module.bias[:, None, None]
    slope = torch.full_like(before, LRELU_GAIN).masked_fill_(before < 0, LRELU_SLOPE * LRELU_GAIN)
    out = before * slope
    if module.conv_clamp is not None:
        slope = slope * (out.abs() < module.conv_clamp)
        out = out.clamp(-module.conv_clamp, module.conv_clamp)
    y, slope = (each.contiguous(memory_format=torch.channels_last) for each in (y, slope))
    styled = weight * s[0, :, None, None] * d[:, None, None, None]
    return LinearConv(x, s[0], d, y, slope, weight, styled, up_filter), out


def _linear_torgb(block: SynthesisBlock, x: Tensor, s: Tensor) -> LinearToRGB:
    """The block's toRGB at x [1, C, H, W] and s [1, C]."""
    module: ToRGB = block.torgb
    slope = None
    if module.conv_clamp is not None:
        slope = (module(x, s).abs() < module.conv_clamp).to(x.dtype)
    styled = module.weight * (s * module.weight_gain)[:, :, None, None]
    return LinearToRGB(styled, slope, _doubling(block.filter, block.resolution))
