"""What one iteration minimises: the losses of every CLIP, weighted, and what they saw, for the log.

Legend: N images, E numbers of an embedding; x images in [-1, 1], of the same codes in the frozen and trained networks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylealign.adaptation.directions import Guide
from stylealign.adaptation.losses import direction_similarity, directional_loss, global_loss
from stylealign.adaptation.region import Region, has_region, inside
from stylealign.adaptation.rules import Rules
from stylealign.config.adaptation import Adaptation

NUDGE = 1e-6


@dataclass(frozen=True)
class Seen:
    """What one CLIP saw in an iteration, each a mean over images without gradient; NaN where it saw none."""

    loss: Tensor  # [], before the CLIP's weight
    direction_similarity: Tensor | None  # []
    target_similarity: Tensor  # []


def objective(
    x_frozen: Tensor,
    x_trained: Tensor,
    guides: Sequence[Guide],
    adapt: Adaptation,
    rules: Rules,
    region: Region | None = None,
) -> tuple[Tensor, list[Seen]]:
    """The loss of images [N, 3, R, R] and what each guide saw; in a masked adaptation CLIP sees ``region`` alone."""
    outside: list[Tensor] = []
    if region is not None:
        mask = region.mask(x_frozen, x_trained)
        outside = [region.outside_loss(x_frozen, x_trained, mask)]
        found = has_region(mask)
        x_frozen, x_trained = (inside(x, mask)[found] for x in (x_frozen, x_trained))
    if not len(x_trained):
        none = x_trained.new_full([], float("nan"))  # no CLIP saw anything
        return outside[0], [Seen(none, none, none) for _ in guides]
    losses, seen = zip(*(_ask(x_frozen, x_trained, guide, adapt, rules) for guide in guides), strict=True)
    parts = [guide.weight * loss for guide, loss in zip(guides, losses, strict=True)]
    return torch.stack([*parts, *outside]).sum(), list(seen)


def _ask(x_frozen: Tensor, x_trained: Tensor, guide: Guide, adapt: Adaptation, rules: Rules) -> tuple[Tensor, Seen]:
    with torch.no_grad():
        source = guide.clip.embed(x_frozen)  # [N, E]
    moved = guide.clip.embed(x_trained)
    loss = moved.new_zeros([])
    if adapt.weight_of("directional"):
        assert guide.direction is not None
        loss = loss + adapt.weight_of("directional") * _directional(source, moved, x_trained, guide, rules)
    if adapt.weight_of("global"):
        loss = loss + adapt.weight_of("global") * global_loss(moved, guide.target)
    with torch.no_grad():
        along = None if guide.direction is None else direction_similarity(source, moved, guide.direction).mean()
        return loss, Seen(loss.detach(), along, (moved @ guide.target).mean())


def _directional(source: Tensor, moved: Tensor, x_trained: Tensor, guide: Guide, rules: Rules) -> Tensor:
    assert guide.direction is not None
    if not rules.nudges:
        return directional_loss(source, moved, guide.direction)
    if not (moved - source).any():
        moved = guide.clip.embed(x_trained + NUDGE)
    return directional_loss(source, moved, guide.direction, floor=torch.finfo(moved.dtype).tiny)
