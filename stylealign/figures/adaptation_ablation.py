"""Figure ``adaptation_ablation`` (StyleGAN-NADA, Figure 14): the same z in the parent and in what became of it.

A row is a way to adapt to one text, told and measured beside it; a column is a z.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.number_text import number, two_decimals
from stylealign.figures.picture_grid import GAP, LEFT, TOP
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import NO_ROWS
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

BESIDE, HEAD, ROW_GAP = 330, 64, 14  # px: the text left of a row; a block's title; between rows
LINE = 24  # px, of text
TITLE = "What each part of an adaptation does"
SUBTITLE = "A column is one z, a row a way to adapt the parent to the text; no image of the target was seen."


def draw_adaptation_ablation(pictures: Sequence[Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each parent's npz, ``table`` is ``adaptation_ablation``."""
    with style.applied():
        compose_adaptation_ablation(pictures, table).save(png, pdf)


def compose_adaptation_ablation(pictures: Sequence[Path], table: Path) -> Sheet:
    """The same as a sheet."""
    rows, blocks = read_table(table), [load_pictures(path, "names", "pixels") for path in pictures]
    sides = [_side(block["pixels"]) for block in blocks]
    heights = [HEAD + len(block["names"]) * (side + ROW_GAP) for block, side in zip(blocks, sides, strict=True)]
    sheet = grid.page(TITLE, SUBTITLE, heights, [style.WIDTH_PX - 2 * LEFT] * len(blocks))
    y = TOP
    for block, side, height in zip(blocks, sides, heights, strict=True):
        names = [str(name) for name in block["names"]]
        own = rows[rows["variant"].isin(names)].set_index("variant")
        _draw_block(sheet, y, names, block["pixels"], own, side)
        y += height + grid.BLOCK_GAP
    return sheet


def _side(pixels: Pixels) -> int:
    """The side of an image of ``pixels`` [V, n, R, R, 3] of which n stand beside the text."""
    num, room = pixels.shape[1], style.WIDTH_PX - 2 * LEFT - BESIDE
    return side_within(pixels.shape[2], min(grid.LARGEST_SIDE, (room - (num - 1) * GAP) / num))


def _draw_block(sheet: Sheet, y: int, names: Sequence[str], pixels: Pixels, rows: "pd.DataFrame", side: int) -> None:
    if rows.empty:
        grid.draw_title(sheet, y, ", ".join(names), NO_ROWS)
    else:
        first = rows.iloc[0]
        note = (
            f"from {first['parent']}; similarity by {first['clip']}, KID to {first['domain']} and diversity by "
            f"{first['judge']}, {first['num_images']} z, {first['protocol']}"
        )
        grid.draw_title(
            sheet, y, f"to \N{LEFT DOUBLE QUOTATION MARK}{first['target_text']}\N{RIGHT DOUBLE QUOTATION MARK}", note
        )
    for place, name in enumerate(names):
        top = y + HEAD + place * (side + ROW_GAP)
        _draw_beside(sheet, top, name, rows, side)
        for column, image in enumerate(pixels[place]):
            sheet.image(image, LEFT + BESIDE + column * (side + GAP), top, side)


def _draw_beside(sheet: Sheet, top: int, name: str, rows: "pd.DataFrame", side: int) -> None:
    """A row's name, how it was adapted, and what was measured, centred on the row."""
    lines = [name, *(_told(rows.loc[name]) if name in rows.index else [])]
    y = top + (side - LINE * (len(lines) - 1)) / 2 + 6
    for place, line in enumerate(lines):
        weight, size = ("bold", style.BODY) if place == 0 else ("normal", style.SMALL)
        colour = style.INK if place == 0 else style.GREY
        fitting = size_within([line], BESIDE - 20, size, weight)
        sheet.text(LEFT, y + place * LINE, line, fontsize=fitting, fontweight=weight, color=colour)


def _told(row: "pd.Series") -> list[str]:
    """What a variant is, and its numbers, in short lines."""
    measured = f"KID {number(row['kid'])}, diversity {number(row['diversity'])}"
    return [_way(row), f"similarity to the text {two_decimals(row['clip_similarity'])}", measured]


def _way(row: "pd.Series") -> str:
    if not row["loss"]:
        return "as it is"
    layers = "all layers" if row["num_layers"] < 0 else f"{row['num_layers']} chosen layers"
    return f"{row['loss']} loss, {layers}{', mapper' if row['mapper'] else ''}"
