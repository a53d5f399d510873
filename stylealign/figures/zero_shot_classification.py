"""Figure ``zero_shot_classification`` (StyleAlign, 4.3, A.6, Figure 7, measured)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.zero_shot_scores import Measure, compose_zero_shot

if TYPE_CHECKING:
    import pandas as pd

CLASSIFICATION = Measure(
    "auc",
    "parent_auc",
    0.65,
    "Yes or no of a relative's images, by what is known of the parent's",
    "AUC on held-out images and its 95 % interval; strokes: on the parent's. 0.5 is guessing.",
    "AUC",
    (0, 1),
    0.5,
)


def draw_zero_shot_classification(
    table: "pd.DataFrame", models: Sequence[str], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``zero_shot_classification``; ``models`` are in the config's order."""
    with style.applied():
        compose_zero_shot(table, CLASSIFICATION, models).save(png, pdf)
