"""Tables ``zero_shot_regression`` and ``zero_shot_classification`` (StyleAlign, 4.3, A.6, Figures 7, 28 and 29).

The paper shows images in the order of the predictions; here they are compared with exact labels, on the child and, for
comparison, on held-out images of the parent, which tell how much of the attribute the parent's own codes hold.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from stylealign.data.image_set import ImageSet, Split
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.transfer.zero_shot import (
    IMAGE_TRAINED,
    METHODS,
    RANDOM,
    UPPER,
    Labelled,
    Predict,
    fit_methods,
)
from stylealign.transfer.zero_shot_images import Images, Side, check_sides, look
from stylealign.transfer.zero_shot_questions import Pair, Truth
from stylealign.transfer.zero_shot_scores import (
    Scores,
    mean_scores,
    of_classes,
    of_numbers,
    scores_with_intervals,
)

log = logging.getLogger(__name__)


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
    device: torch.device | str = "cpu",
) -> Pair:
    """All images of a direction, each through its own model's encoder.

    Raises :class:`LineageError` for unrelated models, and what :func:`look` raises.
    """
    check_sides(parent, child, direction)
    splits: tuple[Split, Split] = ("train", "test")
    wanted = [(side, split) for side in (parent, child) for split in splits]
    nums = {"train": num_train, "test": num_test}
    first, second, third, fourth = (look(side, split, nums[split], space, reader, device) for side, split in wanted)
    num_read = ImageSet.open(parent.images, parent.index, "train").num
    return Pair(first, second, third, fourth, num_read)


def predict(pair: Pair, truth: Truth, *, num_layers: int, num_random: int, seed: int) -> Predicted:
    """Every method's predictions; of the child's labels only the upper bound has seen any."""
    log.info("%s: fitted on %d images of the parent", truth.name, pair.parent_train.num)
    seen = [one.seen_for(truth.attribute) for one in (pair.parent_train, pair.child_train)]
    methods = fit_methods(
        Labelled(seen[0], truth.answers[0]),
        Labelled(seen[1], truth.answers[2]),
        truth.boundary,
        is_class=truth.is_class,
        num_layers=_layers(pair, num_layers),
        num_random=num_random,
        seed=seed,
        asked=truth.asked,
    )
    return Predicted(truth, _by_all(methods, truth, pair.child_test), _by_all(methods, truth, pair.parent_test))


def _by_all(methods: Mapping[str, Predict], truth: Truth, images: Images) -> dict[str, np.ndarray]:
    seen = images.seen_for(truth.attribute)
    return {name: method(seen) for name, method in methods.items()}


def _layers(pair: Pair, asked: int) -> int:
    """Rows read: a w has one, and repeated it would say nothing more."""
    return min(asked, int(pair.parent_train.codes.shape[1]))


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
    all_rows = int(pair.child_train.codes.shape[1])
    return {IMAGE_TRAINED: 0, UPPER: all_rows}.get(method, num_layers)


def _protocol(pair: Pair) -> str:
    return f"train{pair.parent_train.num}-of-parent-vs-test{pair.child_test.num}-of-model"
