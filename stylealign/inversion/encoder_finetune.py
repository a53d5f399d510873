"""How much sooner a child's encoder arrives when it starts from its parent's (table ``encoder_finetune``; A.4).

The goal is the best distance on held-out images that the encoder with random weights reaches anywhere in its course.
``kimg_to_random`` is when a course first is at the goal or below: for the random start itself, when it was best.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.errors import TableError
from stylealign.tables import read_table

if TYPE_CHECKING:
    import pandas as pd

RANDOM, PARENT = "random", "parent"


def encoder_finetune_rows(
    model: str, parent: str, courses: Mapping[tuple[str, str], Path], *, judge: str, seed: int
) -> list[dict[str, Any]]:
    """Rows of the table ``encoder_finetune`` from courses (``tables.ENCODER_COURSE``) by (space, start).

    Raises :class:`TableError` for a space without the course of the random start, or a course without rows.
    """
    frames = {key: _read(path) for key, path in courses.items()}
    about = {"model": model, "parent": parent, "judge": judge, "seed": seed}
    return [
        {**about, "space": space, "start": start, **_row(frame, _goal(frames, model, space))}
        for (space, start), frame in frames.items()
    ]


def _read(path: Path) -> "pd.DataFrame":
    frame = read_table(path).sort_values("kimg", ignore_index=True)
    if frame.empty:
        raise TableError(f"{path}: the course of an encoder's training has no rows; delete it and run again")
    return frame


def _goal(frames: "Mapping[tuple[str, str], pd.DataFrame]", model: str, space: str) -> float:
    if (space, RANDOM) not in frames:
        raise TableError(f"encoder_finetune: no course of {model}'s encoder into {space} from random weights; give it")
    return float(frames[space, RANDOM]["distance"].min())


def _row(course: "pd.DataFrame", goal: float) -> dict[str, Any]:
    first, last = course.iloc[0], course.iloc[-1]
    there = course["kimg"][course["distance"] <= goal]
    return {
        "kimg": float(last["kimg"]),
        "distance_first": float(first["distance"]),
        "distance_last": float(last["distance"]),
        "distance_low": float(last["distance_low"]),
        "distance_high": float(last["distance_high"]),
        "kimg_to_random": float(there.iloc[0]) if len(there) else float("nan"),
        "num_images": int(last["num_images"]),
    }
