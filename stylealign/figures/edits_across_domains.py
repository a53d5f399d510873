"""Figure ``edits_across_domains`` (StyleGAN-NADA, Figures 8 and 9): images and edits of a parent in adapted models.

A block for each parent. Above, a few inverted images side by side: a row as they are and one for each edit, a column
for the parent and for each adapted model. Below, what is measured over all inverted images: which attributes keep their
order, and how large an edit's effect is beside that in the parent.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.picture_grid import LEFT
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import listed
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "A parent's images and edits in adapted models"
SUBTITLE = "Above: the same codes in every column. Below: what is kept, what edits still do, over all inverted images."
COLOURS = (style.VERMILION, style.BLUE, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
GLYPHS = {
    "o": "\N{BLACK CIRCLE}",
    "D": "\N{BLACK DIAMOND}",
    "s": "\N{BLACK SQUARE}",
    "^": "\N{BLACK UP-POINTING TRIANGLE}",
}
MARKERS = tuple(GLYPHS)
MEAN = "(mean)"
HEAD, NAMES, GAP, APART, LINE_GAP = 64, 30, 4, 28, 22  # px: titles; between images, between codes, between lines
ROW_TITLES, LARGEST, SMALLEST = 230, 96, 64  # px
PANELS, PANEL_HEAD, PANEL_FOOT, ROW = 230, 56, 66, 30  # px: names of a panel; a row of it


@dataclass(frozen=True)
class Block:
    """One parent: the pictures of each adapted model, and their rows of the table."""

    parent: str
    shown: Mapping[str, Mapping[str, Pixels]]  # by model
    rows: "pd.DataFrame"

    @property
    def first(self) -> Mapping[str, Pixels]:
        return next(iter(self.shown.values()))

    @property
    def num_shown(self) -> int:
        return len(self.first["real"])

    @property
    def columns(self) -> int:
        """Of an image: itself, the parent's and each model's rendering."""
        return len(self.shown) + 2

    @property
    def across(self) -> int:
        """Images side by side: as many as leaves them large enough."""
        fitting = [num for num in range(1, self.num_shown + 1) if self.side_of(num) >= SMALLEST]
        return max(fitting, default=1)

    @property
    def side(self) -> int:
        return self.side_of(self.across)

    def side_of(self, across: int) -> int:
        """The side of an image where so many stand side by side."""
        room = style.WIDTH_PX - 2 * LEFT - ROW_TITLES
        each = (room - APART * (across - 1)) / across
        return side_within(self.first["real"].shape[1], min(LARGEST, each / self.columns - GAP))

    @property
    def num_rows(self) -> int:
        """Rows of an image: as it is, and edited."""
        return int(self.first["parent"].shape[1])

    @property
    def kept(self) -> list[str]:
        """Attributes, best kept first, the mean on top."""
        rows = self.rows[(self.rows["measure"] == "kept") & self.rows["value"].notna()]
        means = rows.groupby("attribute")["value"].mean().sort_values(ascending=False)
        return [*(name for name in means.index if name == MEAN), *(name for name in means.index if name != MEAN)]

    @property
    def edits(self) -> list[str]:
        return list(dict.fromkeys(self.rows[self.rows["measure"] == "effect"]["edit"]))

    @property
    def line_height(self) -> int:
        return NAMES + self.num_rows * (self.side + GAP) + LINE_GAP

    @property
    def pictures_height(self) -> int:
        return -(-self.num_shown // self.across) * self.line_height

    @property
    def row_height(self) -> int:
        return max(ROW, 10 * len(self.shown) + 12)

    @property
    def chart_height(self) -> int:
        return max(self.row_height * len(self.kept), 2 * self.row_height * len(self.edits), 4 * ROW)

    @property
    def height(self) -> int:
        return HEAD + self.pictures_height + PANEL_HEAD + self.chart_height + PANEL_FOOT


def draw_edits_across_domains(
    table: "pd.DataFrame", pictures: Sequence[Path], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``edits_across_domains``, ``pictures`` each adapted model's npz, in the order of the figure."""
    with style.applied():
        compose_edits_across_domains(table, pictures).save(png, pdf)


def compose_edits_across_domains(table: "pd.DataFrame", pictures: Sequence[Path]) -> Sheet:
    """The same as a sheet, with two axes per parent."""
    shown = [load_pictures(path) for path in pictures]
    parents = dict.fromkeys(str(one["names"][0]) for one in shown)
    blocks = []
    for parent in parents:
        models = {str(one["names"][1]): one for one in shown if str(one["names"][0]) == parent}
        blocks.append(Block(parent, models, table[(table["parent"] == parent) & table["model"].isin(list(models))]))
    widths = [style.WIDTH_PX - 2 * LEFT for _ in blocks]
    sheet = grid.page(TITLE, SUBTITLE, [block.height for block in blocks], widths)
    y = grid.TOP
    for block in blocks:
        _draw_block(sheet, block, y)
        y += block.height + grid.BLOCK_GAP
    return sheet


def _draw_block(sheet: Sheet, block: Block, y: int) -> None:
    note = (
        f"{listed(block.rows['num_images'])} inverted images ({listed(block.rows['protocol'])}); edits of "
        f"{float(block.first['strength']):g} standard deviations; judge {listed(block.rows['judge'])}"
    )
    grid.draw_title(sheet, y, f"Inverted in {block.parent}", note)
    _draw_pictures(sheet, block, y + HEAD)
    top = y + HEAD + block.pictures_height + PANEL_HEAD
    width = (sheet.width - 2 * LEFT) / 2 - PANELS
    _draw_kept(sheet.axes(LEFT + PANELS, top, width - 20, block.chart_height), block)
    _draw_effects(sheet.axes(LEFT + 2 * PANELS + width, top, width - 20, block.chart_height), block)


def _draw_pictures(sheet: Sheet, block: Block, y: int) -> None:
    """Each image's rows below each other: as it is in every column, then edited."""
    edits = [str(edit) for edit in block.first["edits"]]
    titles = ["as it is", *(f"{edit.partition(': ')[0]} + by {_how(edit)}" for edit in edits)]
    size = size_within(titles, ROW_TITLES - 12, style.SMALL)
    width = block.columns * (block.side + GAP) - GAP + APART
    for image in range(block.num_shown):
        line, place = divmod(image, block.across)
        top = y + line * block.line_height
        _draw_image(sheet, block, image, LEFT + ROW_TITLES + place * width, top)
        for row, title in enumerate(titles if not place else ()):
            middle = top + NAMES + row * (block.side + GAP) + block.side / 2 + 5
            sheet.text(LEFT, middle, title, fontsize=size, color=style.GREY)


def _draw_image(sheet: Sheet, block: Block, image: int, x: int, y: int) -> None:
    """One inverted image: its columns under their names, its rows below each other."""
    rendered = [block.first["parent"], *(one["model"] for one in block.shown.values())]
    columns = [block.first["real"][image : image + 1], *(pixels[image] for pixels in rendered)]
    colours = [style.INK, style.INK, *_colours(block)]
    names = ["real", block.parent, *_labels(block)]
    size = size_within(names, block.side - GAP, style.SMALL, "bold")
    for place, (name, colour, images) in enumerate(zip(names, colours, columns, strict=True)):
        left = x + place * (block.side + GAP)
        sheet.text(left + block.side / 2, y + 20, name, ha="center", fontsize=size, fontweight="bold", color=colour)
        for row, pixels in enumerate(images):
            sheet.image(pixels, left, y + NAMES + row * (block.side + GAP), block.side)


def _colours(block: Block) -> list[str]:
    return [COLOURS[place % len(COLOURS)] for place in range(len(block.shown))]


def _markers(block: Block) -> list[str]:
    """A shape for each round of the colours."""
    return [MARKERS[place // len(COLOURS) % len(MARKERS)] for place in range(len(block.shown))]


def _labels(block: Block) -> list[str]:
    """The models' names, with their shapes where there is more than one."""
    if len(block.shown) <= len(COLOURS):
        return list(block.shown)
    return [f"{GLYPHS[marker]} {name}" for marker, name in zip(_markers(block), block.shown, strict=True)]


def _looks(block: Block) -> Iterator[tuple[str, str, str, float]]:
    """Of each model its name, colour, shape, and how far from the middle of a line it is drawn."""
    return zip(block.shown, _colours(block), _markers(block), _offsets(block), strict=True)


def _draw_kept(axes: Axes, block: Block) -> None:
    """Correlations of each attribute in every model; hollow where the text names it; the control as a cross."""
    for model, colour, marker, offset in _looks(block):
        own = block.rows[block.rows["model"] == model]
        for row in own[own["measure"].isin(["kept", "shuffled"]) & own["value"].notna()].itertuples():
            if row.attribute not in block.kept:
                continue
            place = block.kept.index(row.attribute) + offset
            if row.measure == "shuffled":
                axes.plot(row.value, place, "x", color=colour, alpha=0.45, markersize=4)
                continue
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.0, solid_capstyle="butt")
            face = style.PAPER if row.is_named else colour
            axes.plot(row.value, place, marker, color=colour, markerfacecolor=face, markersize=4.5)
    axes.axvline(0, color=style.INK, linewidth=1.0, zorder=0)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["\N{MINUS SIGN}1", "", "0", "", "1"])
    names = ["mean, not named" if name == MEAN else name for name in block.kept]
    _finish(
        axes, names, "kept: attributes as in the parent", "rank correlation (cross: of other images; hollow: named)"
    )


def _draw_effects(axes: Axes, block: Block) -> None:
    """Each edit's effect by that in the parent; where it has none there, a word."""
    rows = block.rows[block.rows["measure"] == "effect"]
    highest = max(1.5, float(np.nanmax([1.5, *rows["high"]])))
    for model, colour, marker, offset in _looks(block):
        for row in rows[(rows["model"] == model) & rows["value"].notna()].itertuples():
            place = block.edits.index(row.edit) + offset
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.0, solid_capstyle="butt")
            axes.plot(row.value, place, marker, color=colour, markersize=4.5)
    for place, edit in enumerate(block.edits):
        if rows[rows["edit"] == edit]["value"].isna().all():
            effect = two_decimals(float(rows[rows["edit"] == edit]["effect_in_parent"].iloc[0]))
            words = f"moves nothing in the parent itself ({effect} deviations)"
            axes.text(0.04 * highest, place, words, va="center", fontsize=style.SMALL, color=style.GREY)
    axes.axvline(1, color=style.INK, linewidth=1.0, zorder=0)
    axes.set_xlim(min(0.0, float(np.nanmin([0.0, *rows["low"]]))), 1.05 * highest)
    _finish(
        axes,
        [f"{edit.partition(': ')[0]}\n{_how(edit)}" for edit in block.edits],
        "effect of the parent's edits",
        "by that in the parent (1: the same)",
    )


def _how(edit: str) -> str:
    """By what an edit moves images: its title says it after a colon."""
    how = edit.partition(": ")[2]
    return "boundary in W" if how == "W" else how


def _offsets(block: Block) -> list[float]:
    """Where in its row each model's point lies, around 0."""
    num = len(block.shown)
    return [0.62 * (place - (num - 1) / 2) / max(num, 2) for place in range(num)]


def _finish(axes: Axes, names: Sequence[str], title: str, along: str) -> None:
    lines = [line for name in names for line in name.split("\n")]
    axes.set_yticks(range(len(names)), names, fontsize=size_within(lines, PANELS - 30, style.SMALL))
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)
    axes.set_title(title, pad=8)
    axes.set_xlabel(along, fontsize=style.SMALL)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
