"""Training of encoders (rule ``encoder``; pSp, section 3; e4e, section 4; StyleAlign, A.4 and A.5).

An encoder learns in its model's own latent space: from samples whose codes are known and from real images of the train
split. A child's encoder may start from its parent's. The course of held-out images' distance goes into a table.

Resumable: batches, draws and learning rate are pure functions of (seed, step), and a checkpoint holds weights,
optimisers and what was measured, so a training that was killed and run again gives, on a CPU, the bytes of one that was
not.
"""

import dataclasses
import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylealign import __version__
from stylealign.checkpoint import ModelCard, load_generator, state_digest
from stylealign.config.inversion import TRUNCATED_SPACES, Encoders
from stylealign.config.section import untracked_keys
from stylealign.data.image_set import ImageSet
from stylealign.data.index import read_index
from stylealign.devices import pick_device
from stylealign.encoders import EncoderCard, save_encoder
from stylealign.errors import InterruptedRun, TrainingError
from stylealign.images import at_once, to_net, to_pixels
from stylealign.intervals import mean_interval
from stylealign.judge_identity import judge_identity
from stylealign.judges.judge import Judge
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import styles_of
from stylealign.resume import ResumeFolder
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.tables import ENCODER_COURSE, write_table
from stylealign.training.encoder_batches import EncoderBatches, num_steps
from stylealign.training.encoder_losses import (
    LOSSES,
    discriminator_loss,
    encoder_losses,
    exchange,
    in_deviations,
    one_free_row,
    rows_free,
    total_loss,
)
from stylealign.training.encoder_state import Critic, TrainedEncoder, begin, refuse_foreign_parent

log = logging.getLogger(__name__)

RECIPE = 1  # bump when a change alters the weights that the same settings give
WARMUP_PART = 0.05
DISCRIMINATOR_LR_PART = 0.2  # of the encoder's: e4e's 2e-5 of 1e-4
EVALUATION_BATCH = 64
NOT_FOR_TRAINING = {"refine_steps", "from_parent"}


@dataclass(frozen=True)
class Task:
    """What does not change while an encoder is trained."""

    G: Generator
    judge: Judge
    batches: EncoderBatches
    held_out: Tensor  # uint8 [n, 3, R, R]
    spec: Encoders
    card: EncoderCard

    @property
    def name(self) -> str:
        return f"encoder of {self.card.model} into {self.card.space} ({self.card.start} start)"

    @property
    def num_steps(self) -> int:
        return num_steps(self.card.kimg, self.spec.batch_size)

    def kimg(self, step: int) -> float:
        return step * self.spec.batch_size / 1000

    def every(self, kimg: float) -> frozenset[int]:
        """The steps nearest to the multiples of ``kimg``, up to those so near the last step that it stands for them."""
        count = math.ceil(self.kimg(self.num_steps) / kimg - 0.5) - 1
        return frozenset(max(round(k * kimg * 1000 / self.spec.batch_size), 1) for k in range(1, count + 1))


def train_encoder(
    spec: Encoders,
    *,
    space: str,
    start: str,
    model: str,
    g_ema: Path,
    images: Path,
    index: Path,
    judge: Judge,
    truncation_psi: float,
    parent: Path | None,
    output: Path,
    course: Path,
    state: Path,
    seed: int,
    device: str = "cpu",
    held_out_split: str = "test",
    num_held_out: int = 128,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Train an encoder of the generator ``g_ema`` into ``space`` and write it with its course.

    ``start`` is ``random``, or ``parent``: from the encoder in the file ``parent``, for ``spec.child_kimg`` if given.
    It learns from the train split of ``images`` + ``index``; the first ``num_held_out`` of ``held_out_split`` (of the
    train split, with a warning, where that split is empty) are encoded at every tick. Writes ``course`` (Parquet,
    ``tables.ENCODER_COURSE``) and ``output`` (see :mod:`stylealign.encoders`) as the last act; what resuming needs lies
    in ``state``.

    Raises:
        LineageError: the parent's encoder is into another space, of another shape, or of no ancestor of ``g_ema``.
        JudgeError: ``judge`` measures no distance.
        ResumeError: another process is training into ``state``.
        TrainingError: the loss is not finite; nothing is written.
        InterruptedRun: a signal asked to stop; the state is saved.
    """
    G, generator = load_generator(g_ema, pick_device(device))
    train = ImageSet.open(images, index, "train")
    who = {"space": space, "start": start, "model": model, "judge": judge.name, "seed": seed}
    card = _card(spec, G, generator, train.digest, truncation_psi, **who)
    if start == "parent":
        card = dataclasses.replace(card, parent=refuse_foreign_parent(card, generator.lineage_digests, parent).digest)
    held_out = _held_out(images, index, held_out_split, num_held_out)
    task = Task(G, judge, EncoderBatches(G, train, spec, card), held_out, spec, card)
    with ResumeFolder(Path(state), _identity(task)) as folder, stop_on_signals() as stop:
        run = begin(spec, card, G, parent if start == "parent" else None)
        if (saved := folder.newest()) is not None:
            run.load(*saved)
            log.info("%s: resuming at step %d of %d", task.name, run.step, task.num_steps)
        _run(run, task, folder, stop)
        _refuse_infinities(task, run)
        write_table(course, ENCODER_COURSE, run.ticks, {"judge": judge.name, "seed": seed, **(provenance or {})})
        save_encoder(output, run.encoder, card, run.critic.network if run.critic else None)
        folder.clear()


def _held_out(images: Path, index: Path, split: str, num: int) -> Tensor:
    """The first ``num`` images of ``split``, or of the train split where it is empty: uint8 [n, 3, R, R]."""
    if split not in set(read_index(index)[0]["split"]):
        log.warning("%s: no %s images; the course is measured on images that the encoder learns from", index, split)
        split = "train"
    held_out = ImageSet.open(images, index, split)
    return held_out.read(range(min(num, held_out.num)))


def _card(
    spec: Encoders, G: Generator, generator: ModelCard, image_set: str, truncation_psi: float, **who: Any
) -> EncoderCard:
    is_child = who["start"] == "parent" and spec.child_kimg is not None
    network = {"space": who["space"], "img_resolution": G.img_resolution, "width": spec.width}
    return EncoderCard(
        **who,
        generator=generator.digest,
        truncation_psi=truncation_psi if who["space"] in TRUNCATED_SPACES else 1.0,
        img_resolution=G.img_resolution,
        network={**network, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim},
        settings=spec.model_dump(mode="json", exclude=NOT_FOR_TRAINING | untracked_keys(type(spec))),
        kimg=spec.child_kimg if is_child else spec.total_kimg,
        recipe=RECIPE,
        version=__version__,
        image_set=image_set,
    )


def _identity(task: Task) -> dict[str, str]:
    """What a resumed training must share with the one that began."""
    shared = {**dataclasses.asdict(task.card), "judge": judge_identity(task.judge)}
    told = {key: json.dumps(value, sort_keys=True) for key, value in shared.items()}
    return {**told, "held_out": state_digest({"pixels": task.held_out})}


def _run(run: TrainedEncoder, task: Task, folder: ResumeFolder, stop: StopRequest) -> None:
    ticks, checkpoints = task.every(task.spec.tick_kimg), task.every(task.spec.checkpoint_kimg)
    started, first = time.monotonic(), run.step
    _let_rows_in(run, task)
    if run.step == 0:
        run.ticks.append(_tick(run, task))
    while run.step < task.num_steps:
        _take_step(run, task)
        is_last, is_due = run.step == task.num_steps, run.step in checkpoints
        if run.step in ticks or is_last:
            run.ticks.append(_tick(run, task))
            _tell(task, run, (time.monotonic() - started) / (run.step - first))
        if (stop or is_due) and not is_last:
            _refuse_infinities(task, run)
            folder.save(run.step, run.tensors(), {"ticks": run.ticks})
        if stop and not is_last:
            raise InterruptedRun(
                f"{task.name}: stopped by {stop.signal_name} at step {run.step} of {task.num_steps}; the state is "
                "saved, the same command resumes"
            )


def _take_step(run: TrainedEncoder, task: Task) -> None:
    batch, factor = task.batches.at(run.step), lr_factor(run.step, task.num_steps)
    _let_rows_in(run, task)
    discriminator = run.critic.network if run.critic else None
    losses, ws = encoder_losses(run.encoder, discriminator, task.G, task.judge, batch, task.card.truncation_psi)
    total = total_loss(losses, task.spec)
    if not bool(total.isfinite()):
        raise _diverged(task, run.step)
    _descend(run.optimiser, total, task.spec.lr * factor)
    if run.critic is not None:
        _teach(run.critic, run, task, ws.detach(), task.spec.lr * DISCRIMINATOR_LR_PART * factor)
    for row, name in enumerate(LOSSES):
        if name in losses:
            run.meters[row] += torch.stack([losses[name].detach().double(), losses[name].new_ones([]).double()])
    run.step += 1


def _let_rows_in(run: TrainedEncoder, task: Task) -> None:
    """e4e's progression; a child of its parent's encoder has all rows from the beginning, as the parent did."""
    is_taught = task.card.start == "parent"
    num_ws = run.encoder.num_ws
    run.encoder.num_rows_free = num_ws if is_taught else rows_free(run.step / task.num_steps, num_ws, task.spec)


def _descend(optimiser: torch.optim.Optimizer, loss: Tensor, lr: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = lr
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _teach(critic: Critic, run: TrainedEncoder, task: Task, ws: Tensor, lr: float) -> None:
    """One step of the latent discriminator: new w against one free row of this step's and of earlier ones' codes."""
    seed, step = task.card.seed, run.step
    fakes = in_deviations(run.encoder, one_free_row(ws, run.encoder.num_rows_free, seed, step))
    shown = exchange(critic.pool, int(critic.pooled), fakes, seed, step)
    critic.pooled.add_(len(fakes)).clamp_(max=len(critic.pool))
    real = in_deviations(run.encoder, task.batches.w(step, len(fakes)))
    _descend(critic.optimiser, discriminator_loss(critic.network, real, shown, step), lr)


def _tick(run: TrainedEncoder, task: Task) -> dict[str, Any]:
    """A row of the course; the meters begin anew."""
    distance = held_out_distance(run, task)
    where = ("encoder", task.card.model, task.card.space, run.step)
    low, high = mean_interval(distance, task.card.seed, *where)
    sums, counts = run.meters.cpu().unbind(1)
    means = (sums / counts).tolist()  # NaN where nothing was measured
    run.meters.zero_()
    losses = {f"loss_{name}": mean for name, mean in zip(LOSSES, means, strict=True)}
    measured = {"distance": float(distance.mean(dtype=float)), "distance_low": low, "distance_high": high}
    return {"kimg": task.kimg(run.step), **measured, **losses, "num_images": len(distance)}


@torch.no_grad()
def held_out_distance(run: TrainedEncoder, task: Task) -> np.ndarray:
    """The judge's distance [n] between held-out images and what their codes give back."""
    run.encoder.eval()
    parts = []
    together = at_once(task.G.img_resolution, EVALUATION_BATCH)
    for pixels in task.held_out.to(run.meters.device).split(together):
        code = run.encoder(to_net(pixels))
        s = styles_of(task.G, run.encoder.space, code, task.card.truncation_psi)
        parts.append(task.judge.distance(pixels, to_pixels(task.G.synthesis(s, noise_mode="const"))))
    run.encoder.train()
    return np.concatenate(parts)


def lr_factor(step: int, num_steps: int) -> float:
    """Linear warm-up over the first twentieth, then half a cosine to zero."""
    warmup = max(WARMUP_PART * num_steps, 1)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))


def _refuse_infinities(task: Task, run: TrainedEncoder) -> None:
    """Before weights are kept: the last step's loss is of the weights before it."""
    if not all(bool(tensor.isfinite().all()) for tensor in run.parameters()):
        raise _diverged(task, run.step)


def _diverged(task: Task, step: int) -> TrainingError:
    return TrainingError(
        f"{task.name}: the loss is not finite at step {step}; lower inversion.encoders.lr (now {task.spec.lr})"
    )


def _tell(task: Task, run: TrainedEncoder, sec_per_step: float) -> None:
    tick, left = run.ticks[-1], sec_per_step * (task.num_steps - run.step)
    log.info(
        "%s: step %d of %d, distance %.4f, %.0f images/s, %d:%02d left",
        *(task.name, run.step, task.num_steps, tick["distance"]),
        *(task.spec.batch_size / sec_per_step, left // 60, left % 60),
    )
