"""Training of a latent mapper for an adapted model (StyleGAN-NADA, 4.3, Appendix I, Eq. 5; StyleCLIP, Section 5).

Where adaptation stops half-way (a dog that is not quite a cat), the adapted generator holds both, and a mapper moves
every code to where the target is. Per step, with ``w`` truncated samples, ``w' = M(w)`` and E a CLIP:

    1 - cos(E(G(w')), E(text))  +  l2_weight mean (w' - w)^2  +  norm_weight mean (|E(G(w'))| - |E(G(w))|)^2

E is not normalised in the last part, which holds off the artefacts that lengthen embeddings. Eq. 5 has the square of
the *vectors'* difference; its reason and the released code mean that of their *lengths*. Several CLIPs: the first and
the last part are weighted sums over them. Unlike the released code: fresh codes at every step (theirs overlap between
steps), Adam in place of Ranger, each CLIP's own preprocessing, and no identity loss, whose network knows human faces.

Resumable: codes are a pure function of (seed, step), and a checkpoint holds weights and moments, so that a training
that was killed and run again gives, on a CPU, the bytes of one that was not.

Legend: N codes of a step, E numbers of an embedding.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from stylealign import __version__
from stylealign.checkpoint import load_generator
from stylealign.config.adaptation_ablation import LatentMapping
from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun, TrainingError
from stylealign.judge_identity import judge_identity
from stylealign.latents import sample_z
from stylealign.networks.latent_mapper import LatentMapper, MapperCard, save_mapper
from stylealign.resume import ResumeFolder
from stylealign.seeds import derive_seed
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.writing import write_npz

if TYPE_CHECKING:
    from stylealign.judges.clip import ClipJudge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

RECIPE = 1  # bump when a change alters the weights that the same settings give
CHECKPOINT_STEPS, TOLD_STEPS = 50, 25
NOT_FOR_TRAINING = {"of"}

WeightedClips = Sequence[tuple["ClipJudge", float]]


class Losses(NamedTuple):
    """One step's parts, and what is minimised."""

    clip: Tensor
    l2: Tensor
    norm: Tensor
    total: Tensor


@dataclass
class Course:
    """One training: what changes with every step, and what it is made of."""

    mapper: LatentMapper
    optimiser: torch.optim.Optimizer
    losses: Tensor  # float32 [iterations, 4], of the steps so far
    step: int = 0


@dataclass(frozen=True)
class Task:
    """What does not change while a mapper is trained."""

    G: "Generator"
    clips: WeightedClips
    target_text: str
    spec: LatentMapping
    card: MapperCard
    seed: int


def train_mapper(
    spec: LatentMapping,
    *,
    g_ema: Path,
    clips: WeightedClips,
    target_text: str,
    mapper: Path,
    course: Path,
    state: Path,
    seed: int,
    device: str = "cpu",
) -> None:
    """Train a mapper of the adapted generator ``g_ema`` towards ``target_text``, as ``clips`` see it.

    Writes ``course`` (npz: ``clip``, ``l2``, ``norm``, ``total`` of every step) and ``mapper``
    (:mod:`stylealign.networks.latent_mapper`) as the last act; what resuming needs lies in ``state``.

    Raises:
        CheckpointError: ``g_ema`` is damaged.
        ResumeError: another process is training into ``state``.
        TrainingError: the loss is not finite; nothing is written.
        InterruptedRun: a signal asked to stop; the state is saved.
    """
    G, generator = load_generator(g_ema, pick_device(device))
    network = {"num_ws": G.num_ws, "w_dim": G.w_dim, "published_norm": spec.published_norm}
    settings = spec.model_dump(mode="json", exclude=NOT_FOR_TRAINING)
    weights = {clip.name: weight for clip, weight in clips}
    who = {"model": generator.model, "generator": generator.digest, "seed": seed}
    made = {"target_text": target_text, "clips": weights, "settings": settings}
    card = MapperCard(**who, **made, network=network, recipe=RECIPE, version=__version__)
    task = Task(G, clips, target_text, spec, card, seed)
    with ResumeFolder(Path(state), _identity(task)) as folder, stop_on_signals() as stop:
        run = begin(task)
        _resume(run, folder)
        _train(run, task, folder, stop)
        _refuse_infinities(run, task)
        write_npz(course, dict(zip(Losses._fields, run.losses.numpy().T, strict=True)))
        save_mapper(mapper, run.mapper, card)
        folder.clear()


def mapper_losses(mapper: LatentMapper, task: Task, ws: Tensor) -> Losses:
    """The loss of ws [N, num_ws, w_dim] and its parts (see the module's formula)."""
    moved = mapper(ws)
    x = task.G.synthesis(task.G.styles(moved))  # [N, 3, R, R]
    with torch.no_grad():
        before = task.G.synthesis(task.G.styles(ws))
    towards, lengths = x.new_zeros([]), x.new_zeros([])
    for clip, weight in task.clips:
        seen = clip.embed_raw(x)  # [N, E]
        with torch.no_grad():
            seen_before = clip.embed_raw(before)
        towards = towards + weight * (1 - F.normalize(seen, dim=1) @ clip.embed_texts([task.target_text])[0]).mean()
        lengths = lengths + weight * norm_loss(seen_before, seen)
    l2 = (moved - ws).square().mean()
    return Losses(towards, l2, lengths, towards + task.spec.l2_weight * l2 + task.spec.norm_weight * lengths)


def norm_loss(before: Tensor, after: Tensor) -> Tensor:
    """Mean squared difference of the lengths of un-normalised embeddings [N, E] of the same codes."""
    return (after.norm(dim=1) - before.norm(dim=1)).square().mean()


def begin(task: Task) -> Course:
    """A mapper with the weights of its seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(task.seed, "mapper", "weights"))  # layers draw from the global stream
        mapper = LatentMapper(**task.card.network)
    mapper.to(task.G.mapping.w_avg.device)
    optimiser = torch.optim.Adam(mapper.parameters(), lr=task.spec.lr)
    return Course(mapper, optimiser, torch.zeros([task.spec.iterations, len(Losses._fields)]))


def step_ws(task: Task, step: int) -> Tensor:
    """The codes of one step, [N, num_ws, w_dim]."""
    z = sample_z(task.spec.batch_size, task.G.z_dim, task.seed, "mapper", step)
    with torch.no_grad():
        return task.G.mapping(z.to(task.G.mapping.w_avg.device), truncation_psi=task.spec.truncation_psi)


def take_step(run: Course, task: Task) -> None:
    """One step of Adam; its losses are noted."""
    losses = mapper_losses(run.mapper, task, step_ws(task, run.step))
    run.optimiser.zero_grad(set_to_none=True)
    losses.total.backward()
    run.optimiser.step()
    run.losses[run.step] = torch.stack([part.detach().cpu() for part in losses])
    run.step += 1


def _train(run: Course, task: Task, folder: ResumeFolder, stop: StopRequest) -> None:
    while run.step < task.spec.iterations:
        take_step(run, task)
        is_last, is_due = run.step == task.spec.iterations, run.step % CHECKPOINT_STEPS == 0
        if run.step % TOLD_STEPS == 0 or is_last:
            _refuse_infinities(run, task)
            _tell(run, task)
        if (stop or is_due) and not is_last:
            folder.save(run.step, _tensors(run), {})
        if stop and not is_last:
            raise InterruptedRun(
                f"mapper of {task.card.model}: stopped by {stop.signal_name} at step {run.step} of "
                f"{task.spec.iterations}; the state is saved, the same command resumes"
            )


def _refuse_infinities(run: Course, task: Task) -> None:
    if not all(bool(one.isfinite().all()) for one in (run.losses, *run.mapper.parameters())):
        raise TrainingError(
            f"mapper of {task.card.model}: the loss is not finite by step {run.step}; lower "
            "studies.adaptation_ablation.mapper.lr"
        )


def _tell(run: Course, task: Task) -> None:
    recent = run.losses[max(run.step - TOLD_STEPS, 0) : run.step].mean(0)
    told = ", ".join(f"{name} {value:.4f}" for name, value in zip(Losses._fields, recent.tolist(), strict=True))
    log.info("mapper of %s: step %d of %d, %s", task.card.model, run.step, task.spec.iterations, told)


def _identity(task: Task) -> dict[str, str]:
    """What a resumed training must share with the one that began."""
    clips = [{**judge_identity(clip), "weight": weight} for clip, weight in task.clips]
    return {
        "settings": json.dumps(task.card.settings, sort_keys=True),
        "generator": task.card.generator,
        "target_text": task.target_text,
        "clips": json.dumps(clips, sort_keys=True),
        "seed": str(task.seed),
        "recipe": str(RECIPE),
    }


def _tensors(run: Course) -> dict[str, Tensor]:
    """Weights, the optimiser's moments and the losses so far, by name."""
    tensors = {f"mapper/{key}": value for key, value in run.mapper.state_dict().items()} | {"losses": run.losses}
    for key, parameter in run.mapper.named_parameters():
        tensors |= {f"optimiser/{key}/{what}": value for what, value in run.optimiser.state[parameter].items()}
    return tensors


def _resume(run: Course, folder: ResumeFolder) -> None:
    saved = folder.newest()
    if saved is None:
        return
    tensors, run.step = saved[0], int(saved[1]["step"])
    own = {key.removeprefix("mapper/"): value for key, value in tensors.items() if key.startswith("mapper/")}
    run.mapper.load_state_dict(own)
    run.losses = tensors["losses"].clone()
    for key, parameter in run.mapper.named_parameters():
        moments = {what: tensors[f"optimiser/{key}/{what}"] for what in ("exp_avg", "exp_avg_sq")}
        on_device = {what: value.to(parameter.device) for what, value in moments.items()}
        run.optimiser.state[parameter] = {"step": tensors[f"optimiser/{key}/step"], **on_device}
    log.info("mapper: resuming at step %d", run.step)
