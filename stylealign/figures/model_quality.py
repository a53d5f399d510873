"""Figure ``model_quality``: KID of every model (rows) against every domain (columns), its own framed.

Not in the papers: the control that says each model learned its own domain before anything is said about alignment.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from stylealign.figures import style
from stylealign.figures.heat_map import draw_cells, label_columns, label_rows, significant
from stylealign.figures.lineage_order import lineage_order
from stylealign.figures.sheet import Sheet, width_of

if TYPE_CHECKING:
    import pandas as pd

CELL_WIDTH, CELL_HEIGHT = 128, 52  # px, where they fit
TOP, RIGHT, BOTTOM, PANEL_HEAD, PANEL_GAP = 128, 60, 48, 84, 48
SUBTITLE = "KID x 1000 to real images of each domain: smaller is better. A model's own is framed."


def draw_model_quality(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """One panel per judge, because numbers of different judges cannot be compared."""
    with style.applied():
        compose_model_quality(table, parents).save(png, pdf)


def compose_model_quality(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per judge."""
    models = [node.model for node in lineage_order(parents, shown=set(table["model"]))]
    domains = _domains_in_order(table, models)
    judges = list(dict.fromkeys(table["judge"]))
    left = 56 + int(max(map(width_of, models), default=0))
    cell = min(CELL_WIDTH, (style.WIDTH_PX - left - RIGHT) // max(len(domains), 1))
    panel = PANEL_HEAD + CELL_HEIGHT * len(models) + PANEL_GAP
    sheet = Sheet(max(left + cell * len(domains) + RIGHT, 1000), TOP + max(len(judges), 1) * panel - PANEL_GAP + BOTTOM)
    sheet.heading("Did each model learn its domain?", SUBTITLE)
    for place, judge in enumerate(judges):
        y = TOP + place * panel
        sheet.text(40, y + 18, f"judge: {judge}", fontweight="bold")
        axes = sheet.axes(left, y + PANEL_HEAD, cell * len(domains), CELL_HEIGHT * len(models))
        _draw_panel(axes, table[table["judge"] == judge], models, domains)
    return sheet if judges else sheet.without_rows()


def _domains_in_order(table: "pd.DataFrame", models: list[str]) -> list[str]:
    """Each model's own domain in the order of the models, then domains no model has: the frames form a staircase."""
    own = table[table["is_own_domain"]].groupby("model")["domain"].first()
    return list(dict.fromkeys([*(own[model] for model in models if model in own), *table["domain"]]))


def _depths(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 for the smallest positive value (and for what lies below it), 1 for the largest, by ratio in between."""
    positive = values[values > 0]
    low, high = (positive.min(), positive.max()) if positive.size else (1.0, 1.0)
    span = np.log(max(high, 1.01 * low) / low)
    return np.log(np.clip(np.nan_to_num(values, nan=low), low, high) / low) / span


def _draw_panel(axes: Axes, table: "pd.DataFrame", models: list[str], domains: list[str]) -> None:
    kid = table.pivot(index="model", columns="domain", values="kid").reindex(index=models, columns=domains)
    values = 1000 * kid.to_numpy(dtype=np.float64)
    draw_cells(axes, values, _depths(values), style.SEQUENTIAL, significant, style.BODY)
    label_rows(axes, models)
    label_columns(axes, domains)
    for row in table[table["is_own_domain"]].itertuples():
        corner = (domains.index(row.domain), models.index(row.model))
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=style.VERMILION, linewidth=1.6, clip_on=False))
