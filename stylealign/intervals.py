"""Intervals for means and rank correlations: percentile bootstrap over images, from a named random stream."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from stylealign.seeds import numpy_stream

Array = NDArray[np.float64]


def bootstrap_interval(
    statistic: Callable[[NDArray[np.int64]], float],
    num: int,
    seed: int,
    *purpose: str | int,
    num_resamples: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of ``statistic(indices)`` over resampled ``indices`` into ``num`` items."""
    rng = numpy_stream(seed, "bootstrap", *purpose)
    values = [statistic(rng.integers(0, num, num)) for _ in range(num_resamples)]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_interval(values: Array, seed: int, *purpose: str | int, num_resamples: int = 200) -> tuple[float, float]:
    """Percentile bootstrap interval (95 %) of the mean of ``values``."""
    values = np.asarray(values, dtype=np.float64)
    return bootstrap_interval(
        lambda index: float(values[index].mean()), len(values), seed, *purpose, num_resamples=num_resamples
    )
