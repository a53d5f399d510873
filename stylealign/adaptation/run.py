"""Adapt one model from its parent, from files to files; resumable (StyleGAN-NADA, sections 4.1 and 4.2).

The child begins as an exact copy of the parent's averaged generator and is not averaged itself. Its training pair, from
which children of its own can be trained, is the adapted generator with the parent's discriminator.
"""

import dataclasses
import json
import logging
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylealign import __version__
from stylealign.adaptation.directions import Guide, image_guide, text_guide
from stylealign.adaptation.loop import adaptation_loop
from stylealign.adaptation.recipe import RECIPE
from stylealign.adaptation.region import Region
from stylealign.adaptation.rules import RULES
from stylealign.adaptation.state import AdaptationState, begin
from stylealign.adaptation_tables import ADAPTATION_COURSE
from stylealign.checkpoint import (
    ModelCard,
    load_generator,
    load_tensors,
    save_generator,
    save_snapshots,
    save_tensors,
)
from stylealign.config.adaptation import Adaptation
from stylealign.config.models import ResolvedModel
from stylealign.config.section import untracked_keys
from stylealign.devices import pick_device
from stylealign.errors import CheckpointError, InterruptedRun, LineageError, TrainingError
from stylealign.judge_identity import judge_identity
from stylealign.judges.clip import ClipJudge
from stylealign.judges.judge import Judge
from stylealign.networks.generator import Generator
from stylealign.provenance import file_sha256
from stylealign.resume import ResumeFolder
from stylealign.samples import sample_pixels, save_samples, study_z
from stylealign.sealed import state_digest
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.tables import TRAINING, write_table

log = logging.getLogger(__name__)

TOLD_ITERATIONS = 25


@dataclass(frozen=True)
class AdaptationFiles:
    """What an adaptation writes: the same as a training, and its log."""

    g_ema: Path
    pair: Path
    course: Path  # Parquet, ``ADAPTATION_COURSE``
    samples: Path
    cost: Path | None = None  # Parquet, ``TRAINING``
    snapshots: Path | None = None


def adapt_model(
    spec: ResolvedModel,
    *,
    parent: Path,
    parent_pair: Path,
    clips: Mapping[str, ClipJudge],
    state: Path,
    files: AdaptationFiles,
    images: Sequence[Tensor] = (),
    region: Region | None = None,
    threads: int = 1,
    provenance: Mapping[str, Any] | None = None,
) -> None:
    """Adapt ``spec`` from ``parent`` (its ``g_ema.safetensors`` and ``parent_pair``), as ``clips`` see it.

    ``clips`` are those that ``spec.adapt.clips`` weighs, by name; ``images``, each uint8 [3, H, W], are the target
    where images tell it; ``region`` is the part that may change (none: all). ``state`` is the private folder for
    resuming.

    Raises :class:`InterruptedRun` after a signal (the state is saved), :class:`TrainingError` on divergence,
    :class:`LineageError` when the parent does not fit, :class:`CheckpointError` for a damaged parent or pair, and for a
    pair without discriminator, :class:`JudgeError` when a CLIP cannot tell source and target
    apart, :class:`ResumeError` when another process works in ``state``.
    """
    assert spec.adapt is not None, spec.name
    torch.set_num_threads(max(threads, 1))
    device = pick_device(spec.device)
    frozen, card = load_generator(parent, device)
    if card.img_resolution != spec.resolution:
        raise LineageError(
            f"{parent}: the parent {card.model} is of {card.img_resolution} px, the study {spec.resolution}"
        )
    discriminator = _discriminator(parent_pair)
    identity = _identity(spec, clips, images, region, card, parent_pair)
    with ResumeFolder(Path(state), identity) as folder, stop_on_signals() as stop:
        run = begin(frozen, spec.adapt, RULES[spec.adapt.rules])
        saved = folder.newest()
        if saved is not None:
            run.load(*saved)
            log.info("%s: resuming at iteration %d", spec.name, run.step)
        _follow(run, _guides(spec, clips, frozen, images), spec, folder, stop, region)
        made = _card(spec, run, card, identity, images)
        _write(files, run, spec, discriminator, made, threads, provenance or {})
        folder.clear()


def _discriminator(parent_pair: Path) -> dict[str, Tensor]:
    """The parent's discriminator as it lies in its pair, read first: a damaged pair is told before hours of work."""
    tensors, _ = load_tensors(parent_pair)
    found = {name: value for name, value in tensors.items() if name.startswith("D/")}
    if not found:
        raise CheckpointError(f"{parent_pair}: holds no discriminator, which children need; delete it and run again")
    return found


def _identity(
    spec: ResolvedModel,
    clips: Mapping[str, ClipJudge],
    images: Sequence[Tensor],
    region: Region | None,
    parent: ModelCard,
    parent_pair: Path,
) -> dict[str, str]:
    judges: dict[str, Judge | None] = dict(clips)
    judges |= {} if region is None else {"region": region.parser, "perceptual": region.perceptual}
    return {
        "spec": json.dumps(spec.tracked(), sort_keys=True),
        "judges": json.dumps({name: judge_identity(one)["weights"] for name, one in sorted(judges.items()) if one}),
        "images": images_digest(images),
        "parent": parent.digest,
        "parent_pair": file_sha256(parent_pair),
        "recipe": str(RECIPE),
    }


def images_digest(images: Sequence[Tensor]) -> str:
    """sha256 over the pixels of images, uint8 [3, H, W] each; empty where there are none."""
    digest = sha256()
    for image in images:
        digest.update(str(list(image.shape)).encode() + image.contiguous().numpy().tobytes())
    return digest.hexdigest() if len(images) else ""


def _guides(
    spec: ResolvedModel, clips: Mapping[str, ClipJudge], frozen: Generator, images: Sequence[Tensor]
) -> list[Guide]:
    """What each CLIP asks, in the order of their names: sums do not depend on the order of the config."""
    adapt = spec.adapt
    assert adapt is not None
    weighed = [(clips[name], adapt.clips[name]) for name in sorted(adapt.clips)]
    if adapt.is_by_images:
        return [image_guide(clip, weight, frozen, images, spec.seed) for clip, weight in weighed]
    return [text_guide(clip, weight, adapt, RULES[adapt.rules]) for clip, weight in weighed]


def _follow(
    run: AdaptationState,
    guides: Sequence[Guide],
    spec: ResolvedModel,
    folder: ResumeFolder,
    stop: StopRequest,
    region: Region | None,
) -> None:
    adapt = spec.adapt
    assert adapt is not None
    if run.step == 0:
        _keep_samples(run, spec)
    started = time.perf_counter()
    for step in adaptation_loop(run, guides, adapt, spec.seed, region):
        last = step == adapt.iterations
        now = time.perf_counter()
        run.seconds, started = run.seconds + now - started, now
        refuse_divergence(spec, run)
        if last or step in adapt.sample_iterations:
            _keep_samples(run, spec)
        if step in adapt.snapshot_iterations:
            run.keep_snapshot()
        if last or step % TOLD_ITERATIONS == 0:
            _tell(run, spec, adapt)
        if not last and (stop or step % adapt.checkpoint_iterations == 0):
            refuse_infinities(spec, run)
            folder.save(step, run.tensors(), run.meta())
        if stop and not last:
            raise InterruptedRun(
                f"{spec.name}: stopped by {stop.signal_name} at iteration {step} of {adapt.iterations}; "
                "the state is saved, the same command resumes"
            )
    refuse_infinities(spec, run)


def refuse_divergence(spec: ResolvedModel, run: AdaptationState) -> None:
    """:class:`TrainingError` where the last loss is no number."""
    loss = run.rows[-1]["loss"]
    if not abs(loss) < float("inf"):
        raise TrainingError(_diverged(spec, run, "the loss is no number"))


def refuse_infinities(spec: ResolvedModel, run: AdaptationState) -> None:
    """:class:`TrainingError` where a weight is no number: the last step may have made it so, after its loss."""
    for name, parameter in run.G.named_parameters():
        if not bool(parameter.isfinite().all()):
            raise TrainingError(_diverged(spec, run, f"{name} holds what is no number"))


def _diverged(spec: ResolvedModel, run: AdaptationState, what: str) -> str:
    return f"{spec.name}: {what} at iteration {run.step}; lower models.{spec.name}.adapt.lr"


def _keep_samples(run: AdaptationState, spec: ResolvedModel) -> None:
    run.sampled.append(run.step)
    run.pixels.append(sample_pixels(run.G, study_z(spec), spec.samples.truncation_psi))


def _tell(run: AdaptationState, spec: ResolvedModel, adapt: Adaptation) -> None:
    row = run.rows[-1]
    log.info(
        "%s: iteration %d of %d, loss %.3f, similarity to the target %.3f, %.0f s left",
        *(spec.name, run.step, adapt.iterations, row["loss"], row["target_similarity"]),
        run.seconds / run.step * (adapt.iterations - run.step),
    )


def kimg(adapt: Adaptation, iterations: int) -> float:
    """Thousands of images that so many iterations show."""
    return iterations * adapt.batch_size / 1000


def _card(
    spec: ResolvedModel, run: AdaptationState, parent: ModelCard, identity: Mapping[str, str], images: Sequence[Tensor]
) -> ModelCard:
    adapt = spec.adapt
    assert adapt is not None
    digest, total = state_digest(run.G.state_dict()), kimg(adapt, adapt.iterations)
    return ModelCard(
        model=spec.name,
        domain=spec.domain,
        architecture=run.G.init_kwargs,
        img_resolution=spec.resolution,
        lineage=(*parent.lineage, spec.name),
        lineage_digests=(*parent.lineage_digests, digest),
        kimg=total,
        total_kimg=total,
        seed=spec.seed,
        recipe=RECIPE,
        version=__version__,
        training={},
        transfer={
            "parent": parent.model,
            "adapted": told(adapt),
            "judges": json.loads(identity["judges"]),
            "discriminator": "the parent's",
        },
        image_set=images_digest(images),
    )


def told(adapt: Adaptation) -> dict[str, Any]:
    """The settings as a checkpoint tells them, ready for JSON: what is said, and what is left to its default."""
    told = adapt.model_dump(mode="json", exclude=untracked_keys(Adaptation) | {"sample_iterations"})
    return {name: value for name, value in told.items() if value is not None and value != []}


def _write(
    files: AdaptationFiles,
    run: AdaptationState,
    spec: ResolvedModel,
    discriminator: Mapping[str, Tensor],
    card: ModelCard,
    threads: int,
    provenance: Mapping[str, Any],
) -> None:
    adapt = spec.adapt
    assert adapt is not None
    pair = {f"G/{name}": value for name, value in run.G.state_dict().items()}
    save_tensors(
        files.pair, pair | dict(discriminator), {"kind": "pair", "model": spec.name, "card": dataclasses.asdict(card)}
    )
    write_table(files.course, ADAPTATION_COURSE, run.rows, provenance)
    if files.cost is not None:
        write_table(files.cost, TRAINING, [_cost(run, spec, threads)], provenance)
    save_samples(files.samples, spec, [kimg(adapt, step) for step in run.sampled], run.pixels)
    if files.snapshots is not None:
        save_snapshots(files.snapshots, [kimg(adapt, step) for step in run.kept], run.snapshots, card)
    save_generator(files.g_ema, run.G, card)


def _cost(run: AdaptationState, spec: ResolvedModel, threads: int) -> dict[str, Any]:
    adapt, device = spec.adapt, run.frozen.mapping.w_avg.device
    assert adapt is not None
    on_gpu, shown = device.type == "cuda", kimg(adapt, adapt.iterations)
    return {
        "model": spec.name,
        "kimg": shown,
        "sec_per_kimg": run.seconds / shown,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "peak_gpu_mb": torch.cuda.max_memory_allocated(device) / 2**20 if on_gpu else 0.0,
        "device": torch.cuda.get_device_name(device) if on_gpu else "cpu",
        "threads": threads,
        "batch_size": adapt.batch_size,
        "seed": spec.seed,
    }
