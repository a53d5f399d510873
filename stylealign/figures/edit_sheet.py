"""A sheet of edits of one model, as ``stylealign manipulate`` draws it: a row per code, a block of columns per edit."""

from collections.abc import Sequence
from pathlib import Path

from stylealign.figures import style
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within

MARGIN, TOP, GAP, BLOCK_GAP = 40, 150, 4, 36  # px
LARGEST_SIDE = 128  # px, unless the images are larger


def draw_edits(
    pixels: Pixels, titles: Sequence[str], strengths: Sequence[float], heading: tuple[str, str], png: Path
) -> None:
    """``pixels`` uint8 [E, N, S, R, R, 3] as one PNG, every column under its strength in standard deviations."""
    with style.applied():
        compose_edits(pixels, titles, strengths, heading).save(png)


def compose_edits(pixels: Pixels, titles: Sequence[str], strengths: Sequence[float], heading: tuple[str, str]) -> Sheet:
    """The same as a sheet; ``heading`` is its title and what is said below it."""
    num_edits, num_codes, num_strengths, resolution = pixels.shape[:4]
    side = max(resolution, side_within(resolution, LARGEST_SIDE))
    block = num_strengths * (side + GAP) - GAP
    width = 2 * MARGIN + num_edits * (block + BLOCK_GAP) - BLOCK_GAP
    sheet = Sheet(max(width, 700), TOP + num_codes * (side + GAP) + MARGIN)
    sheet.heading(*heading)
    for edit, title in enumerate(titles):
        left = MARGIN + edit * (block + BLOCK_GAP)
        sheet.text(left, TOP - 30, title, fontsize=size_within([title], block, weight="bold"), fontweight="bold")
        for column, strength in enumerate(strengths):
            x = left + column * (side + GAP)
            sheet.text(
                x + side / 2,
                TOP - 8,
                f"{strength:+g}" if strength else "0",
                ha="center",
                fontsize=style.SMALL,
                color=style.GREY,
            )
            for row in range(num_codes):
                sheet.image(pixels[edit, row, column], x, TOP + row * (side + GAP), side)
    return sheet
