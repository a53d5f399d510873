"""Figure ``effect_agreement`` (StyleAlign, Figures 2, 3, 9 and 10, measured): does the same edit do the same?

A panel per judged attribute, a row per pair of models: the cosine, over z, of what an edit changes in the parent and
what the same edit changes in the child, averaged over edits. Unrelated models are the control: their mean belongs on
the zero line, while a single edit's value may be anything.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.model_pairs import Pair, ordered_pairs
from stylealign.figures.number_text import two_decimals
from stylealign.figures.sheet import Sheet, width_of

if TYPE_CHECKING:
    import pandas as pd

POOLED = {
    "channels": ("o", -0.16, "mean over its channels (and the value)"),
    "directions": ("D", 0.16, "over directions in W"),
}
SINGLE = "channel"  # drawn faintly behind their mean
ACROSS, LEFT, TOP, RIGHT, GAP, BLOCK_GAP, BOTTOM = 3, 40, 196, 100, 112, 130, 100  # panels a row; the others px
ROW = 46  # px
GROUP_GAP = 0.5  # rows between two relations
UNREADABLE = 0.5  # judge_score below which a point is pale
SUBTITLE = "Cosine over z of the changes that one edit makes in parent and in child: 1 the same, 0 nothing in common."


def draw_effect_agreement(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``effect_agreement``: means over edits as points, single channels as faint strokes behind them."""
    with style.applied():
        compose_effect_agreement(table, parents).save(png, pdf)


def compose_effect_agreement(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per attribute."""
    rows = table[table["edits"].isin([*POOLED, SINGLE])]
    pairs = ordered_pairs(rows, parents)
    attributes = list(dict.fromkeys(rows["attribute"]))
    if not pairs:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading("Does the same edit do the same?", SUBTITLE)
        return sheet.without_rows()
    places = _places(pairs)
    height = ROW * (max(places.values()) + 1)
    num_lines = -(-len(attributes) // ACROSS)
    sheet = Sheet(style.WIDTH_PX, TOP + int(num_lines * height + (num_lines - 1) * BLOCK_GAP) + BOTTOM)
    sheet.heading("Does the same edit do the same?", SUBTITLE)
    _draw_legend(sheet, list(dict.fromkeys(pair.relation for pair in pairs)))
    left = LEFT + 20 + max(width_of(_name(pair), style.SMALL) for pair in pairs)
    across = min(ACROSS, len(attributes))
    width = (style.WIDTH_PX - left - RIGHT - GAP * (across - 1)) / across
    for index, attribute in enumerate(attributes):
        line, column = divmod(index, ACROSS)
        axes = sheet.axes(left + column * (width + GAP), TOP + line * (height + BLOCK_GAP), width, height)
        _draw_panel(axes, rows[rows["attribute"] == attribute], places, named=column == 0)
        axes.set_title(attribute, pad=10)
    return sheet


def _places(pairs: Sequence[Pair]) -> dict[Pair, float]:
    """Where each pair stands on the vertical axis; relations are set apart."""
    relations = list(dict.fromkeys(pair.relation for pair in pairs))
    return {pair: place + GROUP_GAP * relations.index(pair.relation) for place, pair in enumerate(pairs)}


def _name(pair: Pair) -> str:
    return f"{pair.parent} \N{RIGHTWARDS ARROW} {pair.child}"


def _draw_panel(axes: Axes, rows: "pd.DataFrame", places: Mapping[Pair, float], named: bool) -> None:
    axes.axvline(0, color=style.INK, linewidth=1.0, zorder=1)
    for pair, place in places.items():
        axes.axhline(place, color=style.FAINT, linewidth=0.7, zorder=0)
        for row in pair.rows_of(rows).itertuples():
            _draw_row(axes, row, pair, place)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["\N{MINUS SIGN}1", "", "0", "", "1"])
    axes.set_ylim(max(places.values()) + 0.5, -0.5)
    axes.set_yticks(list(places.values()), [_name(pair) if named else "" for pair in places])
    for label, pair in zip(axes.get_yticklabels(), places, strict=True):
        label.set_color(pair.colour)
    axes.set_xlabel(f"agreement, read by {', '.join(sorted(rows['judge'].unique()))}")
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _draw_row(axes: Axes, row: "pd.Series", pair: Pair, place: float) -> None:
    """A mean with its interval, or one channel; pale where the judge reads the attribute poorly: it says nothing."""
    readable = 0.3 if row.judge_score < UNREADABLE else 1.0
    look = {"color": pair.colour, "clip_on": False}
    if row.edits == SINGLE:
        axes.plot(row.agreement, place + POOLED["channels"][1], "|", markersize=9, alpha=0.35 * readable, **look)
        return
    marker, shift, _ = POOLED[row.edits]
    filled = row.edits == "channels"
    axes.plot([row.low, row.high], [place + shift] * 2, linewidth=2.0, solid_capstyle="butt", alpha=readable, **look)
    look |= {"markersize": 5.5, "markerfacecolor": pair.colour if filled else style.PAPER, "alpha": readable}
    axes.plot(row.agreement, place + shift, marker, **look)
    if filled:
        beside = {"xytext": (12, 0), "textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
        axes.annotate(two_decimals(row.agreement), (1, place), color=pair.colour, **beside)


def _draw_legend(sheet: Sheet, relations: Sequence[str]) -> None:
    """Markers and colours, in a line under the subtitle."""
    x = LEFT
    for edits, (marker, _, meaning) in POOLED.items():
        face = style.GREY if edits == "channels" else style.PAPER
        sheet.line([x + 8], [106], marker=marker, markersize=5.5, markerfacecolor=face, markeredgecolor=style.GREY)
        x = _write(sheet, x + 24, meaning)
    sheet.line([x + 8], [106], marker="|", markersize=9, alpha=0.6)
    x = _write(sheet, x + 24, "one channel")
    for relation in relations:
        pair = Pair("", "", relation)
        sheet.frame(x, 100, 16, 12, fill=True, facecolor=pair.colour, edgecolor="none")
        x = _write(sheet, x + 24, pair.note)
    _write(sheet, x, "pale: read poorly")


def _write(sheet: Sheet, x: float, text: str) -> float:
    """A word of the legend; returns where the next one begins."""
    sheet.text(x, 112, text, fontsize=style.SMALL)
    return x + width_of(text, style.SMALL) + 32
