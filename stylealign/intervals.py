"""Intervals: percentile bootstrap over images, from a named random stream; Wilson's for shares of a count."""

from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

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


def resample_weights(num: int, seed: int, *purpose: str | int, num_resamples: int = 200) -> NDArray[np.float32]:
    """How often each of ``num`` items is drawn in each bootstrap resample: whole numbers, [num_resamples, num].

    A statistic that is made of counts is then one product of matrices for all resamples.
    """
    rng = numpy_stream(seed, "bootstrap", *purpose)
    return rng.multinomial(num, np.full(num, 1 / num), size=num_resamples).astype(np.float32)


def percentile_interval(resampled: NDArray[Any], level: float = 0.95) -> Array:
    """[2, ...]: the ends of the percentile interval of ``resampled`` [num_resamples, ...]; both are values of it."""
    ends = [(1 - level) / 2, (1 + level) / 2]
    found: Array = np.quantile(np.asarray(resampled, np.float64), ends, axis=0, method="inverted_cdf")
    return found


def wilson_interval(num_successes: ArrayLike, num: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's score interval of a share: (low, high) for ``num_successes`` of ``num``, of any matching shapes.

    Of no trials nothing is known: (0, 1).
    """
    successes, trials = np.asarray(num_successes, dtype=np.float64), np.asarray(num, dtype=np.float64)
    n = np.maximum(trials, 1)
    share, z2 = successes / n, NormalDist().inv_cdf((1 + level) / 2) ** 2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    reach = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n**2))) / (1 + z2 / n)
    low, high = np.maximum(centre - reach, 0), np.minimum(centre + reach, 1)  # rounding aside they lie inside
    low, high = np.where(successes == 0, 0, low), np.where(successes == trials, 1, high)
    return np.where(trials > 0, low, 0), np.where(trials > 0, high, 1)


def t_interval(values: Array, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of a few independent ``values`` [n]; NaN where there are fewer than two."""
    from scipy.special import stdtrit

    if len(values) < 2:
        return float("nan"), float("nan")
    reach = stdtrit(len(values) - 1, (1 + level) / 2) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - reach), float(values.mean() + reach)
