"""Figure ``blend_smoothness`` (StyleAlign, A.7, measured): how even the way from one model to another is.

A line of three charts per pair: the length of each step; the distance from either end along the way; and the mean and
the largest step of every way. Ways have the same ends and the same number of steps.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.blend_grid import COLOURS, SHORT
from stylealign.figures.number_text import interval, number
from stylealign.figures.picture_grid import draw_swatch
from stylealign.figures.sheet import Sheet
from stylealign.figures.table_rows import listed, only_row

if TYPE_CHECKING:
    import pandas as pd

TITLE = "How even is the way from one model to another?"
SUBTITLE = "Distance of consecutive blends: an even way has no step much larger than the mean. Same ends, same steps."
LEFT, TOP, HEAD, CHART, BLOCK_GAP, BOTTOM = 40, 150, 108, 240, 110, 80  # px
CHARTS = ((110, 400), (610, 400), (1110, 240))  # px: left edge and width of each
NUMBERS = 1390  # px: where the numbers beside the last chart begin


def draw_blend_smoothness(table: "pd.DataFrame", pairs: Sequence[str], png: Path, pdf: Path | None = None) -> None:
    """``table`` is ``blend_smoothness``; ``pairs`` are drawn in the order given."""
    with style.applied():
        compose_blend_smoothness(table, pairs).save(png, pdf)


def compose_blend_smoothness(table: "pd.DataFrame", pairs: Sequence[str]) -> Sheet:
    """The same as a sheet, with three axes for each pair."""
    known = [pair for pair in pairs if (table["pair"] == pair).any()]
    height = HEAD + CHART + BLOCK_GAP
    sheet = Sheet(style.WIDTH_PX, TOP + height * max(len(known), 1) - BLOCK_GAP + BOTTOM)
    sheet.heading(TITLE, SUBTITLE)
    x: float = LEFT
    for method, name in SHORT.items():
        x = draw_swatch(sheet, x, 118, name, color=COLOURS[method], linewidth=2.0)
    for place, pair in enumerate(known):
        _draw_pair(sheet, table[table["pair"] == pair], pair, TOP + place * height)
    return sheet if known else sheet.without_rows()


def _draw_pair(sheet: Sheet, rows: "pd.DataFrame", pair: str, y: int) -> None:
    note = (
        f"{listed(rows['num_z'])} z, {listed(rows['num_steps'])} steps ({listed(rows['granularity'])} by "
        f"{listed(rows['granularity'])}); distance by judge {listed(rows['judge'])}; {listed(rows['protocol'])}"
    )
    sheet.text(LEFT, y + 18, pair, fontweight="bold", fontsize=10.5)
    sheet.text(LEFT, y + 42, note, fontsize=style.SMALL, color=style.GREY)
    steps, ends, largest = (sheet.axes(left, y + HEAD, width, CHART) for left, width in CHARTS)
    for method in SHORT:
        own = rows[rows["method"] == method]
        _draw_course(steps, own[own["measure"] == "step"], method)
        _draw_course(ends, own[own["measure"] == "to_first"], method)
        _draw_course(ends, own[own["measure"] == "to_second"], method, linestyle=(0, (3, 2)))
    _finish(steps, "step (1 leaves the first model)", "length of each step")
    _finish(ends, "blend (0 is the first model)", "from the first (dashed: second)")
    _draw_largest(sheet, largest, rows, y + HEAD)


def _draw_course(axes: Axes, rows: "pd.DataFrame", method: str, **look: object) -> None:
    """A line through the means, and its interval."""
    rows = rows.sort_values("place")
    axes.fill_between(rows["place"], rows["low"], rows["high"], color=COLOURS[method], alpha=0.18, linewidth=0)
    axes.plot(rows["place"], rows["value"], color=COLOURS[method], marker="o", markersize=3.5, **look)


def _finish(axes: Axes, along: str, title: str) -> None:
    low, high = axes.get_xlim()
    axes.set_xticks(range(max(0, round(low)), round(high) + 1))
    axes.set_ylim(bottom=0)
    axes.grid(axis="y")
    axes.set_xlabel(along)
    axes.set_title(title, pad=8)


def _draw_largest(sheet: Sheet, axes: Axes, rows: "pd.DataFrame", y: int) -> None:
    """Mean step (hollow) and largest step (filled) of each way, with the ratio of both in numbers."""
    numbers = rows[rows["measure"].isin(["mean_step", "largest_step", "max_over_mean"])]
    for place, method in enumerate(SHORT):
        own = {name: only_row(part) for name, part in numbers[numbers["method"] == method].groupby("measure")}
        for name, face in (("mean_step", style.PAPER), ("largest_step", COLOURS[method])):
            row = own[name]
            axes.plot([row["low"], row["high"]], [place, place], color=COLOURS[method], linewidth=2.0)
            axes.plot(row["value"], place, "o", color=COLOURS[method], markerfacecolor=face, markersize=5.5)
        ratio = own["max_over_mean"]
        middle = y + (place + 0.5) / len(SHORT) * CHART
        sheet.text(NUMBERS, middle, number(ratio["value"]), fontweight="bold", color=COLOURS[method])
        ends = interval(ratio["low"], ratio["high"])
        sheet.text(NUMBERS + 70, middle, ends, fontsize=style.SMALL, color=style.GREY)
    sheet.text(NUMBERS, y - 10, "largest : mean", fontsize=style.SMALL, color=style.GREY)
    axes.set_ylim(len(SHORT) - 0.5, -0.5)
    axes.set_yticks([])
    axes.set_xlim(left=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel("perceptual distance")
    axes.set_title("mean, largest step", pad=8)
