"""Figure ``resolution_alignment`` (StyleAlign, A.4, Figure 30): the same z at half and a quarter of the resolution.

A block per child: the parent's images, its lower layers' before the child was trained on and the child's after, the
root from scratch as control; beside them what agrees, and KID as training goes on, with what it says of the claims.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.samples import kimg_text
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import only_row
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "The same z at a lower resolution"
SUBTITLE = "A row is one z. All are seen at the child's resolution; bars are 95 % intervals, and the controls hollow."
STATES = {"before": style.SKY, "after": style.BLUE, "scratch": style.VERMILION, "shuffled": style.GREY}
CONTROLS = ("scratch", "shuffled")
CALLED = {"parent": "parent", "before": "before", "after": "after", "scratch": "scratch"}
MEASURES = {
    "lpips": "distance to the parent's images",
    "spearman:mean": "mean rank correlation of attributes",
    "kept_channels": "share of the parent's channels kept",
}
COURSES = {
    "after": (("before", "training", "after"), "from the parent"),
    "scratch": (("scratch_training", "scratch"), "from scratch"),
}
CLAIMS = {
    "agreement": "the same z agrees, beyond both controls",
    "channels": "channels keep their function",
    "cost": "it costs less than from scratch",
}
LEFT, TOP, BOTTOM, GAP, HEAD, FOOT, BLOCK_GAP = 40, 112, 40, 4, 74, 56, 44  # px
CELL, LABELS, NUMBERS, CURVE_GAP, RIGHT, MIN_GRID = 104, 116, 330, 190, 60, 520  # px


def draw_resolution_alignment(
    table: "pd.DataFrame", pictures: Mapping[str, Path], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``resolution_alignment``, ``pictures`` the npz of each child, in the order of the figure."""
    with style.applied():
        compose_resolution_alignment(table, pictures).save(png, pdf)


def compose_resolution_alignment(table: "pd.DataFrame", pictures: Mapping[str, Path]) -> Sheet:
    """The same as a sheet, with four axes per child: three of what agrees, one of the cost."""
    if not pictures:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading(TITLE, SUBTITLE)
        return sheet.without_rows()
    shown = {model: load_pictures(path) for model, path in pictures.items()}
    heights = [_height(images) for images in shown.values()]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + BLOCK_GAP * (len(heights) - 1) + BOTTOM)
    sheet.heading(TITLE, SUBTITLE)
    y = TOP
    for (model, images), height in zip(shown.items(), heights, strict=True):
        _draw_block(sheet, table[table["model"] == model], images, y, height)
        y += height + BLOCK_GAP
    return sheet


def _side(images: Mapping[str, Pixels]) -> int:
    return side_within(max(one.shape[1] for one in images.values()), CELL)


def _height(images: Mapping[str, Pixels]) -> int:
    return HEAD + max(len(images["after"]) * (_side(images) + GAP), MIN_GRID) + FOOT


def _draw_block(sheet: Sheet, rows: "pd.DataFrame", images: Mapping[str, Pixels], y: int, height: int) -> None:
    """One child: its name, its images, its numbers, its cost, and what follows from them."""
    about = only_row(rows)
    sizes = f"{about['resolution']} px, from {about['parent']}, {about['parent_resolution']} px"
    sheet.text(LEFT, y + 26, f"{about['model']}: {sizes}", fontweight="bold")
    states = [state for state in CALLED if state in images]
    _draw_images(sheet, [images[state] for state in states], states, y + HEAD, _side(images))
    x = LEFT + len(states) * (_side(images) + GAP) + LABELS
    inside = height - HEAD - FOOT
    _draw_numbers(sheet, rows, x, y + HEAD, inside)
    curve = x + NUMBERS + CURVE_GAP
    axes = sheet.axes(curve, y + HEAD + 24, sheet.width - RIGHT - curve, inside - 90)
    _draw_cost(axes, rows)
    verdict = _verdict(rows)
    sheet.text(LEFT, y + height - 12, verdict, fontsize=size_within([verdict], sheet.width - LEFT - RIGHT))


def _draw_images(sheet: Sheet, columns: Sequence[Pixels], names: Sequence[str], y: int, side: int) -> None:
    size = size_within(list(names), side, style.SMALL)
    for column, (name, images) in enumerate(zip(names, columns, strict=True)):
        x = LEFT + column * (side + GAP)
        sheet.text(x + side / 2, y - 10, CALLED[name], ha="center", fontsize=size, color=style.GREY)
        for row, image in enumerate(images):
            sheet.image(image, x, y + row * (side + GAP), side)


def _draw_numbers(sheet: Sheet, rows: "pd.DataFrame", x: float, y: float, height: float) -> None:
    """A small panel for each measure: the states below each other, controls hollow."""
    known = [measure for measure in MEASURES if (rows["measure"] == measure).any()]
    each = height / len(MEASURES)
    for place, measure in enumerate(known):
        axes = sheet.axes(x, y + place * each + 24, NUMBERS, each - 84)
        of_measure = rows[rows["measure"] == measure].set_index("state")
        states = [state for state in STATES if state in of_measure.index]
        for position, state in enumerate(states):
            _draw_value(axes, dict(of_measure.loc[state]), position, state)
        axes.set_ylim(len(states) - 0.4, -0.6)
        axes.set_yticks(range(len(states)), states)
        axes.set_xlim(*_limits(of_measure))
        axes.set_title(MEASURES[measure], pad=6, fontsize=style.SMALL)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")


def _limits(rows: "pd.DataFrame") -> tuple[float, float]:
    """From 0 (or below it, where an interval goes there) to 1, or as far as it takes."""
    return min(0.0, float(rows["low"].min()) * 1.1), max(1.0, float(rows["high"].max()) * 1.05)


def _draw_value(axes: Axes, row: Mapping[str, Any], position: int, state: str) -> None:
    colour, face = STATES[state], style.PAPER if state in CONTROLS else STATES[state]
    axes.plot([row["low"], row["high"]], [position] * 2, color=colour, linewidth=2.0, solid_capstyle="butt")
    axes.plot(row["value"], position, "o", color=colour, markerfacecolor=face, markersize=5.5, clip_on=False)
    beside = {"xycoords": axes.get_yaxis_transform(), "xytext": (8, 0), "textcoords": "offset points", "va": "center"}
    words = {"color": colour, "fontsize": style.SMALL, "annotation_clip": False}
    axes.annotate(two_decimals(row["value"]), (1, position), **beside, **words)


def _draw_cost(axes: Axes, rows: "pd.DataFrame") -> None:
    """KID over kimg of both courses, and the level at which training from scratch ends."""
    kid = rows[rows["measure"] == "kid"].sort_values("kimg")
    for course, (states, called) in COURSES.items():
        own = kid[kid["state"].isin(states)]
        if own.empty:
            continue
        look = {"color": STATES[course], "linewidth": 1.4}
        axes.fill_between(own["kimg"], own["low"], own["high"], color=STATES[course], alpha=0.18, linewidth=0)
        axes.plot(own["kimg"], own["value"], marker="o", markersize=3.5, label=called, **look)
    target = kid[kid["state"] == "scratch"]["value"]
    if len(target):
        axes.axhline(float(target.iloc[0]), color=style.GREY, linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=min(0.0, float(kid["low"].min())))
    axes.set_xlabel("thousands of images of training (kimg)")
    axes.set_title("KID to real images of its domain", pad=8, fontsize=style.SMALL)
    axes.grid(axis="y")
    axes.legend(loc="upper right")


def _verdict(rows: "pd.DataFrame") -> str:
    """What holds here, claim by claim, and what it cost."""
    said = []
    for claim, words in CLAIMS.items():
        found = rows[rows["measure"] == f"holds:{claim}"]["value"]
        if len(found):
            said.append(f"{words}: {'holds' if found.iloc[0] else 'does not hold'} here")
    reached = rows[rows["measure"] == "kimg_to_kid"].set_index("state")["value"]
    if {"after", "scratch"} <= set(reached.index):
        said[-1] += f" ({_kimg(reached['after'])} against {_kimg(reached['scratch'])} kimg)"
    line = "  \N{MIDDLE DOT}  ".join(said) or "nothing is decided: no control, or nobody who reads attributes"
    return line[:1].upper() + line[1:]


def _kimg(value: float) -> str:
    return kimg_text(value) if np.isfinite(value) else "never"
