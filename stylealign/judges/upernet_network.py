"""The Unified Parsing network (UPerNet, arXiv 1807.10221) as far as objects and their parts need it.

A ResNet-50 with a stem of three convolutions; pyramid pooling over its last stage; a feature pyramid; one head for
objects and one for parts. Names and shapes are those of CSAILVision/unifiedparsing's encoder and decoder (MIT licence):
read in the published code; the published weight files themselves were not at hand. Its heads for scenes and materials
are left out, and so are their weights. Pyramid pooling averages over adaptive cells, as in that code; copies of it that
pool over exact fractions of cells (PrRoIPool) differ a little at the borders.

Legend: N images, C channels of the pyramid; x4 means H/4 x W/4.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import Bottleneck

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))  # ResNet-50: width, blocks
STAGE_CHANNELS = (256, 512, 1024, 2048)
POOL_SCALES, POOL_CHANNELS = (1, 2, 3, 6), 512
UNREAD_HEADS = ("scene_head.", "material_head.")


class Encoder(nn.Module):
    """Images [N, 3, H, W] to four stages, x4 to x32."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = _convolution(3, 64, stride=2), nn.BatchNorm2d(64)
        self.conv2, self.bn2 = _convolution(64, 64), nn.BatchNorm2d(64)
        self.conv3, self.bn3 = _convolution(64, 128), nn.BatchNorm2d(128)
        channels = 128
        for number, (width, blocks) in enumerate(STAGES, 1):
            setattr(self, f"layer{number}", _stage(channels, width, blocks, stride=1 if number == 1 else 2))
            channels = width * Bottleneck.expansion

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        for conv, norm in ((self.conv1, self.bn1), (self.conv2, self.bn2), (self.conv3, self.bn3)):
            x = F.relu(norm(conv(x)))
        x = F.max_pool2d(x, 3, stride=2, padding=1)  # [N, 128, x4]
        stages = []
        for number in range(1, len(STAGES) + 1):
            x = getattr(self, f"layer{number}")(x)
            stages.append(x)
        return stages


class Decoder(nn.Module):
    """Four stages to logits of objects [N, O, x4] and of parts [N, P, x4]."""

    def __init__(self, num_objects: int, num_parts: int, channels: int = 512):
        super().__init__()
        deepest = STAGE_CHANNELS[-1]
        self.ppm_conv = nn.ModuleList(_normed(deepest, POOL_CHANNELS, size=1) for _ in POOL_SCALES)
        self.ppm_last_conv = _normed(deepest + len(POOL_SCALES) * POOL_CHANNELS, channels)
        self.fpn_in = nn.ModuleList(_normed(width, channels, size=1) for width in STAGE_CHANNELS[:-1])
        self.fpn_out = nn.ModuleList(nn.Sequential(_normed(channels, channels)) for _ in STAGE_CHANNELS[:-1])
        self.conv_fusion = _normed(len(STAGE_CHANNELS) * channels, channels)
        self.object_head = nn.Sequential(_normed(channels, channels), nn.Conv2d(channels, num_objects, 1))
        self.part_head = nn.Sequential(_normed(channels, channels), nn.Conv2d(channels, num_parts, 1))

    def forward(self, stages: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        pyramid = self._pyramid(stages)  # fine to coarse, [N, C, x4 .. x32]
        x = self.conv_fusion(torch.cat([_enlarged(level, pyramid[0]) for level in pyramid], 1))
        return self.object_head(x), self.part_head(x)

    def _pyramid(self, stages: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        f = self._pooled(stages[-1])
        pyramid = [f]
        for stage, lateral, out in zip(stages[-2::-1], self.fpn_in[::-1], self.fpn_out[::-1], strict=True):
            f = lateral(stage) + _enlarged(f, stage)
            pyramid.insert(0, out(f))
        return pyramid

    def _pooled(self, deepest: torch.Tensor) -> torch.Tensor:
        pooled = [
            convolve(_enlarged(F.adaptive_avg_pool2d(deepest, scale), deepest))
            for scale, convolve in zip(POOL_SCALES, self.ppm_conv, strict=True)
        ]
        return self.ppm_last_conv(torch.cat([deepest, *pooled], 1))  # [N, C, x32]


def build_decoder(state: Mapping[str, torch.Tensor]) -> Decoder:
    """A decoder of the sizes that ``state`` has; ``KeyError`` where it lacks a head or the fusion."""
    num_objects, num_parts = (len(state[f"{head}_head.1.weight"]) for head in ("object", "part"))
    return Decoder(num_objects, num_parts, len(state["conv_fusion.0.weight"]))


def _convolution(in_channels: int, out_channels: int, size: int = 3, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, size, stride, size // 2, bias=False)


def _normed(in_channels: int, out_channels: int, size: int = 3) -> nn.Sequential:
    return nn.Sequential(_convolution(in_channels, out_channels, size), nn.BatchNorm2d(out_channels), nn.ReLU())


def _stage(in_channels: int, width: int, blocks: int, stride: int) -> nn.Sequential:
    out_channels = width * Bottleneck.expansion
    shortcut = nn.Sequential(_convolution(in_channels, out_channels, 1, stride), nn.BatchNorm2d(out_channels))
    first = Bottleneck(in_channels, width, stride, shortcut)
    return nn.Sequential(first, *(Bottleneck(out_channels, width) for _ in range(blocks - 1)))


def _enlarged(x: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return F.interpolate(x, like.shape[2:], mode="bilinear", align_corners=False)
