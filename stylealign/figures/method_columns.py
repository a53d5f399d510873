"""Blocks of pictures with a column for each method, and over every column its numbers: one figure of this kind.

A block: its title; the methods' names; a chart with a point over each column and dashed lines for controls; a small
table with the same columns; the source images on the left and what each method makes of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, isfinite

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from stylealign.figures import style
from stylealign.figures.heat_map import significant
from stylealign.figures.method_names import MethodName
from stylealign.figures.number_text import number
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within, width_of

LEFT, TOP, BOTTOM, BLOCK_GAP, LINE_GAP = 40, 124, 40, 64, 36  # px
GAP, APART = 4, 24  # px between columns of one kind, and between kinds
HEAD, NAMES, CHART, ROW = 84, 54, 160, 23  # px: a block's title; names of columns; the chart; a row of numbers
LARGEST_SIDE, SMALLEST_SIDE, NARROWEST = 160, 96, 1000  # px: an image; the page
DASHES = ((0, (4, 2)), (0, (1, 1.5)))


@dataclass(frozen=True)
class Column:
    """One method: what it made of m source images, its measured value with interval, and its cells of the table."""

    method: MethodName
    pixels: Pixels | None  # [m, R, R, 3]; None: its images belong to no source
    value: float
    low: float
    high: float
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Level:
    """A control: a dashed line through the chart."""

    label: str
    value: float


@dataclass(frozen=True)
class Block:
    """What is drawn together; ``rows`` names the cells of every column, ``by_ratio`` makes the chart logarithmic."""

    title: str
    note: str
    sources: Pixels  # [m, R, R, 3]
    source_names: tuple[str, str]
    columns: tuple[Column, ...]
    rows: tuple[str, ...]
    axis: str
    levels: tuple[Level, ...] = ()
    by_ratio: bool = False


@dataclass(frozen=True)
class Plan:
    """A block's columns, in lines that fit the page, and the side of its images in pixels."""

    block: Block
    lines: tuple[tuple[Column, ...], ...]
    side: int

    @property
    def line_height(self) -> int:
        rows = len(self.block.rows) * ROW + 12
        return NAMES + CHART + rows + len(self.block.sources) * (self.side + GAP) + LINE_GAP

    @property
    def height(self) -> int:
        return HEAD + len(self.lines) * self.line_height - LINE_GAP

    @property
    def width(self) -> int:
        return max(lefts(line, self.side)[-1] + self.side for line in self.lines)


def compose_blocks(title: str, subtitle: str, blocks: Sequence[Block]) -> Sheet:
    """Blocks one below the other; a page without blocks says so."""
    plans = [plan(block) for block in blocks]
    if not plans:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading(title, subtitle)
        return sheet.without_rows()
    width = max(NARROWEST, *(each.width + 2 * LEFT for each in plans))
    sheet = Sheet(width, TOP + sum(each.height + BLOCK_GAP for each in plans) - BLOCK_GAP + BOTTOM)
    sheet.heading(title, subtitle)
    y = TOP
    for each in plans:
        _draw_block(sheet, each, y)
        y += each.height + BLOCK_GAP
    return sheet


def plan(block: Block) -> Plan:
    """As few lines of columns as leave the images large enough."""
    resolution, num = block.sources.shape[1], len(block.columns)
    for num_lines in range(1, num + 1):
        across = ceil(num / num_lines)
        lines = tuple(block.columns[start : start + across] for start in range(0, num, across))
        spaces = max(lefts(line, 0)[-1] for line in lines)
        room = (style.WIDTH_PX - 2 * LEFT - spaces) / (across + 1)
        side = side_within(resolution, min(room, LARGEST_SIDE))
        if side >= SMALLEST_SIDE:
            break
    return Plan(block, lines, side)


def lefts(columns: Sequence[Column], side: int) -> list[int]:
    """Where each column begins, from where the source images begin; kinds stand apart."""
    places = [side + APART]
    for before, after in pairwise(column.method.kind for column in columns):
        places.append(places[-1] + side + (GAP if before == after else APART))
    return places


def _draw_block(sheet: Sheet, each: Plan, y: int) -> None:
    room = sheet.width - 2 * LEFT
    block = each.block
    sheet.text(LEFT, y + 18, block.title, fontweight="bold", fontsize=size_within([block.title], room, 10.5, "bold"))
    size = size_within([block.note], room, style.SMALL)
    sheet.text(LEFT, y + 44, block.note, fontsize=size, color=style.GREY)
    _draw_legend(sheet, block.levels, y + 70)
    limits = _limits(block)
    for place, line in enumerate(each.lines):
        _draw_line(sheet, each, line, limits, y + HEAD + place * each.line_height)


def _draw_legend(sheet: Sheet, levels: Sequence[Level], y: float) -> None:
    """Which control is which dashed line, with its value."""
    x = float(LEFT)
    for level, dashes in zip(levels, DASHES, strict=False):
        text = f"{level.label}: {number(level.value)}"
        sheet.line([x, x + 34], [y - 6, y - 6], color=style.VERMILION, linewidth=1.4, linestyle=dashes)
        sheet.text(x + 44, y, text, fontsize=style.SMALL)
        x += 44 + width_of(text, style.SMALL) + 36


def _draw_line(sheet: Sheet, each: Plan, line: Sequence[Column], limits: tuple[float, float], y: int) -> None:
    """Names, chart, numbers and images of the columns that stand side by side."""
    block, side = each.block, each.side
    places = [LEFT + left for left in lefts(line, side)]
    _draw_names(sheet, block.source_names, style.INK, LEFT, y, side)
    for left, column in zip(places, line, strict=True):
        colour = style.VERMILION if column.method.kind == "control" else style.INK
        _draw_names(sheet, (column.method.name, column.method.way), colour, left, y, side)
    width = places[-1] + side - places[0]
    axes = sheet.axes(places[0], y + NAMES + 6, width, CHART - 22)
    _draw_chart(axes, line, [left - places[0] + side / 2 for left in places], width, block, limits)
    top = y + NAMES + CHART
    _draw_numbers(sheet, each, line, places, top)
    top += len(block.rows) * ROW + 12
    for left, pixels in zip((LEFT, *places), (block.sources, *(column.pixels for column in line)), strict=True):
        _draw_images(sheet, pixels, left, top, side)


def _draw_names(sheet: Sheet, names: tuple[str, str], colour: str, left: float, y: float, side: int) -> None:
    name, way = names
    centred = {"ha": "center", "color": colour}
    sheet.text(
        left + side / 2, y + 20, name, fontsize=size_within([name], side, weight="bold"), fontweight="bold", **centred
    )
    sheet.text(left + side / 2, y + 42, way, fontsize=size_within([way], side, style.SMALL), **centred)


def _draw_numbers(sheet: Sheet, each: Plan, line: Sequence[Column], places: Sequence[int], y: int) -> None:
    names = size_within(each.block.rows, each.side, style.SMALL)
    cells = size_within([cell for column in each.block.columns for cell in column.cells], each.side, style.SMALL)
    for row, name in enumerate(each.block.rows):
        baseline = y + row * ROW + 16
        sheet.text(LEFT + each.side, baseline, name, ha="right", fontsize=names, color=style.GREY)
        for left, column in zip(places, line, strict=True):
            sheet.text(left + each.side / 2, baseline, column.cells[row], ha="center", fontsize=cells)


def _draw_images(sheet: Sheet, pixels: Pixels | None, left: int, y: int, side: int) -> None:
    if pixels is None:
        sheet.text(left + side / 2, y + side / 2, "no pairs", ha="center", fontsize=style.SMALL, color=style.GREY)
        return
    for row, image in enumerate(pixels):
        sheet.image(image, left, y + row * (side + GAP), side)


def _limits(block: Block) -> tuple[float, float]:
    """The chart's lowest and highest value, the same in every line of a block."""
    ends = [end for column in block.columns for end in (column.value, column.low, column.high)]
    known = [value for value in (*ends, *(level.value for level in block.levels)) if isfinite(value)]
    if not block.by_ratio:
        return min([0.0, *known]), 1.08 * max(known, default=1.0) or 1.0
    positive = [value for value in known if value > 0] or [1.0]
    return max(min(positive), max(positive) / 1e4) / 1.3, max(positive) * 1.3


def _draw_chart(
    axes: Axes,
    line: Sequence[Column],
    centres: Sequence[float],
    width: float,
    block: Block,
    limits: tuple[float, float],
) -> None:
    """A point with its interval over the middle of every column."""
    for level, dashes in zip(block.levels, DASHES, strict=False):
        axes.axhline(level.value, color=style.VERMILION, linewidth=1.4, linestyle=dashes, zorder=1)
    for centre, column in zip(centres, line, strict=True):
        colour, face = column.method.colour, column.method.face
        ends = np.clip([column.low, column.high], *limits)
        axes.plot([centre] * 2, ends, color=colour, linewidth=2.0, solid_capstyle="butt")
        below = column.value < limits[0]  # no logarithm
        look = {"markerfacecolor": face, "markersize": 6, "clip_on": False, "zorder": 3}
        axes.plot(centre, max(column.value, limits[0]), "v" if below else "o", color=colour, **look)
    axes.set_xlim(0, width)
    axes.set_xticks([])
    axes.spines["bottom"].set_color(style.FAINT)
    axes.set_ylabel(block.axis, fontsize=style.SMALL, labelpad=4)
    _scale(axes, block.by_ratio, limits)
    axes.grid(axis="y")


def _scale(axes: Axes, by_ratio: bool, limits: tuple[float, float]) -> None:
    axes.set_ylim(*limits)
    if not by_ratio:
        axes.yaxis.set_major_locator(MaxNLocator(3))
        return
    axes.set_yscale("log")
    axes.set_ylim(*limits)
    ticks = _round_numbers(*limits)
    axes.set_yticks(ticks, [significant(tick, 1) for tick in ticks])
    axes.set_yticks([], minor=True)


def _round_numbers(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers between two, by ratio; as many as may be, at most ``most``."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{step}e{int(decade)}") for decade in decades for step in steps]
        within = [tick for tick in ticks if low <= tick <= high]
        if len(within) <= most:
            break
    return within
