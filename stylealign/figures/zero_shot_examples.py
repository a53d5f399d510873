"""Figure ``zero_shot_examples`` (StyleAlign, Figures 7, 28 and 29): images in the order that prediction puts them in.

A block for each attribute or question. Its first row is of held-out images of the parent, whose labels are known; those
below are of relatives, read by the parent's model alone. Bins go from the lowest predictions to the highest; of a
question, from no over neutral (next to the cut-off) to yes.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stylealign.figures import style
from stylealign.figures.number_text import number, two_decimals
from stylealign.figures.picture_grid import (
    BLOCK_GAP,
    GAP,
    LEFT,
    SMALLEST_SIDE,
    TOP,
    draw_title,
    fitting_side,
    height_of,
    page,
)
from stylealign.figures.sheet import Pixels, Sheet, size_within
from stylealign.translated_images import load_pictures

TITLE = "What the parent's labels say of a relative's images"
SUBTITLE = "Held-out images in bins of what is predicted of them, drawn at random. Below, what is true of it."
NAMES_WIDTH, HEAD, FOOT, APART = 150, 60, 72, 28  # px: left of the rows; over them; under a row; between bins
ANSWERS = ("no", "neutral", "yes")

Shown = Mapping[str, Pixels]


def draw_zero_shot_examples(
    pictures: Sequence[Path], models: Sequence[str], png: Path, pdf: Path | None = None
) -> None:
    """``pictures`` holds the npz of every comparison and direction; ``models`` are in the config's order."""
    with style.applied():
        compose_zero_shot_examples(pictures, models).save(png, pdf)


def compose_zero_shot_examples(pictures: Sequence[Path], models: Sequence[str]) -> Sheet:
    """The same as a sheet."""
    blocks = _blocks([load_pictures(path) for path in pictures], models)
    heights = [_height(rows) for rows in blocks.values()]
    sheet = page(TITLE, SUBTITLE, heights, [style.WIDTH_PX - 2 * LEFT])
    y = TOP
    for (parent, attribute, _), rows in blocks.items():
        _draw_block(sheet, y, parent, attribute, rows)
        y += _height(rows) + BLOCK_GAP
    return sheet


Row = tuple[str, Shown, int, int]  # a model, its pictures, the question's place in them, 0 the parent or 1 the child


def _blocks(shown: Sequence[Shown], models: Sequence[str]) -> dict[tuple[str, str, bool], list[Row]]:
    """Rows by parent and question: the parent's own first, then relatives in the config's order."""
    blocks: dict[tuple[str, str, bool], list[Row]] = {}
    for one in sorted(shown, key=lambda one: models.index(str(one["model"]))):
        for place, attribute in enumerate(map(str, one["attributes"])):
            key = (str(one["parent"]), attribute, bool(one["is_class"][place]))
            rows = blocks.setdefault(key, [(key[0], one, place, 0)])
            rows.append((str(one["model"]), one, place, 1))
    return dict(sorted(blocks.items(), key=lambda block: block[0][2]))


def _layout(rows: Sequence[Row]) -> tuple[int, int]:
    """Images of a bin side by side, and the side of one: as many as leave them large enough."""
    num_bins, across, resolution = rows[0][1]["images"].shape[2:5]
    room = style.WIDTH_PX - 2 * LEFT - NAMES_WIDTH
    while True:
        spaces = GAP * num_bins * (across - 1) + APART * (num_bins - 1)
        side = fitting_side(resolution, num_bins * across, spaces, room)
        if side >= SMALLEST_SIDE or across == 1:
            return across, side
        across = -(-across // 2)


def _row_height(rows: Sequence[Row]) -> int:
    across, side = _layout(rows)
    num_shown = rows[0][1]["images"].shape[3]
    return height_of(-(-num_shown // across), side) + FOOT


def _height(rows: Sequence[Row]) -> int:
    return HEAD + len(rows) * _row_height(rows)


def _draw_block(sheet: Sheet, y: int, parent: str, attribute: str, rows: Sequence[Row]) -> None:
    _, first, place, _ = rows[0]
    is_class, unit = bool(first["is_class"][place]), str(first["units"][place])
    questions = dict.fromkeys(str(one["questions"][at][side]) for _, one, at, side in rows)
    asked = " \N{RIGHTWARDS ARROW} ".join(questions)
    note = (
        f"{asked}: probability of yes, by the labels of {parent}" if is_class else f"in {unit}, by labels of {parent}"
    )
    draw_title(sheet, y, attribute, note)
    for index, row in enumerate(rows):
        _draw_row(sheet, y + HEAD + index * _row_height(rows), row, *_layout(rows))


def _draw_row(sheet: Sheet, y: int, row: Row, across: int, side: int) -> None:
    model, shown, place, of = row
    size = size_within([model], NAMES_WIDTH - 20, style.BODY, "bold")
    sheet.text(LEFT, y + 24, model, fontweight="bold", fontsize=size)
    sheet.text(LEFT, y + 46, "labelled" if of == 0 else "no label used", fontsize=6.5, color=style.GREY)
    width = across * (side + GAP) - GAP
    for index, pixels in enumerate(shown["images"][place, of]):  # uint8 [S, R, R, 3]
        x = LEFT + NAMES_WIDTH + index * (width + APART)
        for number_shown, image in enumerate(pixels):
            line, column = divmod(number_shown, across)
            sheet.image(image, x + column * (side + GAP), y + line * (side + GAP), side)
        foot = y + height_of(-(-len(pixels) // across), side)
        for text, below, colour in zip(_words(shown, place, of, index), (22, 44), (style.INK, style.GREY), strict=True):
            size = size_within([text], width, style.SMALL)
            sheet.text(x + width / 2, foot + below, text, ha="center", fontsize=size, color=colour)


def _words(shown: Shown, place: int, of: int, index: int) -> tuple[str, str]:
    """What a bin holds: its predictions, and the mean of the exact values."""
    low, high, exact = (float(shown[name][place, of, index]) for name in ("low", "high", "exact"))
    if not np.isfinite(low):
        return "none", ""
    if shown["is_class"][place]:
        return f"{ANSWERS[index]}: {two_decimals(low)} to {two_decimals(high)}", f"true of {100 * exact:.0f} %"
    return f"{number(low)} to {number(high)}", f"exact: {number(exact)}"
