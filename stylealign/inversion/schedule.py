"""The projector's schedule (StyleGAN2; StyleAlign, A.5): a learning rate that rises and falls, noise that fades.

Pure functions of ``t``, the part of an image's steps that lies behind it: 0 at the first step, 1 when it is done.

Legend: N images; t [N].
"""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from stylealign.config.inversion import Optimisation


def learning_rate(t: Tensor, settings: "Optimisation") -> Tensor:
    """Learning rate [N]: ``lr`` after a linear rise, then down to zero as half a cosine; zero for what is done."""
    rise = (t / settings.lr_ramp_up).clamp(max=1) if settings.lr_ramp_up else torch.ones_like(t)
    left = ((1 - t) / settings.lr_ramp_down).clamp(max=1) if settings.lr_ramp_down else (t < 1).to(t.dtype)
    fall = 0.5 - 0.5 * torch.cos(math.pi * left.clamp(min=0))
    return settings.lr * rise * fall


def jitter_amount(t: Tensor, settings: "Optimisation") -> Tensor:
    """How much noise [N] is on a code, in deviations of its space: ``jitter (1 - t / jitter_until)^2``, then none."""
    return settings.jitter * (1 - t / settings.jitter_until).clamp(min=0).square()


def ramp_down_from(settings: "Optimisation") -> int:
    """The first step of the falling part; the learning rate is full until it."""
    return math.ceil(settings.steps * (1 - settings.lr_ramp_down))
