"""Figure ``reference_translations`` (StyleAlign, Figures 6, 22 and 23; Table 6): shape of one image, style of another.

A block per direction. First, pairs of a reference and a source: the layer at which their styles are switched moves
from column to column, from the reference as it is to the source as the target model sees it; the study's rule is
framed. Then sources (rows) by references (columns) under that rule, and beside them what is measured of every method.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.method_names import MethodName
from stylealign.figures.picture_grid import APART, GAP, LEFT, NAMES
from stylealign.figures.sheet import Pixels, Sheet
from stylealign.figures.table_rows import NO_ROWS, listed
from stylealign.figures.translation_scores import draw_reference_scores, height_of_scores
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

HEAD, PART_GAP, SCORES = 84, 40, 780  # px: a block's title; between its parts; the width of the scores
TITLE = "Shape of one image, style of another"
SUBTITLE = "Rows of ws below n are the source's, from n on the reference's; under n, the first layer of the reference."


@dataclass(frozen=True)
class Column:
    """Images [m, R, R, 3] under two lines of text, ``space`` pixels from the column before."""

    names: tuple[str, str]
    pixels: Pixels
    space: int = GAP
    framed: bool = False


@dataclass(frozen=True)
class Plan:
    """A direction's pictures and rows; the columns of switched layers in lines that fit the page; the images' sides."""

    shown: Mapping[str, Pixels]
    rows: "pd.DataFrame"
    lines: tuple[tuple[Column, ...], ...]
    switch_side: int
    grid_side: int

    @property
    def line_height(self) -> int:
        return NAMES + grid.height_of(len(self.shown["sources"]), self.switch_side) + PART_GAP

    @property
    def grid_top(self) -> int:
        return HEAD + len(self.lines) * self.line_height

    @property
    def grid_width(self) -> int:
        return self.grid_side + APART + grid.height_of(len(self.shown["references"]), self.grid_side)

    @property
    def width(self) -> int:
        switched = max(lefts(line, self.switch_side)[-1] + self.switch_side for line in self.lines)
        return max(switched, self.grid_width + 2 * APART + SCORES)

    @property
    def height(self) -> int:
        pictures = NAMES + self.grid_side + APART + grid.height_of(len(self.shown["sources"]), self.grid_side)
        return self.grid_top + max(pictures, height_of_scores(len(self.rows)))


def draw_reference_translations(pictures: Sequence[Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each direction's npz, in the order of the figure; ``table`` is ``reference_translation``."""
    with style.applied():
        compose_reference_translations(pictures, table).save(png, pdf)


def compose_reference_translations(pictures: Sequence[Path], table: Path) -> Sheet:
    """The same as a sheet."""
    rows = read_table(table)
    plans = [_plan(load_pictures(path), rows) for path in pictures]
    sheet = grid.page(TITLE, SUBTITLE, [each.height for each in plans], [each.width for each in plans])
    y = grid.TOP
    for each in plans:
        _draw_heading(sheet, each, y)
        for place, line in enumerate(each.lines):
            _draw_line(sheet, line, y + HEAD + place * each.line_height, each.switch_side)
        _draw_grid(sheet, each, y + each.grid_top)
        x = LEFT + each.grid_width + 2 * APART
        draw_reference_scores(sheet, each.rows, x, y + each.grid_top, sheet.width - LEFT - x)
        y += each.height + grid.BLOCK_GAP
    return sheet


def _plan(shown: Mapping[str, Pixels], rows: "pd.DataFrame") -> Plan:
    resolution, num = shown["sources"].shape[1], len(shown["references"])
    lines, switch_side = grid.broken(_columns(shown), lambda line: lefts(line, 0)[-1], resolution)
    room = style.WIDTH_PX - 2 * LEFT - SCORES - 2 * APART
    grid_side = grid.fitting_side(resolution, num + 1, APART + num * GAP, room)
    return Plan(shown, rows[rows["direction"] == str(shown["direction"])], lines, switch_side, grid_side)


def _columns(shown: Mapping[str, Pixels]) -> tuple[Column, ...]:
    """Figure 22: the reference, the mixes by n with the first layer that is the reference's, the source."""
    notes = ["all reference", *map(str, shown["layers"][1:-1]), "all source"]
    mixes = [
        Column((f"n = {n}", note), pixels, GAP if n else APART, framed=n == int(shown["rule"]))
        for n, (note, pixels) in enumerate(zip(notes, np.moveaxis(shown["switched"], 1, 0), strict=True))
    ]
    return Column(("reference", ""), shown["references"]), *mixes, Column(("source", ""), shown["sources"], APART)


def lefts(line: Sequence[Column], side: int) -> list[int]:
    """Where the columns of a line begin."""
    return [0, *np.cumsum([side + column.space for column in line[1:]]).tolist()]


def _draw_heading(sheet: Sheet, each: Plan, y: int) -> None:
    grid.draw_title(sheet, y, str(each.shown["direction"]), _note(each.rows, MethodName(str(each.shown["method"]))))
    rule = f"the study's rule: resolutions below {listed(each.rows['switch_px'])} px from the source"
    grid.draw_swatch(sheet, LEFT, y + 70, rule, color=style.GREEN, linewidth=2.4)


def _note(rows: "pd.DataFrame", method: MethodName) -> str:
    """Whose pictures these are, and how the numbers were measured."""
    if rows.empty:
        return f"pictures by {method.text}; {NO_ROWS}"
    sources, references, real = (listed(rows[f"num_{what}"]) for what in ("source", "references", "target"))
    return (
        f"pictures by {method.text}; numbers: {sources} source images with {references} references each, {real} real "
        f"images of the target; {_judges(rows)}; {listed(rows['protocol'])}"
    )


def _judges(rows: "pd.DataFrame") -> str:
    """Who measured; diversity is another's where the first has no distance."""
    judge, other = listed(rows["judge"]), listed(rows["diversity_judge"])
    return f"judge {judge}" if other == judge else f"judge {judge}, diversity by {other}"


def _draw_line(sheet: Sheet, line: Sequence[Column], y: int, side: int) -> None:
    """Columns side by side, the study's rule in a frame; a row is a pair."""
    for left, column in zip(lefts(line, side), line, strict=True):
        colour = style.GREEN if column.framed else style.INK
        grid.draw_names(sheet, LEFT + left, y, side, column.names, colour)
        grid.draw_images(sheet, LEFT + left, y + NAMES, side, column.pixels)
        if column.framed:
            height = grid.height_of(len(column.pixels), side)
            corner = (LEFT + left - 2, y + NAMES - 2)
            sheet.frame(*corner, side + 4, height + 4, edgecolor=style.GREEN, linewidth=2.0)


def _draw_grid(sheet: Sheet, each: Plan, y: int) -> None:
    """Figure 23: sources down, references across."""
    side, first = each.grid_side, LEFT + each.grid_side + APART
    top = y + NAMES + side + APART
    sheet.text(first, y + 42, "references", fontweight="bold")
    sheet.text(LEFT, top - 12, "sources", fontweight="bold")
    grid.draw_images(sheet, LEFT, top, side, each.shown["sources"])
    for place, (reference, mixed) in enumerate(
        zip(each.shown["references"], np.moveaxis(each.shown["mixed"], 1, 0), strict=True)
    ):
        left = first + place * (side + GAP)
        sheet.image(reference, left, y + NAMES, side)
        grid.draw_images(sheet, left, top, side, mixed)
