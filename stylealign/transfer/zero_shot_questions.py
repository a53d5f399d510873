"""What is asked of a pair of models' images, and the exact answers (StyleAlign, 4.3): numbers, or yes or no.

Legend: N images.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylealign.boundaries import Boundaries
from stylealign.errors import JudgeError
from stylealign.judged_attributes import value_name
from stylealign.transfer.zero_shot import Boundary
from stylealign.transfer.zero_shot_images import Images

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

    key: str  # of the config
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

    @property
    def asked(self) -> str:
        """Where it is asked, and what: how messages begin."""
        return f"{self.key} = {self.parent}"


def numbers_asked(pair: Pair, attributes: Sequence[str], boundaries: Boundaries) -> Iterator[Truth]:
    """The attributes of zero_shot_regression with their exact values."""
    key = "studies.zero_shot_regression.attributes"
    for name in attributes:
        answers = _values(pair, name, name, key)
        info = pair.parent_train.info[name]
        if info["kind"] != "number":
            raise JudgeError(f"{key}: {name} is no number; ask it in zero_shot_classification")
        boundary = _boundary(boundaries, name, key)
        yield Truth(key, name, name, name, info["unit"], False, answers, boundary)


def classes_asked(pair: Pair, questions: Sequence[Sequence[str]], boundaries: Boundaries) -> Iterator[Truth]:
    """The questions (name, of the parent, of the child) of zero_shot_classification with their exact answers.

    One that all held-out images of the child answer alike is left out, with a warning: cats have no floppy ears.
    """
    key = "studies.zero_shot_classification.attributes"
    for name, parent, child in questions:
        theirs, own = (question.partition("=") for question in (parent, child))
        values = _values(pair, theirs[0], own[0], f"{key}.{name}")
        split_at = values[0]  # a number is high above its median in the parent; another of the child, in the child
        halves = (split_at, split_at, *([split_at] * 2 if parent == child else [values[2]] * 2))
        sides = zip((theirs, theirs, own, own), values, halves, _pairs_infos(pair), strict=True)
        first, second, third, fourth = (
            _is_yes(of, one, half, info[of[0]], f"{key}.{name}") for of, one, half, info in sides
        )
        if len(np.unique(fourth[np.isfinite(fourth)])) < 2:
            log.warning("%s.%s: all held-out images answer %s alike; left out", key, name, child)
            continue
        boundary = _boundary(boundaries, _boundary_name(parent, pair.parent_train.info[theirs[0]]), f"{key}.{name}")
        yield Truth(f"{key}.{name}", name, parent, child, "yes or no", True, (first, second, third, fourth), boundary)


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
