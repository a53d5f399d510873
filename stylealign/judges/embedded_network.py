"""The study's own judge, as a network: one small trunk that classifies, reads attributes and parses regions.

Trained at the study's resolution on the exact labels of its domains (see ``stylealign/training/judge.py``), it is
what the paper's Inception, LPIPS network, attribute classifiers and face parser are to photographs.

Legend: N images, R resolution, level i has R / 2^i pixels a side and C_i channels, E embedding, A attributes, K
regions.

    level 0 .. L    encoder: convolution, then stride-2 convolutions down to 4 px     -> trunk, for the distance
    embedding       averages of every level, positions of the two smallest            -> features [N, E]
    heads           one linear layer: domains, numbers, classes
    decoder         back up to R with a skip from each level                          -> region logits [N, K, R, R]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

SMALLEST_PX = 4
EMBEDDING_DIM = 128
POSITION_CHANNELS = (32, 16)  # of the smallest level and of the one above


@dataclass(frozen=True)
class Attribute:
    """An attribute as the judge reads it: a number (with the mean and spread it was standardised by) or a class."""

    name: str
    kind: str  # number or class
    low: float
    high: float
    unit: str
    values: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0

    @property
    def num_outputs(self) -> int:
        return len(self.values) if self.kind == "class" else 1


@dataclass(frozen=True)
class Vocabulary:
    """What the judge can say: domains, attributes and regions, each the union over its domains."""

    domains: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    region_names: tuple[str, ...]

    def outputs(self) -> dict[str, slice]:
        """Where each attribute's outputs lie in the head, after the domains."""
        slices, start = {}, len(self.domains)
        for attribute in self.attributes:
            slices[attribute.name] = slice(start, start + attribute.num_outputs)
            start += attribute.num_outputs
        return slices

    @property
    def num_outputs(self) -> int:
        return len(self.domains) + sum(attribute.num_outputs for attribute in self.attributes)


class Reading(NamedTuple):
    """What one pass gives; ``region_logits`` has no channels where the judge knows no regions."""

    embedding: torch.Tensor  # [N, E]
    outputs: torch.Tensor  # [N, domains + attribute outputs]
    region_logits: torch.Tensor  # [N, K, R, R]


def num_levels(resolution: int) -> int:
    """Levels from ``resolution`` down to 4 px, both included."""
    return (resolution // SMALLEST_PX).bit_length()


def level_channels(resolution: int, width: int) -> tuple[int, ...]:
    """C_i: half of ``width`` at full resolution, doubling downwards, at most four times ``width``."""
    return tuple(min(width // 2 * 2**level, width * 4) for level in range(num_levels(resolution)))


class EmbeddedNetwork(nn.Module):
    """Images in [-1, 1], [N, 3, R, R], to a :class:`Reading`."""

    def __init__(self, resolution: int, width: int, vocabulary: Vocabulary):
        super().__init__()
        self.resolution, self.width, self.vocabulary = resolution, width, vocabulary
        channels = level_channels(resolution, width)
        self.encoder = nn.ModuleList(_encoder_stages(channels))
        self.embedding = Embedding(channels, EMBEDDING_DIM)
        self.head = nn.Linear(EMBEDDING_DIM, vocabulary.num_outputs)
        self.decoder = Decoder(channels, len(vocabulary.region_names)) if vocabulary.region_names else None
        self.register_buffer("feature_scale", torch.ones([]))  # set once trained: see :meth:`features`

    def trunk(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Activations [N, C_i, R / 2^i, R / 2^i] of every level."""
        levels = []
        for stage in self.encoder:
            x = stage(x)
            levels.append(x)
        return levels

    def read(self, levels: Sequence[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Embedding [N, E] and head outputs from the trunk's levels."""
        embedding = self.embedding(levels)
        return embedding, self.head(embedding)

    def features(self, embedding: torch.Tensor) -> torch.Tensor:
        """Embedding to features [N, E] of mean square one on the training images, which KID's kernel presumes.

        (In k(x, y) = (x . y / E + 1)^3 the 1 means something only beside features of that size.)
        """
        return embedding * self.feature_scale

    def parse(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        """Region logits [N, K, R, R] from the trunk's levels."""
        return self.decoder(levels) if self.decoder is not None else levels[0][:, :0]

    def forward(self, x: torch.Tensor) -> Reading:
        levels = self.trunk(x)
        return Reading(*self.read(levels), self.parse(levels))


class Embedding(nn.Module):
    """Every level's mean, and the positions of the two smallest levels, to one vector [N, E]."""

    def __init__(self, channels: Sequence[int], embedding_dim: int):
        super().__init__()
        smallest, above = channels[-1], channels[-2]
        self.positions = nn.ModuleList(
            [nn.Conv2d(smallest, POSITION_CHANNELS[0], 1), nn.Conv2d(above, POSITION_CHANNELS[1], 1)]
        )
        num_positions = POSITION_CHANNELS[0] * SMALLEST_PX**2 + POSITION_CHANNELS[1] * (2 * SMALLEST_PX) ** 2
        self.project = nn.Linear(num_positions + sum(channels), embedding_dim)

    def forward(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        near = [F.relu(conv(level)).flatten(1) for conv, level in zip(self.positions, levels[:-3:-1], strict=True)]
        means = [level.mean([2, 3]) for level in levels]  # [N, C_i] each
        return F.silu(self.project(torch.cat([*near, *means], 1)))


class Decoder(nn.Module):
    """From the smallest level up: project, double, add the skip, convolve; then a linear layer to K logits."""

    def __init__(self, channels: Sequence[int], num_regions: int):
        super().__init__()
        pairs = list(pairwise(channels[::-1]))  # (below, here), smallest first
        self.project = nn.ModuleList(nn.Conv2d(below, here, 1, bias=False) for below, here in pairs)
        self.convolve = nn.ModuleList(_convolution(here, here) for _, here in pairs)
        self.logits = nn.Conv2d(channels[0], num_regions, 1)

    def forward(self, levels: Sequence[torch.Tensor]) -> torch.Tensor:
        y = levels[-1]
        for project, convolve, skip in zip(self.project, self.convolve, levels[-2::-1], strict=True):
            y = convolve(skip + F.interpolate(project(y), scale_factor=2, mode="nearest"))
        return self.logits(y)


def _convolution(in_channels: int, out_channels: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def _encoder_stages(channels: Sequence[int]) -> list[nn.Module]:
    stages: list[nn.Module] = [_convolution(3, channels[0])]
    for above, here in pairwise(channels):
        stages.append(nn.Sequential(_convolution(above, here, stride=2), _convolution(here, here)))
    return stages
