"""Training of the study's own CLIP on images and captions of its worlds (rule ``clip``; table ``clip_accuracy``).

The loss is open_clip's, the contrastive one of Radford et al. 2021: each picture is to find its text among the texts
of the step, and each text its picture. A text that is true of another picture of the step too is no wrong answer: such
pairs are left out of the comparison (:class:`TruthfulLoss`). Images get slight noise and blur, as generated ones have:
the CLIP's gradient is to lead a generator, so it must not hang on what noise hides.

Resumable as the judge's training is: what a step sees is a pure function of (seed, step), a checkpoint holds weights
and optimiser, and a training that was killed and run again gives, on a CPU, the bytes of one that was not.
"""

import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import open_clip
import torch
from torch import nn

from stylealign import __version__
from stylealign.config.judges import EmbeddedClip as ClipSpec
from stylealign.data.image_set import ImageSet
from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun, JudgeError, TrainingError
from stylealign.images import to_net
from stylealign.judges.clip import ClipJudge, Tokenize
from stylealign.judges.embedded_clip import FIRST_KNOWN, build_clip, known_tokens, own_tokenizer, save_embedded_clip
from stylealign.optim import learning_tensors, load_learning
from stylealign.resume import ResumeFolder
from stylealign.seeds import derive_seed
from stylealign.signals import StopRequest, stop_on_signals
from stylealign.training.clip_batches import PairBatches, tokens_of
from stylealign.training.judge import augment, lr_factor
from stylealign.worlds.caption_claims import MEDIA, SUBJECTS

log = logging.getLogger(__name__)

RECIPE = 1  # bump when a change alters the weights that the same settings give
BETAS, WEIGHT_DECAY = (0.9, 0.98), 0.02
CLIP_NORM = 1.0
MAX_LOGIT_SCALE = math.log(100)
HEAD_WIDTH = {"resnet": 64, "vit": 32}
STAGES = [1, 1, 1, 1]  # blocks of a resnet at each of its resolutions
TEXT_WIDTH, TEXT_LAYERS, TEXT_HEADS = 64, 2, 4
CONTEXT_STEP, SPARE_TOKENS = 8, 6
"""The context is the longest caption's, with room for words strewn in, rounded up."""


@dataclass
class Course:
    """One training: what changes with every step, and what it is made of."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    judge: ClipJudge  # prepares images; its network is the one in training
    batches: PairBatches
    tokenize: Tokenize
    num_steps: int
    spec: ClipSpec
    seed: int
    step: int = 0


class TruthfulLoss(open_clip.ClipLoss):
    """open_clip's contrastive loss, from which other texts that are true of a picture are left out."""

    def __init__(self, is_true: torch.Tensor):
        super().__init__()
        self.is_left_out = is_true & ~torch.eye(len(is_true), dtype=torch.bool)  # [B, B]

    def get_logits(self, *features: Any, **named: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits [B, B] of images over texts and of texts over images; minus infinity where left out."""
        per_image, per_text = super().get_logits(*features, **named)
        left_out = self.is_left_out.to(per_image.device)
        return per_image.masked_fill(left_out, -math.inf), per_text.masked_fill(left_out.t(), -math.inf)


def train_clip(
    spec: ClipSpec,
    *,
    name: str,
    seed: int,
    image_sets: Sequence[tuple[str, Path, Path]],
    state: Path,
    judge: Path,
    device: str = "cpu",
    checkpoint_steps: int = 200,
) -> None:
    """Train the CLIP ``name``; write ``judge`` (safetensors) as the last act. What resuming needs lies in ``state``.

    ``image_sets`` are (domain, images.zip, index.parquet) of the domains to learn from.

    Raises:
        JudgeError: an image set without captions.
        ResumeError: another process is training into ``state``.
        TrainingError: the loss is not finite; nothing is written.
        InterruptedRun: a signal asked to stop; the state is saved.
    """
    sets = [_open(name, *files) for files in image_sets]
    captions = sorted({caption for image_set in sets for caption in image_set.captions})
    identity = _identity(spec, seed, sets)
    description = describe(spec, sets[0].resolution, captions)
    with ResumeFolder(Path(state), identity) as folder, stop_on_signals() as stop:
        course = _begin(spec, seed, sets, description, pick_device(device))
        _resume(course, folder.newest())
        _run(course, name, folder, stop, checkpoint_steps)
        passport = {"seed": seed, "total_kimg": spec.total_kimg, "recipe": RECIPE, "version": __version__}
        passport["images"] = identity["images"]
        save_embedded_clip(judge, course.network, description, passport)
        folder.clear()


def _open(name: str, domain: str, images: Path, index: Path) -> ImageSet:
    image_set = ImageSet.open(images, index, "train")
    if not all(isinstance(caption, str) and caption for caption in image_set.captions):
        raise JudgeError(f"judges.{name}.domains: {domain}: images without captions; name worlds, which have them")
    return image_set


def describe(spec: ClipSpec, resolution: int, captions: Sequence[str]) -> dict[str, Any]:
    """The network for images of ``resolution`` and for texts as long as ``captions``, and the tokens it knows."""
    called = [called for _, names in MEDIA.values() for called in names]
    tokens = known_tokens([*captions, *called, *(one for names in SUBJECTS.values() for one in names)])
    tokenizer = open_clip.SimpleTokenizer()
    longest = max(len(tokenizer.encode(caption)) for caption in sorted(captions, key=len)[-100:]) + 2
    context = math.ceil((longest + SPARE_TOKENS) / CONTEXT_STEP) * CONTEXT_STEP
    text = {"width": TEXT_WIDTH, "layers": TEXT_LAYERS, "heads": TEXT_HEADS}
    text |= {"context_length": context, "vocab_size": len(tokens) + FIRST_KNOWN}
    vision = vision_of(spec, resolution)
    return {"embed_dim": spec.embedding_dim, "vision": vision, "text": text, "tokens": tokens}


def vision_of(spec: ClipSpec, resolution: int) -> dict[str, Any]:
    """The image network, in the words of open_clip's ``CLIPVisionCfg``."""
    shape = {"width": spec.width, "head_width": HEAD_WIDTH[spec.network], "image_size": resolution}
    if spec.network == "resnet":
        return {**shape, "layers": STAGES}
    return {**shape, "layers": spec.layers, "patch_size": spec.patch_px}


def _begin(
    spec: ClipSpec, seed: int, sets: Sequence[ImageSet], description: Mapping[str, Any], device: torch.device
) -> Course:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(seed, "clip", "weights"))  # layers draw from the global stream: a private copy
        network = build_clip(description).to(device)
    tokenize = own_tokenizer(description["tokens"], description["text"]["context_length"])
    judge = ClipJudge("training", network, tokenize, device=device)
    network.requires_grad_(True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=spec.lr, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
    num_steps = max(math.ceil(spec.total_kimg * 1000 / spec.batch_size), 1)
    batches = PairBatches(sets, spec.batch_size, seed)
    return Course(network, optimiser, judge, batches, tokenize, num_steps, spec, seed)


def _identity(spec: ClipSpec, seed: int, sets: Sequence[ImageSet]) -> dict[str, str]:
    """What a resumed training must share with the one that began."""
    captions = "\n".join(caption for image_set in sets for caption in image_set.captions)
    return {
        "spec": json.dumps(spec.model_dump(mode="json"), sort_keys=True),
        "seed": str(seed),
        "images": sha256("".join(image_set.digest for image_set in sets).encode()).hexdigest(),
        "captions": sha256(captions.encode()).hexdigest(),
        "recipe": str(RECIPE),
    }


def _run(course: Course, name: str, folder: ResumeFolder, stop: StopRequest, checkpoint_steps: int) -> None:
    course.network.train()
    started, first = time.monotonic(), course.step
    while course.step < course.num_steps:
        loss = take_step(course)
        if not math.isfinite(loss):
            raise TrainingError(f"judge {name}: the loss is not finite at step {course.step}; lower judges.{name}.lr")
        is_last, is_due = course.step == course.num_steps, course.step % checkpoint_steps == 0
        if is_due or is_last:
            left = (time.monotonic() - started) / (course.step - first) * (course.num_steps - course.step)
            log.info("judge %s: step %d of %d, loss %.3f, %.0f s left", name, course.step, course.num_steps, loss, left)
        if (stop or is_due) and not is_last:
            folder.save(course.step, learning_tensors(course.network, course.optimiser), {})
        if stop and not is_last:
            raise InterruptedRun(
                f"judge {name}: stopped by {stop.signal_name} at step {course.step} of {course.num_steps}; "
                "the state is saved, the same command resumes"
            )


def take_step(course: Course) -> float:
    """One step of training; its loss."""
    pairs = course.batches.at(course.step)
    device = course.judge.device
    x = augment(to_net(pairs.pixels.to(device)), derive_seed(course.seed, "clip"), course.step)
    tokens = tokens_of(pairs, course.tokenize, course.seed, course.step).to(device)
    for group in course.optimiser.param_groups:
        group["lr"] = course.spec.lr * lr_factor(course.step, course.num_steps)
    images = course.network.encode_image(course.judge.prepare(x), normalize=True)
    texts = course.network.encode_text(tokens, normalize=True)
    loss = TruthfulLoss(pairs.is_true)(images, texts, course.network.logit_scale.exp())
    course.optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(course.network.parameters(), CLIP_NORM)
    course.optimiser.step()
    with torch.no_grad():
        course.network.logit_scale.clamp_(0, MAX_LOGIT_SCALE)
    course.step += 1
    return float(loss.detach())


def _resume(course: Course, saved: tuple[dict[str, torch.Tensor], dict[str, Any]] | None) -> None:
    if saved is None:
        return
    tensors, course.step = saved[0], int(saved[1]["step"])
    load_learning(course.network, course.optimiser, tensors)
    log.info("judge: resuming at step %d of %d", course.step, course.num_steps)
