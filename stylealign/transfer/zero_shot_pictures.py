"""Images in the order in which zero-shot prediction puts them (StyleAlign, Figures 7, 28 and 29).

Of a number: bins of equally many held-out images, from the lowest predictions to the highest. Of a question: no,
neutral and yes; neutral are those whose probability is nearest to the cut-off. Within a bin images are drawn at random.

Legend: A questions, B bins, S images shown, N images, R pixels a side; of two models: the parent, then the child.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from stylealign.seeds import numpy_stream
from stylealign.transfer.zero_shot import ZERO_SHOT
from stylealign.transfer.zero_shot_images import Images
from stylealign.transfer.zero_shot_questions import Pair
from stylealign.transfer.zero_shot_rows import Predicted
from stylealign.transfer.zero_shot_scores import CUT_OFF

NUM_BINS = 5
NEUTRAL_SHARE = 0.2  # of the images, those nearest to the cut-off
WHITE = 255


def example_pictures(
    pair: Pair, predicted: Sequence[Predicted], *, about: Mapping[str, Any], num_shown: int
) -> dict[str, np.ndarray]:
    """Images [A, 2, B, S, R, R, 3], white where a bin has fewer; of every bin the predictions' ``low`` and ``high`` and
    the mean ``exact`` value, [A, 2, B], NaN where it is empty; and the names of it all."""
    shown = [
        [
            _shown(images, found[ZERO_SHOT][0], truth, one.truth.is_class, num_shown, about, f"{one.truth.name} {who}")
            for who, images, found, truth in (
                ("parent", pair.parent_test, one.parent, one.truth.answers[1]),
                ("child", pair.child_test, one.child, one.truth.answers[3]),
            )
        ]
        for one in predicted
    ]
    kinds = shown[0][0] if shown else ()
    arrays = {name: np.array([[side[name] for side in sides] for sides in shown]) for name in kinds}
    names = {
        "attributes": np.array([one.truth.name for one in predicted]),
        "questions": np.array([[one.truth.parent, one.truth.child] for one in predicted]),
        "units": np.array([one.truth.unit for one in predicted]),
        "is_class": np.array([one.truth.is_class for one in predicted]),
    }
    return {**arrays, **names, **{name: np.array(about[name]) for name in ("parent", "model")}}


def bins_of(predicted: np.ndarray, is_class: bool) -> list[np.ndarray]:
    """The rows [n] of every bin: of a number by its size; of a probability no, neutral and yes."""
    ascending = np.argsort(predicted, kind="stable")
    if not is_class:
        return np.array_split(ascending, NUM_BINS)
    nearness = np.argsort(np.abs(predicted[ascending] - CUT_OFF), kind="stable")
    is_neutral = np.isin(np.arange(len(ascending)), nearness[: round(NEUTRAL_SHARE * len(ascending))])
    rest = ascending[~is_neutral]
    return [rest[predicted[rest] <= CUT_OFF], ascending[is_neutral], rest[predicted[rest] > CUT_OFF]]


def _shown(
    images: Images,
    predicted: np.ndarray,
    truth: np.ndarray,
    is_class: bool,
    num_shown: int,
    about: Mapping[str, Any],
    purpose: str,
) -> dict[str, np.ndarray]:
    """One model's bins: images, the ends of their predictions, the mean of their exact values."""
    bins = bins_of(predicted, is_class)
    rng = numpy_stream(about["seed"], "zero_shot", "examples", about["direction"], purpose)
    pixels = np.full([len(bins), num_shown, *images.pixels.shape[1:]], WHITE, np.uint8)
    ends = np.full([3, len(bins)], np.nan)
    for place, rows in enumerate(bins):
        drawn = rng.permutation(rows)[:num_shown]
        pixels[place, : len(drawn)] = images.pixels[drawn]
        known = truth[rows][np.isfinite(truth[rows])]
        if len(rows):
            ends[:, place] = predicted[rows].min(), predicted[rows].max(), known.mean() if len(known) else np.nan
    return {"images": pixels, "low": ends[0], "high": ends[1], "exact": ends[2]}
