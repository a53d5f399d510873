"""Train one model, root or child, from files to files; resumable (StyleAlign section 3 and A.8: plain fine-tuning).

A child starts from all weights of its parent's G, D and averaged generator; ADA's p starts at 0, EMA's ramp-up is off.
One of a lower resolution starts from the lower layers (:mod:`stylealign.training.lower_start`).
"""

import contextlib
import dataclasses
import json
import logging
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from stylealign import __version__
from stylealign.checkpoint import (
    ModelCard,
    load_generator,
    load_strictly,
    load_tensors,
    read_card,
    save_generator,
    save_snapshots,
    save_tensors,
    state_digest,
)
from stylealign.config.models import ResolvedModel
from stylealign.data.batches import Batches
from stylealign.data.few_images import few_of
from stylealign.data.image_set import ImageSet
from stylealign.data.reduced import at_resolution
from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun, LineageError
from stylealign.provenance import file_sha256
from stylealign.resume import ResumeFolder
from stylealign.samples import sample_pixels, save_samples, study_z
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.tables import TICKS, TRAINING, write_table
from stylealign.training.course import Clock, Course, Schedule, refuse_divergence, refuse_infinities
from stylealign.training.loop import training_loop
from stylealign.training.lower_start import inherit_lower
from stylealign.training.recipe import RECIPE
from stylealign.training.state import TrainState, build_state
from stylealign.training.team import ALONE, Team
from stylealign.training.training_job import TrainingJob

log = logging.getLogger(__name__)

AUGMENT_AUTO_BELOW = 5000  # "auto" switches ADA on for image sets smaller than this


def train_model(
    spec: ResolvedModel,
    *,
    images: Path,
    index: Path,
    parent_pair: Path | None,
    parent_card: Path | None,
    state: Path,
    g_ema: Path,
    pair: Path,
    ticks: Path,
    cost: Path,
    samples: Path,
    threads: int,
    processes: int = 1,
    snapshots: Path | None = None,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Train ``spec`` on the image set ``images`` + ``index`` (train split) and write the five outputs.

    ``parent_pair`` and ``parent_card`` (the parent's ``pair.safetensors`` and ``g_ema.safetensors``) make it a child;
    of a parent of a higher resolution it has the lower layers. Images of a higher resolution are reduced. ``snapshots``
    is a sixth output, for a model that keeps some.
    ``state`` is the private folder for resuming; it is emptied at the end. Several ``processes`` each compute a part of
    every batch and share the ``threads``, or take a GPU each; the result differs by the rounding of sums only.

    Raises :class:`InterruptedRun` after a signal (the state is saved), :class:`TrainingError` on divergence and when
    one of several processes dies, :class:`LineageError` when the parent does not fit, :class:`ResumeError` when
    another process works in ``state``, :class:`ConfigError` and :class:`DeviceError` when the batch or the GPUs cannot
    be shared.
    """
    job = TrainingJob(
        spec=spec,
        images=images,
        index=index,
        parent_pair=parent_pair,
        parent_card=parent_card,
        state=state,
        g_ema=g_ema,
        pair=pair,
        ticks=ticks,
        cost=cost,
        samples=samples,
        threads=threads,
        provenance=provenance or {},
        snapshots=snapshots,
    )
    if processes > 1:
        from stylealign.training.launch import train_in_processes  # torch's launcher, which one process does not need

        train_in_processes(job, processes)
        return
    with stop_on_signals() as stop:
        train(job, stop, ALONE, pick_device(spec.device))


def train(job: TrainingJob, stop: StopRequest, team: Team, device: torch.device) -> None:
    """Do ``job`` as one process of ``team`` on ``device``; its leader writes."""
    torch.set_num_threads(max(job.threads // team.num, 1))
    spec = job.spec
    image_set = few_of(ImageSet.open(job.images, job.index, "train"), spec.training.num_images, spec.seed)
    augment = _use_augmentation(spec, image_set.num)
    if team.num > 1:
        log.info("%s: %d processes on %s, pids %s", spec.name, team.num, device.type, team.pids())
    with _resume_folder(job, image_set, team) as folder:
        course = Course(processes=team.num)
        run = build_state(spec, device, augment=augment, num_images=image_set.num)
        saved = _newest(folder, team)
        if saved is not None:
            run.load({key: value.to(device) for key, value in saved[0].items()}, int(saved[1]["step"]))
            course.load(*saved)
            log.info("%s: resuming at %.2f kimg", spec.name, Schedule.of(spec).kimg(run.step))
        elif job.parent_pair is not None and job.parent_card is not None:
            course.start = _start_from_parent(run, spec, job.parent_pair, job.parent_card, image_set)
        _follow(run, course, _batches(spec, image_set, team), spec, folder, stop, team)
        if folder is not None:
            _write_outputs(job, run, course, _card(job, run, course, image_set, augment))
            folder.clear()


def _resume_folder(
    job: TrainingJob, image_set: ImageSet, team: Team
) -> ResumeFolder | contextlib.AbstractContextManager[None]:
    """The folder for resuming, which is the leader's."""
    if not team.leads:
        return contextlib.nullcontext()
    return ResumeFolder(job.state, _identity(job.spec, image_set, job.parent_pair, job.parent_card))


def _newest(folder: ResumeFolder | None, team: Team) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """What the leader finds to resume from, in every process."""
    found = None if folder is None else folder.newest()
    if team.num == 1:
        return found
    tensors, meta = found or ({}, {})
    told = json.loads(team.told(json.dumps(meta).encode() if team.leads else None))
    packed = team.told(safetensors.torch.save(tensors) if team.leads else None)
    return (safetensors.torch.load(packed), told) if told else None


def _batches(spec: ResolvedModel, image_set: ImageSet, team: Team) -> Batches:
    batch_size = spec.training.batch_size
    return Batches(
        at_resolution(image_set, spec.resolution),
        batch_size,
        spec.seed,
        mirror=spec.training.mirror,
        memory_budget_gb=spec.training.memory_budget_gb,
        rows=None if team.num == 1 else team.rows(batch_size).numpy(),
    )


def _use_augmentation(spec: ResolvedModel, num_images: int) -> bool:
    setting = spec.training.augment
    return setting == "on" or (setting == "auto" and num_images < AUGMENT_AUTO_BELOW)


def _identity(
    spec: ResolvedModel, image_set: ImageSet, parent_pair: Path | None, parent_card: Path | None
) -> dict[str, str]:
    return {
        "spec": json.dumps(spec.tracked(), sort_keys=True),
        "images": image_set.digest,
        "parent": read_card(parent_card).digest if parent_card else "",
        "parent_pair": file_sha256(parent_pair) if parent_pair else "",
        "recipe": str(RECIPE),
    }


def _start_from_parent(
    run: TrainState, spec: ResolvedModel, parent_pair: Path, parent_card: Path, image_set: ImageSet
) -> dict[str, Any]:
    """All weights of the parent, or those of its lower layers; for the card, what was copied where that is not all."""
    if read_card(parent_card).img_resolution > spec.resolution:
        return inherit_lower(run, spec, parent_pair, parent_card, image_set)
    inherit(run, parent_pair, parent_card)
    return {}


def inherit(run: TrainState, parent_pair: Path, parent_card: Path) -> None:
    """All weights of G, D and the averaged generator from the parent, and nothing else (as ADA's ``--resume``)."""
    tensors, _ = load_tensors(parent_pair)
    for network, prefix in ((run.G, "G/"), (run.D, "D/")):
        part = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        load_strictly(network, part, parent_pair)
    averaged, card = load_generator(parent_card)
    if averaged.init_kwargs != run.g_ema.init_kwargs:
        raise LineageError(
            f"{parent_card}: the parent {card.model} is {averaged.init_kwargs}, the child {run.g_ema.init_kwargs}; "
            "a child has its parent's architecture and resolution"
        )
    run.g_ema.load_state_dict(averaged.state_dict())
    if run.twin is not None:
        run.twin.source.load_state_dict(run.G.state_dict())


def _follow(
    run: TrainState,
    course: Course,
    batches: Batches,
    spec: ResolvedModel,
    folder: ResumeFolder | None,
    stop: StopRequest,
    team: Team,
) -> None:
    schedule = Schedule.of(spec)
    z = study_z(spec)
    if run.step == 0 and 0 in schedule.samples and team.leads:
        _keep_samples(run, course, spec, z, 0.0)
    writer = _tensorboard(folder.folder) if spec.training.tensorboard and folder is not None else None
    clock = Clock(spec.name, schedule, run.step)
    _refuse_difference(run, spec, team)
    for step in training_loop(run, batches, spec, schedule.num_steps, team):
        last = step == schedule.num_steps
        if step in schedule.samples and team.leads:
            _keep_samples(run, course, spec, z, schedule.kimg(step))
        if step in schedule.snapshots and team.leads:
            course.keep_snapshot(schedule.kimg(step), run.g_ema)
        if step % schedule.tick == 0 or last:
            course.ticks.append(clock.tick(run))
            refuse_divergence(spec, run, course.ticks)
            if writer is not None:
                _to_tensorboard(writer, course.ticks[-1], step)
        stopped_by = _agreed(stop, team)
        is_saved = bool(stopped_by) or (step % schedule.checkpoint == 0 and not last)
        if is_saved or last or step % schedule.tick == 0:
            _refuse_difference(run, spec, team)
        if is_saved:
            refuse_infinities(spec, run, schedule.kimg(step))
            if folder is not None:
                _save(folder, run, course)
        if stopped_by and not last:
            team.largest(0)  # nobody leaves before the leader has saved
            raise InterruptedRun(
                f"{spec.name}: stopped by {stopped_by} at {schedule.kimg(step):.2f} kimg; "
                "the state is saved, the same command resumes"
            )


def _agreed(stop: StopRequest, team: Team) -> str:
    """The signal that asked any process of a team to stop, at the same step in all; else nothing."""
    number = signal.Signals[stop.signal_name].value if stop else 0
    found = team.largest(number)
    return signal.Signals(found).name if found else ""


def _refuse_difference(run: TrainState, spec: ResolvedModel, team: Team) -> None:
    if team.num > 1:
        team.refuse_difference(
            state_digest(run.tensors()), f"{spec.name} at {Schedule.of(spec).kimg(run.step):.2f} kimg"
        )


def _save(folder: ResumeFolder, run: TrainState, course: Course) -> None:
    folder.save(run.step, run.tensors() | course.tensors(), course.meta())


def _keep_samples(run: TrainState, course: Course, spec: ResolvedModel, z: Tensor, kimg: float) -> None:
    course.sample_kimg.append(kimg)
    course.sample_pixels.append(sample_pixels(run.g_ema, z, spec.samples.truncation_psi))


def _card(job: TrainingJob, run: TrainState, course: Course, image_set: ImageSet, augment: bool) -> ModelCard:
    spec = job.spec
    parent = read_card(job.parent_card) if job.parent_card else None
    digest = state_digest(run.g_ema.state_dict())
    few = {} if spec.training.num_images is None else {"image_ids": image_set.image_ids}
    copied = {"copied": ["G", "D", "g_ema"], "augment_p": 0, "ema_rampup": spec.training.ema_rampup} | course.start
    return ModelCard(
        model=spec.name,
        domain=spec.domain,
        architecture=run.g_ema.init_kwargs,
        img_resolution=spec.resolution,
        lineage=(*(parent.lineage if parent else ()), spec.name),
        lineage_digests=(*(parent.lineage_digests if parent else ()), digest),
        kimg=Schedule.of(spec).kimg(run.step),
        total_kimg=spec.total_kimg,
        seed=spec.seed,
        recipe=RECIPE,
        version=__version__,
        training={**spec.training.told(), "augment_used": augment, **course.said_of_processes(), **few},
        transfer={"parent": parent.model, **copied} if parent else {},
        image_set=image_set.digest,
    )


def _write_outputs(job: TrainingJob, run: TrainState, course: Course, card: ModelCard) -> None:
    spec, provenance = job.spec, {**job.provenance, **course.said_of_processes()}
    networks = {f"G/{name}": value for name, value in run.G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in run.D.state_dict().items()}
    save_tensors(job.pair, networks, {"kind": "pair", "model": spec.name, "card": dataclasses.asdict(card)})
    write_table(job.ticks, TICKS, course.ticks, provenance)
    write_table(job.cost, TRAINING, [_cost(run, course, spec, job.threads)], provenance)
    save_samples(job.samples, spec, course.sample_kimg, course.sample_pixels)
    if job.snapshots is not None:
        save_snapshots(job.snapshots, course.snapshot_kimg, course.snapshots, card)
    save_generator(job.g_ema, run.g_ema, card)


def _cost(run: TrainState, course: Course, spec: ResolvedModel, threads: int) -> dict[str, Any]:
    device = run.pl_mean.device
    return {
        "model": spec.name,
        "kimg": course.ticks[-1]["kimg"],
        "sec_per_kimg": float(np.median([tick["sec_per_kimg"] for tick in course.ticks])),
        "peak_rss_mb": max(tick["peak_rss_mb"] for tick in course.ticks),
        "peak_gpu_mb": max(tick["peak_gpu_mb"] for tick in course.ticks),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "threads": threads,
        "batch_size": spec.training.batch_size,
        "seed": spec.seed,
    }


def _tensorboard(folder: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        log.warning(
            "training.tensorboard is on, but the package tensorboard is not installed; no event files are written"
        )
        return None
    return SummaryWriter(str(folder / "tensorboard"))


def _to_tensorboard(writer: Any, row: Mapping[str, float], step: int) -> None:
    for name, value in row.items():
        writer.add_scalar(name, value, step)
    writer.flush()
