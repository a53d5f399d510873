"""How even the way from one model to another is (StyleAlign, A.7; table ``blend_smoothness``).

The same judge measures every step of three ways of as many steps: layers swapped from the finest on, from the coarsest
on, and all weights interpolated. A way is even where its largest step is not much longer than its mean step; with n
steps their ratio is from 1 (all alike) to n (one step is all). How far each blend is from either end says what goes
when: from the first model's texture, or from its structure.

Legend: N latent codes, n steps.
"""

import logging
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stylealign.editing.blend import METHODS, Blender, Granularity, blend_sequence, first_ws, open_pair
from stylealign.editing.morph import BATCH, PathLike
from stylealign.images import at_once
from stylealign.intervals import mean_interval

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

log = logging.getLogger(__name__)

STEP, TO_FIRST, TO_SECOND = "step", "to_first", "to_second"


def blend_rows(
    pair: str,
    checkpoints: Sequence[PathLike],
    judge: "Judge",
    *,
    num_z: int,
    granularity: Granularity,
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``blend_smoothness`` for the two models ``checkpoints``, of which ``pair`` is the name.

    Raises :class:`CheckpointError`; :class:`LineageError` for strangers or other architectures; :class:`JudgeError`
    when the judge measures no distance.
    """
    blender, first = open_pair(pair, checkpoints, granularity, device)
    ws = first_ws(first, num_z, truncation_psi, seed)
    about = {"pair": pair, "granularity": granularity, "num_steps": blender.num_steps, "num_z": num_z}
    about |= {"protocol": f"w-of-first-psi{truncation_psi:g}-const-noise", "judge": judge.name, "seed": seed}
    rows = []
    for method in METHODS:
        distances = _batched_distances(blender, ws, method, judge)
        rows += [about | {"method": method} | row for row in _rows_of(blender, method, distances, about)]
        log.info("%s: %s, %d steps of %d codes", pair, method, blender.num_steps, num_z)
    return rows


def _batched_distances(blender: Blender, ws: Tensor, method: str, judge: "Judge") -> dict[str, np.ndarray]:
    """:func:`sequence_distances` of all codes, a batch of them at a time: no more images than that are held."""
    batches = ws.split(at_once(blender.img_resolution, BATCH))
    parts = [sequence_distances(blend_sequence(blender, some, method), judge) for some in batches]
    return {measure: np.concatenate([part[measure] for part in parts], axis=1) for measure in parts[0]}


def sequence_distances(sequence: Sequence[Tensor], judge: "Judge") -> dict[str, np.ndarray]:
    """Distances along a way of uint8 [N, 3, R, R] images, float64: ``step`` [n, N], each blend's from the one before;
    ``to_first`` and ``to_second`` [n + 1, N], from either end."""
    steps = [judge.distance(a, b) for a, b in pairwise(sequence)]
    found = {STEP: steps, TO_FIRST: judge.distances(sequence[0], sequence)}
    found[TO_SECOND] = judge.distances(sequence[-1], sequence)
    return {measure: np.stack(values).astype(np.float64) for measure, values in found.items()}


def evenness(steps: np.ndarray) -> dict[str, np.ndarray]:
    """Of ``steps`` [n, N], per code float64 [N]: ``mean_step``, ``largest_step`` and their ratio ``max_over_mean``.

    Where nothing changes at all, the way is even: 1.
    """
    mean, largest = steps.mean(axis=0), steps.max(axis=0)
    ratio = np.divide(largest, mean, out=np.ones_like(mean), where=mean > 0)
    return {"mean_step": mean, "largest_step": largest, "max_over_mean": ratio}


def _rows_of(
    blender: Blender, method: str, distances: dict[str, np.ndarray], about: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """A row for each number of a whole way, then for each of every blend."""
    values = [(measure, 0, "", each) for measure, each in evenness(distances[STEP]).items()]
    for measure in (STEP, TO_FIRST, TO_SECOND):
        first = measure == STEP  # a step leads to the blend that it is named after
        values += [
            (measure, place, blender.name(method, place), each)
            for place, each in enumerate(distances[measure], start=int(first))
        ]
    for measure, place, blend, each in values:
        purpose = ("blend_smoothness", about["pair"], method, measure, place)
        low, high = mean_interval(each, about["seed"], *purpose)
        yield {
            "measure": measure,
            "place": place,
            "blend": blend,
            "value": float(each.mean()),
            "low": low,
            "high": high,
        }
