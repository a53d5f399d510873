"""Figure ``clip_accuracy``: what each CLIP tells apart by text alone, question by question, beside chance.

A block for each CLIP, a column of bars for each domain (and one for the question which domain it is), a bar for each
question. The mark on a bar is chance, the line its interval.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.sheet import Sheet, size_within
from stylealign.figures.table_rows import listed, only_row

if TYPE_CHECKING:
    import pandas as pd

TITLE = "What does a CLIP see?"
SUBTITLE = "Part of held-out images that it tells right by text alone (bar, 95 % interval), beside guessing (mark)."
LEFT, TOP, HEAD, ROW, GAP, BOTTOM, NAMES = 40, 120, 92, 30, 70, 60, 190  # px
EVERY = "all"
NUMBER_ROOM = 1.13  # of the axis, for the number behind a bar


def draw_clip_accuracy(
    table: "pd.DataFrame", png: Path, pdf: Path | None = None, *, clips: Sequence[str], domains: Sequence[str]
) -> None:
    """``table`` is ``clip_accuracy``; CLIPs and domains are drawn in the order given."""
    with style.applied():
        compose_clip_accuracy(table, clips, domains).save(png, pdf)


def compose_clip_accuracy(table: "pd.DataFrame", clips: Sequence[str], domains: Sequence[str]) -> Sheet:
    """The same as a sheet, with axes for each CLIP and domain."""
    known = [clip for clip in clips if (table["clip"] == clip).any()]
    asked = {clip: _asked(table[table["clip"] == clip]) for clip in known}
    heights = [HEAD + ROW * len(asked[clip]) for clip in known]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + GAP * max(len(known) - 1, 0) + BOTTOM)
    sheet.heading(TITLE, SUBTITLE)
    y = TOP
    for clip, height in zip(known, heights, strict=True):
        _draw_clip(sheet, table[table["clip"] == clip], asked[clip], domains, y)
        y += height + GAP
    return sheet if known else sheet.without_rows()


def _asked(rows: "pd.DataFrame") -> list[str]:
    """The questions: which domain first, then those that most domains are asked."""
    counts = rows.groupby("question").size()
    rest = sorted(set(counts.index) - {"domain"}, key=lambda question: (-counts[question], question))
    return [*(["domain"] if "domain" in counts.index else []), *rest]


def _draw_clip(sheet: Sheet, rows: "pd.DataFrame", asked: Sequence[str], domains: Sequence[str], y: float) -> None:
    sheet.text(LEFT, y + 18, listed(rows["clip"]), fontweight="bold", fontsize=10.5)
    note = f"seed {listed(rows['seed'])}; {int(rows['n'].min()):,} to {int(rows['n'].max()):,} images a question"
    sheet.text(LEFT, y + 42, note, fontsize=style.SMALL, color=style.GREY)
    shown = [one for one in (EVERY, *domains) if (rows["domain"] == one).any()]
    width = (sheet.width - 2 * LEFT - NAMES) / max(len(shown), 1)
    for place, question in enumerate(asked):
        middle = y + HEAD + (place + 0.5) * ROW + 5
        is_whole = question == "domain"
        sheet.text(LEFT, middle, "which domain is it?" if is_whole else question, fontsize=style.SMALL)
    for column, domain in enumerate(shown):
        axes = sheet.axes(LEFT + NAMES + column * width, y + HEAD, width - 24, ROW * len(asked))
        _draw_bars(axes, rows[rows["domain"] == domain], asked)
        name = "all domains" if domain == EVERY else domain
        axes.set_title(name, pad=6, fontsize=size_within([name], width - 30, style.BODY, "bold"))


def _draw_bars(axes: Axes, rows: "pd.DataFrame", asked: Sequence[str]) -> None:
    for place, question in enumerate(asked):
        row = only_row(rows[rows["question"] == question])
        if not row:
            continue
        is_told = row["low"] > row["chance"]
        colour = style.BLUE if is_told else style.FAINT
        axes.barh(place, row["accuracy"], height=0.62, color=colour, alpha=0.75 if is_told else 1.0)
        axes.plot([row["low"], row["high"]], [place, place], color=style.INK, linewidth=1.2)
        axes.plot([row["chance"]] * 2, [place - 0.36, place + 0.36], color=style.VERMILION, linewidth=1.6)
        at = max(row["accuracy"], row["high"], row["chance"]) + 0.015
        axes.text(at, place, two_decimals(row["accuracy"]), va="center", fontsize=6.0, color=style.INK)
    axes.set_ylim(len(asked) - 0.5, -0.5)
    axes.set_xlim(0, NUMBER_ROOM)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
