"""Figure ``texture_translations`` (StyleAlign, Figure 37): the structure of an image with random textures.

A block per direction, a row per source image: the source, what its code alone gives in the target model, and the same
with the style of random codes from a resolution on. A column is one style.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.method_names import MethodName
from stylealign.figures.picture_grid import APART, GAP, LEFT, NAMES
from stylealign.figures.sheet import Pixels, Sheet
from stylealign.translated_images import load_pictures

HEAD = 64  # px, a block's title
TITLE = "One structure, many textures"
SUBTITLE = "A row is a source image: its coarse styles are kept in the target model, the fine ones are random."


def draw_texture_translations(pictures: Sequence[Path], png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each direction's npz, in the order of the figure."""
    with style.applied():
        compose_texture_translations(pictures).save(png, pdf)


def compose_texture_translations(pictures: Sequence[Path]) -> Sheet:
    """The same as a sheet."""
    blocks = [load_pictures(path) for path in pictures]
    sides = [
        grid.fitting_side(shown["sources"].shape[1], 2 + _num(shown), _lefts(_num(shown), 0)[-1]) for shown in blocks
    ]
    heights = [
        HEAD + NAMES + grid.height_of(len(shown["sources"]), side) for shown, side in zip(blocks, sides, strict=True)
    ]
    widths = [_lefts(_num(shown), side)[-1] + side for shown, side in zip(blocks, sides, strict=True)]
    sheet = grid.page(TITLE, SUBTITLE, heights, widths)
    y = grid.TOP
    for shown, side, height in zip(blocks, sides, heights, strict=True):
        _draw_block(sheet, shown, side, y)
        y += height + grid.BLOCK_GAP
    return sheet


def _num(shown: Mapping[str, Pixels]) -> int:
    """How many styles."""
    return int(shown["styled"].shape[1])


def _lefts(num_styles: int, side: int) -> list[int]:
    """Where the columns begin: the source, its code alone, and, set apart again, the styles."""
    plain = side + APART
    return [0, plain, *(plain + side + APART + place * (side + GAP) for place in range(num_styles))]


def _draw_block(sheet: Sheet, shown: Mapping[str, Pixels], side: int, y: int) -> None:
    method, px = MethodName(str(shown["method"])), int(shown["switch_px"])
    note = f"resolutions below {px} px from the source's code ({method.text}), from {px} px on of a random code"
    grid.draw_title(sheet, y, str(shown["direction"]), note)
    names = [("source", ""), ("its code", "alone"), *((f"style {place + 1}", "random") for place in range(_num(shown)))]
    columns = [shown["sources"], shown["plain"], *np.moveaxis(shown["styled"], 1, 0)]
    for left, name, pixels in zip(_lefts(_num(shown), side), names, columns, strict=True):
        grid.draw_names(sheet, LEFT + left, y + HEAD, side, name)
        grid.draw_images(sheet, LEFT + left, y + HEAD + NAMES, side, pixels)
