"""Columns of square images under two lines of text: what the figures of inversion and translation are made of."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import TypeVar

from stylealign.figures import style
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within, width_of

LEFT, TOP, BOTTOM, BLOCK_GAP = 40, 124, 40, 64  # px: margins; between blocks
GAP, APART, NAMES = 4, 24, 54  # px: between images; between groups of columns; the two lines of text
LARGEST_SIDE, SMALLEST_SIDE, NARROWEST = 160, 96, 1000  # px: an image; one whose columns stay in a line; the page

ColumnT = TypeVar("ColumnT")


def fitting_side(resolution: int, num_columns: int, spaces: float, room: float = style.WIDTH_PX - 2 * LEFT) -> int:
    """The side of images of which ``num_columns`` fit into ``room`` beside ``spaces`` between them."""
    return side_within(resolution, min((room - spaces) / num_columns, LARGEST_SIDE))


def broken(
    columns: Sequence[ColumnT], spaces: Callable[[Sequence[ColumnT]], float], resolution: int, beside: int = 0
) -> tuple[tuple[tuple[ColumnT, ...], ...], int]:
    """Columns in as few lines as leave their images large enough, and the side of an image.

    ``spaces`` says what is between the images of a line, in pixels; ``beside``, how many more images stand in each.
    """
    for num_lines in range(1, len(columns) + 1):
        across = ceil(len(columns) / num_lines)
        lines = tuple(tuple(columns[start : start + across]) for start in range(0, len(columns), across))
        side = fitting_side(resolution, across + beside, max(map(spaces, lines)))
        if side >= SMALLEST_SIDE:
            break
    return lines, side


def page(title: str, subtitle: str, heights: Sequence[int], widths: Sequence[int]) -> Sheet:
    """A sheet for blocks one below the other, with its heading; without blocks it says so."""
    if not heights:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading(title, subtitle)
        return sheet.without_rows()
    height = TOP + sum(heights) + BLOCK_GAP * (len(heights) - 1) + BOTTOM
    sheet = Sheet(max(NARROWEST, *(width + 2 * LEFT for width in widths)), height)
    sheet.heading(title, subtitle)
    return sheet


def draw_title(sheet: Sheet, y: float, title: str, note: str) -> None:
    """A block's title and the line below it."""
    room = sheet.width - 2 * LEFT
    sheet.text(LEFT, y + 18, title, fontweight="bold", fontsize=size_within([title], room, 10.5, "bold"))
    sheet.text(LEFT, y + 44, note, fontsize=size_within([note], room, style.SMALL), color=style.GREY)


def draw_names(sheet: Sheet, x: float, y: float, side: int, names: tuple[str, str], colour: str = style.INK) -> None:
    """A column's two lines, centred over its images."""
    name, note = names
    centred = {"ha": "center", "color": colour}
    size = size_within([name], side, weight="bold")
    sheet.text(x + side / 2, y + 20, name, fontsize=size, fontweight="bold", **centred)
    sheet.text(x + side / 2, y + 42, note, fontsize=size_within([note], side, style.SMALL), **centred)


def draw_images(sheet: Sheet, x: int, y: int, side: int, pixels: Pixels) -> None:
    """Images [m, R, R, 3] one below the other."""
    for row, image in enumerate(pixels):
        sheet.image(image, x, y + row * (side + GAP), side)


def height_of(num: int, side: int) -> int:
    """How high ``num`` images one below the other are, in pixels."""
    return num * (side + GAP) - GAP


def draw_swatch(sheet: Sheet, x: float, y: float, text: str, **look: object) -> float:
    """A short line and its meaning; returns where the next one begins."""
    sheet.line([x, x + 34], [y - 6, y - 6], **look)
    sheet.text(x + 44, y, text, fontsize=style.SMALL)
    return x + 44 + width_of(text, style.SMALL) + 36
