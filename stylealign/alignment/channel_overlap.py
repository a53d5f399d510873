"""How many localized channels two models share, region by region (StyleAlign, Tables 1, 3 and 4; ``channel_overlap``).

    shared(r, r') = | localized to r in the parent  and  localized to r' in the child |

each found in its own model's images, with the same z. On the diagonal a channel kept its region; off it, it moved.
Small models share much by chance, so every count comes with what chance gives (:mod:`stylealign.alignment.chance`).
Reads the kept evidence; needs no torch.

Legend: n images, C channels, L layers, P and Q listed regions of parent and child, B bootstrap resamples.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylealign.alignment.chance import chance_to_match, chance_to_share, count_same
from stylealign.alignment.localized_channels import (
    Evidence,
    Thresholds,
    counting_protocol,
    is_listed,
    load_evidence,
    localized_resampled,
    lowest_iou,
)
from stylealign.errors import LineageError, TableError
from stylealign.intervals import percentile_interval, resample_weights
from stylealign.seeds import numpy_stream

Relative = tuple[str, str, str | os.PathLike[str]]  # name, relation, evidence npz

ANY_REGION, SAME_REGION = "(listed)", "(same)"


def channel_overlap_rows(
    child: str,
    child_evidence: str | os.PathLike[str],
    relatives: Sequence[Relative],
    thresholds: Thresholds,
    *,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of the table ``channel_overlap`` for one model against each of its ``relatives``.

    By each of the two rules (:meth:`Thresholds.rules`) one row for each pair of listed regions, and two that sum them
    up: (listed) and (same), the channels that keep their region; (listed) and (listed), the channels localized in both
    models.

    Raises:
        LineageError: models whose style channels are not the same ones.
        TableError: files that do not hold evidence, or of other images or protocols.
    """
    ours = load_evidence(child_evidence)
    rows = []
    for parent, relation, path in relatives:
        theirs = load_evidence(path)
        check_comparable((parent, theirs), (child, ours))
        common = {"parent": parent, "child": child, "relation": relation, "seed": seed}
        for rule, rates in thresholds.rules().items():
            rows += [row | common | {"rule": rule} for row in _rows_of_pair(theirs, ours, rates, (parent, child), seed)]
    return rows


def _rows_of_pair(
    parent: Evidence, child: Evidence, thresholds: Thresholds, names: tuple[str, str], seed: int
) -> list[dict[str, Any]]:
    """One rule's rows: every pair of regions, and the two sums."""
    pair = Pair.of(parent, child, thresholds, resample_weights(child.num, seed, "channel_overlap", *names))
    rng = numpy_stream(seed, "channel_overlap", "permutations", *names)
    about = {"num_channels": child.num_channels, "num_images": child.num, "judge": parsers(parent, child)}
    about |= {"parser_iou": lowest_iou(parent, child), "protocol": counting_protocol(child, thresholds)}
    return [row | about for row in (*_region_rows(pair), _same_row(pair, rng), _listed_row(pair))]


def check_comparable(*models: tuple[str, Evidence]) -> None:
    """Refuse models (name, evidence) whose channels, images or protocols are not the same."""
    (name, first), *others = models
    for other_name, other in others:
        what = f"models.{name} and models.{other_name}"
        if not np.array_equal(first.channel_names, other.channel_names):
            raise LineageError(
                f"{what}: their style channels are not the same ones; compare models of one architecture"
            )
        images = [(int(evidence.first), evidence.num) for evidence in (first, other)]
        if images[0] != images[1] or first.protocol != other.protocol:
            told = " and ".join(f"{e.num} images from z {e.first} on ({e.protocol})" for e in (first, other))
            raise TableError(f"{what}: localized channels of {told}; delete the older ones and run again")


def parsers(*models: Evidence) -> str:
    """The names of the models' region parsers, each once, in their order."""
    return ", ".join(dict.fromkeys(str(evidence.judge) for evidence in models))


@dataclass(frozen=True)
class Pair:
    """The listed regions that parent's and child's channels are localized to: numbers of names, -1 is none.

    Row 0 of the labels counts every image once, the others are bootstrap resamples: the same images in both models.
    """

    parent_names: tuple[str, ...]  # P
    child_names: tuple[str, ...]  # Q
    parent_labels: np.ndarray  # int [1 + B, C]
    child_labels: np.ndarray  # int [1 + B, C]
    strata: np.ndarray  # int [C], each channel's layer

    @classmethod
    def of(cls, parent: Evidence, child: Evidence, thresholds: Thresholds, weights: np.ndarray) -> "Pair":
        """The pair, resampled by ``weights`` [B, n]."""
        weights = np.concatenate([np.ones_like(weights[:1]), weights])
        parent_names, parent_labels = listed_labels(parent, thresholds, weights)
        child_names, child_labels = listed_labels(child, thresholds, weights)
        strata = np.unique(parent.layers, return_inverse=True)[1]
        return cls(parent_names, child_names, parent_labels, child_labels, strata)

    def child_labels_as_parents(self) -> np.ndarray:
        """The child's labels [1 + B, C] by the parent's names; -1 too where the parent has no region of that name."""
        places = [self.parent_names.index(name) if name in self.parent_names else -1 for name in self.child_names]
        return np.array([*places, -1])[self.child_labels]

    def shared(self) -> np.ndarray:
        """How many channels have each label in the parent and each in the child: int [1 + B, P, Q]."""
        num, rows, columns = len(self.parent_labels), len(self.parent_names) + 1, len(self.child_names) + 1
        cells = (self.parent_labels + 1) * columns + self.child_labels + 1  # row and column 0 are for none
        cells = cells + np.arange(num)[:, None] * (rows * columns)
        counts = np.bincount(cells.ravel(), minlength=num * rows * columns)
        return counts.reshape(num, rows, columns)[:, 1:, 1:]


def listed_labels(
    evidence: Evidence, thresholds: Thresholds, weights: np.ndarray
) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of the listed regions [P], and which of them each channel is localized to, int [B, C] (-1: none)."""
    listed = np.flatnonzero(is_listed(evidence, thresholds))
    place = np.full(len(evidence.region_names) + 1, -1)  # the last one is for none
    place[listed] = np.arange(len(listed))
    names = tuple(str(name) for name in evidence.region_names[listed])
    return names, place[localized_resampled(evidence, thresholds, weights)]


def _region_rows(pair: Pair) -> Iterator[dict[str, Any]]:
    shared = pair.shared()
    low, high = percentile_interval(shared[1:])  # [P, Q]
    for p, q in np.ndindex(*shared.shape[1:]):
        sets = pair.parent_labels[0] == p, pair.child_labels[0] == q
        names = {"parent_region": pair.parent_names[p], "child_region": pair.child_names[q]}
        chance = _chance_of_two_sets(int(shared[0, p, q]), *sets, pair.strata)
        yield names | _row(int(shared[0, p, q]), (low[p, q], high[p, q]), *sets, *chance)


def _same_row(pair: Pair, rng: np.random.Generator) -> dict[str, Any]:
    """The channels that keep their region, all regions together."""
    in_parent, in_child = pair.parent_labels, pair.child_labels_as_parents()
    counts = count_same(in_parent, in_child)  # [1 + B]
    sets = in_parent[0] >= 0, pair.child_labels[0] >= 0
    chance = [chance_to_match(in_parent[0], in_child[0], strata, rng) for strata in _one_and_layers(pair.strata)]
    names = {"parent_region": ANY_REGION, "child_region": SAME_REGION}
    return names | _row(int(counts[0]), percentile_interval(counts[1:]), *sets, *chance)


def _listed_row(pair: Pair) -> dict[str, Any]:
    """The channels localized in both models, whatever the regions."""
    in_parent, in_child = pair.parent_labels >= 0, pair.child_labels >= 0
    counts = (in_parent & in_child).sum(1)  # [1 + B]
    chance = _chance_of_two_sets(int(counts[0]), in_parent[0], in_child[0], pair.strata)
    names = {"parent_region": ANY_REGION, "child_region": ANY_REGION}
    return names | _row(int(counts[0]), percentile_interval(counts[1:]), in_parent[0], in_child[0], *chance)


def _one_and_layers(strata: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros_like(strata), strata


def _chance_of_two_sets(
    shared: int, of_parent: np.ndarray, of_child: np.ndarray, strata: np.ndarray
) -> list[tuple[float, float]]:
    """(expected, p) of ``shared`` channels, anywhere and with each layer's totals kept, for two sets, bool [C]."""
    found = []
    for layers in _one_and_layers(strata):
        totals = (np.bincount(layers[chosen], minlength=layers.max() + 1) for chosen in (of_parent, of_child))
        found.append(chance_to_share(shared, *totals, np.bincount(layers)))
    return found


def _row(
    shared: int,
    interval: Sequence[float],
    of_parent: np.ndarray,
    of_child: np.ndarray,
    anywhere: tuple[float, float],
    within_layers: tuple[float, float],
) -> dict[str, Any]:
    """The numbers of one row; ``anywhere`` and ``within_layers`` are (expected, p)."""
    total = int(of_parent.sum())
    share, excess = (value / total if total else float("nan") for value in (shared, shared - within_layers[0]))
    return (
        {"shared": shared, "parent_total": total, "child_total": int(of_child.sum())}
        | {"expected_by_chance": anywhere[0], "p_value": anywhere[1]}
        | {"expected_within_layers": within_layers[0], "p_within_layers": within_layers[1]}
        | {"low": float(interval[0]), "high": float(interval[1]), "share_kept": share, "excess_share": excess}
    )
