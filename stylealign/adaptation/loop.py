"""The loop of StyleGAN-NADA (section 4): a page. It does no I/O and yields after every iteration.

Draws are pure functions of (seed, iteration), so that resuming needs no state of a random generator, and a run of fewer
iterations is the beginning of a longer one: what a snapshot holds is what ``iterations`` set to its number gives.

Legend: N images of a batch, num_ws rows of W+.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from stylealign.adaptation.directions import Guide
from stylealign.adaptation.objective import Seen, objective
from stylealign.adaptation.region import Region
from stylealign.adaptation.rules import RULES, Rules
from stylealign.adaptation.selection import choose_rows
from stylealign.adaptation.state import AdaptationState
from stylealign.adaptation.trained_layers import layers_of_rows, train_only, trained_with_rows
from stylealign.config.adaptation import Adaptation
from stylealign.latents import sample_z, torch_stream
from stylealign.networks.generator import Generator
from stylealign.seeds import numpy_stream


def adaptation_loop(
    state: AdaptationState, guides: Sequence[Guide], adapt: Adaptation, seed: int, region: Region | None = None
) -> Iterator[int]:
    """Train from ``state.step`` to ``adapt.iterations``, yielding the number of finished iterations after each."""
    rules = RULES[adapt.rules]
    while state.step < adapt.iterations:
        rows = _chosen(state, guides, adapt, rules, seed)
        train_only(state.G, state.optimised if rows is None else trained_with_rows(state.G, rows, rules))
        x_frozen, x_trained = _images(state, adapt, rules, seed)
        loss, seen = objective(x_frozen, x_trained, guides, adapt, rules, region)
        if loss.requires_grad:  # not where a masked adaptation found its region nowhere, and holds nothing
            loss.backward()
            state.optimiser.step()
        state.step += 1
        state.rows += _told(state, guides, seen, loss, rows, rules)
        yield state.step


def _chosen(
    state: AdaptationState, guides: Sequence[Guide], adapt: Adaptation, rules: Rules, seed: int
) -> list[int] | None:
    """The rows whose layers are trained in this iteration; None where none are chosen."""
    if adapt.num_layers is None:
        return None
    device = state.frozen.mapping.w_avg.device
    z = sample_z(adapt.selection.num_w, state.frozen.z_dim, seed, "adapt", "selection", state.step)
    with torch.no_grad():
        w = state.frozen.mapping.w(z.to(device))  # [num_w, w_dim]
    train_only(state.G, ())
    noise = torch_stream(seed, "adapt", "selection_noise", state.step, device=device)
    return choose_rows(state.G, w, guides, adapt.num_layers, adapt.selection, rules, noise)


def _images(state: AdaptationState, adapt: Adaptation, rules: Rules, seed: int) -> tuple[Tensor, Tensor]:
    """The same codes in the frozen network (without gradient) and in the trained one: each [N, 3, R, R]."""
    frozen, own = ("shared", "shared") if rules.shares_draws else ("frozen", "trained")
    z = sample_z(2 * adapt.batch_size, state.frozen.z_dim, seed, "adapt", "z", state.step)
    with torch.no_grad():
        z = z.to(state.frozen.mapping.w_avg.device)
        first, second = state.frozen.mapping(z, truncation_psi=adapt.truncation_psi).chunk(2)  # [N, num_ws, w_dim]
        x_frozen = _render(
            state.frozen, mixed(first, second, adapt, seed, state.step, frozen), seed, state.step, frozen
        )
    return x_frozen, _render(state.G, mixed(first, second, adapt, seed, state.step, own), seed, state.step, own)


def _render(G: Generator, ws: Tensor, seed: int, step: int, whose: str) -> Tensor:
    noise = torch_stream(seed, "adapt", "noise", whose, step, device=ws.device)
    return G.synthesis(G.styles(ws), noise_mode="random", generator=noise)


def mixed(first: Tensor, second: Tensor, adapt: Adaptation, seed: int, step: int, whose: str) -> Tensor:
    """``first`` [N, num_ws, w_dim] with, in a part of the iterations, its rows from a crossover on of ``second``.

    One coin for the batch and both networks; ``whose`` names the crossover's draw.
    """
    if numpy_stream(seed, "adapt", "mixing", step).random() >= adapt.style_mixing_prob:
        return first
    crossover = int(numpy_stream(seed, "adapt", "crossover", whose, step).integers(1, first.shape[1]))
    return torch.cat([first[:, :crossover], second[:, crossover:]], dim=1)


def _told(
    state: AdaptationState,
    guides: Sequence[Guide],
    seen: Sequence[Seen],
    loss: Tensor,
    rows: list[int] | None,
    rules: Rules,
) -> list[dict[str, Any]]:
    """The iteration's rows of the log, one for each CLIP."""
    names = layers_of_rows(state.G, rules)
    layers = "all" if rows is None else " ".join(str(names[row]) for row in rows)
    common = {"iteration": state.step, "loss": float(loss.detach()), "layers": layers}
    return [
        {
            **common,
            "clip": guide.clip.name,
            "clip_loss": float(one.loss),
            "direction_similarity": None if one.direction_similarity is None else float(one.direction_similarity),
            "target_similarity": float(one.target_similarity),
        }
        for guide, one in zip(guides, seen, strict=True)
    ]
