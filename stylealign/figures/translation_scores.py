"""Charts with a row per method, beside the pictures of translation by reference (StyleAlign, Table 6, and more).

Above, how near real images (KID) and how unlike one another (diversity); below, whose attributes a translation has: the
rank correlation with the source and with the reference.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from stylealign.figures import style
from stylealign.figures.method_names import MethodName, in_order
from stylealign.figures.number_text import number
from stylealign.figures.sheet import Sheet, size_within, width_of
from stylealign.figures.table_rows import known_attributes, only_row
from stylealign.translated_images import INVERSION

if TYPE_CHECKING:
    import pandas as pd

HEAD, ROW, FOOT, GAP, VALUE = 62, 34, 66, 44, 62  # px: title; method; ticks; between charts; a number behind its chart
CHARTS = {"KID \N{MULTIPLICATION SIGN} 1000": ("kid", "low", "high", 1000.0)}
CHARTS |= {"diversity": ("diversity", "diversity_low", "diversity_high", 1.0)}
WHOSE = {"kept": ("o", -0.14, style.INK, "the source's"), "taken": ("D", 0.14, style.ORANGE, "the reference's")}

Rows = Mapping[MethodName, Mapping[str, Any]]


def height_of_scores(num_methods: int) -> int:
    """How high :func:`draw_reference_scores` will be, in pixels."""
    return 2 * (HEAD + ROW * num_methods + FOOT)


def draw_reference_scores(sheet: Sheet, table: "pd.DataFrame", x: float, y: float, width: float) -> None:
    """``table``: the rows of ``reference_translation`` to show, one per method; ``width`` pixels wide."""
    methods = in_order((method, INVERSION) for method in table["method"])
    if not methods:
        sheet.text(x, y + HEAD, "no numbers", fontsize=style.SMALL, color=style.GREY)
        return
    rows = {name: only_row(table[table["method"] == name.method]) for name in methods}
    attributes = known_attributes(table)
    names = max(width_of(name.text, style.SMALL) for name in methods) + 16
    _draw_measures(sheet, rows, x, y + HEAD, names, width)
    if attributes:
        _draw_attributes(sheet, rows, attributes, x, y + 2 * HEAD + ROW * len(rows) + FOOT, names, width)


def _draw_measures(sheet: Sheet, rows: Rows, x: float, y: float, names: float, width: float) -> None:
    chart = (width - names - GAP) / len(CHARTS) - VALUE
    for place, (title, columns) in enumerate(CHARTS.items()):
        left = x + names + place * (chart + VALUE + GAP)
        sheet.text(left, y - 16, title, fontsize=style.SMALL, fontweight="bold")
        axes = sheet.axes(left, y, chart, ROW * len(rows))
        _draw_measure(axes, rows, columns)
        _name_rows(axes, rows, named=place == 0)
        for line, row in enumerate(rows.values()):
            value = number(columns[-1] * row[columns[0]])
            sheet.text(left + chart + 10, y + ROW * (line + 0.5) + 6, value, fontsize=style.SMALL)


def _draw_measure(axes: Axes, rows: Rows, columns: tuple[str, str, str, float]) -> None:
    value, low, high, factor = columns
    for place, (name, row) in enumerate(rows.items()):
        ends = [factor * row[low], factor * row[high]]
        axes.plot(ends, [place] * 2, color=name.colour, linewidth=2.0, solid_capstyle="butt")
        look: dict[str, Any] = {"color": name.colour, "markerfacecolor": name.face, "markersize": 5.5, "zorder": 3}
        axes.plot(factor * row[value], place, "o", clip_on=False, **look)
    axes.set_xlim(min(0.0, axes.get_xlim()[0]), None)
    axes.xaxis.set_major_locator(MaxNLocator(4))


def _name_rows(axes: Axes, rows: Rows, named: bool) -> None:
    """Methods down the left side, a faint line for each."""
    for place in range(len(rows)):
        axes.axhline(place, color=style.FAINT, linewidth=0.7, zorder=0)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [name.text if named else "" for name in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")


def _draw_attributes(
    sheet: Sheet, rows: Rows, attributes: list[str], x: float, y: float, names: float, width: float
) -> None:
    """A chart per attribute: both correlations of every method, the source's with its interval."""
    at = x + names
    for marker, _, colour, meaning in WHOSE.values():
        sheet.line([at + 6], [y - 46], marker=marker, markersize=5, color=colour)
        sheet.text(at + 20, y - 40, f"correlation with {meaning}", fontsize=style.SMALL)
        at += 20 + width_of(f"correlation with {meaning}", style.SMALL) + 28
    chart = (width - names - GAP * (len(attributes) - 1)) / len(attributes)
    for place, attribute in enumerate(attributes):
        left = x + names + place * (chart + GAP)
        size = size_within([attribute], chart, style.SMALL, "bold")
        sheet.text(left, y - 16, attribute, fontsize=size, fontweight="bold")
        axes = sheet.axes(left, y, chart, ROW * len(rows))
        _draw_attribute(axes, rows, attribute)
        _name_rows(axes, rows, named=place == 0)


def _draw_attribute(axes: Axes, rows: Rows, attribute: str) -> None:
    axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
    for place, row in enumerate(rows.values()):
        for whose, (marker, shift, colour, _) in WHOSE.items():
            axes.plot(row[f"{attribute}_{whose}"], place + shift, marker, color=colour, markersize=4.5, clip_on=False)
        _, shift, colour, _ = WHOSE["kept"]
        ends = [row[f"{attribute}_low"], row[f"{attribute}_high"]]
        axes.plot(ends, [place + shift] * 2, color=colour, linewidth=1.5, solid_capstyle="butt")
    lowest = min(0.0, axes.get_xlim()[0])
    axes.set_xlim(-1.0 if lowest < -0.5 else -0.5 if lowest < 0 else 0.0, 1.0)
    ticks = [tick for tick in (-1, -0.5, 0, 0.5, 1) if tick >= axes.get_xlim()[0]]
    axes.set_xticks(ticks, [f"{tick:g}".replace("-", "\N{MINUS SIGN}") for tick in ticks])
