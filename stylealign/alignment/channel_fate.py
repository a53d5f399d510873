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
from stylealign.alignment.localized_channels import Evidence, Thresholds, load_evidence, localized_anywhere

Model = tuple[str, str | os.PathLike[str]]  # name, evidence npz

RETAINED, MOVED, UNLISTED, INACTIVE = "retained", "moved", "unlisted", "inactive"
FATES = (RETAINED, MOVED, UNLISTED, INACTIVE)


def channel_fate_rows(
    parent: Model, child: Model, grandchildren: Sequence[Model], thresholds: Thresholds, *, seed: int
) -> list[dict[str, Any]]:
    """Rows of the table ``channel_fate``: the child's alone (``grandchild`` empty), then one set per grandchild.

    A row counts the channels with one region in the parent and one fate in the child (and the grandchild, against the
    parent's region); combinations without channels have no row. Raises as ``channel_overlap_rows``.
    """
    names = (parent[0], child[0], *(name for name, _ in grandchildren))
    evidence = [load_evidence(path) for _, path in (parent, child, *grandchildren)]
    check_comparable(*zip(names, evidence, strict=True))
    regions, *others = (localized_names(some, thresholds) for some in evidence)  # str [C] each
    regions = np.where(np.isin(regions, thresholds.not_listed), "", regions)
    in_child, *in_grandchildren = (fates(regions, other, thresholds) for other in others)
    rows = []
    for grandchild, some, found in (
        ("", [*evidence[:2]], np.full_like(in_child, "")),
        *zip(names[2:], ([*evidence[:2], last] for last in evidence[2:]), in_grandchildren, strict=True),
    ):
        common = {"parent": parent[0], "child": child[0], "grandchild": grandchild, "judge": parsers(*some)}
        common |= {"num_images": evidence[0].num, "seed": seed}
        rows += [row | common for row in _counted(regions, in_child, found)]
    return rows


def localized_names(evidence: Evidence, thresholds: Thresholds) -> np.ndarray:
    """The name of the region, listed or not, that each channel is localized to: str [C], empty where to none."""
    return np.append(evidence.region_names, "")[localized_anywhere(evidence, thresholds)[0]]


def fates(regions: np.ndarray, later: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """The fate, str [C], of channels localized to ``regions`` in the parent and to ``later`` in a descendant."""
    unlisted = np.isin(later, thresholds.not_listed)
    return np.select([later == "", later == regions, unlisted], [INACTIVE, RETAINED, UNLISTED], MOVED)


def _counted(regions: np.ndarray, in_child: np.ndarray, in_grandchild: np.ndarray) -> list[dict[str, Any]]:
    """One row for each combination that localized channels of the parent have."""
    chosen = regions != ""
    totals = Counter(regions[chosen].tolist())
    counts = Counter(zip(*(column[chosen].tolist() for column in (regions, in_child, in_grandchild)), strict=True))
    return [
        {"region": region, "fate_in_child": fate, "fate_in_grandchild": later}
        | {"num_channels": count, "parent_total": totals[region]}
        for (region, fate, later), count in sorted(counts.items())
    ]
