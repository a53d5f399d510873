"""Training of the study's own judge on exact labels (rule ``judge``; quality in table ``judge_quality``).

Resumable: batches, augmentation and learning rate are pure functions of (seed, step), and a checkpoint holds weights
and optimiser, so a training that was killed and run again gives, on a CPU, the bytes of one that was not.
"""

import json
import logging
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from stylealign import __version__
from stylealign.config.judges import EmbeddedJudge as JudgeSpec
from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun, TrainingError
from stylealign.images import to_net
from stylealign.judges.embedded import load_embedded, save_embedded
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.latents import torch_stream
from stylealign.optim import learning_tensors, load_learning
from stylealign.resume import ResumeFolder
from stylealign.seeds import derive_seed
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.tables import JUDGE_QUALITY, write_table
from stylealign.training.judge_labels import (
    UNKNOWN_REGION,
    LabelledBatches,
    LabelledSet,
    Labels,
    Source,
    build_vocabulary,
    labelled_sources,
    open_labelled,
    open_test_sets,
)
from stylealign.training.judge_loss import Losses, judge_losses, region_weights
from stylealign.training.judge_quality import quality_rows
from stylealign.training.judge_variation import vary

log = logging.getLogger(__name__)

RECIPE = 1  # bump when a change alters the weights that the same settings give
WARMUP_PART = 0.05
WEIGHT_DECAY = 0.02
BETAS = (0.9, 0.99)
CLIP_NORM = 5.0
NOISE_STD, BLURRED_PART = 0.03, 0.25  # of the range [-1, 1]; of the images
CALIBRATION_STEPS = 16


@dataclass
class Course:
    """One training: what changes with every step, and what it is made of."""

    network: EmbeddedNetwork
    optimiser: torch.optim.Optimizer
    batches: LabelledBatches
    weights: torch.Tensor  # [K] of the regions
    num_steps: int
    spec: JudgeSpec
    seed: int
    step: int = 0


def train_judge(
    spec: JudgeSpec,
    *,
    name: str,
    seed: int,
    image_sets: Sequence[tuple[str, Path, Path, Path | None]],
    state: Path,
    judge: Path,
    quality: Path,
    device: str = "cpu",
    provenance: Mapping[str, Any] | None = None,
    checkpoint_steps: int = 200,
    calmer: str | None = None,
) -> None:
    """Train the judge ``name`` and measure it on held-out images.

    ``image_sets`` are (domain, images.zip, index.parquet, regions.npz or None). Writes ``judge`` (safetensors) and
    ``quality`` (Parquet, ``tables.JUDGE_QUALITY``), both as the last act; what resuming needs lies in ``state``.
    ``calmer`` is the cure of a loss that is not finite, where it is not the judge's own ``lr``.

    Raises:
        JudgeError: no domain has labels, or domains disagree on an attribute.
        ResumeError: another process is training into ``state``.
        TrainingError: the loss is not finite; nothing is written.
        InterruptedRun: a signal asked to stop; the state is saved.
    """
    torch_device = pick_device(device)
    sources = labelled_sources([Source(*files) for files in image_sets], name, spec.domains)
    vocabulary = build_vocabulary(sources)
    sets = [open_labelled(source, vocabulary, "train") for source in sources]
    identity = _identity(spec, seed, sets, vocabulary)
    calmer = calmer or f"lower judges.{name}.lr"
    with ResumeFolder(Path(state), identity) as folder, stop_on_signals() as stop:
        course = _begin(spec, seed, sets, vocabulary, torch_device)
        _resume(course, folder.newest())
        _run(course, name, folder, stop, checkpoint_steps, calmer)
        _check_finite(course.network.parameters(), name, course.step, calmer)  # the last loss is of the weights before
        calibrate(course.network, course.batches)
        passport = {"seed": seed, "total_kimg": spec.total_kimg, "recipe": RECIPE, "version": __version__}
        save_embedded(judge, course.network, {**passport, "images": identity["images"]})
        rows = quality_rows(
            load_embedded(name, Path(judge), torch_device), open_test_sets(sources, vocabulary), seed=seed
        )
        write_table(quality, JUDGE_QUALITY, rows, {"judge": name, "seed": seed, **(provenance or {})})
        folder.clear()


def _begin(
    spec: JudgeSpec, seed: int, sets: Sequence[LabelledSet], vocabulary: Vocabulary, device: torch.device
) -> Course:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "judge", "weights"))  # layers draw from the global stream: a private copy
        network = EmbeddedNetwork(sets[0].image_set.resolution, spec.width, vocabulary)
    network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=spec.lr, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
    batches = LabelledBatches(sets, spec.batch_size, seed)
    num_steps = max(math.ceil(spec.total_kimg * 1000 / spec.batch_size), 1)
    weights = region_weights(_region_sizes(sets, len(vocabulary.region_names)), spec.rarity).to(device)
    return Course(network, optimiser, batches, weights, num_steps, spec, seed)


def _region_sizes(sets: Sequence[LabelledSet], num_regions: int) -> torch.Tensor:
    """Pixels of each region [K] over all images."""
    sizes = torch.zeros(num_regions, dtype=torch.int64)
    for labelled in sets:
        if labelled.regions is not None:
            counts = torch.bincount(torch.from_numpy(labelled.regions).flatten(), minlength=UNKNOWN_REGION + 1)
            sizes += counts[:num_regions]
    return sizes


def _identity(spec: JudgeSpec, seed: int, sets: Sequence[LabelledSet], vocabulary: Vocabulary) -> dict[str, str]:
    """What a resumed training must share with the one that began."""
    digests = [labelled.image_set.digest for labelled in sets]
    return {
        "spec": json.dumps(spec.model_dump(mode="json"), sort_keys=True),
        "seed": str(seed),
        "images": sha256("".join(digests).encode()).hexdigest(),
        "labels": _labels_digest(sets),
        "vocabulary": sha256(json.dumps(asdict(vocabulary), sort_keys=True).encode()).hexdigest(),
        "recipe": str(RECIPE),
    }


def _labels_digest(sets: Sequence[LabelledSet]) -> str:
    """sha256 of every attribute and region map: masks and labels may change where the images did not."""
    digest = sha256()
    for labelled in sets:
        digest.update(str(labelled.attributes.shape).encode())
        digest.update(np.ascontiguousarray(labelled.attributes).data)
        if labelled.regions is not None:
            digest.update(str(labelled.regions.shape).encode())
            digest.update(np.ascontiguousarray(labelled.regions).data)
    return digest.hexdigest()


def _run(
    course: Course, name: str, folder: ResumeFolder, stop: StopRequest, checkpoint_steps: int, calmer: str
) -> None:
    course.network.train()
    started, first = time.monotonic(), course.step
    while course.step < course.num_steps:
        losses = _take_step(course)
        _check_finite([losses.total], name, course.step, calmer)
        is_last, is_due = course.step == course.num_steps, course.step % checkpoint_steps == 0
        if is_due or is_last:
            _tell(course, name, losses, (time.monotonic() - started) / (course.step - first))
        if (stop or is_due) and not is_last:
            folder.save(course.step, learning_tensors(course.network, course.optimiser), {})
        if stop and not is_last:
            raise InterruptedRun(
                f"judge {name}: stopped by {stop.signal_name} at step {course.step} of {course.num_steps}; "
                "the state is saved, the same command resumes"
            )


def _check_finite(tensors: Iterable[torch.Tensor], name: str, step: int, calmer: str) -> None:
    if not all(bool(tensor.isfinite().all()) for tensor in tensors):
        raise TrainingError(f"judge {name}: the loss is not finite at step {step}; {calmer}")


def _take_step(course: Course) -> Losses:
    labels = Labels(*(column.to(course.weights.device) for column in course.batches.at(course.step)))
    x, regions = vary(to_net(labels.pixels), labels.regions, course.spec, course.seed, course.step)
    x = augment(x, course.seed, course.step).contiguous(memory_format=torch.channels_last)
    labels = labels._replace(regions=regions)
    for group in course.optimiser.param_groups:
        group["lr"] = course.spec.lr * lr_factor(course.step, course.num_steps)
    losses = judge_losses(course.network(x), labels, course.network.vocabulary, course.weights)
    course.optimiser.zero_grad(set_to_none=True)
    losses.total.backward()
    torch.nn.utils.clip_grad_norm_(course.network.parameters(), CLIP_NORM)
    course.optimiser.step()
    course.step += 1
    return losses


@torch.inference_mode()
def calibrate(network: EmbeddedNetwork, batches: LabelledBatches) -> None:
    """Scale the features to mean square one over the images of the first steps."""
    network.eval()
    device = network.feature_scale.device
    images = [to_net(batches.at(step).pixels.to(device)) for step in range(CALIBRATION_STEPS)]
    squares = [network.read(network.trunk(x))[0].double().square().mean() for x in images]
    network.feature_scale.copy_(torch.stack(squares).mean().rsqrt())


def lr_factor(step: int, num_steps: int) -> float:
    """Linear warm-up, then half a cosine to zero."""
    warmup = max(WARMUP_PART * num_steps, 1)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(num_steps - warmup, 1)))


def augment(x: torch.Tensor, seed: int, step: int) -> torch.Tensor:
    """Slight noise and, for some images, slight blur: what generated images have and drawn ones do not."""
    stream = torch_stream(seed, "judge", "augment", step)
    noise = torch.randn(x.shape, generator=stream) * torch.rand([len(x), 1, 1, 1], generator=stream) * NOISE_STD
    strength = torch.rand([len(x), 1, 1, 1], generator=stream)
    chosen = torch.rand([len(x)], generator=stream).argsort()[: round(BLURRED_PART * len(x))].to(x.device)
    sharp = x[chosen]
    blurred = F.avg_pool2d(F.pad(sharp, [1, 1, 1, 1], mode="replicate"), 3, 1)
    x = x.index_copy(0, chosen, sharp.lerp(blurred, strength[chosen.cpu()].to(x.device)))
    return x + noise.to(x.device)


def _resume(course: Course, saved: tuple[dict[str, torch.Tensor], dict[str, Any]] | None) -> None:
    if saved is None:
        return
    tensors, course.step = saved[0], int(saved[1]["step"])
    load_learning(course.network, course.optimiser, tensors)
    log.info("judge: resuming at step %d of %d", course.step, course.num_steps)


def _tell(course: Course, name: str, losses: Losses, sec_per_step: float) -> None:
    log.info(
        "judge %s: step %d of %d, regions %.3f, attributes %.3f, domain %.3f, %.0f s left",
        *(name, course.step, course.num_steps),
        *(float(part.detach()) for part in (losses.regions, losses.attributes, losses.domain)),
        sec_per_step * (course.num_steps - course.step),
    )
