"""Figure ``training_curves``: the course of every training, a panel per quantity and a line per model."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from stylealign.figures import style
from stylealign.figures.lineage_order import lineage_order
from stylealign.figures.sheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES = {  # column of ticks.parquet: what the panel is called
    "loss_g": "generator loss",
    "loss_d": "discriminator loss",
    "r1_penalty": "squared gradient at real images (R1)",
    "pl_length": "path length",
    "r_t": "sign of D on real images (ADA's r_t)",
    "augment_p": "augmentation probability (ADA's p)",
}
ACROSS, LEFT, TOP, BOTTOM = 3, 90, 166, 90  # panels in a row; margins, px
PANEL_HEIGHT, PANEL_GAP_X, PANEL_GAP_Y, RIGHT = 290, 84, 96, 40  # px
LEGEND_COLUMNS, LEGEND_ROW = 7, 34


def draw_training_curves(
    ticks: Mapping[str, "pd.DataFrame"], parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """``ticks`` holds each model's ``ticks.parquet``; a quantity no model recorded says so."""
    with style.applied():
        compose_training_curves(ticks, parents).save(png, pdf)


def compose_training_curves(ticks: Mapping[str, "pd.DataFrame"], parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per quantity."""
    models = [node.model for node in lineage_order(parents, shown=ticks)]
    width = (style.WIDTH_PX - LEFT - RIGHT - (ACROSS - 1) * PANEL_GAP_X) / ACROSS
    num_rows = -(-len(QUANTITIES) // ACROSS)
    legend = LEGEND_ROW * -(-len(models) // LEGEND_COLUMNS)
    top = TOP + legend
    sheet = Sheet(style.WIDTH_PX, top + num_rows * (PANEL_HEIGHT + PANEL_GAP_Y) - PANEL_GAP_Y + BOTTOM)
    sheet.heading("The course of every training", "Over thousands of images (kimg) of the model's own training.")
    for place, (quantity, title) in enumerate(QUANTITIES.items()):
        x = LEFT + place % ACROSS * (width + PANEL_GAP_X)
        y = top + place // ACROSS * (PANEL_HEIGHT + PANEL_GAP_Y)
        axes = sheet.axes(x, y, width, PANEL_HEIGHT)
        axes.set_title(title, pad=8)
        _draw_lines(axes, ticks, models, parents, quantity)
        if place // ACROSS == num_rows - 1:
            axes.set_xlabel("kimg")
    _draw_legend(sheet, models, parents)
    return sheet


def _draw_lines(
    axes: Axes, ticks: Mapping[str, "pd.DataFrame"], models: list[str], parents: Mapping[str, str | None], quantity: str
) -> None:
    colours, dashes = style.model_colours(parents), style.model_line_styles(parents)
    drawn = False
    for model in models:
        course = ticks[model][["kimg", quantity]].dropna()
        drawn |= len(course) > 0
        axes.plot(course["kimg"], course[quantity], color=colours[model], linestyle=dashes[model], linewidth=1.2)
    axes.grid(axis="y")
    axes.set_xlim(0, None)
    if not drawn:
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, ha="center", color=style.GREY)
    if quantity in ("r_t", "augment_p"):
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, -0.02), max(high, 1.02))


def _draw_legend(sheet: Sheet, models: list[str], parents: Mapping[str, str | None]) -> None:
    """One legend for all panels, under the heading."""
    colours, dashes = style.model_colours(parents), style.model_line_styles(parents)
    lines = [Line2D([], [], color=colours[model], linestyle=dashes[model], linewidth=2) for model in models]
    anchor = (40 / sheet.width - 0.004, 1 - 100 / sheet.height)
    options = {
        "loc": "upper left",
        "ncols": LEGEND_COLUMNS,
        "borderaxespad": 0,
        "columnspacing": 1.6,
        "fontsize": style.BODY,
    }
    sheet.figure.legend(lines, models, bbox_to_anchor=anchor, **options)
