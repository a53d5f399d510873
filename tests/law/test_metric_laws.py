"""Laws of the measures: what must hold for any features whatever."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.errors import JudgeError
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kernel, kid, kid_interval

SEEDS = st.integers(0, 10_000)


def sample(seed: int, num: int = 40, num_features: int = 6, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(shift, 1, size=(num, num_features))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_fid_is_zero_to_itself_symmetric_and_never_negative(seed: int) -> None:
    a, b = sample(seed), sample(seed + 1, 50)
    assert fid(a, a) == pytest.approx(0, abs=1e-9)
    assert fid(a, b) == pytest.approx(fid(b, a), rel=1e-8)
    assert fid(a, b) > -1e-9


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(-3, 3))
def test_a_shift_adds_its_square_to_fid(seed: int, shift: float) -> None:
    a = sample(seed)
    assert fid(a, a + shift) == pytest.approx(6 * shift**2, abs=1e-8)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_fid_does_not_see_a_rotation_and_neither_does_kid(seed: int) -> None:
    a, b = sample(seed), sample(seed + 1, shift=0.5)
    turn, _ = np.linalg.qr(sample(seed + 2, 6))
    assert fid(a @ turn, b @ turn) == pytest.approx(fid(a, b), rel=1e-6)
    assert kid(a @ turn, b @ turn) == pytest.approx(kid(a, b), rel=1e-8)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_measures_do_not_see_the_order_of_images(seed: int) -> None:
    a, b = sample(seed), sample(seed + 1)
    assert kid(a[::-1], b) == pytest.approx(kid(a, b), rel=1e-9)
    assert fid(a[::-1], b) == pytest.approx(fid(a, b), rel=1e-9)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_kid_is_symmetric(seed: int) -> None:
    a, b = sample(seed), sample(seed + 1, 30)
    assert kid(a, b) == pytest.approx(kid(b, a), rel=1e-9)


def test_kid_is_unbiased_where_both_sets_are_alike() -> None:
    values = np.array([kid(sample(2 * n, 30), sample(2 * n + 1, 30)) for n in range(300)])
    assert abs(values.mean()) < 3 * values.std() / np.sqrt(len(values))


def test_the_bootstrap_is_centred_on_the_estimate_and_copies_would_shift_it() -> None:
    a, b = sample(0, 60), sample(1, 60, shift=0.3)
    rng, estimate = np.random.default_rng(0), kid(a, b)
    found = kid_interval(a, b, 0, num_resamples=2000)
    middle, width = (found.low + found.high) / 2, found.high - found.low
    copies = [kid(a[rng.integers(0, 60, 60)], b[rng.integers(0, 60, 60)]) for _ in range(300)]
    assert abs(middle - estimate) < width / 8
    assert np.mean(copies) - estimate > width / 5  # a copied image meets itself: biased upwards


@pytest.mark.parametrize("shift", [0.0, 0.25])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(shift: float) -> None:
    far = [sample(n, 3000, shift=s) for n, s in ((900, 0.0), (901, shift))]
    truth = kid(*far)
    covered = 0
    for n in range(80):
        found = kid_interval(sample(2 * n, 100), sample(2 * n + 1, 100, shift=shift), n, num_resamples=200)
        covered += found.low <= truth <= found.high
    assert covered >= 0.88 * 80


def test_a_kernel_is_positive_semidefinite_and_cubic() -> None:
    a = sample(3)
    assert np.linalg.eigvalsh(kernel(a, a)).min() > -1e-9
    np.testing.assert_allclose(kernel(a, a), (a @ a.T / 6 + 1) ** 3, rtol=1e-12)


@pytest.mark.parametrize("measure", [fid, kid])
def test_one_image_has_no_distribution(measure) -> None:
    with pytest.raises(JudgeError, match="two images or more"):
        measure(sample(0, 1), sample(1))


def test_features_of_two_judges_cannot_be_compared() -> None:
    for measure in (fid, kid):
        with pytest.raises(JudgeError):
            measure(sample(0), sample(0, num_features=5))
