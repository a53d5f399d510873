"""Spearman's rank correlation, made for the bootstrap: values are sorted once, resamples are counted.

Legend: N items, K distinct values.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class RankedPair:
    """Two variables over the same N items, their values replaced by codes 0..K-1 in order."""

    a: Codes  # int64 [N]
    b: Codes  # int64 [N]

    @classmethod
    def of(cls, a: ArrayLike, b: ArrayLike) -> "RankedPair":
        return cls(np.unique(a, return_inverse=True)[1], np.unique(b, return_inverse=True)[1])

    def spearman(self, index: Codes | slice = slice(None)) -> float:
        """Spearman correlation over the items ``index`` (which may repeat), ties at their mean rank.

        NaN where one of the variables does not vary.
        """
        return _pearson(_mean_ranks(self.a[index]), _mean_ranks(self.b[index]))


def _mean_ranks(codes: Codes) -> NDArray[np.float64]:
    """Ranks [n] of ``codes`` [n]: counting sorts them, so that a bootstrap resample costs no sort."""
    counts = np.bincount(codes)  # [K]
    ranks: NDArray[np.float64] = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    return ranks


def _pearson(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    scale = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / scale) if scale > 0 else float("nan")
