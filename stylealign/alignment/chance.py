"""How many channels two models would share by chance (beside StyleAlign's Tables 1, 3 and 4).

Sets of a and b channels among N, drawn without regard to each other, share a b / N on average; the number shared is
hypergeometric. Localized channels crowd into few layers by architecture alone, so the same is asked with the totals of
every layer kept: the numbers shared in the layers add, and their distributions convolve.

Legend: C channels, L strata (layers, or one for all), N channels of a stratum.
"""

from functools import lru_cache, reduce
from math import comb

import numpy as np

NUM_PERMUTATIONS = 2000


@lru_cache(maxsize=65536)
def _hypergeometric(num: int, marked: int, drawn: int) -> tuple[float, ...]:
    ways = comb(num, drawn)
    most = min(marked, drawn)
    return tuple(comb(marked, x) * comb(num - marked, drawn - x) / ways for x in range(most + 1))


def hypergeometric(num: int, marked: int, drawn: int) -> np.ndarray:
    """P(X = 0), P(X = 1), ..., for X the marked ones among ``drawn`` of ``num`` that hold ``marked``.

    Whole numbers of any size, divided once: each value is exact to the last bit.
    """
    return np.array(_hypergeometric(int(num), int(marked), int(drawn)))


def chance_to_share(shared: int, a: np.ndarray, b: np.ndarray, num: np.ndarray) -> tuple[float, float]:
    """(expected number shared, P(shared or more)) for sets with ``a`` [L] and ``b`` [L] channels of ``num`` [L]."""
    parts = [hypergeometric(*counts) for counts in zip(num, a, b, strict=True) if counts[1] and counts[2]]
    distribution = reduce(np.convolve, parts, np.ones(1))
    return float((a * b / num).sum()), min(1.0, float(distribution[shared:].sum())) if shared else 1.0


def count_same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Channels [...] whose labels in ``a`` and ``b`` [..., C] are the same and not negative."""
    return ((a == b) & (a >= 0)).sum(-1)


def chance_to_match(
    a: np.ndarray, b: np.ndarray, strata: np.ndarray, rng: np.random.Generator, num: int = NUM_PERMUTATIONS
) -> tuple[float, float]:
    """(expected matches, p) of the labels ``a`` and ``b`` [C] (negative: none) if ``b`` fell anywhere in its stratum.

    The mean is exact; p is that of a permutation test, (1 + permutations with as many matches or more) / (1 + ``num``).
    """
    matches, expected = np.zeros(num, np.int64), 0.0
    for stratum in np.unique(strata):
        some_a, some_b = a[strata == stratum], b[strata == stratum]
        shuffled = rng.permuted(np.broadcast_to(some_b, [num, len(some_b)]), axis=1)
        matches += count_same(some_a, shuffled)
        expected += sum((some_a == label).sum() * (some_b == label).sum() for label in np.unique(a[a >= 0])) / len(
            some_b
        )
    return float(expected), float((1 + (matches >= count_same(a, b)).sum()) / (1 + num))
