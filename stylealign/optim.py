"""EMA and one optimiser step (StyleGAN2: lazy regularisation's Adam, sanitised gradients, averaged generator).

Also what a checkpoint holds of a network that Adam trains, and how it comes back to the byte.
"""

from collections.abc import Iterable, Mapping

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


def learning_tensors(network: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    """A network's weights and its Adam's moments, by name."""
    tensors = {f"network/{key}": value for key, value in network.state_dict().items()}
    for key, parameter in network.named_parameters():
        tensors |= {f"optimiser/{key}/{what}": value for what, value in optimiser.state[parameter].items()}
    return tensors


def load_learning(network: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]) -> None:
    """What :func:`learning_tensors` gave, moments in each parameter's own memory format.

    That format decides the order of every later sum, so a training goes on with the bytes of one that never stopped.
    """
    weights = {key.removeprefix("network/"): value for key, value in tensors.items() if key.startswith("network/")}
    network.load_state_dict(weights)
    for key, parameter in network.named_parameters():
        moments = {
            what: torch.empty_like(parameter, requires_grad=False).copy_(tensors[f"optimiser/{key}/{what}"])
            for what in ("exp_avg", "exp_avg_sq")
        }
        optimiser.state[parameter] = {"step": tensors[f"optimiser/{key}/step"].to(parameter.device), **moments}
