"""What a CLIP tells apart by text alone (zero-shot classification, Radford et al. 2021, 3.1; table ``clip_accuracy``).

An answer's direction is the mean of the embeddings of its sentences. An image is given the answer that it is nearest
to; accuracy is over held-out images whose value is known exactly, and balanced: the mean over values of the part of
their images that are told right, so that naming the commonest is worth no more than chance. A question of pairs asks
whether of two images the one that shows a thing lies further in the direction from sentences that leave it open to
those that name it; its accuracy is the part of all pairs, and chance is a half.

A CLIP can lead an adaptation only where it sees a difference.

Legend: N images, V values, E embedding.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylealign.intervals import bootstrap_interval
from stylealign.metrics.clip_questions import ABSENT, Question, domain_question, questions
from stylealign.worlds.caption_claims import read_caption

if TYPE_CHECKING:
    import torch

    from stylealign.judges.clip import ClipJudge

log = logging.getLogger(__name__)

EVERY = "all"


def clip_rows(
    clip: "ClipJudge", pixels: Mapping[str, "torch.Tensor"], captions: Mapping[str, Sequence[str]], *, seed: int
) -> list[dict[str, Any]]:
    """Rows of the table ``clip_accuracy``.

    ``pixels`` uint8 [N, 3, R, R] are images of every domain, ``captions`` what they show; of several domains it is also
    asked which one an image is of (domain ``all``).
    """
    seen = {domain: clip.features(images) for domain, images in pixels.items()}
    read = {domain: [read_caption(text) for text in captions[domain]] for domain in pixels}
    about = {"clip": clip.name, "seed": seed}
    rows = []
    for domain, embeddings in seen.items():
        asked = questions(read[domain])
        rows += [{**about, "domain": domain, **_measured(clip, embeddings, one, domain, seed)} for one in asked]
        log.info("judge %s: %s, %d questions of %d images", clip.name, domain, len(asked), len(embeddings))
    which = domain_question(read)
    if len(which.answers) > 1:
        everything = np.concatenate(list(seen.values()))
        rows.append({**about, "domain": EVERY, **_measured(clip, everything, which, EVERY, seed)})
    return rows


def _measured(clip: "ClipJudge", embeddings: np.ndarray, question: Question, domain: str, seed: int) -> dict[str, Any]:
    """One question's accuracy, its interval and what it was asked."""
    purpose = ("clip_accuracy", clip.name, domain, question.name)
    if question.neutral:
        score = embeddings @ (
            _direction(clip, next(iter(question.answers.values()))) - _direction(clip, question.neutral)
        )
        shows = question.values != ABSENT
        num, classes, protocol = len(shows), 2, "pairs: with and without"
        value = pair_share(score, shows)
        low, high = bootstrap_interval(lambda index: pair_share(score[index], shows[index]), num, seed, *purpose)
    else:
        known = question.values != ABSENT
        values, options = question.values[known], list(question.answers)
        directions = np.stack([_direction(clip, said) for said in question.answers.values()])  # [V, E]
        told = np.array(options)[(embeddings[known] @ directions.T).argmax(1)]
        num, classes, protocol = len(values), len(options), "choice: the nearest answer, balanced over values"
        value = balanced_accuracy(told, values)
        low, high = bootstrap_interval(lambda index: balanced_accuracy(told[index], values[index]), num, seed, *purpose)
    said = next(iter(question.answers.values()))
    measured = {"question": question.name, "num_classes": classes, "n": num, "accuracy": value, "chance": 1 / classes}
    return {**measured, "low": low, "high": high, "protocol": f"{protocol}; {len(said)} sentences, as: {said[0]}"}


def _direction(clip: "ClipJudge", said: Sequence[str]) -> np.ndarray:
    """The unit mean [E] of the embeddings of several sentences."""
    mean = clip.embed_texts(said).double().mean(0).cpu().numpy()
    return np.asarray(mean / np.linalg.norm(mean))


def balanced_accuracy(told: np.ndarray, values: np.ndarray) -> float:
    """Mean over the values of the part of their images that were told right; ``told`` and ``values`` [N]."""
    is_right = told == values
    return float(np.mean([is_right[values == value].mean() for value in np.unique(values)]))


def pair_share(score: np.ndarray, shows: np.ndarray) -> float:
    """The part of pairs of an image that ``shows`` [N] it and one that does not in which the first scores higher.

    Equal scores are half a pair. NaN where all or none show it.
    """
    with_it, without = score[shows], np.sort(score[~shows])
    below = np.searchsorted(without, with_it, "left") + np.searchsorted(without, with_it, "right")
    num = len(with_it) * len(without)
    return float(below.sum() / (2 * num)) if num else float("nan")
