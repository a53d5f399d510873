"""Figure ``component_reset`` (StyleAlign, Figures 1 and 8): one component of a child put back to its parent's weights.

For each child, images of the same z on the left; on the right, how much the image changes when each component is reset.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from stylealign.errors import TableError
from stylealign.figures import style
from stylealign.figures.heat_map import significant
from stylealign.figures.lineage_order import lineage_order
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

COMPONENTS = tuple(style.COMPONENT_COLOURS)
COLUMNS = ("child", *COMPONENTS, "parent")
LEFT, TOP, BOTTOM, GAP, END_GAP = 40, 136, 84, 4, 20  # px; END_GAP sets the parent apart
SIDE, HEAD, BLOCK_GAP = 96, 82, 52  # largest image; a block's title and column names; between blocks, px
CHART_LEFT, RIGHT = 170, 150


def draw_component_reset(
    table: "pd.DataFrame",
    images: Mapping[str, Path],
    parents: Mapping[str, str | None],
    png: Path,
    pdf: Path | None = None,
    *,
    num_z: int = 3,
) -> None:
    """``images`` holds each child's npz of ``pixels`` [n, 6, R, R, 3] and ``names`` [6]; all charts share one scale."""
    with style.applied():
        compose_component_reset(table, images, parents, num_z).save(png, pdf)


def compose_component_reset(
    table: "pd.DataFrame", images: Mapping[str, Path], parents: Mapping[str, str | None], num_z: int
) -> Sheet:
    """The same as a sheet, with one axes per child."""
    children = [node.model for node in lineage_order(parents, shown=images) if node.parent]
    grids = {child: load_reset_images(images[child])[:num_z] for child in children}
    side = side_within(max((grid.shape[2] for grid in grids.values()), default=SIDE), SIDE)
    block = HEAD + max(map(len, grids.values()), default=1) * (side + GAP) + BLOCK_GAP
    largest = float(np.nanmax([*table["lpips_high"], *table["lpips"], 0.0])) or 1.0
    sheet = Sheet(style.WIDTH_PX, TOP + block * max(len(children), 1) - BLOCK_GAP + BOTTOM)
    sheet.heading("What each component learned", _subtitle(table))
    for place, child in enumerate(children):
        y = TOP + place * block
        sheet.text(LEFT, y + 18, f"{child}, from {parents[child]}", fontweight="bold")
        x = _draw_images(sheet, grids[child], y + HEAD, side) + CHART_LEFT
        axes = sheet.axes(x, y + HEAD, style.WIDTH_PX - x - RIGHT, block - HEAD - BLOCK_GAP - GAP)
        rows = table[(table["child"] == child) & (table["parent"] == parents[child])]
        _draw_chart(axes, rows, largest, last=child == children[-1])
    return sheet if children else sheet.without_rows()


def _subtitle(table: "pd.DataFrame") -> str:
    levels = [f"{psi:g}" for psi in sorted(table["truncation_psi"].unique(), reverse=True)]
    bars = (
        f" Bars: truncation psi {levels[0]}" + (f", paler {' and '.join(levels[1:])}." if levels[1:] else ".")
        if levels
        else ""
    )
    return f"A child with one component put back to its parent's weights, same z.{bars}"


def load_reset_images(path: Path) -> Pixels:
    """The images of one child, [n, 6, R, R, 3], in the order of ``COLUMNS``."""
    archive = load_pictures(path, "names", "pixels")
    names, pixels = [str(name) for name in archive["names"]], archive["pixels"]
    if missing := set(COLUMNS) - set(names):
        raise TableError(f"{path}: no images of {sorted(missing)}; it holds {names}")
    return pixels[:, [names.index(name) for name in COLUMNS]]


def _draw_images(sheet: Sheet, grid: Pixels, y: int, side: int) -> int:
    """The images, with a name above each column; returns the right edge."""
    size = size_within(list(COLUMNS), side + GAP, style.SMALL)
    for column, name in enumerate(COLUMNS):
        x = LEFT + column * (side + GAP) + END_GAP * (column > 0) + END_GAP * (name == "parent")
        look = {"color": style.INK} if name in ("child", "parent") else {"color": style.GREY}
        label = name if name in ("child", "parent") else f"reset\n{name}"
        sheet.text(x + side / 2, y - 10, label, ha="center", fontsize=size, linespacing=1.2, **look)
        for row, image in enumerate(grid[:, column]):
            sheet.image(image, x, y + row * (side + GAP), side)
    return LEFT + len(COLUMNS) * (side + GAP) - GAP + 2 * END_GAP


def _draw_chart(axes: Axes, rows: "pd.DataFrame", largest: float, last: bool) -> None:
    """A bar per component and truncation (full truncation value solid, lower ones paler)."""
    levels = sorted(rows["truncation_psi"].unique(), reverse=True)
    thickness = 0.72 / max(len(levels), 1)
    for level, psi in enumerate(levels):
        for row in rows[rows["truncation_psi"] == psi].itertuples():
            y = COMPONENTS.index(row.component) + (level - (len(levels) - 1) / 2) * thickness
            colour, alpha = style.COMPONENT_COLOURS[row.component], 1.0 if level == 0 else 0.45
            axes.barh(y, row.lpips, thickness * 0.9, color=colour, alpha=alpha, linewidth=0)
            axes.plot([row.lpips_low, row.lpips_high], [y, y], color=style.INK, linewidth=1.0)
            look = {"textcoords": "offset points", "va": "center", "fontsize": 6.0, "color": style.GREY}
            axes.annotate(significant(row.lpips, 2), (max(row.lpips, row.lpips_high), y), xytext=(5, 0), **look)
    _label_chart(axes, rows, largest, last)


def _label_chart(axes: Axes, rows: "pd.DataFrame", largest: float, last: bool) -> None:
    moved = rows.groupby("component")["relative_weight_change"].first()
    axes.set_yticks(range(len(COMPONENTS)), COMPONENTS)
    axes.set_xlim(0, 1.12 * largest)
    axes.set_ylim(len(COMPONENTS) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelbottom=last)
    axes.grid(axis="x")
    place = {"xycoords": ("axes fraction", "data"), "va": "center", "ha": "right", "fontsize": style.SMALL}
    beside = {"xytext": (58, 0), "textcoords": "offset points", "color": style.GREY}
    for index, component in enumerate(COMPONENTS):
        if component in moved:
            axes.annotate(f"{100 * moved[component]:.0f} %", (1, index), **place, **beside)
    axes.annotate("weights\nmoved by", (1, -0.62), **{**place, **beside, "va": "bottom"})
    judges = ", ".join(sorted(rows["judge"].unique()))
    axes.set_title("how much the image changes", fontweight="normal", fontsize=style.SMALL, color=style.GREY, pad=6)
    if last:
        axes.set_xlabel(f"perceptual distance ({judges})" if judges else "perceptual distance")
