"""Laws of the rank correlation: what no monotone map, no order of the items and no tie may change."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stylealign.rank_correlation import RankedPair

SEEDS = st.integers(0, 10_000)


def pair(seed: int, num: int = 50, distinct: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, num))
    b += a * rng.normal()
    return (a, b) if distinct is None else (np.digitize(a, np.linspace(-1, 1, distinct - 1)).astype(float), b)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_rising_maps_do_not_matter_and_a_falling_one_turns_the_sign(seed: int) -> None:
    a, b = pair(seed)
    found = RankedPair.of(a, b).spearman()
    assert RankedPair.of(np.exp(a), b**3).spearman() == found
    assert RankedPair.of(-a, b).spearman() == pytest.approx(-found, abs=1e-12)
    assert RankedPair.of(a, -np.exp(a)).spearman() == pytest.approx(-1)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 6))
def test_it_is_symmetric_bounded_and_blind_to_the_order_of_items_with_ties_too(seed: int, distinct: int) -> None:
    a, b = pair(seed, distinct=distinct)
    assume(np.ptp(a) > 0)
    found = RankedPair.of(a, b).spearman()
    order = np.random.default_rng(seed + 1).permutation(len(a))
    assert RankedPair.of(b, a).spearman() == pytest.approx(found, abs=1e-12)
    assert RankedPair.of(a, b).spearman(order) == pytest.approx(found, abs=1e-12)
    assert abs(found) <= 1 + 1e-12


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(2, 4))
def test_every_item_twice_says_nothing_new(seed: int, times: int) -> None:
    ranked = RankedPair.of(*pair(seed))
    assert ranked.spearman(np.tile(np.arange(50), times)) == pytest.approx(ranked.spearman(), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_a_resample_is_ranked_as_if_it_were_the_data(seed: int) -> None:
    a, b = pair(seed, distinct=5)
    index = np.random.default_rng(seed).integers(0, len(a), len(a))
    assume(np.ptp(a[index]) > 0)
    assert RankedPair.of(a, b).spearman(index) == pytest.approx(RankedPair.of(a[index], b[index]).spearman(), abs=1e-12)


def test_tied_items_share_their_mean_rank() -> None:
    tied = RankedPair.of([1, 1, 2, 3], [0, 0, 1, 2])  # ranks 1.5, 1.5, 3, 4 on both sides
    assert tied.spearman() == pytest.approx(1)
    assert RankedPair.of([1, 1, 2, 2], [0, 1, 0, 1]).spearman() == pytest.approx(0)


def test_what_does_not_vary_has_no_correlation() -> None:
    ranked = RankedPair.of([5.0, 5.0, 5.0], [1.0, 2.0, 3.0])
    assert np.isnan(ranked.spearman())
    assert np.isnan(RankedPair.of([1, 2, 3], [1, 2, 3]).spearman(np.array([1, 1, 1])))
