"""The StyleGAN2 discriminator (residual), with NVIDIA's parameter names.

img  [N, 3, R, R]      x  [N, C, r, r]      logits  [N, 1]
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from stylealign.networks.layers import Conv2d, FullyConnected
from stylealign.networks.stylespace import num_channels, runs_in_half


class DiscriminatorBlock(nn.Module):
    """Halve the size with a residual shortcut; the highest block also reads RGB."""

    def __init__(self, img_channels: int, in_channels: int, out_channels: int, *, conv_clamp: float | None):
        super().__init__()
        if img_channels:
            self.fromrgb = Conv2d(img_channels, in_channels, 1, conv_clamp=conv_clamp)
        self.conv0 = Conv2d(in_channels, in_channels, 3, conv_clamp=conv_clamp)
        self.conv1 = Conv2d(in_channels, out_channels, 3, down=True, conv_clamp=conv_clamp)
        self.skip = Conv2d(in_channels, out_channels, 1, bias=False, activate=False, down=True)

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "fromrgb"):
            x = self.fromrgb(x)
        shortcut = self.skip(x, gain=math.sqrt(0.5))
        return shortcut + self.conv1(self.conv0(x), gain=math.sqrt(0.5))


def minibatch_std(x: Tensor, group_size: int) -> Tensor:
    """Append the standard deviation within groups of the batch as one feature map: [N, C, r, r] -> [N, C + 1, r, r]."""
    n, c, h, w = x.shape
    size = min(group_size, n)
    if n % size:
        raise ValueError(f"a batch of {n} images cannot be split into groups of mbstd_group_size = {size}")
    y = x.reshape(size, n // size, c, h, w)
    y = (y - y.mean(dim=0)).square().mean(dim=0)  # [n/size, C, r, r]
    y = (y + 1e-8).sqrt().mean(dim=[1, 2, 3])  # [n/size]
    y = y.reshape(1, n // size, 1, 1, 1).expand(size, -1, 1, h, w).reshape(n, 1, h, w)
    return torch.cat([x, y], dim=1)


class DiscriminatorEpilogue(nn.Module):
    """4 x 4 features to one logit."""

    def __init__(self, in_channels: int, *, mbstd_group_size: int, conv_clamp: float | None):
        super().__init__()
        self.mbstd_group_size = mbstd_group_size
        self.conv = Conv2d(in_channels + 1, in_channels, 3, conv_clamp=conv_clamp)
        self.fc = FullyConnected(in_channels * 16, in_channels, activate=True)
        self.out = FullyConnected(in_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(minibatch_std(x, self.mbstd_group_size))
        return self.out(self.fc(x.flatten(1)))


class Discriminator(nn.Module):
    """Blocks bR, ..., b8, then the epilogue b4: images [N, 3, R, R] to logits [N, 1]."""

    def __init__(
        self,
        *,
        img_resolution: int,
        channel_base: int,
        channel_max: int,
        mbstd_group_size: int = 4,
        conv_clamp: float | None = None,
        img_channels: int = 3,
    ):
        super().__init__()
        self.init_kwargs: dict[str, Any] = {
            "img_resolution": img_resolution,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "mbstd_group_size": mbstd_group_size,
            "conv_clamp": conv_clamp,
            "img_channels": img_channels,
        }
        self.img_resolution, self.img_channels = img_resolution, img_channels
        self.resolutions = [2**i for i in range(int(math.log2(img_resolution)), 2, -1)]
        self.num_fp16_res = 0  # how many of the highest resolutions run in float16
        for resolution in self.resolutions:
            block = DiscriminatorBlock(
                img_channels if resolution == img_resolution else 0,
                num_channels(resolution, channel_base, channel_max),
                num_channels(resolution // 2, channel_base, channel_max),
                conv_clamp=conv_clamp,
            )
            self.add_module(f"b{resolution}", block)
        self.b4 = DiscriminatorEpilogue(
            num_channels(4, channel_base, channel_max), mbstd_group_size=mbstd_group_size, conv_clamp=conv_clamp
        )

    def forward(self, img: Tensor) -> Tensor:
        return self.b4(self.features(img, 4).to(img.dtype))

    def features(self, img: Tensor, resolution: int) -> Tensor:
        """What the blocks above ``resolution`` r make of images [N, 3, R, R]: features [N, C, r, r]."""
        expected = (self.img_channels, self.img_resolution, self.img_resolution)
        if img.ndim != 4 or img.shape[1:] != expected:
            raise ValueError(f"images must be [N, {', '.join(map(str, expected))}], not {list(img.shape)}")
        x = img.contiguous(memory_format=torch.channels_last)
        for block in (own for own in self.resolutions if own > resolution):
            is_half = runs_in_half(block, self.img_resolution, self.num_fp16_res)
            x = getattr(self, f"b{block}")(x.to(torch.float16 if is_half else img.dtype))
        return x
