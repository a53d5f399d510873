"""EMA and one optimiser step (StyleGAN2: lazy regularisation's Adam, sanitised gradients, averaged generator)."""

from collections.abc import Iterable

import torch
from torch import nn

ADAM_BETAS = (0.0, 0.99)
ADAM_EPS = 1e-8
LARGEST_GRADIENT = 1e5


def lazy_adam(parameters: Iterable[nn.Parameter], *, lr: float, interval: int) -> torch.optim.Adam:
    """Adam for a network whose regularisation runs every ``interval`` steps (StyleGAN2, appendix B).

    With ``c = interval / (interval + 1)``: ``lr c`` and ``beta ** c``, so the extra steps change nothing on average.
    """
    c = interval / (interval + 1) if interval else 1.0
    betas = (ADAM_BETAS[0] ** c if ADAM_BETAS[0] else 0.0, ADAM_BETAS[1] ** c)
    return torch.optim.Adam(list(parameters), lr=lr * c, betas=betas, eps=ADAM_EPS, fused=True)


@torch.no_grad()
def sanitise_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace NaN by 0 and infinities by +-1e5 in every gradient."""
    for parameter in parameters:
        if parameter.grad is not None:
            torch.nan_to_num_(parameter.grad, nan=0.0, posinf=LARGEST_GRADIENT, neginf=-LARGEST_GRADIENT)


def ema_beta(*, batch_size: int, ema_kimg: float, cur_nimg: int, rampup: float | None) -> float:
    """The decay of one step: half-life ``ema_kimg`` thousand images, shorter at first when ``rampup`` is given."""
    half_life = ema_kimg * 1000
    if rampup is not None:
        half_life = min(half_life, cur_nimg * rampup)
    return 0.5 ** (batch_size / max(half_life, 1e-8))


@torch.no_grad()
def update_ema(g_ema: nn.Module, G: nn.Module, beta: float) -> None:
    """``g_ema <- lerp(G, g_ema, beta)`` for parameters; buffers (w_avg, noise) are copied."""
    for averaged, current in zip(g_ema.parameters(), G.parameters(), strict=True):
        averaged.lerp_(current, 1 - beta)
    for averaged, current in zip(g_ema.buffers(), G.buffers(), strict=True):
        averaged.copy_(current)
