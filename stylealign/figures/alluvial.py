"""A flow drawing: columns of bars, and between them ribbons as wide as what flows."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from stylealign.figures import style

BAR, ROOM, LABEL_GAP = 14.0, 24.0, 8.0  # a bar's width; the least height of a labelled bar; from bar to label, px
WRITTEN = 15.0  # px, a ribbon's least width for its number to be written in it


@dataclass(frozen=True)
class Bar:
    """A part of a column: its name, how much it holds, its colour."""

    name: str
    size: int
    colour: str


@dataclass(frozen=True)
class Ribbon:
    """What flows from a bar of one column to a bar of the next."""

    start: str
    end: str
    size: int
    colour: str


def height_of(column: Sequence[Bar], unit: float) -> float:
    """The height of a column, px: ``unit`` px for one of what flows, and never less than a label a bar."""
    return sum(max(bar.size * unit, ROOM) for bar in column) + LABEL_GAP * max(len(column) - 1, 0)


def draw_flows(
    axes: Axes, columns: Sequence[Sequence[Bar]], flows: Sequence[Sequence[Ribbon]], lefts: Sequence[float], unit: float
) -> None:
    """``columns`` at ``lefts`` (px), centred on each other; ``flows[k]`` leads from column k to column k + 1.

    The axes are measured in px, y down. The first column's labels are on its left, the others' on their right.
    """
    height = max(height_of(column, unit) for column in columns)
    tops = [_tops(column, unit, (height - height_of(column, unit)) / 2) for column in columns]
    for place, (left, right) in enumerate(pairwise(range(len(columns)))):
        spans = (lefts[left] + BAR, lefts[right])
        _draw_ribbons(axes, flows[place], (columns[left], columns[right]), (tops[left], tops[right]), spans, unit)
    for place, column in enumerate(columns):
        for bar in column:
            _draw_bar(axes, bar, lefts[place], tops[place][bar.name], unit, label_left=place == 0)
    axes.set_xlim(0, axes.get_window_extent().width)
    axes.set_ylim(axes.get_window_extent().height, 0)
    axes.set_axis_off()


def _tops(column: Sequence[Bar], unit: float, y: float) -> dict[str, float]:
    """Each bar's upper edge; a bar thinner than its label stands in the middle of its place."""
    tops = {}
    for bar in column:
        place = max(bar.size * unit, ROOM)
        tops[bar.name] = y + (place - bar.size * unit) / 2
        y += place + LABEL_GAP
    return tops


def _draw_bar(axes: Axes, bar: Bar, x: float, y: float, unit: float, label_left: bool) -> None:
    height = bar.size * unit
    axes.add_patch(Rectangle((x, y), BAR, height, facecolor=bar.colour, edgecolor="none", zorder=3))
    at, align = (x - LABEL_GAP, "right") if label_left else (x + BAR + LABEL_GAP, "left")
    halo = {"facecolor": style.PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 1.2}
    look = {"ha": align, "va": "center", "fontsize": style.SMALL, "zorder": 5, "bbox": halo}
    axes.text(at, y + height / 2, f"{bar.name} {bar.size}", **look)


def _draw_ribbons(
    axes: Axes,
    flow: Sequence[Ribbon],
    columns: tuple[Sequence[Bar], Sequence[Bar]],
    tops: tuple[dict[str, float], dict[str, float]],
    span: tuple[float, float],
    unit: float,
) -> None:
    """Ribbons leave a bar, and arrive at one, in the order of the other column: none crosses without need."""
    places = [{bar.name: place for place, bar in enumerate(column)} for column in columns]
    next_start, next_end = dict(tops[0]), dict(tops[1])
    for ribbon in sorted(flow, key=lambda each: (places[0][each.start], places[1][each.end])):
        width = ribbon.size * unit
        ends = (next_start[ribbon.start], next_end[ribbon.end])
        axes.add_patch(PathPatch(_outline(span, ends, width), facecolor=ribbon.colour, alpha=0.5, linewidth=0))
        next_start[ribbon.start] += width
        next_end[ribbon.end] += width
        if width >= WRITTEN:
            look = {"ha": "right", "va": "center_baseline", "fontsize": 6.0, "color": style.INK, "zorder": 4}
            axes.text(span[1] - 6, ends[1] + width / 2, f"{ribbon.size}", **look)


def _outline(span: tuple[float, float], ends: tuple[float, float], width: float) -> Path:
    """A band from x span[0] to span[1], level at both ends, ``width`` px wide there."""
    (x0, x1), (y0, y1) = span, ends
    middle = (x0 + x1) / 2
    upper = [(x0, y0), (middle, y0), (middle, y1), (x1, y1)]
    lower = [(x1, y1 + width), (middle, y1 + width), (middle, y0 + width), (x0, y0 + width)]
    curve = [Path.CURVE4] * 3
    return Path([*upper, *lower, (x0, y0)], [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
