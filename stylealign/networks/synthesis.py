"""The synthesis network, s -> image, and the affine layers, ws -> s (StyleGAN2 with skip connections).

ws  [N, num_ws, w_dim]      s  [N, num_styles]      x  [N, C, r, r] features      img  [N, 3, r, r]
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylealign.latents import Stream, normal
from stylealign.networks.layers import FullyConnected
from stylealign.networks.stylespace import StyleLayer, num_channels, runs_in_half, style_layers
from stylealign.ops.modulated_conv import modulated_conv, styled_activation
from stylealign.ops.resample import setup_filter, upsample2d

NOISE_MODES = ("random", "const", "none")


class SynthesisLayer(nn.Module):
    """A styled 3 x 3 convolution with noise: [N, Cin, r, r] (or r/2 when ``up``) -> [N, Cout, r, r]."""

    noise_const: Tensor
    filter: Tensor

    def __init__(
        self, in_channels: int, out_channels: int, *, w_dim: int, resolution: int, up: bool, conv_clamp: float | None
    ):
        super().__init__()
        self.resolution, self.up, self.conv_clamp = resolution, up, conv_clamp
        self.affine = FullyConnected(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn([out_channels, in_channels, 3, 3]))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros([out_channels]))
        self.register_buffer("noise_const", torch.randn([resolution, resolution]))
        self.register_buffer("filter", setup_filter(), persistent=False)

    def forward(self, x: Tensor, s: Tensor, noise_mode: str, generator: Stream | None) -> Tensor:
        y, d = modulated_conv(x, self.weight, s, up=self.up, f=self.filter)
        noise = self._noise(len(x), noise_mode, generator)
        return styled_activation(y, d, noise, self.bias, self.conv_clamp)

    def _noise(self, num: int, noise_mode: str, generator: Stream | None) -> Tensor | None:
        if noise_mode == "none":
            return None
        if noise_mode == "const":
            return self.noise_const * self.noise_strength  # [r, r]
        shape = [num, 1, self.resolution, self.resolution]
        return normal(shape, generator, self.weight.device) * self.noise_strength


class ToRGB(nn.Module):
    """A styled 1 x 1 convolution to RGB without demodulation: [N, C, r, r] -> [N, 3, r, r]."""

    def __init__(self, in_channels: int, *, w_dim: int, img_channels: int, conv_clamp: float | None):
        super().__init__()
        self.affine = FullyConnected(w_dim, in_channels, bias_init=1)
        self.weight = nn.Parameter(torch.randn([img_channels, in_channels, 1, 1]))
        self.bias = nn.Parameter(torch.zeros([img_channels]))
        self.weight_gain = 1 / math.sqrt(in_channels)
        self.conv_clamp = conv_clamp

    def forward(self, x: Tensor, s: Tensor) -> Tensor:
        x = x * (s * self.weight_gain).to(x.dtype)[:, :, None, None]
        y = F.conv2d(x, self.weight.to(x.dtype), self.bias.to(x.dtype))
        return y if self.conv_clamp is None else y.clamp(-self.conv_clamp, self.conv_clamp)


class SynthesisBlock(nn.Module):
    """One resolution: conv0 (doubling; not at 4 x 4), conv1 and torgb."""

    filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        w_dim: int,
        resolution: int,
        img_channels: int,
        conv_clamp: float | None,
    ):
        super().__init__()
        self.resolution = resolution
        settings = {"w_dim": w_dim, "resolution": resolution, "conv_clamp": conv_clamp}
        if in_channels == 0:
            self.const = nn.Parameter(torch.randn([out_channels, resolution, resolution]))
        else:
            self.conv0 = SynthesisLayer(in_channels, out_channels, up=True, **settings)
        self.conv1 = SynthesisLayer(out_channels, out_channels, up=False, **settings)
        self.torgb = ToRGB(out_channels, w_dim=w_dim, img_channels=img_channels, conv_clamp=conv_clamp)
        self.register_buffer("filter", setup_filter(), persistent=False)


class SynthesisNetwork(nn.Module):
    """Blocks b4, b8, ..., bR; the image is the sum of every block's toRGB, upsampled."""

    def __init__(
        self,
        *,
        w_dim: int,
        img_resolution: int,
        channel_base: int,
        channel_max: int,
        conv_clamp: float | None = None,
        img_channels: int = 3,
    ):
        super().__init__()
        self.w_dim, self.img_resolution = w_dim, img_resolution
        self.style_layers: list[StyleLayer] = style_layers(img_resolution, channel_base, channel_max)
        self.num_styles = sum(layer.channels for layer in self.style_layers)
        self.num_ws = max(layer.ws_index for layer in self.style_layers) + 1
        self.resolutions = sorted({layer.resolution for layer in self.style_layers})
        self.num_fp16_res = 0  # how many of the highest resolutions run in float16
        in_channels = 0
        for resolution in self.resolutions:
            out_channels = num_channels(resolution, channel_base, channel_max)
            block = SynthesisBlock(
                in_channels,
                out_channels,
                w_dim=w_dim,
                resolution=resolution,
                img_channels=img_channels,
                conv_clamp=conv_clamp,
            )
            self.add_module(f"b{resolution}", block)
            in_channels = out_channels

    def styles(self, ws: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim] to s [N, num_styles]: every affine layer, toRGB included."""
        if ws.ndim != 3 or ws.shape[1:] != (self.num_ws, self.w_dim):
            raise ValueError(f"ws must be [N, {self.num_ws}, {self.w_dim}], not {list(ws.shape)}")
        rows = ws.float().unbind(dim=1)
        return torch.cat([self._affine(layer)(rows[layer.ws_index]) for layer in self.style_layers], dim=1)

    def _affine(self, layer: StyleLayer) -> FullyConnected:
        return getattr(getattr(self, f"b{layer.resolution}"), layer.kind).affine

    def forward(self, s: Tensor, noise_mode: str = "const", generator: Stream | None = None) -> Tensor:
        """s [N, num_styles] to images x [N, 3, R, R]; ``generator`` draws the noise of ``noise_mode="random"``."""
        if s.ndim != 2 or s.shape[1] != self.num_styles:
            raise ValueError(f"s must be [N, {self.num_styles}], not {list(s.shape)}")
        if noise_mode not in NOISE_MODES:
            raise ValueError(f"noise_mode must be one of {NOISE_MODES}, not {noise_mode!r}")
        parts = iter(s.split([layer.channels for layer in self.style_layers], dim=1))
        x: Tensor | None = None
        img: Tensor | None = None
        for resolution in self.resolutions:
            block = getattr(self, f"b{resolution}")
            x = self._features(block, x, parts, noise_mode, generator, s)
            rgb = block.torgb(x, next(parts)).to(s.dtype)
            img = rgb if img is None else upsample2d(img, block.filter) + rgb
        assert img is not None
        return img

    def _features(self, block: SynthesisBlock, x: Tensor | None, parts, noise_mode, generator, s: Tensor) -> Tensor:
        if x is None:
            x = block.const.expand(len(s), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        is_half = runs_in_half(block.resolution, self.img_resolution, self.num_fp16_res)
        x = x.to(torch.float16 if is_half else s.dtype)
        if hasattr(block, "conv0"):
            x = block.conv0(x, next(parts), noise_mode, generator)
        return block.conv1(x, next(parts), noise_mode, generator)
