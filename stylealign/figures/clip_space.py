"""Figure ``clip_space`` (StyleGAN-NADA, Figure 15): where a CLIP sees real images, generated ones and texts.

A panel for each plane, fitted to real images of two domains: those faint, generated images of each model in a colour of
its own with their mean, texts as stars. The plane shows little of the space; spreads beside the names are of all of it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.label_column import APART, LINE, Label, stack_labels
from stylealign.figures.number_text import interval, number
from stylealign.figures.sheet import Pixels, Sheet, size_within
from stylealign.figures.table_rows import listed
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Images and texts in CLIP's space"
SUBTITLE = "Faint: real images. Coloured: generated ones, a ring at their mean. Stars: texts."
REAL_COLOURS = ("#b9c0c7", "#d9b48f")
MODEL_COLOURS = (style.SLATE, style.VERMILION, style.BLUE, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
REAL_INK = ("#7b848c", "#a87c4f")
LEFT, TOP, HEAD, FOOT, BLOCK_GAP = 40, 112, 64, 72, 40  # px
SCALE, WIDTH, HEIGHT = 90, 860, 620  # px: of the y axis; of the plot


def draw_clip_space(table: "pd.DataFrame", pictures: Sequence[Path], png: Path, pdf: Path | None = None) -> None:
    """``table`` is ``clip_space``, ``pictures`` each plane's npz, named as the view, in order."""
    with style.applied():
        compose_clip_space(table, pictures).save(png, pdf)


def compose_clip_space(table: "pd.DataFrame", pictures: Sequence[Path]) -> Sheet:
    """The same as a sheet, with one axes per plane."""
    shown = {Path(path).stem: load_pictures(path) for path in pictures}
    heights = [HEAD + max(HEIGHT, LINE * len(one["names"])) + FOOT for one in shown.values()]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + BLOCK_GAP * max(len(shown) - 1, 0) + (60 if not shown else 0))
    sheet.heading(TITLE, SUBTITLE)
    y = TOP
    for (view, one), height in zip(shown.items(), heights, strict=True):
        _draw_panel(sheet, view, one, table[table["view"] == view], y, height)
        y += height + BLOCK_GAP
    return sheet if shown else sheet.without_rows()


def _draw_panel(
    sheet: Sheet, view: str, shown: Mapping[str, Pixels], rows: "pd.DataFrame", y: int, height: int
) -> None:
    about = (
        f"the plane shows {100 * float(shown['variance_kept']):.0f} % of the variance of real images; "
        f"{listed(rows['protocol'])}; CLIP {listed(rows['judge'])}"
    )
    sheet.text(LEFT, y + 16, view, fontweight="bold")
    sheet.text(
        LEFT, y + 42, about, fontsize=size_within([about], sheet.width - 2 * LEFT, style.SMALL), color=style.GREY
    )
    axes = sheet.axes(LEFT + SCALE, y + HEAD, WIDTH, height - HEAD - FOOT)
    colours = cloud_colours([str(kind) for kind in shown["kinds"]])
    labels = [_draw_cloud(axes, shown, place, colours[place], rows) for place in range(len(shown["names"]))]
    _finish(axes, shown["points"], (WIDTH, height - HEAD - FOOT))
    x = LEFT + SCALE + WIDTH + APART + 24
    stack_labels(sheet, axes, labels, x, y + HEAD, sheet.width - LEFT - x)


def cloud_colours(kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The colour of each cloud's points and that of its name; real images faint, texts dark."""
    counts, found = {"real": 0, "generated": 0, "text": 0}, []
    for kind in kinds:
        place = counts[kind]
        counts[kind] += 1
        if kind == "real":
            found.append((REAL_COLOURS[place % 2], REAL_INK[place % 2]))
        elif kind == "generated":
            found.append((MODEL_COLOURS[place % len(MODEL_COLOURS)],) * 2)
        else:
            found.append((style.INK, style.INK))
    return found


def _draw_cloud(
    axes: Axes, shown: Mapping[str, Pixels], place: int, colours: tuple[str, str], rows: "pd.DataFrame"
) -> Label:
    """The points of one cloud; returns its label, at its mean."""
    kind, name = str(shown["kinds"][place]), str(shown["names"][place])
    points = shown["points"][shown["cloud"] == place]
    x, y = points.mean(0)
    if kind == "text":
        axes.plot(x, y, "*", color=colours[0], markersize=12, zorder=5)
        return Label(x, y, f"\N{LEFT DOUBLE QUOTATION MARK}{name}\N{RIGHT DOUBLE QUOTATION MARK}", "text", colours[1])
    look = {"alpha": 0.55, "markersize": 2.6} if kind == "real" else {"alpha": 0.5, "markersize": 3.4}
    axes.plot(
        points[:, 0], points[:, 1], "o", color=colours[0], markeredgewidth=0, zorder=1 if kind == "real" else 2, **look
    )
    if kind == "generated":
        ring = {"markerfacecolor": "none", "markeredgecolor": style.PAPER, "zorder": 4}
        axes.plot(x, y, "o", markersize=11, markeredgewidth=4.5, **ring)
        axes.plot(x, y, "o", markersize=11, **{**ring, "markeredgecolor": colours[0], "markeredgewidth": 2.2})
    called = f"real {name}" if kind == "real" else name
    row = rows[(rows["kind"] == kind) & (rows["name"] == name)].to_dict("records")
    note = str(shown["notes"][place])
    return Label(x, y, called, f"{note}; {_spread(row[0])}" if row else note, colours[1])


def _spread(row: Mapping[str, Any]) -> str:
    """How far the cloud spreads, and what that is of its parent's."""
    if np.isnan(row["parent_ratio"]):
        return f"spread {number(row['spread'])}"
    ends = interval(row["ratio_low"], row["ratio_high"])
    return (
        f"spread {number(row['spread'])}, \N{MULTIPLICATION SIGN}{number(row['parent_ratio'])} ({ends}) of its parent's"
    )


def _finish(axes: Axes, points: Pixels, shape: tuple[int, int]) -> None:
    """One scale along both axes, and every point inside ``shape``, the plot's width and height in pixels."""
    low, high = points.min(0), points.max(0)
    unit = 1.1 * max(float(((high - low) / shape).max()), 1e-6)  # of the space, to a pixel
    for place, limit in enumerate((axes.set_xlim, axes.set_ylim)):
        middle, reach = (low[place] + high[place]) / 2, unit * shape[place] / 2
        limit(middle - reach, middle + reach)
    axes.set_xlabel("first principal component")
    axes.set_ylabel("second")
    axes.grid()
