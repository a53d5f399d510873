"""From a parser's classes to our regions, and what all region parsers of photographs share.

A parser knows K classes by label; the config unites them into named regions (StyleAlign's tables unite the 19 classes
of CelebAMask-HQ into ten, StyleSpace `GetMask.py`). A pixel's class is the largest logit, and only then is it merged.

Legend: N images, H x W pixels, K classes, h x w the parser's own grid.
"""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
from torch.nn import functional as F

from stylealign.config.problems import nearest
from stylealign.config.regions import MAX_REGIONS, Regions
from stylealign.errors import JudgeError
from stylealign.judges.judge import REGIONS, Judge

OTHER = "other"
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def merged(name: str, regions: Regions | None, labels: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """The region id of each of K classes (uint8 [K]) and the regions' names.

    Without ``regions`` every label is a region (``other``, if there is one, the last); with them, classes that no
    region names are ``other``, the last, which exists only if there are such.

    Raises:
        JudgeError: an unknown label, an id out of range, a class or a region twice, too many regions.
    """
    if regions is None:
        own = sorted(dict.fromkeys(labels), key=lambda label: label == OTHER)  # stable: only `other` moves
        regions = Regions((label, (label,)) for label in own)
    owner: dict[int, str] = {}
    for region, classes in _unique(name, regions):
        for place in _places(f"judges.{name}.regions.{region}", classes, labels):
            if place in owner:
                known = f"class {place} ({labels[place]}) belongs to {owner[place]} already"
                raise JudgeError(f"judges.{name}.regions.{region}: {known}; list it once")
            owner[place] = region
    names = [region for region, _ in regions]
    if len(owner) < len(labels) and OTHER not in names:
        names.append(OTHER)
    if len(names) > MAX_REGIONS:
        raise JudgeError(f"judges.{name}.regions: {len(names)} regions; unite classes into {MAX_REGIONS} at most")
    table = [names.index(owner.get(place, OTHER)) for place in range(len(labels))]
    return np.array(table, dtype=np.uint8), tuple(names)


def _unique(name: str, regions: Regions) -> Regions:
    names = [region for region, _ in regions]
    twice = [region for region in names if names.count(region) > 1]
    if twice:
        raise JudgeError(f"judges.{name}.regions.{twice[0]}: is given twice; unite its classes under one")
    return regions


def _places(key: str, classes: Sequence[int | str], labels: Sequence[str]) -> list[int]:
    """The ids of ``classes``; a label stands for every class that has it."""
    places: list[int] = []
    for one in classes:
        if isinstance(one, int):
            if not 0 <= one < len(labels):
                raise JudgeError(f"{key}: class {one}: this parser's classes are 0 to {len(labels) - 1}")
            places.append(one)
        elif one in labels:
            places += [place for place, label in enumerate(labels) if label == one]
        else:
            raise JudgeError(f"{key}: no class is called {one!r}; {nearest(one, dict.fromkeys(labels))}")
    return places


class RegionParser(Judge):
    """A network whose K classes are merged into regions; a kind overrides :meth:`_logits`."""

    measures: ClassVar[frozenset[str]] = frozenset({REGIONS})
    corners_align: ClassVar[bool] = False  # how its logits lie on the image: corner on corner, or edge on edge

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        regions: Regions | None,
        device: torch.device | str = "cpu",
        batch_size: int = 8,
    ):
        super().__init__(name, device, batch_size)
        self.labels = tuple(labels)
        table, self.region_names = merged(name, regions, labels)
        self.table = torch.from_numpy(table).to(self.device)

    def _logits(self, pixels: torch.Tensor) -> torch.Tensor:
        """Of one batch of uint8 images [N, 3, H, W]: logits [N, K, h, w]."""
        raise NotImplementedError

    def _regions(self, pixels: torch.Tensor) -> torch.Tensor:
        if not len(pixels):
            return pixels[:, 0]
        size = list(pixels.shape[2:])
        each = [self._classes(logits, size) for logits in self._logits(pixels).split(1)]  # K x H x W floats at a time
        return self.table[torch.cat(each)]  # [N, H, W]

    def _classes(self, logits: torch.Tensor, size: list[int]) -> torch.Tensor:
        full = F.interpolate(logits.float(), size, mode="bilinear", align_corners=self.corners_align)  # [N, K, H, W]
        return full.argmax(1)


def resized(pixels: torch.Tensor, input_px: int | None) -> torch.Tensor:
    """uint8 [N, 3, H, W] to float 0..1 [N, 3, p, p]; ``None`` keeps the size."""
    x = pixels.float().div(255)
    if input_px is None or tuple(x.shape[2:]) == (input_px, input_px):
        return x
    return F.interpolate(x, [input_px, input_px], mode="bilinear", antialias=True, align_corners=False)


def imagenet_normalised(x: torch.Tensor) -> torch.Tensor:
    """0..1 [N, 3, H, W] by ImageNet's mean and spread."""
    return (x - x.new_tensor(IMAGENET_MEAN).view(3, 1, 1)) / x.new_tensor(IMAGENET_STD).view(3, 1, 1)
