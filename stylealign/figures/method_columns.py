"""Blocks of pictures with a column for each method, and over every column its numbers: one figure of this kind.

A block: its title; the methods' names; a chart with a point over each column and dashed lines for controls; a small
table with the same columns; the source images on the left and what each method makes of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.heat_map import significant
from stylealign.figures.method_names import MethodName
from stylealign.figures.number_text import number
from stylealign.figures.picture_grid import APART, GAP, LEFT, NAMES
from stylealign.figures.sheet import Pixels, Sheet, size_within
from stylealign.translated_images import CONTROL

LINE_GAP, HEAD, CHART, ROW = 36, 84, 160, 23  # px: between lines; a block's title; the chart; a row of numbers
BAND = 26  # px: half the width of an interval
DASHES = ((0, (4, 2)), (0, (1, 1.5)))
LEVEL_LOOK: dict[str, Any] = {"color": style.VERMILION, "linewidth": 1.4}


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

    @property
    def measured(self) -> list[float]:
        """All that is known of what the chart shows."""
        ends = [end for column in self.columns for end in (column.value, column.low, column.high)]
        return [value for value in (*ends, *(level.value for level in self.levels)) if isfinite(value)]


@dataclass(frozen=True)
class Plan:
    """A block's columns, in lines that fit the page, and the side of its images in pixels."""

    block: Block
    lines: tuple[tuple[Column, ...], ...]
    side: int

    @property
    def line_height(self) -> int:
        rows = len(self.block.rows) * ROW + 12
        return NAMES + CHART + rows + grid.height_of(len(self.block.sources), self.side) + LINE_GAP

    @property
    def height(self) -> int:
        return HEAD + len(self.lines) * self.line_height - LINE_GAP

    @property
    def width(self) -> int:
        return max(lefts(line, self.side)[-1] + self.side for line in self.lines)


def compose_blocks(title: str, subtitle: str, blocks: Sequence[Block]) -> Sheet:
    """Blocks one below the other; a page without blocks says so."""
    plans = [plan(block) for block in blocks]
    sheet = grid.page(title, subtitle, [each.height for each in plans], [each.width for each in plans])
    y = grid.TOP
    for each in plans:
        _draw_block(sheet, each, y)
        y += each.height + grid.BLOCK_GAP
    return sheet


def plan(block: Block) -> Plan:
    """As few lines of columns as leave the images large enough."""
    lines, side = grid.broken(block.columns, lambda line: lefts(line, 0)[-1], block.sources.shape[1], beside=1)
    return Plan(block, lines, side)


def lefts(columns: Sequence[Column], side: int) -> list[int]:
    """Where each column begins, from where the source images begin; kinds stand apart."""
    places = [side + APART]
    for before, after in pairwise(column.method.kind for column in columns):
        places.append(places[-1] + side + (GAP if before == after else APART))
    return places


def _draw_block(sheet: Sheet, each: Plan, y: int) -> None:
    block = each.block
    grid.draw_title(sheet, y, block.title, block.note)
    x: float = LEFT
    for level, dashes in zip(block.levels, DASHES, strict=False):
        text = f"{level.label}: {number(level.value)}"
        x = grid.draw_swatch(sheet, x, y + 70, text, **LEVEL_LOOK, linestyle=dashes)
    limits = _limits(block)
    for place, line in enumerate(each.lines):
        _draw_line(sheet, each, line, limits, y + HEAD + place * each.line_height)


def _draw_line(sheet: Sheet, each: Plan, line: Sequence[Column], limits: tuple[float, float], y: int) -> None:
    """Names, chart, numbers and images of the columns that stand side by side."""
    block, side = each.block, each.side
    places = [LEFT + left for left in lefts(line, side)]
    grid.draw_names(sheet, LEFT, y, side, block.source_names)
    for left, column in zip(places, line, strict=True):
        colour = column.method.colour if column.method.kind == CONTROL else style.INK
        grid.draw_names(sheet, left, y, side, (column.method.name, column.method.way), colour)
    width = places[-1] + side - places[0]
    axes = sheet.axes(places[0], y + NAMES + 6, width, CHART - 22)
    _draw_chart(axes, line, [left - places[0] + side / 2 for left in places], width, block, limits)
    top = y + NAMES + CHART
    _draw_numbers(sheet, each, line, places, top)
    top += len(block.rows) * ROW + 12
    grid.draw_images(sheet, LEFT, top, side, block.sources)
    for left, column in zip(places, line, strict=True):
        if column.pixels is not None:
            grid.draw_images(sheet, left, top, side, column.pixels)
        else:
            absent = {"ha": "center", "fontsize": style.SMALL, "color": style.GREY}
            sheet.text(left + side / 2, top + side / 2, "no pairs", **absent)


def _draw_numbers(sheet: Sheet, each: Plan, line: Sequence[Column], places: Sequence[int], y: int) -> None:
    names = size_within(each.block.rows, each.side, style.SMALL)
    cells = size_within([cell for column in each.block.columns for cell in column.cells], each.side, style.SMALL)
    for row, name in enumerate(each.block.rows):
        baseline = y + row * ROW + 16
        sheet.text(LEFT + each.side, baseline, name, ha="right", fontsize=names, color=style.GREY)
        for left, column in zip(places, line, strict=True):
            sheet.text(left + each.side / 2, baseline, column.cells[row], ha="center", fontsize=cells)


def _limits(block: Block) -> tuple[float, float]:
    """The chart's lowest and highest value, the same in every line of a block."""
    known = block.measured
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
        axes.axhline(level.value, **LEVEL_LOOK, linestyle=dashes, zorder=1)
    for centre, column in zip(centres, line, strict=True):
        colour, face = column.method.colour, column.method.face
        low, high = np.clip([column.low, column.high], *limits)
        axes.fill_between([centre - BAND, centre + BAND], low, high, color=colour, alpha=0.25, linewidth=0)
        below = column.value < limits[0]  # no logarithm
        look = {"markerfacecolor": face, "markersize": 5.5, "clip_on": False, "zorder": 3}
        axes.plot(centre, max(column.value, limits[0]), "v" if below else "o", color=colour, **look)
    axes.set_xlim(0, width)
    axes.set_xticks([])
    axes.spines["bottom"].set_color(style.FAINT)
    axes.set_ylabel(block.axis, fontsize=style.SMALL, labelpad=4)
    _scale(axes, block.by_ratio, limits)
    axes.grid(axis="y")
    if not block.measured:
        axes.set_yticks([])


def _scale(axes: Axes, by_ratio: bool, limits: tuple[float, float]) -> None:
    """Few ticks, none of them outside."""
    if by_ratio:
        axes.set_yscale("log")
        ticks = _round_numbers(*limits)
        axes.set_yticks(ticks, [significant(tick, 1) for tick in ticks])
        axes.set_yticks([], minor=True)
    else:
        axes.set_yticks([tick for tick in MaxNLocator(3).tick_values(*limits) if limits[0] <= tick <= limits[1]])
    axes.set_ylim(*limits)


def _round_numbers(low: float, high: float, most: int = 4) -> list[float]:
    """Round numbers between two, by ratio; as many as may be, at most ``most``."""
    decades = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{step}e{int(decade)}") for decade in decades for step in steps]
        within = [tick for tick in ticks if low <= tick <= high]
        if len(within) <= most:
            break
    return within
