"""Figure ``layer_reset`` (StyleAlign, Table 2): the image change when one resolution's convolutions are reset.

A line per child and the ancestor whose weights it is reset to; a panel per truncation.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from stylealign.figures import style
from stylealign.figures.lineage_order import order_of
from stylealign.figures.sheet import Sheet, width_of

if TYPE_CHECKING:
    import pandas as pd

LEFT, TOP, BOTTOM, HEIGHT = 120, 152, 110, 520  # px
PANEL_GAP = 40  # px


def draw_layer_reset(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """Perceptual change over the resolution that is reset, with its bootstrap interval as a band."""
    with style.applied():
        compose_layer_reset(table, parents).save(png, pdf)


def compose_layer_reset(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per truncation; children against their own parents only."""
    rows = table[table["child"].map(parents.get) == table["parent"]]
    names = {
        child: f"{child}, from {parents[child]}" for child in sorted(set(rows["child"]), key=order_of(parents).get)
    }
    panels = sorted(rows["truncation_psi"].unique(), reverse=True)
    sheet = Sheet(style.WIDTH_PX, TOP + HEIGHT + BOTTOM)
    sheet.heading("Where in the network the change lives", _subtitle(rows))
    if not panels:
        return sheet.without_rows()
    legend = 110 + max(map(width_of, names.values()))
    width = (style.WIDTH_PX - LEFT - legend - PANEL_GAP * (len(panels) - 1)) / len(panels)
    first: Axes | None = None
    for place, psi in enumerate(panels):
        axes = sheet.axes(LEFT + place * (width + PANEL_GAP), TOP, width, HEIGHT, sharey=first)
        first = first or axes
        _draw_lines(axes, rows[rows["truncation_psi"] == psi], names, parents)
        axes.set_title(f"truncation psi {psi:g}", pad=10)
        axes.tick_params(labelleft=place == 0)
    first.set_ylabel(f"perceptual change ({', '.join(sorted(rows['judge'].unique()))})")
    axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=style.BODY)
    return sheet


def _subtitle(rows: "pd.DataFrame") -> str:
    num = ", ".join(f"{count:,}" for count in sorted(rows["num_images"].unique()))
    return (
        f"Convolutions of one resolution go back to the parent's weights; {num or 'no'} images, bands: 95 % interval."
    )


def _draw_lines(axes: Axes, rows: "pd.DataFrame", names: Mapping[str, str], parents: Mapping[str, str | None]) -> None:
    colours, dashes = style.model_colours(parents), style.model_line_styles(parents)
    for child, name in names.items():
        line = rows[rows["child"] == child].sort_values("resolution")
        x = np.log2(line["resolution"])
        axes.fill_between(x, line["lpips_low"], line["lpips_high"], color=colours[child], alpha=0.15, linewidth=0)
        look = {"color": colours[child], "linestyle": dashes[child], "marker": "o", "markersize": 4.5}
        axes.plot(x, line["lpips"], label=name, **look)
    resolutions = sorted(rows["resolution"].unique())
    axes.set_xticks(np.log2(resolutions) if resolutions else [], [f"{resolution}" for resolution in resolutions])
    axes.set_xlabel("resolution whose conv0 and conv1 are reset, px")
    axes.set_ylim(0, None)
    axes.grid(axis="y")
