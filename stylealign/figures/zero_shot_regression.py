"""Figure ``zero_shot_regression`` (StyleAlign, 4.3, A.6, Figures 28 and 29, measured)."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.zero_shot_scores import Measure, compose_zero_shot

if TYPE_CHECKING:
    import pandas as pd

REGRESSION = Measure(
    "spearman",
    "parent_spearman",
    0.3,
    "Numbers, read in a relative's images by what is known of the parent's",
    "Rank correlation of predicted and exact values of held-out images, with 95 % intervals; strokes: on the parent's.",
    "rank correlation",
    (-1, 1),
    0,
)


def draw_zero_shot_regression(table: "pd.DataFrame", models: Sequence[str], png: Path, pdf: Path | None = None) -> None:
    """``table`` is ``zero_shot_regression``; ``models`` are in the config's order."""
    with style.applied():
        compose_zero_shot(table, REGRESSION, models).save(png, pdf)
