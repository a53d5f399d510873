"""The published encoders of pSp and e4e under their own names (pSp, section 3 and figure 2; e4e, section 4; IR-SE50).

The trunk is IR-SE50: 24 residual units with squeeze-and-excitation, in four stages each of which halves 256 px. Three
levels are read (16, 32 and 64 px of 256), joined by a feature pyramid, by a map2style head for each row of ws: rows 0-2
the smallest, 3-6 the middle, 7 on the largest. The published variant into W has a linear layer behind the averaged
trunk instead. Published weights load by name; ``latent_avg`` is beside them in their files.

Legend: N images, R pixels a side, C channels, D = w_dim.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylealign.networks.layers import FullyConnected

UNITS = (3, 4, 14, 3)  # of each stage: 24
WIDENING = (1, 2, 4, 8)  # times the width: 64, 128, 256, 512
LARGE_UNIT, MIDDLE_UNIT = 6, 20  # after which the larger levels are read; the smallest after the last
COARSE_ROWS, MIDDLE_ROWS = 3, 7  # rows 0-2, 3-6, 7-
SQUEEZE = 16
IMAGES_AT_ONCE = 8  # each alone, whatever the batch: this bounds memory
PUBLISHED_PX = 256


class SqueezeExcitation(nn.Module):
    """Channels weighted by what all positions say: [N, C, r, r] -> the same."""

    def __init__(self, channels: int):
        super().__init__()
        squeezed = max(channels // SQUEEZE, 1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1, bias=False)
        self.fc2 = nn.Conv2d(squeezed, channels, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))  # [N, C, 1, 1]
        return x * torch.sigmoid(gate)


class Unit(nn.Module):
    """A residual unit: [N, C, r, r] -> [N, C', r / stride, r / stride]."""

    def __init__(self, in_channels: int, channels: int, stride: int):
        super().__init__()
        self.shortcut_layer = _shortcut(in_channels, channels, stride)
        self.res_layer = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, channels, 3, padding=1, bias=False),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            SqueezeExcitation(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.res_layer(x) + self.shortcut_layer(x)


class Head(nn.Module):
    """map2style: stride-2 convolutions down to one position, then a linear layer; [N, C, r, r] -> [N, D]."""

    def __init__(self, resolution: int, channels: int, dim: int):
        super().__init__()
        halvings = resolution.bit_length() - 1
        layers: list[nn.Module] = []
        for wide in [channels, *[dim] * (halvings - 1)]:
            layers += [nn.Conv2d(wide, dim, 3, 2, 1), nn.LeakyReLU(0.01)]
        self.convs = nn.Sequential(*layers)
        self.linear = FullyConnected(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(self.convs(x).flatten(1))


class PspEncoder(nn.Module):
    """Images x [N, 3, R, R] in [-1, 1] to codes: ws [N, num_ws, D], or w [N, D] with ``space`` w.

    ``kind`` is ``psp``, whose heads give each row, or ``e4e``, whose first head gives all rows and the others what is
    added to theirs (in training row by row; here all of them, as published for inference). ``latent_avg`` is added:
    [num_ws, D], [1, D] in W. Images of any size are scaled to ``input_px``, as a PIL bilinear resize does it.
    """

    latent_avg: Tensor

    def __init__(
        self, *, kind: str, space: str, img_resolution: int, num_ws: int, w_dim: int, width: int, input_px: int
    ):
        super().__init__()
        if kind not in ("psp", "e4e") or space not in ("w", "wplus"):
            raise ValueError(f"a published encoder is psp or e4e, into w or wplus; not {kind} into {space}")
        self.init_kwargs: dict[str, Any] = {
            "kind": kind,
            "space": space,
            "img_resolution": img_resolution,
            "num_ws": num_ws,
            "w_dim": w_dim,
            "width": width,
            "input_px": input_px,
        }
        self.kind, self.space, self.img_resolution, self.num_ws = kind, space, img_resolution, num_ws
        self.input_px = input_px
        deep = width * WIDENING[-1]
        self.input_layer = nn.Sequential(
            nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.PReLU(width)
        )
        self.body = nn.Sequential(*_units(width))
        if space == "w":
            self.linear = FullyConnected(deep, w_dim)
        else:
            self.styles = nn.ModuleList(Head(_read_px(row, input_px), deep, w_dim) for row in range(num_ws))
            self.latlayer1 = nn.Conv2d(width * WIDENING[-2], deep, 1)
            self.latlayer2 = nn.Conv2d(width * WIDENING[-3], deep, 1)
        self.register_buffer("latent_avg", torch.zeros([1 if space == "w" else num_ws, w_dim]))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1:] != (3, self.img_resolution, self.img_resolution):
            side = self.img_resolution
            raise ValueError(f"images must be [N, 3, {side}, {side}], not {list(x.shape)}; fit them to the study")
        return torch.cat([self._encode(part) for part in x.split(IMAGES_AT_ONCE)])

    def _encode(self, x: Tensor) -> Tensor:
        large, middle, small = self._trunk(self.input_layer(scaled(x, self.input_px)))
        if self.space == "w":
            return self.linear(small.mean((2, 3))) + self.latent_avg
        middle = _upsampled(small, middle) + self.latlayer1(middle)  # [N, 8 C, px / 8, px / 8]
        large = _upsampled(middle, large) + self.latlayer2(large)
        levels = [small] * COARSE_ROWS + [middle] * (MIDDLE_ROWS - COARSE_ROWS)
        levels += [large] * (self.num_ws - MIDDLE_ROWS)
        rows = torch.stack([head(level) for head, level in zip(self.styles, levels, strict=False)], 1)
        return self._added(rows) + self.latent_avg

    def _trunk(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        levels = {}
        for number, unit in enumerate(self.body):
            x = unit(x)
            if number in (LARGE_UNIT, MIDDLE_UNIT):
                levels[number] = x
        return levels[LARGE_UNIT], levels[MIDDLE_UNIT], x

    def _added(self, rows: Tensor) -> Tensor:
        """e4e's rows [N, num_ws, D] are differences from the first."""
        if self.kind == "psp":
            return rows
        first, others = rows.split([1, self.num_ws - 1], 1)
        return torch.cat([first, first + others], 1)


def scaled(x: Tensor, px: int) -> Tensor:
    """Images [N, C, R, R] at ``px``: bilinear, averaged over what is left out where they shrink."""
    if x.shape[2] == px:
        return x
    return F.interpolate(x, size=(px, px), mode="bilinear", align_corners=False, antialias=True)


def _read_px(row: int, input_px: int) -> int:
    """The resolution at which a row of ws is read."""
    return input_px // (16 if row < COARSE_ROWS else 8 if row < MIDDLE_ROWS else 4)


def _units(width: int) -> list[Unit]:
    """The trunk's 24: the first of each stage halves and widens."""
    units, channels = [], width
    for num, times in zip(UNITS, WIDENING, strict=True):
        units += [Unit(channels, width * times, 2), *(Unit(width * times, width * times, 1) for _ in range(num - 1))]
        channels = width * times
    return units


def _shortcut(in_channels: int, channels: int, stride: int) -> nn.Module:
    if in_channels == channels:
        return nn.MaxPool2d(1, stride)  # every second position
    return nn.Sequential(nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels))


def _upsampled(x: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(x, size=like.shape[2:], mode="bilinear", align_corners=True)  # as published
