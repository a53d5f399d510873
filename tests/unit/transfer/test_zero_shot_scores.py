"""Scores of predictions: against obvious twins and scikit-learn, at their bounds, with honest intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import r2_score, roc_auc_score

from stylealign.transfer.zero_shot_scores import (
    accuracy,
    auc,
    of_classes,
    of_numbers,
    r2,
    scores_with_intervals,
    spearman,
)


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(pairs):
    predicted, truth = np.array([p for p, _ in pairs], float), np.array([t for _, t in pairs], float)
    yes, no = predicted[truth > 0], predicted[truth == 0]
    if not len(yes) or not len(no):
        assert np.isnan(auc(predicted, truth))
        return
    won = np.mean([(one > other) + 0.5 * (one == other) for one in yes for other in no])
    assert auc(predicted, truth) == pytest.approx(won)
    assert auc(predicted, truth) == pytest.approx(roc_auc_score(truth, predicted))
    assert auc(-predicted, truth) == pytest.approx(1 - won)


@given(st.integers(0, 1000))
def test_numbers_agree_with_others(seed):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=30)
    predicted = truth * rng.normal() + rng.normal(size=30)
    assert r2(predicted, truth) == pytest.approx(r2_score(truth, predicted))
    assert spearman(predicted, truth) == pytest.approx(spearmanr(predicted, truth)[0])


def test_what_nothing_is_known_of():
    truth, unknown = np.arange(4.0), np.full(4, np.nan)
    assert np.isnan([r2(unknown, truth), spearman(unknown, truth), auc(unknown, truth), accuracy(unknown, truth)]).all()
    assert np.isnan(r2(truth, np.ones(4)))


def test_accuracy_is_at_a_half():
    assert accuracy(np.array([0.2, 0.6, 0.9, 0.4]), np.array([0.0, 1, 0, 1])) == 0.5


def test_intervals_hold_the_value_and_shrink_with_images():
    rng = np.random.default_rng(0)

    def width(num):
        truth = rng.normal(size=num)
        found = scores_with_intervals((truth + rng.normal(size=num))[None], truth, of_numbers, 0, "test")
        for name in ("r2", "spearman", "mae"):
            assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
        return found["spearman_high"] - found["spearman_low"]

    assert width(2000) < width(50) / 3


def test_draws_widen_the_interval_and_are_averaged():
    rng = np.random.default_rng(0)
    truth = np.arange(400.0) % 2
    right, wrong = truth + rng.normal(size=400), 1 - truth + rng.normal(size=400)
    one = scores_with_intervals(right[None], truth, of_classes, 0, "test")
    both = scores_with_intervals(np.stack([right, wrong]), truth, of_classes, 0, "test")
    assert both["auc"] == pytest.approx((auc(right, truth) + auc(wrong, truth)) / 2)
    assert both["auc_low"] < 0.4 < 0.6 < both["auc_high"]
    assert one["auc_high"] - one["auc_low"] < 0.2
    assert both == scores_with_intervals(np.stack([right, wrong]), truth, of_classes, 0, "test")
