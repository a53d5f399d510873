"""Figure ``channel_overlap`` (StyleAlign, Tables 1, 3 and 4): localized channels that two models share.

A panel per pair, laid out as the paper's tables: columns are the parent's regions, rows the child's, each with its
number of localized channels; a cell counts the channels that are in both. The diagonal is what kept its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from stylealign.figures import style
from stylealign.figures.heat_map import draw_cells, label_columns, label_rows, significant
from stylealign.figures.model_pairs import Pair, ordered_pairs
from stylealign.figures.region_order import order_regions
from stylealign.figures.sheet import Sheet, size_within, width_of

if TYPE_CHECKING:
    import pandas as pd

SHOWN = ("child", "grandchild", "unrelated")
ACROSS, LEFT, TOP, BOTTOM, GAP, BLOCK_GAP = 3, 40, 150, 40, 40, 52  # panels a row; the others px
CELL, ROW_HEIGHT, SLANT = 64.0, 34, 48.0  # widest cell, px; a row, px; of the columns' names, degrees
TITLE_HEIGHT = 106  # px, of a panel's title and the three lines under it
STRICT, LOOSE = "strict", "loose"
SURE = 0.01  # p within layers below which a cell is coloured
SUBTITLE = (
    "Columns: the parent's localized channels, by region. Rows: the child's, found on its own. Cells: those in both."
)
LISTED, SAME = "(listed)", "(same)"


@dataclass(frozen=True)
class Panel:
    """One pair's table: counts [rows, columns] (NaN where 0), and their excess over chance (0 where it is not sure)."""

    pair: Pair
    columns: Mapping[str, int]  # the parent's regions, with their channels
    rows: Mapping[str, int]  # the child's
    shared: NDArray[np.float64]
    excess: NDArray[np.float64]
    lines: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not self.columns or not self.rows


def draw_channel_overlap(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``channel_overlap``; a panel for every child, grandchild and unrelated root in it.

    Cells are counted by the papers' strict rule; what the loose one comes to is a line above them.
    """
    with style.applied():
        compose_channel_overlap(table, parents).save(png, pdf)


def compose_channel_overlap(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per pair that has localized channels, and one for the scale of colours."""
    panels = [_panel(pair, pair.rows_of(table)) for pair in ordered_pairs(table, parents, SHOWN)]
    lines = [panels[start : start + ACROSS] for start in range(0, len(panels), ACROSS)]
    lift = 24 + max((_lift(panel) for panel in panels), default=0)
    heights = [TITLE_HEIGHT + lift + ROW_HEIGHT * max(len(panel.rows) for panel in line) for line in lines]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + BLOCK_GAP * max(len(lines) - 1, 0) + BOTTOM)
    sheet.heading("Which channels keep their place?", SUBTITLE)
    if not panels:
        return Sheet(style.WIDTH_PX, 200).without_rows()
    _draw_scale(sheet)
    width = (style.WIDTH_PX - 2 * LEFT - GAP * (ACROSS - 1)) / ACROSS
    y = TOP
    for line, height in zip(lines, heights, strict=True):
        for place, panel in enumerate(line):
            _draw_panel(sheet, panel, LEFT + place * (width + GAP), y, width, lift)
        y += height + BLOCK_GAP
    return sheet


def _panel(pair: Pair, rows: "pd.DataFrame") -> Panel:
    strict = rows[rows["rule"] == STRICT]
    cells = strict[~strict["parent_region"].str.startswith("(") & ~strict["child_region"].str.startswith("(")]
    in_parent = cells.groupby("parent_region")["parent_total"].first().to_dict()
    in_child = cells.groupby("child_region")["child_total"].first().to_dict()
    columns = {name: int(in_parent[name]) for name in order_regions(in_parent) if in_parent[name]}
    listed = {name: int(in_child[name]) for name in order_regions(in_child) if in_child[name]}

    def grid(column: str) -> NDArray[np.float64]:
        wide = cells.pivot(index="child_region", columns="parent_region", values=column)
        return wide.reindex(index=list(listed), columns=list(columns)).to_numpy(np.float64)

    shared = grid("shared")
    shared = np.where(shared == 0, np.nan, shared)
    excess = np.where(grid("p_within_layers") < SURE, np.clip(grid("excess_share"), 0, 1), 0.0)
    return Panel(pair, columns, listed, shared, excess, _summary(pair, rows))


def _summary(pair: Pair, rows: "pd.DataFrame") -> tuple[str, ...]:
    """What the panel comes to: two lines by the strict rule, one by the loose."""
    total = rows[(rows["parent_region"] == LISTED) & (rows["child_region"] == SAME)].set_index("rule")
    if STRICT not in total.index or not total.loc[STRICT, "parent_total"]:
        strict = (f"{pair.parent} has no localized channel", "")
    else:
        row = total.loc[STRICT]
        interval = f"({row['low']:.0f} to {row['high']:.0f})"
        strict = (f"keeps {row['shared']} of {row['parent_total']} in their region {interval}", _chance(row))
    if LOOSE not in total.index:
        return strict
    row = total.loc[LOOSE]
    return *strict, f"loose rule: {row['shared']} of {row['parent_total']}, {_chance(row)}"


def _chance(row: "pd.Series") -> str:
    return f"by chance {significant(row['expected_within_layers'], 2)}, {p_text(row['p_within_layers'])}"


def p_text(p_value: float) -> str:
    """A p-value as people write it, as ``p = .03`` or ``p < .001``."""
    if p_value < 0.001:
        return "p < .001"
    return f"p = {p_value:.{3 if p_value < 0.01 else 2}f}".replace("0.", ".")


def _lift(panel: Panel) -> int:
    """The height of the slanted names above the columns, px."""
    widest = max((width_of(name, style.SMALL) for name in _with_totals(panel.columns)), default=0)
    return int(widest * np.sin(np.deg2rad(SLANT)))


def _with_totals(regions: Mapping[str, int]) -> list[str]:
    return [f"{name} {total}" for name, total in regions.items()]


def _draw_panel(sheet: Sheet, panel: Panel, x: float, y: float, width: float, lift: int) -> None:
    pair = panel.pair
    title = f"{pair.parent} \N{RIGHTWARDS ARROW} {pair.child}"
    size = size_within([f"{title}  {pair.note}"], width, weight="bold")
    sheet.text(x, y + 18, title, fontsize=size, fontweight="bold")
    beside = x + width_of(f"{title}  ", size, "bold")
    sheet.text(beside, y + 18, pair.note, fontsize=size, fontweight="bold", color=pair.colour)
    for place, line in enumerate(panel.lines):
        look = {"fontsize": size_within([line], width, style.SMALL), "color": style.GREY}
        sheet.text(x, y + 43 + 22 * place, line, **look)
    if panel.is_empty:
        return
    names = _with_totals(panel.rows)
    corner = f"{pair.child} \N{DOWNWARDS ARROW}"
    left = 14 + max(width_of(name, style.SMALL) for name in [*names, corner])
    cell = min(CELL, (width - left) / len(panel.columns))
    top = y + TITLE_HEIGHT + lift
    axes = sheet.axes(x + left, top, cell * len(panel.columns), ROW_HEIGHT * len(panel.rows))
    _draw_grid(axes, panel)
    look = {"ha": "right", "fontsize": style.SMALL, "color": style.GREY, "fontstyle": "italic"}
    sheet.text(x + left - 8, top - 8, corner, **look)
    label_rows(axes, names)


def _draw_grid(axes: Axes, panel: Panel) -> None:
    empty = np.zeros(panel.shared.shape)
    axes.pcolormesh(empty, cmap=style.SEQUENTIAL, vmin=0, vmax=1, edgecolors=style.PAPER, linewidth=1.5)
    draw_cells(axes, panel.shared, panel.excess, style.SEQUENTIAL, lambda value: f"{value:.0f}")
    label_columns(axes, _with_totals(panel.columns), rotation=SLANT)
    for row, name in enumerate(panel.rows):
        if name in panel.columns:
            column = list(panel.columns).index(name)
            look = {"facecolor": "none", "edgecolor": style.INK, "linewidth": 0.9, "clip_on": False}
            axes.add_patch(Rectangle((column, row), 1, 1, **look))


def _draw_scale(sheet: Sheet) -> None:
    """What the colours mean, in the top right corner."""
    text = "coloured where p < .01: the excess over chance, as a part of the parent's channels"
    look = {"fontsize": style.SMALL, "color": style.GREY}
    right, y = style.WIDTH_PX - LEFT, 108
    axes = sheet.axes(right - 200, y - 12, 160, 14, label="scale")
    axes.pcolormesh(np.linspace(0, 1, 64)[None], cmap=style.SEQUENTIAL, vmin=0, vmax=1)
    axes.set_xticks([])
    axes.set_yticks([])
    style.quiet(axes)
    sheet.text(right - 212, y, "0", ha="right", **look)
    sheet.text(right - 30, y, "1", **look)
    sheet.text(right - 236, y, text, ha="right", **look)
