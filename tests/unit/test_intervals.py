"""Intervals: Wilson's against the published formula and an exact table, resamples as products of matrices."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.intervals import bootstrap_interval, percentile_interval, resample_weights, wilson_interval


def _wilson(successes, num, z):
    """The two roots p of (successes / num - p)^2 = z^2 p (1 - p) / num."""
    share = successes / num
    a, b, c = 1 + z**2 / num, -(2 * share + z**2 / num), share**2
    root = math.sqrt(max(b**2 - 4 * a * c, 0))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@settings(max_examples=100, deadline=None)
@given(num=st.integers(1, 2000), share=st.floats(0, 1))
def test_wilson_solves_its_equation(num, share):
    successes = round(share * num)
    low, high = wilson_interval(successes, num)
    assert (float(low), float(high)) == pytest.approx(_wilson(successes, num, 1.959963984540054), abs=1e-9)
    assert 0 <= low <= successes / num <= high <= 1


def test_wilson_at_the_ends_and_of_nothing():
    low, high = wilson_interval([0, 10, 0, 8], [10, 10, 0, 10])
    assert low == pytest.approx([0, 0.7225, 0, 0.4902], abs=1e-4)
    assert high == pytest.approx([0.2775, 1, 1, 0.9433], abs=1e-4)


def test_wilson_takes_arrays_of_any_shape_and_narrows_with_the_level():
    successes, num = np.array([[3, 90], [2, 150]]), np.array([10, 200])
    low, high = wilson_interval(successes, num)
    narrow_low, narrow_high = wilson_interval(successes, num, level=0.5)
    assert low.shape == high.shape == (2, 2)
    assert (low < narrow_low).all()
    assert (narrow_high < high)[0].all()


def test_resamples_are_whole_counts_of_one_stream():
    weights = resample_weights(37, 0, "test", num_resamples=50)
    assert weights.shape == (50, 37)
    assert (weights.sum(1) == 37).all()
    assert (weights == weights.round()).all()
    assert (weights == resample_weights(37, 0, "test", num_resamples=50)).all()
    assert (weights != resample_weights(37, 0, "other", num_resamples=50)).any()


def test_resampled_means_spread_as_those_of_the_bootstrap():
    values = np.random.default_rng(0).normal(size=400)
    weights = resample_weights(400, 0, "test", num_resamples=2000)
    ours = percentile_interval(weights @ values / 400)
    theirs = bootstrap_interval(lambda index: float(values[index].mean()), 400, 0, "test", num_resamples=2000)
    assert ours == pytest.approx(theirs, abs=0.01)


def test_ends_of_percentile_intervals_are_values_that_occur():
    counts = np.random.default_rng(1).integers(0, 9, [200, 3])
    low, high = percentile_interval(counts)
    assert np.isin(low, counts).all()
    assert np.isin(high, counts).all()
    assert (np.mean(counts < low, axis=0) < 0.025).all()
    assert (np.mean(counts <= high, axis=0) >= 0.975).all()
