"""Table ``morph_smoothness`` (StyleAlign, 4.2 and A.7): how even the steps of a morph are.

The paper says that interpolated weights give a continuous transition and swapped layers a series of discrete steps.
Here every step is measured: the perceptual distance of consecutive frames, over pairs of images, at even positions (an
eased video has small steps at its ends by design). Layer swapping has the same codes at the same positions; only its
weights switch, one resolution after another. A cross-fade of the two end images is the control: its pixels move as
evenly as pixels can, and it shows nothing but two images, one through the other; uneven steps in it are the judge's.

Legend: K models, N pairs, m of them shown, F frames, M methods, R pixels a side.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylealign.editing.morph import INTERPOLATION, LAYER_SWAPPING, MorphPath, morph_frames, morph_grid, positions
from stylealign.editing.morph_pairs import Pairs
from stylealign.images import from_hwc
from stylealign.intervals import mean_interval

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

log = logging.getLogger(__name__)

CROSS_FADE = "cross_fade"
METHODS = (INTERPOLATION, LAYER_SWAPPING, CROSS_FADE)
NUM_STRIP, NUM_SOURCES = 10, 6  # frames of a film strip; pairs whose real images are shown


def morph_rows(
    morph: str, pairs: Pairs, judge: "Judge", *, num_frames: int, seed: int
) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The rows of a morph, and all steps they are made of: float64 [M, N, F - 1], methods as in ``METHODS``.

    Raises :class:`JudgeError` for a judge that measures no distance, :class:`LineageError` for other architectures.
    """
    ends, along, rows, steps = pairs.ends(), positions(num_frames), [], []
    about = {"morph": morph, "num_pairs": pairs.num, "num_frames": num_frames, "protocol": pairs.protocol}
    for method in METHODS:
        taken, error = steps_along(frames_of(method, pairs, ends, along), ends, judge)
        rows.append({**about, "method": method, **_scores(taken, seed), "endpoint_error": error})
        rows[-1] |= {"judge": judge.name, "seed": seed}
        steps.append(taken)
        log.info("%s by %s: largest over mean step %.2f", morph, method, rows[-1]["max_over_mean"])
    return rows, np.stack(steps)


def frames_of(method: str, pairs: Pairs, ends: np.ndarray, along: Sequence[float] | np.ndarray) -> Iterator[np.ndarray]:
    """Frames uint8 [N, R, R, 3] at positions ``along``, by a method; ``ends`` as :meth:`Pairs.ends` gives them."""
    if method == CROSS_FADE:
        return (_faded(ends, float(position)) for position in along)
    return morph_frames(MorphPath(pairs.generators, pairs.ws, way=method), along)


def _faded(ends: np.ndarray, position: float) -> np.ndarray:
    mixed = (1 - position) * ends[0].astype(np.float32) + position * ends[1]
    return np.rint(mixed).astype(np.uint8)


def steps_along(frames: Iterable[np.ndarray], ends: np.ndarray, judge: "Judge") -> tuple[np.ndarray, int]:
    """Distances of consecutive frames, float64 [N, F - 1], and how far the first and last are from ``ends``.

    Two frames are held at a time. ``frames``: uint8 [N, R, R, 3] each; ``ends``: uint8 [2, N, R, R, 3].
    """
    taken, before, error = [], None, 0
    for frame in frames:
        if before is None:
            error = _error(frame, ends[0])
        else:
            taken.append(judge.distance(from_hwc(before), from_hwc(frame)).astype(np.float64))
        before = frame
    assert before is not None
    return np.stack(taken, axis=1), max(error, _error(before, ends[1]))


def _error(frame: np.ndarray, end: np.ndarray) -> int:
    """The largest difference of two images, in grey levels of 255."""
    return int(np.abs(frame.astype(np.int16) - end).max())


def _scores(steps: np.ndarray, seed: int) -> dict[str, float]:
    """Mean and largest step and their ratio, each by pair, then its mean over pairs with an interval."""
    mean, largest = steps.mean(axis=1), steps.max(axis=1)  # [N]
    ratio = np.divide(largest, mean, out=np.ones_like(mean), where=mean > 0)  # two equal ends: no step stands out
    named = {"mean": ("mean_step", mean), "largest": ("largest_step", largest), "ratio": ("max_over_mean", ratio)}
    scores = {"ratio_worst": float(ratio.max())}
    for short, (name, values) in named.items():
        low, high = mean_interval(values, seed, "morph_smoothness", short)
        scores |= {name: float(values.mean()), f"{short}_low": low, f"{short}_high": high}
    return scores


# -- pictures ---------------------------------------------------------------------------------------------------------


def morph_pictures(
    morph: str, models: Sequence[str], pairs: Pairs, steps: np.ndarray, *, grid: int, num_shown: int
) -> dict[str, np.ndarray]:
    """What the figures ``morph_grid`` and ``morph_smoothness`` show of one morph.

    ``grid`` uint8 [g, g, R, R, 3] of the first pair, weights down and codes across; ``sources`` uint8 [K, m, R, R, 3],
    real images at each model (m = 0: random z); ``drawn`` uint8 [K, m', R, R, 3], what the models make of them;
    ``strips`` uint8 [M, S, R, R, 3] of the first pair; ``steps`` float64 [M, N, F - 1].
    """
    num = min(num_shown, NUM_SOURCES, pairs.num)
    first = Pairs(pairs.generators, pairs.ws[:, :1], None, pairs.protocol)
    ends, along, strip = first.ends(), positions(grid), positions(NUM_STRIP)
    drawn = [Pairs([G, G], ws[None, :num].repeat(2, 1, 1, 1), None, "").ends()[0] for G, ws in _stops(pairs)]
    strips = [np.stack([frame[0] for frame in frames_of(method, first, ends, strip)]) for method in METHODS]
    return {
        "morph": np.array(morph),
        "models": np.array(models, dtype=str),
        "grid": morph_grid(MorphPath(pairs.generators, first.ws), along, along)[:, :, 0],
        "sources": np.zeros([len(models), 0, *ends.shape[2:]], np.uint8)
        if pairs.images is None
        else pairs.images[:, :num],
        "drawn": np.stack(drawn),
        "methods": np.array(METHODS, dtype=str),
        "strips": np.stack(strips),
        "steps": steps,
    }


def _stops(pairs: Pairs) -> list[tuple[Any, Any]]:
    return list(zip(pairs.generators, pairs.ws, strict=True))


def morph_film(pairs: Pairs, *, num_frames: int, easing: str, num_shown: int) -> np.ndarray:
    """The diagonal of the first pairs, from one end to the other: uint8 [F, m, R, R, 3]."""
    path = MorphPath(pairs.generators, pairs.ws[:, :num_shown])
    return np.stack(list(morph_frames(path, positions(num_frames, easing))))
