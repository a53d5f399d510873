"""The GAN loop: a page. It does no I/O and yields after every step; its phases are data (see ``losses``)."""

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor

from stylealign.config.models import ResolvedModel
from stylealign.images import to_net
from stylealign.optim import ema_beta, sanitise_gradients, update_ema
from stylealign.training.augment import update_p
from stylealign.training.losses import Draws, Phase, phases
from stylealign.training.state import TICK_METERS, TrainState

ADA_INTERVAL = 4


class Batches(Protocol):
    """Image batches as a function of the step: uint8 [N, 3, R, R]."""

    def at(self, step: int) -> Tensor: ...


def training_loop(state: TrainState, batches: Batches, spec: ResolvedModel, num_steps: int) -> Iterator[int]:
    """Train from ``state.step`` to ``num_steps``, yielding the number of finished steps after each one."""
    plan = phases(spec)
    while state.step < num_steps:
        real = to_net(batches.at(state.step).to(state.pl_mean.device))
        for phase in plan:
            if state.step % phase.interval == 0:
                _run_phase(state, real, spec, phase)
        _average(state, spec)
        state.step += 1
        _adjust_augmentation(state, spec)
        yield state.step


def _run_phase(state: TrainState, real: Tensor, spec: ResolvedModel, phase: Phase) -> None:
    optimiser, other = (state.opt_g, state.opt_d) if phase.network == "G" else (state.opt_d, state.opt_g)
    learning = optimiser.param_groups[0]["params"]
    for parameter in other.param_groups[0]["params"]:
        parameter.requires_grad_(False)
    for parameter in learning:
        parameter.requires_grad_(True)
        parameter.grad = None
    draws = Draws(spec.seed, phase.name, state.step, real.device)
    record(state, phase.accumulate(state, real, spec, draws))
    sanitise_gradients(learning)
    optimiser.step()


@torch.no_grad()
def record(state: TrainState, values: dict[str, Tensor]) -> None:
    """Add a phase's values to the meters of the current tick."""
    for name, value in values.items():
        row = state.meters[TICK_METERS.index(name)]
        row[0] += value.detach().sum()
        row[1] += value.numel()
    if "sign_real" in values:
        state.ada_signs[0] += values["sign_real"].sum()
        state.ada_signs[1] += values["sign_real"].numel()


def _average(state: TrainState, spec: ResolvedModel) -> None:
    settings = spec.training
    beta = ema_beta(
        batch_size=settings.batch_size,
        ema_kimg=settings.ema_kimg,
        cur_nimg=state.step * settings.batch_size,
        rampup=settings.ema_rampup,
    )
    update_ema(state.g_ema, state.G, beta)


def _adjust_augmentation(state: TrainState, spec: ResolvedModel) -> None:
    if state.augment is None or state.step % ADA_INTERVAL:
        return
    settings = spec.training
    assert settings.ada_kimg is not None  # resolved with the model
    total, count = state.ada_signs.tolist()
    p = update_p(
        float(state.augment.p),
        total / max(count, 1),
        ada_target=settings.ada_target,
        batch_size=settings.batch_size,
        interval=ADA_INTERVAL,
        ada_kimg=settings.ada_kimg,
    )
    state.augment.p.fill_(p)
    state.ada_signs.zero_()
