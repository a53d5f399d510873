"""Figure ``blend_grid`` (StyleAlign, Figures 31 to 33): layers of two models swapped, and their weights interpolated.

A block per pair; side by side in it a few z, each with a row for every way from the first model to the second: layers
swapped from the finest on, from the coarsest on, all weights interpolated. Every blend of a z draws the same w.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.number_text import number
from stylealign.figures.picture_grid import APART, LEFT
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import MISSING, NO_ROWS, first_known, listed
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

INTERPOLATION, FINE_FIRST, COARSE_FIRST = "interpolation", "swap_fine_first", "swap_coarse_first"
SHORT = {
    FINE_FIRST: "layers swapped, finest first",
    COARSE_FIRST: "layers swapped, coarsest first",
    INTERPOLATION: "weights interpolated",
}
COLOURS = {FINE_FIRST: style.ORANGE, COARSE_FIRST: style.PURPLE, INTERPOLATION: style.BLUE}
HEAD, ROW_HEAD, ROW_GAP, LINE_GAP, GAP = 64, 56, 14, 30, 2  # px: a block's title; over a row; below it; between lines
NARROWEST = 1240  # px, of a block
TITLE = "From one model to another: layers swapped, weights interpolated"
SUBTITLE = "At either end a model; between them the same z, drawn by blends of both."


@dataclass(frozen=True)
class Plan:
    """A pair's pictures and rows; how many z stand side by side, and the side of an image."""

    shown: Mapping[str, Pixels]
    rows: "pd.DataFrame"
    across: int
    side: int

    @property
    def num_z(self) -> int:
        return len(self.shown["first"])

    @property
    def way_width(self) -> int:
        """Of the longest row of one z."""
        return most_images(self.shown) * (self.side + GAP) - GAP

    @property
    def width(self) -> int:
        return self.across * (self.way_width + APART) - APART

    @property
    def line_height(self) -> int:
        return len(SHORT) * (ROW_HEAD + self.side + ROW_GAP) - ROW_GAP

    @property
    def height(self) -> int:
        num_lines = -(-self.num_z // self.across)
        return HEAD + num_lines * (self.line_height + LINE_GAP) - LINE_GAP


def draw_blend_grid(pictures: Sequence[Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each pair's npz, in the order of the figure; ``table`` is ``blend_smoothness``."""
    with style.applied():
        compose_blend_grid(pictures, table).save(png, pdf)


def compose_blend_grid(pictures: Sequence[Path], table: Path) -> Sheet:
    """The same as a sheet."""
    rows = read_table(table)
    plans = [_plan(load_pictures(path), rows) for path in pictures]
    sheet = grid.page(TITLE, SUBTITLE, [each.height for each in plans], [max(each.width, NARROWEST) for each in plans])
    y = grid.TOP
    for each in plans:
        _draw_block(sheet, each, y)
        y += each.height + grid.BLOCK_GAP
    return sheet


def most_images(shown: Mapping[str, Pixels]) -> int:
    """Images in the longest row of one z, both ends included."""
    return 2 + max(shown[method].shape[1] for method in SHORT)


def _plan(shown: Mapping[str, Pixels], rows: "pd.DataFrame") -> Plan:
    """As many z side by side as leaves the images large enough."""
    most, room = most_images(shown), style.WIDTH_PX - 2 * LEFT
    for across in range(len(shown["first"]), 0, -1):
        way = (room - (across - 1) * APART) / across
        side = side_within(shown["first"].shape[1], min(grid.LARGEST_SIDE, (way - (most - 1) * GAP) / most))
        if side >= grid.SMALLEST_SIDE:
            break
    return Plan(shown, rows[rows["pair"] == str(shown["pair"])], across, side)


def _draw_block(sheet: Sheet, each: Plan, y: int) -> None:
    grid.draw_title(sheet, y, str(each.shown["pair"]), _note(each.rows))
    for z in range(each.num_z):
        line, column = divmod(z, each.across)
        x = LEFT + column * (each.way_width + APART)
        top = y + HEAD + line * (each.line_height + LINE_GAP)
        for place, method in enumerate(SHORT):
            row = top + place * (ROW_HEAD + each.side + ROW_GAP)
            if not column:
                _draw_row_title(sheet, each, method, row)
            _draw_way(sheet, each, method, z, x, row)


def _note(rows: "pd.DataFrame") -> str:
    """How far apart the ends are, and the largest step of each way, as the table has them."""
    if rows.empty:
        return NO_ROWS
    largest = rows[rows["measure"] == "largest_step"].set_index("method")["value"]
    ends = rows[(rows["measure"] == "to_first") & (rows["place"] == rows["num_steps"])]
    steps = ", ".join(f"{name} {number(largest.get(method, MISSING))}" for method, name in SHORT.items())
    return (
        f"largest of {listed(rows['num_steps'])} steps, mean of {listed(rows['num_z'])} z: {steps}; the models are "
        f"{number(first_known(ends['value']))} apart; judge {listed(rows['judge'])}"
    )


def _draw_row_title(sheet: Sheet, each: Plan, method: str, y: int) -> None:
    unit = "layer" if "layer" in set(each.rows["granularity"]) else "resolution"
    meaning = {
        FINE_FIRST: f"up to the {unit} named the first model's layers, finer ones the second's",
        COARSE_FIRST: f"up to the {unit} named the second model's layers, finer ones the first's",
        INTERPOLATION: "the part of the second model in every weight",
    }[method]
    text = f"{SHORT[method]}: {meaning}"
    size = size_within([text], sheet.width - 2 * LEFT - 40, style.SMALL)
    sheet.frame(LEFT, y + 6, 10, 12, fill=True, facecolor=COLOURS[method], edgecolor="none")
    sheet.text(LEFT + 20, y + 18, text, fontsize=size)


def _draw_way(sheet: Sheet, each: Plan, method: str, z: int, x: int, y: int) -> None:
    """One row of one z: the first model, the blends, the second model, evenly spread."""
    first, second = str(each.shown["pair_models"][0]), str(each.shown["pair_models"][1])
    images = [each.shown["first"][z], *each.shown[method][z], each.shown["second"][z]]
    names = [first, *map(str, each.shown[f"names_{method}"]), second]
    size = size_within(names, each.side, style.SMALL)
    for place, (image, name) in enumerate(zip(images, names, strict=True)):
        left = x + round(place * (each.way_width - each.side) / (len(images) - 1))
        weight = "bold" if place in (0, len(images) - 1) else "normal"
        sheet.text(left + each.side / 2, y + ROW_HEAD - 8, name, ha="center", fontsize=size, fontweight=weight)
        sheet.image(image, left, y + ROW_HEAD, each.side)
