"""The GAN loop: a page. It does no I/O and yields after every step; its phases are data (see ``losses``)."""

from collections.abc import Iterator, Mapping
from typing import Protocol

import torch
from torch import Tensor

from stylealign.config.models import ResolvedModel
from stylealign.images import to_net
from stylealign.optim import ema_beta, sanitise_gradients, update_ema
from stylealign.training.augment import update_p
from stylealign.training.losses import Draws, Phase, is_catching_up, phases
from stylealign.training.state import TICK_METERS, TrainState
from stylealign.training.team import ALONE, Team

ADA_INTERVAL = 4


class Batches(Protocol):
    """Image batches, or a process's rows of them, as a function of the step: uint8 [N, 3, R, R]."""

    def at(self, step: int) -> Tensor: ...


def training_loop(
    state: TrainState, batches: Batches, spec: ResolvedModel, num_steps: int, team: Team = ALONE
) -> Iterator[int]:
    """Train from ``state.step`` to ``num_steps``, yielding the number of finished steps after each one."""
    plan = phases(spec)
    while state.step < num_steps:
        real = to_net(batches.at(state.step).to(state.pl_mean.device))
        catches_up = is_catching_up(spec, state.step)
        for phase in plan:
            if state.step % phase.interval == 0 and not (catches_up and phase.network == "G"):
                _run_phase(state, real, spec, phase, team)
        if not catches_up:
            _average(state, spec)
        state.step += 1
        _adjust_augmentation(state, spec)
        yield state.step


def _run_phase(state: TrainState, real: Tensor, spec: ResolvedModel, phase: Phase, team: Team) -> None:
    optimiser, other = (state.opt_g, state.opt_d) if phase.network == "G" else (state.opt_d, state.opt_g)
    learning = optimiser.param_groups[0]["params"]
    for parameter in other.param_groups[0]["params"]:
        parameter.requires_grad_(False)
    for parameter in learning:
        parameter.requires_grad_(True)
        parameter.grad = None
    draws = Draws(spec.seed, phase.name, state.step, real.device, team)
    values = phase.accumulate(state, real, spec, draws)
    totals = _pool([p.grad for p in learning if p.grad is not None], values, team)
    record(state, totals)
    sanitise_gradients(learning)
    optimiser.step()


@torch.no_grad()
def _pool(gradients: list[Tensor], values: Mapping[str, Tensor], team: Team) -> dict[str, tuple[Tensor, int]]:
    """A team's gradients to their mean; the sum and number of each value, over the team (a mean is one value)."""
    sums = {name: value.detach().sum() for name, value in values.items()}
    counts = {name: value.numel() * (team.num if value.ndim else 1) for name, value in values.items()}
    if team.num > 1:
        team.sum_([*gradients, *sums.values()])
        torch._foreach_div_([*gradients, *(sums[name] for name, value in values.items() if not value.ndim)], team.num)
    return {name: (sums[name], counts[name]) for name in values}


@torch.no_grad()
def record(state: TrainState, totals: Mapping[str, tuple[Tensor, int]]) -> None:
    """Add the sums and numbers of a phase's values to the meters of the current tick."""
    for name, (total, count) in totals.items():
        row = state.meters[TICK_METERS.index(name)]
        row[0] += total
        row[1] += count
    if "sign_real" in totals:
        total, count = totals["sign_real"]
        state.ada_signs[0] += total
        state.ada_signs[1] += count


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
