"""How good predictions are, with intervals over images (and over draws, where there are several).

Legend: D draws, N images, S scores.
"""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import rankdata

from stylealign.intervals import percentile_interval
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

CUT_OFF = 0.5  # of the probability (StyleAlign, 4.3)
NUM_RESAMPLES = 200
NAN = float("nan")

Scores = Callable[[np.ndarray, np.ndarray], list[float]]  # of predictions and truth, [N] each


def r2(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The part of the variance that is explained; below zero where the mean would have been nearer."""
    spread = float(np.sum((truth - truth.mean()) ** 2))
    return 1 - float(np.sum((predicted - truth) ** 2)) / spread if spread > 0 else NAN


def spearman(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Rank correlation; NaN where nothing varies or is known."""
    return RankedPair.of(predicted, truth).spearman() if np.isfinite(predicted).all() else NAN


def auc(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The chance that a yes is given more than a no, ties counting half; NaN where all are alike."""
    is_yes = truth > 0
    num_yes, num_no = int(is_yes.sum()), int((~is_yes).sum())
    if not num_yes or not num_no or not np.isfinite(predicted).all():
        return NAN
    return (float(rankdata(predicted)[is_yes].sum()) - num_yes * (num_yes + 1) / 2) / (num_yes * num_no)


def accuracy(predicted: np.ndarray, truth: np.ndarray) -> float:
    """The part that is on its side of the cut-off."""
    return float(np.mean((predicted > CUT_OFF) == (truth > 0))) if np.isfinite(predicted).all() else NAN


def of_numbers(predicted: np.ndarray, truth: np.ndarray) -> list[float]:
    """R2, rank correlation, mean absolute error."""
    return [r2(predicted, truth), spearman(predicted, truth), float(np.abs(predicted - truth).mean())]


def of_classes(predicted: np.ndarray, truth: np.ndarray) -> list[float]:
    """AUC, accuracy at the cut-off."""
    return [auc(predicted, truth), accuracy(predicted, truth)]


NAMES: Mapping[Scores, tuple[str, ...]] = {of_numbers: ("r2", "spearman", "mae"), of_classes: ("auc", "accuracy")}


def mean_scores(predicted: np.ndarray, truth: np.ndarray, scores: Scores) -> np.ndarray:
    """The mean over draws of every score of predictions [D, N]: [S]."""
    found: np.ndarray = np.mean([scores(one, truth) for one in predicted], axis=0)
    return found


def scores_with_intervals(
    predicted: np.ndarray, truth: np.ndarray, scores: Scores, seed: int, *purpose: str | int
) -> dict[str, float]:
    """``r2``, ``r2_low``, ``r2_high``, ... of predictions [D, N] for truth [N].

    The value is the mean over draws, the interval (95 %) that of one draw's score over draws and resampled images.
    """
    found = mean_scores(predicted, truth, scores)
    rng = numpy_stream(seed, "bootstrap", *purpose)
    resampled = np.empty([NUM_RESAMPLES, len(found)])
    for one in resampled:
        rows = rng.integers(0, len(truth), len(truth))
        one[:] = scores(predicted[rng.integers(len(predicted))][rows], truth[rows])
    values = np.concatenate([found[None], _ends(resampled)])  # [3, S]
    return {
        f"{name}{end}": float(value)
        for name, column in zip(NAMES[scores], values.T, strict=True)
        for end, value in zip(("", "_low", "_high"), column, strict=True)
    }


def _ends(resampled: np.ndarray) -> np.ndarray:
    """The ends of each score's interval over resamples in which it is known: [2, S]."""
    known = [column[np.isfinite(column)] for column in resampled.T]
    return np.stack([percentile_interval(one) if len(one) else np.full(2, NAN) for one in known], axis=1)
