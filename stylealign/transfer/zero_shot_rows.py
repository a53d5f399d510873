"""Tables ``zero_shot_regression`` and ``zero_shot_classification`` (StyleAlign, 4.3, A.6, Figures 7, 28 and 29).

The paper shows images in the order of the predictions; here they are compared with exact labels, on the child and, for
comparison, on held-out images of the parent, which tell how much of the attribute the parent's own codes hold.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stylealign.boundaries import Boundaries
from stylealign.errors import JudgeError
from stylealign.judged_attributes import value_name
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.transfer.zero_shot import (
    IMAGE_TRAINED,
    METHODS,
    RANDOM,
    UPPER,
    Boundary,
    Labelled,
    Predict,
    fit_methods,
)
from stylealign.transfer.zero_shot_images import Images, Side, check_sides, look
from stylealign.transfer.zero_shot_scores import (
    Scores,
    mean_scores,
    of_classes,
    of_numbers,
    scores_with_intervals,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pair:
    """What the models of a direction see: the parent's train and held-out images, and the child's."""

    parent_train: Images
    parent_test: Images
    child_train: Images
    child_test: Images
    num_read: int  # train images that the network on the parent's images learned from


@dataclass(frozen=True)
class Truth:
    """A question with its answers on all images of a pair, and the boundary that the parent has for it."""

    name: str
    parent: str  # what the parent's images are asked
    child: str
    unit: str
    is_class: bool
    answers: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # in the order of Pair, float64 [N], NaN unknown
    boundary: Boundary

    @property
    def attribute(self) -> str:
        """The parent's attribute that is read."""
        return self.parent.partition("=")[0]


@dataclass(frozen=True)
class Predicted:
    """Every method's predictions [D, N] of one question on held-out images of child and parent."""

    truth: Truth
    child: Mapping[str, np.ndarray]
    parent: Mapping[str, np.ndarray]


def see_pair(
    direction: str,
    parent: Side,
    child: Side,
    reader: EmbeddedJudge,
    *,
    space: str,
    num_train: int,
    num_test: int,
    num_read: int,
    device: torch.device | str = "cpu",
) -> Pair:
    """All images of a direction, each through its own model's encoder.

    Raises :class:`LineageError` for unrelated models, and what :func:`look` raises.
    """
    check_sides(parent, child, direction)
    wanted = [(side, split) for side in (parent, child) for split in ("train", "test")]
    nums = {"train": num_train, "test": num_test}
    images = [look(side, split, nums[split], space, reader, device) for side, split in wanted]
    return Pair(*images, num_read)


def numbers_asked(pair: Pair, attributes: Sequence[str], boundaries: Boundaries) -> Iterator[Truth]:
    """The attributes of zero_shot_regression with their exact values."""
    key = "studies.zero_shot_regression.attributes"
    for name in attributes:
        answers = _values(pair, name, name, key)
        info = pair.parent_train.info[name]
        if info["kind"] != "number":
            raise JudgeError(f"{key}: {name} is no number; ask it in zero_shot_classification")
        boundary = _boundary(boundaries, name, key)
        yield Truth(name, name, name, info["unit"], False, answers, boundary)


def classes_asked(pair: Pair, questions: Sequence[Sequence[str]], boundaries: Boundaries) -> Iterator[Truth]:
    """The questions (name, of the parent, of the child) of zero_shot_classification with their exact answers."""
    key = "studies.zero_shot_classification.attributes"
    for name, parent, child in questions:
        theirs, own = (question.partition("=") for question in (parent, child))
        values = _values(pair, theirs[0], own[0], f"{key}.{name}")
        split_at = values[0]  # a number is high above its median in the parent; another of the child, in the child
        halves = (split_at, split_at, *([split_at] * 2 if parent == child else [values[2]] * 2))
        sides = zip((theirs, theirs, own, own), values, halves, _pairs_infos(pair), strict=True)
        answers = tuple(_is_yes(of, one, half, info[of[0]], f"{key}.{name}") for of, one, half, info in sides)
        boundary = _boundary(boundaries, _boundary_name(parent, pair.parent_train.info[theirs[0]]), f"{key}.{name}")
        yield Truth(name, parent, child, "yes or no", True, answers, boundary)  # type: ignore[arg-type]


def _pairs_infos(pair: Pair) -> list[Mapping[str, Mapping[str, Any]]]:
    return [one.info for one in (pair.parent_train, pair.parent_test, pair.child_train, pair.child_test)]


def _values(pair: Pair, parent: str, child: str, key: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return (
        pair.parent_train.values(parent, key),
        pair.parent_test.values(parent, key),
        pair.child_train.values(child, key),
        pair.child_test.values(child, key),
    )


def _is_yes(
    question: tuple[str, str, str], values: np.ndarray, half_of: np.ndarray, info: Mapping[str, Any], key: str
) -> np.ndarray:
    """1 for yes, 0 for no, NaN where the value is unknown."""
    attribute, equals, value = question
    if info["kind"] == "number":
        if equals:
            raise JudgeError(f"{key}: {attribute} is a number, which is split at its median; write {attribute} alone")
        answers = values > np.nanmedian(half_of)
    else:
        answers = values == _code(attribute, value, info, key)
    return np.where(np.isfinite(values), answers, np.nan)


def _code(attribute: str, value: str, info: Mapping[str, Any], key: str) -> int:
    words = list(info["values"])
    if not value and len(words) == 2:
        return 1
    if value not in words:
        raise JudgeError(f"{key}: write {attribute}=value with one of {', '.join(words)}")
    return words.index(value)


def _boundary_name(question: str, info: Mapping[str, Any]) -> str:
    attribute, equals, value = question.partition("=")
    if info["kind"] == "number":
        return attribute
    return f"{attribute}:{value if equals else value_name(attribute, 1)}"


def _boundary(boundaries: Boundaries, name: str, key: str) -> Boundary:
    normal = boundaries.normal(name, key)
    return Boundary(normal, float(boundaries.intercepts[boundaries.names.index(name)]))


def predict(pair: Pair, truth: Truth, *, num_layers: int, num_random: int, seed: int) -> Predicted:
    """Every method's predictions; of the child's labels only the upper bound has seen any."""
    log.info("%s: fitted on %d images of the parent", truth.name, pair.parent_train.num)
    seen = [one.seen_for(truth.attribute) for one in (pair.parent_train, pair.child_train)]
    how = {"num_layers": _layers(pair, num_layers), "num_random": num_random, "seed": seed}
    known = Labelled(seen[0], truth.answers[0]), Labelled(seen[1], truth.answers[2])
    methods = fit_methods(*known, truth.boundary, is_class=truth.is_class, **how)
    return Predicted(truth, _by_all(methods, truth, pair.child_test), _by_all(methods, truth, pair.parent_test))


def _by_all(methods: Mapping[str, Predict], truth: Truth, images: Images) -> dict[str, np.ndarray]:
    seen = images.seen_for(truth.attribute)
    return {name: method(seen) for name, method in methods.items()}


def _layers(pair: Pair, asked: int) -> int:
    """Rows read: a w has one, and repeated it would say nothing more."""
    return min(asked, pair.parent_train.codes.shape[1])


def rows_of(
    pair: Pair, predicted: Sequence[Predicted], *, about: Mapping[str, Any], num_layers: int, num_random: int
) -> list[dict[str, Any]]:
    """A row for each question and method; ``about`` says direction, parent, model, space, judge and seed."""
    return [
        _row(pair, one, method, about, _layers(pair, num_layers), num_random) for one in predicted for method in METHODS
    ]


def _row(
    pair: Pair, one: Predicted, method: str, about: Mapping[str, Any], num_layers: int, num_random: int
) -> dict[str, Any]:
    scores: Scores = of_classes if one.truth.is_class else of_numbers
    known = np.isfinite(one.truth.answers[3])
    answers, seed = one.truth.answers[3][known], about["seed"]
    purpose = ("zero_shot", about["direction"], one.truth.name, method)
    found = scores_with_intervals(one.child[method][:, known], answers, scores, seed, *purpose)
    row = {name: about[name] for name in ("parent", "model", "space", "judge", "seed")}
    row |= {"attribute": one.truth.name, "method": method, **found, **_on_parent(one, method, scores)}
    row |= {"num_train": pair.num_read if method == IMAGE_TRAINED else _num_fitted(pair, one.truth, method)}
    row |= {"num_test": len(answers), "num_random": num_random if method == RANDOM else 0}
    row |= {"num_layers": _num_rows(pair, method, num_layers), "protocol": _protocol(pair)}
    if one.truth.is_class:
        return row | {"question": one.truth.parent, "child_question": one.truth.child, "share_yes": answers.mean()}
    return row | {"unit": one.truth.unit}


def _on_parent(one: Predicted, method: str, scores: Scores) -> dict[str, float]:
    """The same on held-out images of the parent; of what was fitted on the child, nothing."""
    known = np.isfinite(one.truth.answers[1])
    name = "parent_auc" if one.truth.is_class else "parent_spearman"
    if method == UPPER:
        return {name: float("nan")}
    found = mean_scores(one.parent[method][:, known], one.truth.answers[1][known], scores)
    return {name: float(found[0 if one.truth.is_class else 1])}


def _num_fitted(pair: Pair, truth: Truth, method: str) -> int:
    return int(np.isfinite(truth.answers[2 if method == UPPER else 0]).sum())


def _num_rows(pair: Pair, method: str, num_layers: int) -> int:
    all_rows = pair.child_train.codes.shape[1]
    return {IMAGE_TRAINED: 0, UPPER: all_rows}.get(method, num_layers)


def _protocol(pair: Pair) -> str:
    return f"train{pair.parent_train.num}-of-parent-vs-test{pair.child_test.num}-of-model"
