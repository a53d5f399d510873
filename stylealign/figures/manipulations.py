"""Figure ``manipulations`` (StyleAlign, Figures 2 and 9): the same edit in every model.

A row is a model, a column an edit that was found in one model and is made in all of them: the image as it is, and with
the edit at its lowest and highest strength; one z everywhere. A root that stands alone comes last, the control: there
the same numbers mean nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylealign.errors import TableError
from stylealign.figures import style
from stylealign.figures.lineage_order import Node, lineage_order, lone_roots
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within, width_of
from stylealign.translated_images import load_pictures

LEFT, TOP, BOTTOM, GAP, ROW_GAP, EDIT_GAP, BLOCK_GAP = 40, 128, 40, 2, 12, 18, 56  # px
HEAD, LARGEST_SIDE, SMALLEST_SIDE = 88, 160, 96  # px: names over a block; an image
SUBTITLE = (
    "An edit moves the same numbers by the same amount in every model, for one z; strength in standard deviations."
)


@dataclass(frozen=True)
class Edits:
    """What was edited, in one model: E edits of n codes at S strengths."""

    pixels: Pixels  # [E, n, S, R, R, 3]
    titles: tuple[str, ...]
    strengths: NDArray[np.float64]  # [S], rising

    def unedited(self, z: int) -> Pixels:
        """The image [R, R, 3] at the strength nearest to 0."""
        return self.pixels[0, z, np.abs(self.strengths).argmin()]


@dataclass(frozen=True)
class Block:
    """A row per model; the edits at ``places``, of one code; x of the unedited images, y of the top, side of each."""

    places: Sequence[int]
    z: int
    x: int
    y: int
    side: int

    def left_of(self, column: int) -> int:
        """The left edge of an edit's two images."""
        return self.x + self.side + EDIT_GAP + column * (2 * self.side + GAP + EDIT_GAP)


def draw_manipulations(
    images: Mapping[str, Path],
    parents: Mapping[str, str | None],
    png: Path,
    pdf: Path | None = None,
    *,
    num_z: int = 1,
) -> None:
    """``images`` holds each model's npz; a block for each of ``num_z`` codes and for as many edits as fit in a row."""
    with style.applied():
        compose_manipulations(images, parents, num_z).save(png, pdf)


def compose_manipulations(images: Mapping[str, Path], parents: Mapping[str, str | None], num_z: int = 1) -> Sheet:
    """The same as a sheet; each edit, model and strength is one image of it."""
    nodes = lineage_order(parents, shown=images)
    loaded = {node.model: load_edits(images[node.model]) for node in nodes}
    titles = _common_titles(loaded)
    if not titles:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading("The same edit in every model", SUBTITLE)
        return sheet.without_rows()
    blocks = _lay_out(nodes, loaded, num_z)
    alone = lone_roots(nodes)
    bottom = blocks[-1].y + HEAD + len(nodes) * (blocks[-1].side + ROW_GAP)
    sheet = Sheet(style.WIDTH_PX, bottom + BOTTOM)
    sheet.heading("The same edit in every model", SUBTITLE)
    for block in blocks:
        _draw_titles(sheet, titles, next(iter(loaded.values())).strengths, block)
        for row, node in enumerate(nodes):
            control = node.model in alone
            _draw_row(sheet, node, loaded[node.model], block, block.y + HEAD + row * (block.side + ROW_GAP), control)
    return sheet


def load_edits(path: Path) -> Edits:
    """One model's images; :class:`TableError` when its arrays do not belong together."""
    archive = load_pictures(path, "strengths", "pixels", "edits")
    strengths, pixels = archive["strengths"], archive["pixels"]
    titles = tuple(str(title) for title in archive["edits"])
    if pixels.ndim != 6 or (pixels.shape[0], pixels.shape[2]) != (len(titles), len(strengths)):
        raise TableError(f"{path}: pixels {pixels.shape} are not [E={len(titles)}, n, S={len(strengths)}, R, R, 3]")
    order = np.argsort(strengths, kind="stable")
    return Edits(pixels[:, :, order], titles, strengths[order])


def _common_titles(loaded: Mapping[str, Edits]) -> tuple[str, ...]:
    """The edits, which are the same in every model of a study."""
    titles = {model: edits.titles for model, edits in loaded.items()}
    if len(set(titles.values())) > 1:
        raise TableError(f"the models {', '.join(titles)} were not edited alike: {sorted(set(titles.values()))}")
    return next(iter(titles.values()), ())


def _lay_out(nodes: Sequence[Node], loaded: Mapping[str, Edits], num_z: int) -> list[Block]:
    """Blocks one below the other: all the edits of the first code, then those of the next."""
    edits = next(iter(loaded.values()))
    x = int(LEFT + 14 + max(width_of(node.model, weight="bold") for node in nodes))
    room = style.WIDTH_PX - LEFT - x
    most = max(1, int((room - SMALLEST_SIDE) // (2 * SMALLEST_SIDE + GAP + EDIT_GAP)))
    num_edits = len(edits.titles)
    across = ceil(num_edits / ceil(num_edits / most))
    resolution = max(each.pixels.shape[3] for each in loaded.values())
    side = side_within(resolution, min(LARGEST_SIDE, (room - across * (GAP + EDIT_GAP)) / (1 + 2 * across)))
    height = HEAD + len(nodes) * (side + ROW_GAP) + BLOCK_GAP
    chunks = [range(num_edits)[start : start + across] for start in range(0, num_edits, across)]
    shown = [(chunk, z) for z in range(min(num_z, edits.pixels.shape[1])) for chunk in chunks]
    return [Block(chunk, z, x, TOP + place * height, side) for place, (chunk, z) in enumerate(shown)]


def _draw_titles(sheet: Sheet, titles: Sequence[str], strengths: NDArray[np.float64], block: Block) -> None:
    """Above each edit its name, what it is made of, and the two strengths."""
    small = {"fontsize": style.SMALL, "color": style.GREY, "ha": "center"}
    sheet.text(block.x + block.side / 2, block.y + HEAD - 10, "as it is", **small)
    for column, place in enumerate(block.places):
        left, width = block.left_of(column), 2 * block.side + GAP
        name, _, detail = titles[place].partition(": ")
        sheet.text(left, block.y + 22, name, fontsize=size_within([name], width, weight="bold"), fontweight="bold")
        size = size_within([detail], width, style.SMALL)
        sheet.text(left, block.y + 48, detail, fontsize=size, color=style.GREY)
        for index, strength in enumerate((strengths[0], strengths[-1])):
            centre = left + index * (block.side + GAP) + block.side / 2
            sheet.text(centre, block.y + HEAD - 10, f"{strength:+g}".replace("-", "\N{MINUS SIGN}"), **small)


def _draw_row(sheet: Sheet, node: Node, edits: Edits, block: Block, y: int, control: bool) -> None:
    colour = style.RELATION_COLOURS["unrelated"] if control else style.INK
    beside = {"ha": "right", "color": colour}
    sheet.text(block.x - 14, y + block.side / 2, node.model, fontweight="bold", **beside)
    if control:
        sheet.text(block.x - 14, y + block.side / 2 + 24, "control", fontsize=style.SMALL, **beside)
    sheet.image(edits.unedited(block.z), block.x, y, block.side)
    for column, place in enumerate(block.places):
        for index, strength in enumerate((0, -1)):
            left = block.left_of(column) + index * (block.side + GAP)
            sheet.image(edits.pixels[place, block.z, strength], left, y, block.side)
