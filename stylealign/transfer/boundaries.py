"""Linear directions in W for judged attributes (table ``boundaries``; InterFaceGAN, Section 3; StyleAlign, A.2, A.6).

A linear SVM separates the extremes of an attribute, judged on the images of the same z: the top and bottom share of a
number; examples of a class against as many others. Its unit normal is the direction. A conditional direction is what is
left of it after projecting out the directions that an edit should leave alone.

Legend: N latent codes, B boundaries.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from stylealign.boundaries import CONDITIONAL, Boundaries, load_boundaries, save_boundaries
from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.intervals import wilson_interval
from stylealign.judged_attributes import known_attributes, read_judged, read_scores, value_name
from stylealign.latents import sample_z
from stylealign.seeds import numpy_stream

__all__ = ["conditional_projection", "fit_boundaries", "fit_boundary", "load_boundaries", "save_boundaries"]

log = logging.getLogger(__name__)

KEY = "studies.boundaries"
BATCH = 4096
TRAIN_SHARE = 0.7
FEWEST = 10  # a class with fewer examples, or fewer counterexamples, has no boundary
NAN = float("nan")


@dataclass(frozen=True)
class Question:
    """What a boundary is to separate: a side (+1, -1; 0 unknown) for each code, and the codes it is fitted on."""

    name: str
    attribute: str
    sides: np.ndarray  # int [N]
    examples: np.ndarray  # rows of the extremes


@dataclass(frozen=True)
class Fit:
    """A fitted boundary, and how well it separates what it has not seen."""

    normal: np.ndarray  # float64 [w_dim], unit length
    intercept: float  # in the same unit as <w, normal>
    num_train: int
    num_test: int
    num_right: int  # of the held-out extremes
    accuracy_all: float  # on the codes that are not extreme, both sides counting alike; NaN where one has none


def fit_boundaries(
    model: str,
    g_ema: Path,
    features: Path,
    *,
    attributes: Sequence[str] | None,
    extreme_share: float,
    conditional: Mapping[str, Sequence[str]],
    num_z: int,
    judge: str,
    quality: Path | None,
    domain: str,
    seed: int,
    device: torch.device | str = "cpu",
) -> tuple[list[dict[str, Any]], Boundaries]:
    """Rows of the table ``boundaries``, and the boundaries themselves.

    ``attributes=None`` takes all that the judge is scored on for ``domain``. ``conditional`` names, for an attribute,
    those to project out; all that it names are fitted too.
    Raises :class:`JudgeError` for an attribute that the judge does not read or that cannot be told apart.
    """
    judged, scores = read_judged(features, num_z, f"{KEY}.num_z"), read_scores(quality, judge)
    names = scores.read_on(domain, judged.names) if attributes is None else attributes
    asked = list(known_attributes(judged.names, names, f"{KEY}.attributes"))
    for attribute, others in conditional.items():
        asked += known_attributes(judged.names, [attribute, *others], f"{KEY}.conditional")
    w = _codes(g_ema, num_z, seed, device)
    questions = [
        question
        for attribute in dict.fromkeys(asked)
        for question in _questions(judged.of(attribute), attribute, extreme_share, scores.is_class(attribute), seed)
    ]
    fits = {question.name: fit_boundary(w, question, seed) for question in questions}
    found = _boundaries(questions, fits, conditional)
    about = {"model": model, "num_z": num_z, "judge": judge, "seed": seed}
    rows = [
        about
        | {"boundary": name, "attribute": attribute, "judge_score": scores.lowest((domain,), attribute)}
        | _quality_of(fits[name.split(CONDITIONAL)[0]], is_conditional=CONDITIONAL in name)
        for name, attribute in zip(found.names, found.attributes, strict=True)
    ]
    return rows, found


def _codes(g_ema: Path, num_z: int, seed: int, device: torch.device | str) -> np.ndarray:
    """w float64 [N, w_dim] of the study's z, not truncated."""
    mapping = load_generator(g_ema, device)[0].mapping
    with torch.inference_mode():
        parts = sample_z(num_z, mapping.z_dim, seed, "family").split(BATCH)
        return np.concatenate([mapping.w(z.to(mapping.w_avg.device)).double().cpu().numpy() for z in parts])


def _questions(
    values: np.ndarray, attribute: str, extreme_share: float, is_class: bool, seed: int
) -> Iterator[Question]:
    """A number: its extremes, the sides of its median. Classes: each against the others (of two, the second)."""
    known = np.flatnonzero(np.isfinite(values))
    if not is_class:
        ascending = known[np.argsort(values[known], kind="stable")]
        num = min(max(2, round(extreme_share * len(known))), len(known) // 2)
        if num < 2 or values[ascending[num - 1]] == values[ascending[-num]]:
            log.warning("%s: %d known values, and its extremes are alike: no boundary", attribute, len(known))
            return
        sides = np.zeros(len(values), dtype=int)
        sides[known] = np.where(values[known] > np.median(values[known]), 1, -1)
        sides[ascending[:num]], sides[ascending[-num:]] = -1, 1
        yield Question(attribute, attribute, sides, np.concatenate([ascending[:num], ascending[-num:]]))
        return
    codes = np.unique(values[known])
    for code in codes[1:] if len(codes) == 2 else codes:
        sides = np.where(np.isfinite(values), np.where(values == code, 1, -1), 0)
        name = f"{attribute}:{value_name(attribute, code)}"
        num = int(min((sides == 1).sum(), (sides == -1).sum(), max(2, round(extreme_share * len(known)))))
        if num < FEWEST:
            log.warning("%s: %d examples, no boundary", name, num)
            continue
        rng = numpy_stream(seed, "boundaries", "examples", name)
        chosen = [rng.choice(np.flatnonzero(sides == side), num, replace=False) for side in (-1, 1)]
        yield Question(name, attribute, sides, np.concatenate(chosen))


def fit_boundary(w: np.ndarray, question: Question, seed: int) -> Fit:
    """The boundary in ``w`` [N, w_dim]: fitted on 70 % of each side's examples, tested on the rest."""
    from sklearn.svm import SVC

    train, test = _split(question, seed)
    svm = SVC(kernel="linear").fit(w[train], question.sides[train])
    length = float(np.linalg.norm(svm.coef_[0]))
    if not length > 0:
        raise JudgeError(f"{KEY}: {question.name} does not vary with w; leave it out of {KEY}.attributes")
    normal, intercept = svm.coef_[0] / length, float(svm.intercept_[0]) / length
    is_right = np.sign(w @ normal + intercept) == question.sides
    rest = np.setdiff1d(np.flatnonzero(question.sides), question.examples)
    by_side = [is_right[rest[question.sides[rest] == side]] for side in (-1, 1)]
    accuracy_all = float(np.mean([side.mean() for side in by_side])) if all(map(len, by_side)) else NAN
    return Fit(normal, intercept, len(train), len(test), int(is_right[test].sum()), accuracy_all)


def _split(question: Question, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows to fit on and rows held out, either with as much of both sides."""
    train, test = [], []
    for side in (-1, 1):
        rows = question.examples[question.sides[question.examples] == side]
        shuffled = numpy_stream(seed, "boundaries", "split", question.name, side).permutation(rows)
        num_train = max(1, int(TRAIN_SHARE * len(rows)))
        train.append(shuffled[:num_train])
        test.append(shuffled[num_train:])
    return np.concatenate(train), np.concatenate(test)


def conditional_projection(normal: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What is left of ``normal`` [w] off the span of ``others`` [k, w], as a unit vector [w].

    Raises :class:`JudgeError` when nothing is left: the others say all of it.
    """
    _, sizes, basis = np.linalg.svd(np.atleast_2d(others), full_matrices=False)
    basis = basis[sizes > 1e-10 * sizes.max(initial=0)]  # [rank, w], orthonormal
    left = normal - basis.T @ (basis @ normal)
    left = left - basis.T @ (basis @ left)  # again, for what rounding left
    length = np.linalg.norm(left)
    if length < 1e-6 * np.linalg.norm(normal):
        raise JudgeError(f"{KEY}.conditional: a direction lies within those to be left alone; name fewer of them")
    return left / length


def _boundaries(
    questions: Sequence[Question], fits: Mapping[str, Fit], conditional: Mapping[str, Sequence[str]]
) -> Boundaries:
    """All fitted boundaries, then the conditional ones, under the intercept of the one they come from."""
    entries = [(q.name, fits[q.name].normal, fits[q.name].intercept, q.attribute) for q in questions]
    for attribute, others in conditional.items():
        normals = [fits[q.name].normal for q in questions if q.attribute in others]
        unfitted = [name for name in others if name not in {q.attribute for q in questions}]
        if unfitted:
            log.warning("%s: no boundary of %s to leave alone: no conditional one", attribute, ", ".join(unfitted))
            continue
        for q in [q for q in questions if q.attribute == attribute and normals]:
            name = f"{q.name}{CONDITIONAL}{','.join(others)}"
            normal = conditional_projection(fits[q.name].normal, np.stack(normals))
            entries.append((name, normal, fits[q.name].intercept, attribute))
    names, normals, intercepts, attributes = zip(*entries, strict=True) if entries else ((), (), (), ())
    return Boundaries(names, np.array(normals, np.float32), np.array(intercepts, np.float32), attributes)


def _quality_of(fit: Fit, *, is_conditional: bool) -> dict[str, Any]:
    """The table's numbers; accuracies are those of the boundary itself, and NaN for what was projected."""
    low, high = (NAN, NAN) if is_conditional else map(float, wilson_interval(fit.num_right, fit.num_test))
    return {
        "accuracy": NAN if is_conditional or not fit.num_test else fit.num_right / fit.num_test,
        "accuracy_low": low,
        "accuracy_high": high,
        "accuracy_all": NAN if is_conditional else fit.accuracy_all,
        "num_train": fit.num_train,
        "num_test": fit.num_test,
    }
