"""Figure ``locality_bias`` (StyleAlign, A.3, Figure 15): what a channel does where the same pictures are moved.

A block per parent: its localized channels with the largest effect, one picture strip each, and below it the same edits
in every child whose domain is the parent's, moved or turned. Beside a child's strips stands how many of all its
channels keep effect and region, with chance and the paper's count; above all the verdict, by a rule that is stated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import TableError
from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within, width_of
from stylealign.intervals import wilson_interval
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

LEFT, TOP, BOTTOM, GAP, STRIP_GAP, BLOCK_GAP = 40, 186, 40, 2, 18, 60  # px
HEAD, UNDER, ROW_GAP = 56, 46, 18  # px: names over a block; marks under a strip; between rows
BARS, BARS_GAP, BAR = 250, 50, 15  # px: width of the counts; before them; height of a bar
LARGEST_SIDE = 128  # px
TITLE = "What a channel does where the same pictures are moved"
SUBTITLE = "The same step of the same channel in the parent and in children trained on its domain, moved or turned."
PAPER = {"shifted right": (5, 5), "shifted down": (4, 5), "flipped vertically": (2, 5)}  # kept, of how many
COLOURS = {"effect": style.BLUE, "region": style.ORANGE}
MARKS = {True: "\N{CHECK MARK}", False: "\N{BALLOT X}"}


@dataclass(frozen=True)
class Count:
    """How many channels keep what they did, and what chance would keep of as many."""

    kept: int
    num: int
    chance: float  # mean share

    @property
    def share(self) -> float:
        """Of those that count; NaN where none does."""
        return self.kept / self.num if self.num else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, 95 %."""
        low, high = wilson_interval(self.kept, self.num)
        return float(low), float(high)

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the interval lies above chance."""
        return bool(self.num) and self.interval[0] > self.chance

    @property
    def holds(self) -> bool:
        """Most are kept, and more than by chance."""
        return self.is_beyond_chance and self.share > 0.5

    def text(self) -> str:
        """``7 of 12 (0.58, chance 0.10)``."""
        return f"{self.kept} of {self.num} ({two_decimals(self.share)}, chance {two_decimals(self.chance)})"


def counts(rows: "pd.DataFrame") -> dict[str, Count]:
    """By effect, the rows that count; by region, all."""
    counted = rows[rows["counted"]]
    chosen = {"effect": counted, "region": rows}
    return {
        what: Count(int(some[f"kept_{what}"].sum()), len(some), float(some[f"{what}_chance"].mean()))
        for what, some in chosen.items()
    }


def verdict(rows: "pd.DataFrame") -> str:
    """What the table says of the paper's claim, and by which rule."""
    by = counts(rows)
    low, high = by["effect"].interval
    word = "holds here" if by["effect"].holds else "does not hold here"
    word += ", though more do than by chance" if by["effect"].is_beyond_chance and not by["effect"].holds else ""
    return (
        f"Most channels keep their function where pictures are moved: {word}. By effect {by['effect'].text()}, "
        f"95 % {two_decimals(low)} to {two_decimals(high)}; by region {by['region'].text()}. The paper: 11 of 15."
    )


def papers_count(transform: str) -> tuple[int, int] | None:
    """What the paper kept, of how many, under a transform of this kind; none for one that it does not have."""
    if "," in transform:
        return None
    return next((count for kind, count in PAPER.items() if transform.startswith(kind)), None)


def draw_locality_bias(pictures: Mapping[str, Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each child's npz, in the order of the figure; ``table`` is ``locality_bias``."""
    with style.applied():
        compose_locality_bias(pictures, read_table(table)).save(png, pdf)


@dataclass(frozen=True)
class Strips:
    """The pictures of one child and of its parent: E channels at S strengths."""

    channels: tuple[str, ...]
    strengths: np.ndarray  # [S]
    parent: Pixels  # [E, S, R, R, 3]
    model: Pixels  # [E, S, R, R, 3]


def load_strips(path: Path) -> Strips:
    """One child's pictures; :class:`TableError` when its arrays do not belong together."""
    channels, strengths, parent, model = load_pictures(path, "channels", "strengths", "parent", "model").values()
    if parent.shape != model.shape or parent.shape[:2] != (len(channels), len(strengths)):
        raise TableError(f"{path}: pictures {parent.shape} and {model.shape} of {len(channels)} channels")
    return Strips(tuple(map(str, channels)), strengths, parent, model)


@dataclass(frozen=True)
class Grid:
    """Where strips stand: x of the first, side of an image, images of a strip."""

    x: int
    side: int
    num: int

    @property
    def strip(self) -> int:
        """Width of a strip."""
        return self.num * (self.side + GAP) - GAP

    @property
    def row(self) -> int:
        """Height of a row with its marks."""
        return self.side + UNDER + ROW_GAP

    def left_of(self, place: int) -> int:
        """The left edge of a strip."""
        return self.x + place * (self.strip + STRIP_GAP)


def compose_locality_bias(pictures: Mapping[str, Path], table: "pd.DataFrame") -> Sheet:
    """The same as a sheet."""
    strips = {model: load_strips(path) for model, path in pictures.items()}
    parents = {
        model: str(table.loc[table["model"] == model, "parent"].iloc[0]) for model in strips if len(_of(table, model))
    }
    if not parents:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading(TITLE, SUBTITLE)
        return sheet.without_rows()
    blocks = {parent: [model for model in parents if parents[model] == parent] for parent in parents.values()}
    grid = _grid(strips, [*parents, *blocks])
    heights = [HEAD + (1 + len(models)) * grid.row + BLOCK_GAP for models in blocks.values()]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) - BLOCK_GAP + BOTTOM)
    sheet.heading(TITLE, SUBTITLE)
    for line, said in enumerate(wrap(verdict(table), 125)):
        sheet.text(LEFT, 114 + 24 * line, said, fontsize=size_within([said], style.WIDTH_PX - 2 * LEFT))
    _draw_legend(sheet, style.WIDTH_PX - LEFT - BARS, table)
    y = TOP
    for (parent, models), height in zip(blocks.items(), heights, strict=True):
        _draw_block(sheet, grid, y, parent, {model: strips[model] for model in models}, table)
        y += height
    return sheet


def _of(table: "pd.DataFrame", model: str) -> "pd.DataFrame":
    return table[table["model"] == model]


def _grid(strips: Mapping[str, Strips], names: Sequence[str]) -> Grid:
    x = int(LEFT + 24 + max(width_of(name, weight="bold") for name in names))
    most, num = (
        max(len(each.channels) for each in strips.values()),
        max(len(each.strengths) for each in strips.values()),
    )
    room = style.WIDTH_PX - LEFT - BARS - BARS_GAP - x - (most - 1) * STRIP_GAP - most * (num - 1) * GAP
    resolution = max(each.parent.shape[2] for each in strips.values())
    return Grid(x, side_within(resolution, min(LARGEST_SIDE, room / (most * num))), num)


def _draw_block(
    sheet: Sheet, grid: Grid, y: int, parent: str, strips: Mapping[str, Strips], table: "pd.DataFrame"
) -> None:
    first = next(iter(strips.values()))
    rows = _of(table, next(iter(strips)))
    for place, channel in enumerate(first.channels):
        _draw_head(sheet, grid, place, y, rows[rows["channel"] == channel].iloc[0])
    y += HEAD
    _draw_name(sheet, grid, y, parent, "parent")
    _draw_strips(sheet, grid, y, first.parent)
    for place, strength in enumerate(first.strengths):
        text = f"{strength:+g}".replace("-", "\N{MINUS SIGN}") if strength else "0"
        centre = grid.x + place * (grid.side + GAP) + grid.side / 2
        sheet.text(centre, y + grid.side + 18, text, ha="center", fontsize=style.SMALL, color=style.GREY)
    for number, (model, each) in enumerate(strips.items(), start=1):
        top, own = y + number * grid.row, _of(table, model)
        _draw_name(sheet, grid, top, model, *str(own["transform"].iloc[0]).split(", "))
        _draw_strips(sheet, grid, top, each.model)
        for place, channel in enumerate(each.channels):
            _draw_marks(sheet, grid.left_of(place), top + grid.side, grid.strip, own[own["channel"] == channel].iloc[0])
        _draw_bars(sheet, top, grid.side, own)


def _draw_head(sheet: Sheet, grid: Grid, place: int, y: int, row: "pd.Series") -> None:
    """Over a strip: the channel, the region that it acts in, and what it moves there."""
    x, name = grid.left_of(place), f"{row['region']}  {row['channel']}"
    sheet.text(x, y + 14, name, fontsize=size_within([name], grid.strip, weight="bold"), fontweight="bold")
    moves = f"moves {row['attribute']} {two_decimals(row['effect_parent'])}"
    size = size_within([moves], grid.strip, style.SMALL)
    sheet.text(x, y + 38, moves, fontsize=size, color=style.GREY)


def _draw_name(sheet: Sheet, grid: Grid, y: int, name: str, *notes: str) -> None:
    sheet.text(LEFT, y + 26, name, fontweight="bold")
    size = size_within(notes, grid.x - LEFT - 12, style.SMALL)
    for line, note in enumerate(notes):
        sheet.text(LEFT, y + 48 + 20 * line, note, fontsize=size, color=style.GREY)


def _draw_strips(sheet: Sheet, grid: Grid, y: int, pixels: Pixels) -> None:
    for place, strip in enumerate(pixels):
        for column, image in enumerate(strip):
            sheet.image(image, grid.left_of(place) + column * (grid.side + GAP), y, grid.side)


def _draw_marks(sheet: Sheet, x: int, y: int, width: int, row: "pd.Series") -> None:
    """Under a strip: whether effect and region are kept; pale where the effect says nothing."""
    ratio = two_decimals(row["effect_model"] / row["effect_parent"]) if row["effect_parent"] else "n/a"
    effect = f"{MARKS[bool(row['kept_effect'])]} effect \N{MULTIPLICATION SIGN}{ratio}"
    region = f"{MARKS[bool(row['kept_region'])]} region {row['region_in_model']}"
    size = size_within([effect, region], width, style.SMALL)
    look = {"fontsize": size, "alpha": 1.0 if row["counted"] else 0.35}
    for line, (text, what) in enumerate(((effect, "effect"), (region, "region"))):
        colour = style.GREEN if row[f"kept_{what}"] else style.VERMILION
        sheet.text(x, y + 20 + 20 * line, text, color=colour, **look)


def _draw_bars(sheet: Sheet, y: int, side: int, rows: "pd.DataFrame") -> None:
    """Shares of all channels, by effect and by region, from 0 to 1 over the width."""
    x, paper = style.WIDTH_PX - LEFT - BARS, papers_count(str(rows["transform"].iloc[0]))
    for line, (what, count) in enumerate(counts(rows).items()):
        top = y + 8 + line * (BAR + 38)
        sheet.frame(x, top, BARS, BAR, linewidth=0.7, edgecolor=style.FAINT)
        if count.num:
            sheet.frame(x, top, BARS * count.share, BAR, fill=True, facecolor=COLOURS[what], edgecolor="none")
            low, high = (x + BARS * end for end in count.interval)
            sheet.line([low, high], [top + BAR / 2] * 2, color=style.INK, linewidth=1.2)
            sheet.line([x + BARS * count.chance] * 2, [top - 4, top + BAR + 4], color=style.INK, linewidth=2.2)
        if what == "effect" and paper is not None:
            at = x + BARS * paper[0] / paper[1]
            sheet.line([at], [top + BAR / 2], marker="D", markersize=6, color=style.VERMILION, clip_on=False)
        beside = f"{what}: {count.kept} of {count.num}"
        beside += f"; paper {paper[0]} of {paper[1]}" if what == "effect" and paper is not None else ""
        sheet.text(x, top + BAR + 18, beside, fontsize=style.SMALL, color=style.GREY)


def _draw_legend(sheet: Sheet, x: int, table: "pd.DataFrame") -> None:
    """Over the bars: what they are, once."""
    judges = ", ".join(dict.fromkeys(table["judge"]))
    sheet.text(x, TOP + 14, "kept, of all channels", fontweight="bold")
    notes = "stroke: chance", "diamond: the paper, by eye", f"judge: {judges}"
    for line, note in enumerate(notes):
        size = size_within([note], BARS, style.SMALL)
        sheet.text(x, TOP + 38 + 20 * line, note, fontsize=size, color=style.GREY)
