"""Forgotten or hidden: what became of the parent's localized channels (StyleAlign, Table 3; table ``channel_fate``).

A channel that is localized to a region in the parent is, in a descendant, *retained* (same region), *moved* (another
listed region), *unlisted* (a region that the tables leave out) or *inactive* (localized nowhere). What is inactive in
the child and retained in a grandchild trained back to the parent's domain was hidden, not forgotten. Reads the kept
evidence; needs no torch.

Legend: C channels.
"""

import os
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from stylealign.alignment.channel_overlap import check_comparable, parsers
from stylealign.alignment.localized_channels import (
    Evidence,
    Thresholds,
    counting_protocol,
    load_evidence,
    localized_anywhere,
    lowest_iou,
)

Model = tuple[str, str | os.PathLike[str]]  # name, evidence npz

RETAINED, MOVED, UNLISTED, INACTIVE = "retained", "moved", "unlisted", "inactive"


def channel_fate_rows(
    parent: Model, child: Model, grandchildren: Sequence[Model], thresholds: Thresholds, *, seed: int
) -> list[dict[str, Any]]:
    """Rows of the table ``channel_fate``: the child's alone (``grandchild`` empty), then one set per grandchild.

    Each by both rules (:meth:`Thresholds.rules`).

    A row counts the channels with one region in the parent and one fate in the child (and the grandchild, against the
    parent's region); combinations without channels have no row. Raises as ``channel_overlap_rows``.
    """
    models = [(name, load_evidence(path)) for name, path in (parent, child, *grandchildren)]
    check_comparable(*models)
    lines = (models[:2], *([*models[:2], grandchild] for grandchild in models[2:]))
    rules = thresholds.rules().items()
    return [row | {"rule": rule} for line in lines for rule, rates in rules for row in _rows(line, rates, seed)]


def _rows(line: Sequence[tuple[str, Evidence]], thresholds: Thresholds, seed: int) -> list[dict[str, Any]]:
    """Rows of one line of descent: parent, child, and a grandchild or none."""
    regions, *later = (localized_names(evidence, thresholds) for _, evidence in line)
    chosen = (regions != "") & ~np.isin(regions, thresholds.not_listed)
    regions = regions[chosen]
    of_later = (fates(regions, names[chosen], thresholds) for names in later)
    columns = (regions, *of_later, np.full(len(regions), ""))[:3]  # a line without grandchild ends with empty words
    totals = Counter(regions.tolist())
    found = Counter(zip(*(column.tolist() for column in columns), strict=True))
    common = dict(zip(("parent", "child", "grandchild"), (*(name for name, _ in line), ""), strict=False))
    models = [evidence for _, evidence in line]
    common |= {"num_images": models[0].num, "judge": parsers(*models), "parser_iou": lowest_iou(*models)}
    common |= {"protocol": counting_protocol(models[0], thresholds), "seed": seed}
    return [
        {"region": region, "fate_in_child": in_child, "fate_in_grandchild": in_grandchild}
        | {"num_channels": count, "parent_total": totals[region]}
        | common
        for (region, in_child, in_grandchild), count in sorted(found.items())
    ]


def localized_names(evidence: Evidence, thresholds: Thresholds) -> np.ndarray:
    """The name of the region, listed or not, that each channel is localized to: str [C], empty where to none."""
    return np.append(evidence.region_names, "")[localized_anywhere(evidence, thresholds)[0]]


def fates(regions: np.ndarray, later: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """The fate, str [C], of channels localized to ``regions`` in the parent and to ``later`` in a descendant."""
    unlisted = np.isin(later, thresholds.not_listed)
    return np.select([later == "", later == regions, unlisted], [INACTIVE, RETAINED, UNLISTED], MOVED)
