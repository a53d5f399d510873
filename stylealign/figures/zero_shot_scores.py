"""What the figures ``zero_shot_regression`` and ``zero_shot_classification`` share (StyleAlign, 4.3, A.6, measured).

A panel for each attribute or question; in it, for each pair of models, a dot with its interval for what the parent's
labels say through codes, and for the three it is to be compared with. A stroke is the same on the parent's own images:
what was not to be read there cannot be expected of the child. Over each pair stands the verdict on its rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.sheet import Sheet, size_within, width_of
from stylealign.figures.zero_shot_verdict import Verdict, verdict

if TYPE_CHECKING:
    import pandas as pd

METHODS: Mapping[str, tuple[str, str]] = {
    "zero_shot": (style.BLUE, "through codes, the parent's labels"),
    "image_trained": (style.ORANGE, "network on the parent's images"),
    "random_boundary": (style.GREY, "random boundaries"),
    "upper_bound": (style.GREEN, "upper bound: its own labels"),
}
ACROSS, LEFT, TOP, RIGHT, GAP, BLOCK_GAP, BOTTOM = 3, 40, 252, 100, 112, 136, 96  # panels a row; the others px
LINE, PAIR_GAP = 30, 24  # px: a method, or the verdict over them; between pairs
NUM_LINES = len(METHODS) + 1


@dataclass(frozen=True)
class Measure:
    """What a figure draws of its table: the score on the child, on the parent, its floor there, and the axis."""

    name: str
    parent: str
    floor: float
    title: str
    subtitle: str
    axis: str
    limits: tuple[float, float]
    chance: float


def compose_zero_shot(table: "pd.DataFrame", measure: Measure, models: Sequence[str]) -> Sheet:
    """Scores as a sheet, with one axes per attribute; ``models`` are in the config's order."""
    attributes = sorted(set(table["attribute"]))
    if not attributes:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading(measure.title, measure.subtitle)
        return sheet.without_rows()
    pairs = _pairs(table, models)
    across, num_lines = min(ACROSS, len(attributes)), -(-len(attributes) // ACROSS)
    height = len(pairs) * (NUM_LINES * LINE + PAIR_GAP)
    sheet = Sheet(style.WIDTH_PX, TOP + num_lines * height + (num_lines - 1) * BLOCK_GAP + BOTTOM)
    sheet.heading(measure.title, measure.subtitle)
    _draw_legend(sheet)
    _draw_criterion(sheet, table, measure)
    left = LEFT + 20 + max(width_of(_name(pair), style.SMALL) for pair in pairs)
    width = (style.WIDTH_PX - left - RIGHT - GAP * (across - 1)) / across
    for index, attribute in enumerate(attributes):
        line, column = divmod(index, ACROSS)
        axes = sheet.axes(left + column * (width + GAP), TOP + line * (height + BLOCK_GAP), width, height)
        _draw_panel(axes, table[table["attribute"] == attribute], measure, pairs, named=column == 0)
        axes.set_title(_title(table[table["attribute"] == attribute], attribute), pad=10)
    return sheet


def _pairs(table: "pd.DataFrame", models: Sequence[str]) -> list[tuple[str, str]]:
    found = set(zip(table["parent"], table["model"], strict=True))
    return [(parent, model) for parent in models for model in models if (parent, model) in found]


def _name(pair: tuple[str, str]) -> str:
    return f"{pair[0]} \N{RIGHTWARDS ARROW} {pair[1]}"


def _title(rows: "pd.DataFrame", attribute: str) -> str:
    """The attribute; of a question that changes on the way, both of its forms."""
    if "question" not in rows or (rows["question"] == rows["child_question"]).all():
        return attribute
    return f"{attribute}: {rows['question'].iloc[0]} \N{RIGHTWARDS ARROW} {rows['child_question'].iloc[0]}"


def _draw_panel(
    axes: Axes, rows: "pd.DataFrame", measure: Measure, pairs: Sequence[tuple[str, str]], named: bool
) -> None:
    axes.axvline(measure.chance, color=style.INK, linewidth=1.0, zorder=1)
    step = NUM_LINES * LINE + PAIR_GAP
    for place, (parent, model) in enumerate(pairs):
        of_pair = rows[(rows["parent"] == parent) & (rows["model"] == model)]
        for line, method in enumerate(METHODS, start=1):
            y = place * step + (line + 0.5) * LINE
            axes.axhline(y, color=style.FAINT, linewidth=0.7, zorder=0)
            for _, row in of_pair[of_pair["method"] == method].iterrows():
                _draw_row(axes, row, measure, METHODS[method][0], y)
        if of_pair.empty:
            _draw_absence(axes, place * step + (1 + len(METHODS) / 2) * LINE)
        else:
            _draw_verdict(axes, _verdict(of_pair, measure), place * step + LINE / 2)
        axes.axhspan(
            place * step - PAIR_GAP / 2, place * step + 0.75 * LINE, color=style.PAPER, linewidth=0, zorder=1.5
        )
    axes.set_xlim(*measure.limits)
    axes.set_ylim(len(pairs) * step - PAIR_GAP / 2, -PAIR_GAP / 2)
    centres = [place * step + (1 + len(METHODS) / 2) * LINE for place in range(len(pairs))]
    axes.set_yticks(centres, [_name(pair) if named else "" for pair in pairs])
    axes.set_xlabel(measure.axis)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _verdict(rows: "pd.DataFrame", measure: Measure) -> Verdict:
    return verdict(rows, measure.name, measure.parent, measure.floor)


def _draw_verdict(axes: Axes, found: Verdict, y: float) -> None:
    """Over the lines of its pair, from the panel's left edge on, and never beyond the panel."""
    width = axes.get_window_extent().width
    look: dict[str, Any] = {"va": "center", "fontweight": "bold", "zorder": 2}
    look |= {"fontsize": size_within([found.text], width, style.SMALL, "bold")}
    look |= {"color": style.BLUE if found.holds else style.INK}
    axes.text(0, y, found.text, transform=axes.get_yaxis_transform(), **look)


def _draw_criterion(sheet: Sheet, table: "pd.DataFrame", measure: Measure) -> None:
    """When it holds, and how often it does."""
    found = [_verdict(rows, measure) for _, rows in table.groupby(["parent", "model", "attribute"])]
    text = (
        "That codes carry over holds where blue lies above orange and grey, intervals apart, and its stroke is at "
        f"{two_decimals(measure.floor)} or above: {sum(one.holds is True for one in found)} of {len(found)} here."
    )
    sheet.text(LEFT, 160, text, fontsize=style.SMALL, fontweight="bold")


def _draw_absence(axes: Axes, y: float) -> None:
    look: dict[str, Any] = {
        "ha": "center",
        "va": "center",
        "fontsize": style.SMALL,
        "color": style.GREY,
        "backgroundcolor": style.PAPER,
    }
    axes.text(0.5, y, "not asked: all images answer alike", transform=axes.get_yaxis_transform(), **look)


def _draw_row(axes: Axes, row: "pd.Series", measure: Measure, colour: str, y: float) -> None:
    value, low, high = (row[f"{measure.name}{end}"] for end in ("", "_low", "_high"))
    if not np.isfinite(value):
        return
    axes.plot([low, high], [y, y], color=colour, linewidth=2.0, solid_capstyle="butt", clip_on=False)
    axes.plot(value, y, "o", color=colour, markersize=5.5, clip_on=False)
    axes.plot(row[measure.parent], y, "|", color=colour, markersize=9, markeredgewidth=1.6, clip_on=False)
    beside: dict[str, Any] = {"xytext": (10, 0), "textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
    axes.annotate(two_decimals(value), (measure.limits[1], y), color=colour, **beside)


def _draw_legend(sheet: Sheet) -> None:
    x: float = LEFT
    for colour, meaning in METHODS.values():
        sheet.line([x, x + 26], [112, 112], color=colour, linewidth=2.0)
        sheet.line([x + 13], [112], marker="o", markersize=5.5, color=colour)
        sheet.text(x + 38, 118, meaning, fontsize=style.SMALL)
        x += 38 + width_of(meaning, style.SMALL) + 36
    sheet.line([x + 4], [112], marker="|", markersize=9, markeredgewidth=1.6, color=style.INK)
    sheet.text(x + 18, 118, "on the parent's images", fontsize=style.SMALL)
