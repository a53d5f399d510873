"""When an image has had enough: each has its own clock, and stops by itself.

The loss of a code that is jittered, or that a large learning rate keeps moving, rises and falls from step to step, so
the loss watched is an average over the last steps. An image that no longer improves at the full learning rate has not
converged, it only moves about: its clock goes on to the falling learning rate, which is what settles it. One that no
longer improves there is done.

Legend: n images still in the batch.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from stylealign.inversion.schedule import ramp_down_from

if TYPE_CHECKING:
    from stylealign.config.inversion import Optimisation


@dataclass
class Clocks:
    """Where each image is in its schedule, and how long it has not improved."""

    step: Tensor  # int64 [n], of the schedule; ``settings.steps`` is the end
    taken: Tensor  # int32 [n], steps taken
    average: Tensor  # [n], of the loss over the last steps
    best: Tensor  # [n], the lowest average so far
    since: Tensor  # int64 [n], steps since then

    @classmethod
    def start(cls, num: int, device: torch.device) -> "Clocks":
        """All at the first step."""
        zeros, never = torch.zeros([num], dtype=torch.int64, device=device), torch.full([num], torch.inf, device=device)
        return cls(zeros, zeros.int(), never, never.clone(), zeros.clone())

    def part(self, index: Tensor) -> "Clocks":
        """Those of some of the images."""
        return Clocks(*(getattr(self, name)[index] for name in ("step", "taken", "average", "best", "since")))


def tick(clocks: Clocks, loss: Tensor, settings: "Optimisation") -> Clocks:
    """One step further; an image out of patience goes on to the falling learning rate, or to the end."""
    going = clocks.step < settings.steps
    moved = Clocks(clocks.step + going, clocks.taken + going, clocks.average, clocks.best, clocks.since)
    return moved if settings.patience is None else _lose_patience(moved, loss, settings)


def _lose_patience(clocks: Clocks, loss: Tensor, settings: "Optimisation") -> Clocks:
    assert settings.patience is not None
    weight = 2 / (settings.patience // 2 + 2)  # an average over about half of the patience
    average = torch.where(clocks.average.isinf(), loss, clocks.average.lerp(loss, weight))
    improved = average < clocks.best * (1 - settings.tolerance)
    best, since = torch.where(improved, average, clocks.best), torch.where(improved, 0, clocks.since + 1)
    stalled, falling = since >= settings.patience, ramp_down_from(settings)
    onward = torch.where(clocks.step < falling, falling, settings.steps)
    step = torch.where(stalled, onward, clocks.step)
    fresh = stalled | (step == falling)  # the falling learning rate is a new beginning
    never = torch.full_like(best, torch.inf)
    return Clocks(
        step,
        clocks.taken,
        torch.where(fresh, never, average),
        torch.where(fresh, never, best),
        torch.where(fresh, 0, since),
    )
