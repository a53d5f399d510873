"""Figure ``few_shot`` (StyleGAN-NADA, Appendix C, Tables 1 and 2): FID of every method from every start.

A line per method and start; for each number of training images its FID with its interval over seeds, beside images of
the same z. Dashed: the parent and the adapted model as they are, which no target image was shown to.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.few_shot_verdict import verdict
from stylealign.figures.number_text import interval, number
from stylealign.figures.samples import load_samples
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.figures.table_rows import listed, only_row

if TYPE_CHECKING:
    import pandas as pd

Cell = tuple[str, int, str]

TITLE = "Few images: does it help to start from a model that was adapted by text?"
COLOURS = {"parent": style.SLATE, "adapted": style.SKY, "catch_up": style.BLUE, "tuned": style.ORANGE}
METHODS = {
    "tgan": "TGAN",
    "tgan_ada": "TGAN + ADA",
    "freeze_d": "FreezeD",
    "correspondence": "correspondence",
    "none": "not trained",
}
STARTS = {"parent": "parent", "adapted": "adapted", "catch_up": "adapted, D caught up", "tuned": "G + D tuned"}
LEFT, TOP, BOTTOM, HEAD, LINE, METHOD_GAP = 40, 196, 76, 44, 36, 18  # px
STARTS_AT, COLUMNS_AT, ROOM, CHART, NUMBERS, IMAGE, GAP = 200, 404, 578, 230, 110, 32, 3  # px
MIN_WIDTH = 1180  # px
UNTRAINED = "none"


def draw_few_shot(
    table: "pd.DataFrame",
    pictures: Mapping[Cell, Path],
    methods: Sequence[str],
    starts: Sequence[str],
    png: Path,
    pdf: Path | None = None,
) -> None:
    """``table`` is ``few_shot``; ``pictures`` the samples of each cell; methods and starts in the order given."""
    with style.applied():
        compose_few_shot(table, pictures, methods, starts).save(png, pdf)


def compose_few_shot(
    table: "pd.DataFrame", pictures: Mapping[Cell, Path], methods: Sequence[str], starts: Sequence[str]
) -> Sheet:
    """The same as a sheet, with axes for each number of images."""
    lines = _lines(table, [UNTRAINED, *methods], starts)
    nums = sorted({int(num) for num in table["num_images"] if num})
    room = min(ROOM, (style.WIDTH_PX - COLUMNS_AT - LEFT) // max(len(nums), 1))
    width = max(MIN_WIDTH, COLUMNS_AT + room * len(nums) + LEFT)
    sheet = Sheet(width, TOP + HEAD + _height(lines) + BOTTOM)
    if not lines or not nums:
        sheet.heading(TITLE)
        return sheet.without_rows()
    sheet.heading(TITLE, _subtitle(table))
    for place, line in enumerate(verdict(table)):
        weight = "bold" if place else "normal"
        size = size_within([line], sheet.width - 2 * LEFT, weight=weight)
        sheet.text(LEFT, 118 + 26 * place, line, fontsize=size, fontweight=weight)
    _draw_names(sheet, lines)
    for column, num in enumerate(nums):
        _draw_column(sheet, table, lines, pictures, num, COLUMNS_AT + column * room, room)
    return sheet


def _subtitle(table: "pd.DataFrame") -> str:
    known = f"{listed(table['protocol'])}; judge {listed(table['judge'])}"
    return (
        f"FID to all of {listed(table['target'])} ({known}), mean of {table['num_seeds'].max()} seeds, 95 % t interval."
    )


def _lines(table: "pd.DataFrame", methods: Sequence[str], starts: Sequence[str]) -> list[tuple[str, str]]:
    known = set(zip(table["method"], table["start"], strict=True))
    shown = {method: STARTS if method == UNTRAINED else starts for method in methods}
    return [(method, start) for method in methods for start in shown[method] if (method, start) in known]


def _tops(lines: Sequence[tuple[str, str]]) -> list[int]:
    """Where each line begins, below the first: a gap between methods."""
    tops, y = [], 0
    for place, (method, _) in enumerate(lines):
        y += (LINE if place else 0) + (METHOD_GAP if place and method != lines[place - 1][0] else 0)
        tops.append(y)
    return tops


def _height(lines: Sequence[tuple[str, str]]) -> int:
    return _tops(lines)[-1] + LINE if lines else 0


def _draw_names(sheet: Sheet, lines: Sequence[tuple[str, str]]) -> None:
    for place, ((method, start), top) in enumerate(zip(lines, _tops(lines), strict=True)):
        y = TOP + HEAD + top + LINE / 2 + 5
        if place == 0 or lines[place - 1][0] != method:
            sheet.text(LEFT, y, METHODS[method], fontweight="bold")
        sheet.text(LEFT + STARTS_AT, y, STARTS[start], fontsize=style.SMALL, color=COLOURS[start])


def _draw_column(
    sheet: Sheet,
    table: "pd.DataFrame",
    lines: Sequence[tuple[str, str]],
    pictures: Mapping[Cell, Path],
    num: int,
    x: int,
    room: int,
) -> None:
    """One number of images: FID of each line, its number, and its images."""
    sheet.text(x, TOP + 10, f"{num} training images", fontweight="bold", fontsize=10.5)
    axes = sheet.axes(x, TOP + HEAD, CHART, _height(lines))
    for (method, start), top in zip(lines, _tops(lines), strict=True):
        shots = 0 if method == UNTRAINED else num
        own = table[(table["method"] == method) & (table["start"] == start) & (table["num_images"] == shots)]
        row, y = only_row(own), TOP + HEAD + top
        if not row:
            continue
        _draw_value(axes, row, top + LINE / 2, start)
        sheet.text(x + CHART + 10, y + LINE / 2 - 1, number(row["fid"]), fontsize=style.SMALL, fontweight="bold")
        ends = interval(row["fid_low"], row["fid_high"]) if row["num_seeds"] > 1 else "one model"
        sheet.text(x + CHART + 10, y + LINE / 2 + 15, ends, fontsize=6, color=style.GREY)
        _draw_images(sheet, pictures.get((method, shots, start)), x + CHART + NUMBERS, y, x + room)
    _finish(axes, table, _height(lines))


def _draw_value(axes: Axes, row: Mapping[str, float], y: float, start: str) -> None:
    axes.plot([max(row["fid_low"], 0), row["fid_high"]], [y, y], color=COLOURS[start], linewidth=2.0)
    axes.plot(row["fid"], y, "o", color=COLOURS[start], markersize=5.5)


def _finish(axes: Axes, table: "pd.DataFrame", height: int) -> None:
    """The parent and the adapted model as they are, dashed; the same scale in every column."""
    for start in ("parent", "adapted"):
        row = only_row(table[(table["method"] == UNTRAINED) & (table["start"] == start)])
        if row:
            axes.axvline(row["fid"], color=COLOURS[start], linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    known = table[["fid", "fid_high"]].max(axis=None, skipna=True)
    axes.set_xlim(0, float(known) * 1.04)
    axes.set_ylim(height, 0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel("FID")


def _draw_images(sheet: Sheet, path: Path | None, x: int, y: int, end: int) -> None:
    """The first of the fixed z, as many as there is room for."""
    if path is None:
        return
    shown: Pixels = load_samples(path).finished
    side = side_within(shown.shape[1], IMAGE)
    for place, image in enumerate(shown[: max(end - GAP - x, 0) // (side + GAP)]):
        sheet.image(image, x + place * (side + GAP), y + (LINE - side) // 2, side)
