"""Figure ``morph_smoothness`` (StyleAlign, 4.2 and A.7): how large each step of a morph is.

A block per morph: the perceptual distance of consecutive frames along the way, when weights are interpolated, when
layers are swapped, and when the end images are faded into each other. Below, on the same axis, frames of the
first pair.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.number_text import interval, number, two_decimals
from stylealign.figures.picture_grid import GAP, LEFT
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import MISSING, listed, only_row
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "How large each step of a morph is"
SUBTITLE = "The distance of each frame to the one before, along the way. An even pace has no peaks."
LOOKS = {
    "interpolation": ("weights interpolated", style.BLUE),
    "layer_swapping": ("layers swapped", style.VERMILION),
    "cross_fade": ("cross-fade (control)", style.GREY),
}
HEAD, PLOT, TICKS, NAMES = 76, 240, 76, 330  # px: title; chart; its ticks and label; the names beside strips
LARGEST_SIDE = 112  # px, a frame
BAND = (10, 90)  # percentiles over pairs

Shown = Mapping[str, Pixels]


def draw_morph_smoothness(pictures: Sequence[Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each morph's npz, in the order of the figure; ``table`` is ``morph_smoothness``."""
    with style.applied():
        compose_morph_smoothness(pictures, table).save(png, pdf)


def compose_morph_smoothness(pictures: Sequence[Path], table: Path) -> Sheet:
    """The same as a sheet."""
    names = ("morph", "models", "methods", "strips", "steps")
    blocks, rows = [load_pictures(path, *names) for path in pictures], read_table(table)
    sides = [_side(shown) for shown in blocks]
    heights = [
        HEAD + PLOT + TICKS + grid.height_of(len(shown["strips"]), side)
        for shown, side in zip(blocks, sides, strict=True)
    ]
    widths = [NAMES + _width(shown, side) for shown, side in zip(blocks, sides, strict=True)]
    sheet = grid.page(TITLE, SUBTITLE, heights, widths)
    y = grid.TOP
    for shown, side, height in zip(blocks, sides, heights, strict=True):
        _draw_block(sheet, shown, rows[rows["morph"] == str(shown["morph"])], side, y)
        y += height + grid.BLOCK_GAP
    return sheet


def _side(shown: Shown) -> int:
    num, resolution = shown["strips"].shape[1:3]
    room = (style.WIDTH_PX - 2 * LEFT - NAMES) / num - GAP
    return side_within(resolution, min(room, LARGEST_SIDE))


def _width(shown: Shown, side: int) -> int:
    return int(shown["strips"].shape[1]) * (side + GAP) - GAP


def _draw_block(sheet: Sheet, shown: Shown, rows: "pd.DataFrame", side: int, y: int) -> None:
    models = [str(name) for name in shown["models"]]
    note = f"judge {listed(rows['judge'])}; {listed(rows['num_pairs'])} pairs ({listed(rows['protocol'])}), "
    note += f"{listed(rows['num_frames'])} frames; line: mean over pairs, band: from the lowest tenth to the highest"
    grid.draw_title(sheet, y, f"{shown['morph']}: from {' through '.join(models[:-1])} to {models[-1]}", note)
    x, width = LEFT + NAMES, _width(shown, side)
    axes = sheet.axes(x, y + HEAD, width, PLOT)
    _draw_steps(axes, shown, (side / 2) / (width - side))
    _name_stops(axes, models, side + 2 * LEFT)
    top = y + HEAD + PLOT + TICKS
    for method, strip in zip(map(str, shown["methods"]), shown["strips"], strict=True):
        _draw_scores(sheet, method, only_row(rows[rows["method"] == method]), top, side)
        for place, frame in enumerate(strip):
            sheet.image(frame, x + place * (side + GAP), top, side)
        top += side + GAP


def _draw_steps(axes: Axes, shown: Shown, margin: float) -> None:
    """A step stands in the middle between its two frames; position 0 is above the middle of the first picture."""
    num = shown["steps"].shape[-1]
    middles = (np.arange(num) + 0.5) / num
    shortest = _floor(shown["steps"])
    for method, steps in zip(map(str, shown["methods"]), np.maximum(shown["steps"], shortest), strict=True):
        _, colour = LOOKS[method]
        low, high = np.percentile(steps, BAND, axis=0)
        axes.fill_between(middles, low, high, color=colour, alpha=0.18, linewidth=0, step="mid")
        axes.plot(middles, steps.mean(axis=0), color=colour, drawstyle="steps-mid")
    axes.set_yscale("log")
    axes.set_xlim(-margin, 1 + margin)
    low, high = (float(end) for end in axes.get_ylim())
    low = min(low, 10 ** (np.floor(np.log10(high)) - 1))  # two decades at least, so that they can be named
    decades = 10.0 ** np.arange(np.ceil(np.log10(low)), np.floor(np.log10(high)) + 1)
    axes.set_yticks(decades, [f"{tick:g}" for tick in decades])
    axes.set_yticks([], minor=True)
    axes.set_ylim(low, high)
    axes.set_ylabel("distance of frames", fontsize=style.SMALL)
    axes.grid(axis="y")


def _floor(steps: np.ndarray) -> float:
    """What stands for a step of nothing, which has no logarithm."""
    taken = steps[steps > 0]
    return float(taken.min()) if taken.size else 1.0


def _name_stops(axes: Axes, models: Sequence[str], room: float) -> None:
    stops = np.linspace(0, 1, len(models))
    axes.set_xticks(stops, models, fontsize=size_within(models, room, style.SMALL))
    axes.set_xlabel("position of codes and weights, from model to model", labelpad=2)


def _draw_scores(sheet: Sheet, method: str, row: Mapping[str, Any], y: int, side: int) -> None:
    """Beside a strip: its name, and how uneven its steps are."""
    name, colour = LOOKS[method]
    ratio = two_decimals(row.get("max_over_mean", MISSING))
    spread = interval(*(row.get(end, MISSING) for end in ("ratio_low", "ratio_high")))
    scores = f"largest over mean step {ratio} ({spread})"
    mean = f"mean step {number(row.get('mean_step', MISSING))}"
    size, centre = size_within([scores, mean], NAMES - 40, style.SMALL), y + side / 2
    sheet.text(LEFT, centre - 16, name, fontweight="bold", color=colour)
    for place, text in enumerate((scores, mean)):
        sheet.text(LEFT, centre + 8 + 22 * place, text, fontsize=size)
