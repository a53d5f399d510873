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
from stylealign.figures.table_rows import listed
from stylealign.figures.translation_scores import draw_reference_scores, height_of_scores
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

HEAD, PART_GAP, SCORES = 84, 40, 780  # px: a block's title; between its parts; the width of the scores
TITLE = "Shape of one image, style of another"
SUBTITLE = "Rows of ws below n are the source's, from n on the reference's; under n, the first layer of the reference."


@dataclass(frozen=True)
class Plan:
    """A direction's pictures and rows, and the sides of its images: where layers are switched, and in the grid."""

    shown: Mapping[str, Pixels]
    rows: "pd.DataFrame"
    switch_side: int
    grid_side: int

    @property
    def num(self) -> int:
        return len(self.shown["sources"])

    @property
    def switches(self) -> int:
        return int(self.shown["switched"].shape[1])

    @property
    def grid_top(self) -> int:
        return HEAD + NAMES + grid.height_of(self.num, self.switch_side) + PART_GAP

    @property
    def grid_width(self) -> int:
        return self.grid_side + APART + grid.height_of(len(self.shown["references"]), self.grid_side)

    @property
    def width(self) -> int:
        return max(
            switch_lefts(self.switches, self.switch_side)[-1] + self.switch_side, self.grid_width + APART + SCORES
        )

    @property
    def height(self) -> int:
        pictures = NAMES + self.grid_side + APART + grid.height_of(self.num, self.grid_side)
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
        _draw_switches(sheet, each, y + HEAD)
        _draw_grid(sheet, each, y + each.grid_top)
        x = LEFT + each.grid_width + 2 * APART
        draw_reference_scores(sheet, each.rows, x, y + each.grid_top, sheet.width - LEFT - x)
        y += each.height + grid.BLOCK_GAP
    return sheet


def _plan(shown: Mapping[str, Pixels], rows: "pd.DataFrame") -> Plan:
    resolution, switches = shown["sources"].shape[1], shown["switched"].shape[1]
    switch_side = grid.fitting_side(resolution, switches + 2, switch_lefts(switches, 0)[-1])
    num = len(shown["references"])
    room = style.WIDTH_PX - 2 * LEFT - SCORES - 2 * APART
    grid_side = grid.fitting_side(resolution, num + 1, APART + num * GAP, room)
    return Plan(shown, rows[rows["direction"] == str(shown["direction"])], switch_side, grid_side)


def switch_lefts(switches: int, side: int) -> list[int]:
    """Where the columns begin: the reference, the switches, the source."""
    first = side + APART
    middle = [first + place * (side + GAP) for place in range(switches)]
    return [0, *middle, middle[-1] + side + APART]


def _draw_heading(sheet: Sheet, each: Plan, y: int) -> None:
    rows, method = each.rows, MethodName(str(each.shown["method"]))
    note = (
        f"pictures by {method.text}; numbers: {listed(rows['num_source'])} source images with "
        f"{listed(rows['num_references'])} references each, {listed(rows['num_target'])} real images of the target; "
        f"judge {listed(rows['judge'])}; {listed(rows['protocol'])}"
    )
    grid.draw_title(sheet, y, str(each.shown["direction"]), note)
    rule = f"the study's rule: resolutions below {listed(rows['switch_px'])} px from the source"
    grid.draw_swatch(sheet, LEFT, y + 70, rule, color=style.GREEN, linewidth=2.4)


def _draw_switches(sheet: Sheet, each: Plan, y: int) -> None:
    """Figure 22: the reference, the mixes, the source; a row is a pair."""
    shown, side, rule = each.shown, each.switch_side, int(each.shown["rule"])
    names = [("reference", ""), *_switch_names(list(map(str, shown["layers"]))), ("source", "")]
    columns = [shown["references"], *np.moveaxis(shown["switched"], 1, 0), shown["sources"]]
    lefts = [LEFT + left for left in switch_lefts(each.switches, side)]
    for place, (left, name, pixels) in enumerate(zip(lefts, names, columns, strict=True)):
        grid.draw_names(sheet, left, y, side, name, style.GREEN if place == rule + 1 else style.INK)
        grid.draw_images(sheet, left, y + NAMES, side, pixels)
    edge = {"edgecolor": style.GREEN, "linewidth": 2.0}
    sheet.frame(lefts[rule + 1] - 2, y + NAMES - 2, side + 4, grid.height_of(each.num, side) + 4, **edge)


def _switch_names(layers: Sequence[str]) -> list[tuple[str, str]]:
    """n, and the first layer that is the reference's."""
    notes = ["all reference", *layers[1:-1], "all source"]
    return [(f"n = {place}", note) for place, note in enumerate(notes)]


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
