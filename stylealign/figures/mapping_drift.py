"""Figure ``mapping_drift`` (StyleAlign, Table 7): how far the mapping network moved, as dots with intervals.

The paper's order: near children, far children, and last, an order of magnitude away, a model that shares no training.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.heat_map import significant
from stylealign.figures.sheet import Sheet, width_of

if TYPE_CHECKING:
    import pandas as pd

ROW, TOP, BOTTOM, RIGHT = 44, 120, 110, 130  # px
GROUP_GAP = 0.8  # rows between two relations
SUBTITLE = "Mean |w(z) of one model \N{MINUS SIGN} w(z) of the other| over the same z, with 95 % intervals."


def draw_mapping_drift(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """A row per pair of models, grouped by relation, the smallest change on top."""
    with style.applied():
        compose_mapping_drift(table, parents).save(png, pdf)


def compose_mapping_drift(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes."""
    rows = _in_groups(table, parents)
    names = [f"{row.model} vs {row.parent}" for row in rows.itertuples()]
    left = 250 + int(max((width_of(name, style.SMALL) for name in names), default=0))
    span = float(rows["place"].max()) + 1 if len(rows) else 1.0
    sheet = Sheet(style.WIDTH_PX, TOP + int(ROW * span) + BOTTOM)
    sheet.heading("How far the mapping network moved", SUBTITLE)
    if rows.empty:
        return sheet.without_rows()
    axes = sheet.axes(left, TOP, style.WIDTH_PX - left - RIGHT, ROW * span)
    _draw_dots(axes, rows, span)
    axes.set_yticks(rows["place"], names)
    for relation, group in rows.groupby("relation", sort=False):
        look = {"color": style.RELATION_COLOURS.get(relation, style.GREY), "fontweight": "bold", "va": "center"}
        sheet.text(40, TOP + ROW * (group["place"].min() + 0.5), relation, **look)
    return sheet


def _in_groups(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> "pd.DataFrame":
    """The rows, sorted by relation and then by drift, each with its ``place`` on the vertical axis."""
    relations = {relation: place for place, relation in enumerate(style.RELATION_COLOURS)}
    known = table[table["model"].isin(list(parents)) & table["parent"].isin(list(parents))]
    rows = known.assign(group=known["relation"].map(lambda name: relations.get(name, len(relations))))
    rows = rows.sort_values(["group", "l1_w", "model", "parent"], kind="stable", ignore_index=True)
    return rows.assign(place=rows.index + GROUP_GAP * (rows["group"].rank(method="dense") - 1))


def _draw_dots(axes: Axes, rows: "pd.DataFrame", span: float) -> None:
    for row in rows.itertuples():
        colour = style.RELATION_COLOURS.get(row.relation, style.GREY)
        axes.plot([0, row.l1_w], [row.place] * 2, color=style.FAINT, linewidth=1.0, zorder=1)
        axes.plot([row.l1_w_low, row.l1_w_high], [row.place] * 2, color=colour, linewidth=2.2, solid_capstyle="butt")
        axes.plot(row.l1_w, row.place, "o", color=colour, markersize=6)
        value = {"xytext": (9, 0), "textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
        axes.annotate(significant(row.l1_w), (max(row.l1_w, row.l1_w_high), row.place), **value)
    axes.set_xlim(0, None)
    axes.set_ylim(span - 0.5, -0.5)
    axes.set_xlabel("mean absolute difference per coordinate of w")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
