"""Train one model, root or child, from files to files; resumable (StyleAlign section 3 and A.8: plain fine-tuning).

A child starts from all weights of its parent's G, D and averaged generator; ADA's p starts at 0, EMA's ramp-up is off.
"""

import dataclasses
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
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
    save_tensors,
    state_digest,
)
from stylealign.config.models import ResolvedModel
from stylealign.data.batches import Batches
from stylealign.data.image_set import ImageSet
from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun, LineageError
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.provenance import file_sha256
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.tables import TICKS, TRAINING, write_table
from stylealign.training.course import Clock, Course, Schedule, refuse_divergence, refuse_infinities
from stylealign.training.loop import training_loop
from stylealign.training.recipe import RECIPE
from stylealign.training.resume import ResumeFolder
from stylealign.training.state import TrainState, build_state
from stylealign.writing import write_npz

log = logging.getLogger(__name__)

AUGMENT_AUTO_BELOW = 5000  # "auto" switches ADA on for image sets smaller than this
SAMPLE_BATCH = 64


@dataclass(frozen=True)
class Outputs:
    """Where the results go."""

    g_ema: Path
    pair: Path
    ticks: Path
    cost: Path
    samples: Path


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
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Train ``spec`` on the image set ``images`` + ``index`` (train split) and write the five outputs.

    ``parent_pair`` and ``parent_card`` (the parent's ``pair.safetensors`` and ``g_ema.safetensors``) make it a child.
    ``state`` is the private folder for resuming; it is emptied at the end.

    Raises :class:`InterruptedRun` after a signal (the state is saved), :class:`TrainingError` on divergence,
    :class:`LineageError` when the parent does not fit, :class:`ResumeError` when another process works in ``state``.
    """
    torch.set_num_threads(threads)
    device = pick_device(spec.device)
    image_set = ImageSet.open(images, index, "train")
    augment = _use_augmentation(spec, image_set.num)
    with ResumeFolder(state, _identity(spec, image_set, parent_pair, parent_card)) as folder, stop_on_signals() as stop:
        course = Course()
        run = build_state(spec, device, augment=augment)
        saved = folder.newest()
        if saved is not None:
            run.load({key: value.to(device) for key, value in saved[0].items()}, int(saved[1]["step"]))
            course.load(*saved)
            log.info("%s: resuming at %.2f kimg", spec.name, Schedule.of(spec).kimg(run.step))
        elif parent_pair is not None and parent_card is not None:
            inherit(run, parent_pair, parent_card)
        batches = Batches(
            image_set,
            spec.training.batch_size,
            spec.seed,
            mirror=spec.training.mirror,
            memory_budget_gb=spec.training.memory_budget_gb,
        )
        _follow(run, course, batches, spec, folder, stop)
        _write_outputs(
            Outputs(g_ema, pair, ticks, cost, samples),
            run,
            course,
            spec,
            _card(spec, run, image_set.digest, parent_card, augment),
            threads=threads,
            provenance=provenance or {},
        )
        folder.clear()


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


def _follow(
    run: TrainState, course: Course, batches: Batches, spec: ResolvedModel, folder: ResumeFolder, stop: StopRequest
) -> None:
    schedule = Schedule.of(spec)
    z = study_z(spec)
    if run.step == 0 and 0 in schedule.samples:
        _keep_samples(run, course, spec, z, 0.0)
    writer = _tensorboard(folder.folder) if spec.training.tensorboard else None
    clock = Clock(spec.name, schedule, run.step)
    for step in training_loop(run, batches, spec, schedule.num_steps):
        last = step == schedule.num_steps
        if step in schedule.samples:
            _keep_samples(run, course, spec, z, schedule.kimg(step))
        if step % schedule.tick == 0 or last:
            course.ticks.append(clock.tick(run))
            refuse_divergence(spec, run, course.ticks)
            if writer is not None:
                _to_tensorboard(writer, course.ticks[-1], step)
        if stop or (step % schedule.checkpoint == 0 and not last):
            refuse_infinities(spec, run, schedule.kimg(step))
            _save(folder, run, course)
        if stop and not last:
            raise InterruptedRun(
                f"{spec.name}: stopped by {stop.signal_name} at {schedule.kimg(step):.2f} kimg; "
                "the state is saved, the same command resumes"
            )


def _save(folder: ResumeFolder, run: TrainState, course: Course) -> None:
    meta = {"ticks": course.ticks, "sample_kimg": course.sample_kimg}
    folder.save(run.step, run.tensors() | course.tensors(), meta)


def study_z(spec: ResolvedModel) -> Tensor:
    """The z that every model of the study is drawn with: [samples.num, z_dim]."""
    return sample_z(spec.samples.num, spec.architecture.z_dim, spec.study_seed, "family")


@torch.no_grad()
def sample_pixels(G: Generator, z: Tensor, truncation_psi: float) -> Tensor:
    """Images of ``z`` with constant noise: uint8 [n, 3, R, R] on the CPU."""
    device = G.mapping.w_avg.device
    parts = [G(part.to(device), truncation_psi=truncation_psi, noise_mode="const") for part in z.split(SAMPLE_BATCH)]
    return torch.cat([to_pixels(x).cpu() for x in parts])


def _keep_samples(run: TrainState, course: Course, spec: ResolvedModel, z: Tensor, kimg: float) -> None:
    course.sample_kimg.append(kimg)
    course.sample_pixels.append(sample_pixels(run.g_ema, z, spec.samples.truncation_psi))


def _card(
    spec: ResolvedModel, run: TrainState, image_set_digest: str, parent_card: Path | None, augment: bool
) -> ModelCard:
    parent = read_card(parent_card) if parent_card else None
    digest = state_digest(run.g_ema.state_dict())
    copied = {"copied": ["G", "D", "g_ema"], "augment_p": 0, "ema_rampup": spec.training.ema_rampup}
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
        training={**spec.training.model_dump(mode="json"), "augment_used": augment},
        transfer={"parent": parent.model, **copied} if parent else {},
        image_set=image_set_digest,
    )


def _write_outputs(
    out: Outputs,
    run: TrainState,
    course: Course,
    spec: ResolvedModel,
    card: ModelCard,
    *,
    threads: int,
    provenance: Mapping[str, Any],
) -> None:
    networks = {f"G/{name}": value for name, value in run.G.state_dict().items()}
    networks |= {f"D/{name}": value for name, value in run.D.state_dict().items()}
    save_tensors(out.pair, networks, {"kind": "pair", "model": spec.name, "card": dataclasses.asdict(card)})
    write_table(out.ticks, TICKS, course.ticks, provenance)
    write_table(out.cost, TRAINING, [_cost(run, course, spec, threads)], provenance)
    save_samples(out.samples, spec, course.sample_kimg, course.sample_pixels)
    save_generator(out.g_ema, run.g_ema, card)


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


def save_samples(path: Path, spec: ResolvedModel, kimg: list[float], pixels: list[Tensor]) -> None:
    """``z``, ``kimg`` and ``pixels`` [K, n, R, R, 3] of the study's common z, for the family and progress figures."""
    z = study_z(spec)
    shown = np.stack([to_hwc(part) for part in pixels])
    write_npz(path, {"z": z.numpy(), "kimg": np.float32(kimg), "pixels": shown})


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
