"""Whether zero-shot transfer *holds* for a pair of models and an attribute, as its table says it.

StyleAlign (4.3, A.6) has it that what a parent's labels teach carries over through codes, where pixels do not. Here it
*holds* when the score through codes lies above that of the network on the parent's images and above that of random
boundaries, intervals apart (its lower end above their upper ends), and is no luck: on held-out images of the parent
itself, the same distances tell the attribute at least as well as a declared floor. Else the first reason is said.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stylealign.figures.table_rows import only_row

if TYPE_CHECKING:
    import pandas as pd

CODES, NETWORK, RANDOM = "zero_shot", "image_trained", "random_boundary"


@dataclass(frozen=True)
class Verdict:
    """``holds`` is ``None`` where the table cannot say."""

    holds: bool | None
    text: str


UNKNOWN = Verdict(None, "cannot be said")


def verdict(rows: "pd.DataFrame", score: str, parent: str, floor: float) -> Verdict:
    """Of the rows of one pair and attribute; ``score`` and ``parent`` name columns, on the child and on the parent."""
    codes, network, by_chance = (only_row(rows[rows["method"] == name]) for name in (CODES, NETWORK, RANDOM))
    if not (codes and network and by_chance):
        return UNKNOWN
    low, high = f"{score}_low", f"{score}_high"
    needed = (codes[parent], codes[low], codes[high], network[low], network[high], by_chance[high])
    if not np.isfinite(needed).all():
        return UNKNOWN
    if codes[parent] < floor:
        return Verdict(False, "the parent's own codes do not tell it")
    if network[low] > codes[high]:
        return Verdict(False, "the network is better")
    if codes[low] <= network[high]:
        return Verdict(False, "the network is as good")
    if codes[low] <= by_chance[high]:
        return Verdict(False, "within what random boundaries reach")
    return Verdict(True, "holds")
