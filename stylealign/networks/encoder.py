"""The encoder, image -> code, and the latent discriminator (pSp, section 3; e4e, section 4; StyleAlign, A.5).

A residual trunk halves the resolution down to 4 x 4 while its width doubles; a feature pyramid carries what the small
levels saw back up. Heads (pSp's map2style: stride-2 convolutions down to one position, then a linear layer) read it:
for a code with a row for each layer, coarse rows from the smallest level read, fine rows from the largest.

There is no normalisation over a batch: the code of an image depends on that image alone.

Legend: N images, R pixels a side, C channels, D numbers in a row of the code (z_dim or w_dim).
"""

import math
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylealign.networks.mapping import MappingNetwork

LARGEST_INPUT_PX = 256  # larger images are averaged down to this, as published
SMALLEST_PX = 4
WIDEST = 8  # times the width
SLOPE = 0.2
PUBLISHED_WS, PUBLISHED_COARSE, PUBLISHED_MIDDLE = 14, 3, 7  # pSp: rows 0-2, 3-6, 7- of 14 (and of 18)


def level_resolutions(img_resolution: int) -> list[int]:
    """The trunk's resolutions, largest first: what is read, then halved down to 4."""
    first = min(img_resolution, LARGEST_INPUT_PX)
    return [first >> level for level in range((first // SMALLEST_PX).bit_length())]


def level_widths(img_resolution: int, width: int) -> list[int]:
    """Channels at every resolution of :func:`level_resolutions`: doubling, up to 8 times ``width``."""
    return [width * min(2**level, WIDEST) for level in range(len(level_resolutions(img_resolution)))]


def read_resolutions(img_resolution: int) -> tuple[int, int, int]:
    """Where coarse, middle and fine rows are read: 16, 32 and 64 px of 256 as in pSp, never below 4."""
    coarse = max(min(img_resolution, LARGEST_INPUT_PX) // 16, SMALLEST_PX)
    return coarse, 2 * coarse, 4 * coarse


def rows_read(num_ws: int) -> tuple[range, range, range]:
    """The coarse, middle and fine rows of ws: pSp's 0-2, 3-6 and 7-, in proportion where there are fewer than 14."""
    share = min(num_ws / PUBLISHED_WS, 1)
    coarse, middle = max(round(PUBLISHED_COARSE * share), 1), max(round(PUBLISHED_MIDDLE * share), 2)
    return range(coarse), range(coarse, middle), range(middle, num_ws)


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions, the second of which halves, beside an average: [N, C, r, r] -> [N, C', r/2, r/2]."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv0 = _convolution(in_channels, in_channels)
        self.conv1 = _convolution(in_channels, out_channels, stride=2)
        self.skip = nn.Conv2d(in_channels, out_channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(_activate(self.conv0(x)))
        return _activate((self.skip(F.avg_pool2d(x, 2)) + y) * math.sqrt(0.5))


class RowHeads(nn.Module):
    """map2style for several rows at once: [N, C, r, r] -> [N, rows, D]; the rows share nothing but their input."""

    def __init__(self, resolution: int, in_channels: int, channels: int, num_rows: int, dim: int):
        super().__init__()
        self.num_rows = num_rows
        groups = [1, *[num_rows] * (resolution.bit_length() - 2)]
        widths = [in_channels, *[channels * num_rows] * len(groups)]
        self.convs = nn.ModuleList(
            _convolution(*pair, stride=2, groups=group) for pair, group in zip(pairwise(widths), groups, strict=True)
        )
        self.weight = nn.Parameter(torch.zeros([num_rows, channels, dim]))  # zero: training starts at the mean image
        self.bias = nn.Parameter(torch.zeros([num_rows, dim]))

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs:
            x = _activate(conv(x))
        features = x.reshape(len(x), self.num_rows, -1)  # [N, rows, channels]
        return torch.einsum("nrc,rcd->nrd", features, self.weight) + self.bias


class Encoder(nn.Module):
    """Images x [N, 3, R, R] in [-1, 1] to codes in ``z``, ``zplus``, ``w`` or ``wplus``; z has norm sqrt(z_dim).

    What the heads give is added to where an untrained encoder stands: ``w_avg`` in W and W+ (in deviations of w), a z
    whose w is near it in Z and Z+. In W+ every row but the first is an offset from the first (e4e); rows from
    ``num_rows_free`` on have none.
    """

    w_avg: Tensor
    w_std: Tensor
    z_start: Tensor

    def __init__(self, *, space: str, img_resolution: int, width: int, num_ws: int, z_dim: int, w_dim: int):
        super().__init__()
        self.init_kwargs: dict[str, Any] = {
            "space": space,
            "img_resolution": img_resolution,
            "width": width,
            "num_ws": num_ws,
            "z_dim": z_dim,
            "w_dim": w_dim,
        }
        self.space, self.img_resolution, self.num_ws = space, img_resolution, num_ws
        self.num_rows_free = num_ws
        self.resolutions, widths = level_resolutions(img_resolution), level_widths(img_resolution, width)
        channels = 2 * width
        self.stem = _convolution(3, widths[0])
        self.blocks = nn.ModuleList(ResidualBlock(*pair) for pair in pairwise(widths))
        rows = rows_read(num_ws) if space in ("zplus", "wplus") else (range(1), range(0), range(0))
        self.rows = {px: part for px, part in zip(read_resolutions(img_resolution), rows, strict=True) if len(part)}
        laterals = {px: c for px, c in zip(self.resolutions, widths, strict=True) if px <= max(self.rows)}
        self.laterals = nn.ModuleDict({str(px): nn.Conv2d(c, channels, 1) for px, c in laterals.items()})
        dim = z_dim if space in ("z", "zplus") else w_dim
        self.heads = nn.ModuleDict(
            {str(px): RowHeads(px, channels, channels, len(part), dim) for px, part in self.rows.items()}
        )
        self.register_buffer("w_avg", torch.zeros([w_dim]))
        self.register_buffer("w_std", torch.ones([]))
        self.register_buffer("z_start", torch.ones([z_dim]))

    @torch.no_grad()
    def stand_at(self, mapping: MappingNetwork, z: Tensor) -> None:
        """Start from a generator's average w, the deviation of its w, and that of ``z`` [n, z_dim] nearest to it."""
        w = mapping.w(z)
        off = (w - mapping.w_avg).square()  # [n, w_dim]
        self.w_avg.copy_(mapping.w_avg)
        self.w_std.copy_(off.mean().sqrt())
        nearest = z[off.sum(1).argmin()]
        self.z_start.copy_(nearest * nearest.square().mean().rsqrt())

    def forward(self, x: Tensor) -> Tensor:
        found = self._read(self._pyramid(self._trunk(x)))  # [N, rows, D]
        if self.space in ("z", "zplus"):
            z = found + self.z_start
            z = z * (z.square().mean(-1, keepdim=True) + 1e-8).rsqrt()
            return z[:, 0] if self.space == "z" else z
        w = self.w_avg + self.w_std * self._with_offsets(found)
        return w[:, 0] if self.space == "w" else w

    def _trunk(self, x: Tensor) -> dict[int, Tensor]:
        if x.shape[1:] != (3, self.img_resolution, self.img_resolution):
            side = self.img_resolution
            raise ValueError(f"images must be [N, 3, {side}, {side}], not {list(x.shape)}; fit them to the study")
        if x.shape[2] > LARGEST_INPUT_PX:
            x = F.adaptive_avg_pool2d(x, LARGEST_INPUT_PX)
        x = _activate(self.stem(x.contiguous(memory_format=torch.channels_last)))
        levels = {self.resolutions[0]: x}
        for resolution, block in zip(self.resolutions[1:], self.blocks, strict=True):
            x = levels[resolution] = block(x)
        return levels

    def _pyramid(self, levels: dict[int, Tensor]) -> dict[int, Tensor]:
        """The levels read, from the smallest up: each with what lies below it added."""
        y, pyramid = None, {}
        for resolution in reversed(self.resolutions):
            if str(resolution) in self.laterals:
                lateral = self.laterals[str(resolution)](levels[resolution])
                y = lateral if y is None else lateral + F.interpolate(y, scale_factor=2, mode="nearest")
                pyramid[resolution] = y
        return pyramid

    def _read(self, pyramid: dict[int, Tensor]) -> Tensor:
        return torch.cat([self.heads[str(px)](pyramid[px]) for px in self.rows], dim=1)

    def _with_offsets(self, found: Tensor) -> Tensor:
        if self.space == "w":
            return found
        base, offsets = found[:, :1], found[:, 1 : self.num_rows_free]  # [N, 1, D], [N, rows free - 1, D]
        return torch.cat([base, base + offsets, base.expand(-1, self.num_ws - 1 - offsets.shape[1], -1)], dim=1)


class LatentDiscriminator(nn.Module):
    """D_w of e4e: is w [N, w_dim] (in deviations from the mean) the mapping's or the encoder's? Logits [N, 1]."""

    def __init__(self, w_dim: int):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(w_dim, w_dim) for _ in range(3))
        self.out = nn.Linear(w_dim, 1)

    def forward(self, w: Tensor) -> Tensor:
        for layer in self.layers:
            w = F.leaky_relu(layer(w), SLOPE)
        return self.out(w)


def _convolution(in_channels: int, out_channels: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    conv = nn.Conv2d(in_channels, out_channels, 3, stride, 1, groups=groups)
    nn.init.kaiming_normal_(conv.weight, a=SLOPE)
    nn.init.zeros_(conv.bias)
    return conv


def _activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, SLOPE, inplace=True)
