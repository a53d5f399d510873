"""Figure ``quality_diversity`` (StyleGAN-NADA, Figure 12): how near to the target domain, against how diverse.

A panel for each target domain: KID to its held-out images (its root, so that small values do not fall together) against
diversity within clusters, both with intervals. The paper's users stand where KID does. Beside each name, how near its
images come to training images, by the distance of held-out images: far below 1 is memorised.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from stylealign.figures import style
from stylealign.figures.label_column import APART, LINE, Label, stack_labels
from stylealign.figures.number_text import number
from stylealign.figures.sheet import Sheet, size_within
from stylealign.figures.table_rows import listed

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Quality and diversity"
SUBTITLE = "Right: nearer to the domain's held-out images. Up: images more unlike each other. Bars: intervals of 95 %."
COLOURS = {"adapted": style.VERMILION, "parent": style.SLATE, "trained": style.BLUE, "real": style.GREEN}
MARKERS = {"adapted": "o", "parent": "s", "trained": "D", "real": "*"}
NOTES = {"adapted": "adapted to it", "parent": "the parent", "trained": "trained on it"}
LEFT, TOP, HEAD, FOOT, BLOCK_GAP = 40, 112, 64, 84, 40  # px
SCALE, WIDTH, HEIGHT = 100, 860, 420  # px: of the y axis; of the plot
NUM_TICKS = 6


def draw_quality_diversity(
    table: "pd.DataFrame", domains: Sequence[str], models: Sequence[str], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``quality_diversity``; panels and names in the order of ``domains`` and ``models``."""
    with style.applied():
        compose_quality_diversity(table, domains, models).save(png, pdf)


def compose_quality_diversity(table: "pd.DataFrame", domains: Sequence[str], models: Sequence[str]) -> Sheet:
    """The same as a sheet, with one axes per domain."""
    places = {name: place for place, name in enumerate(models)}
    ordered = table.sort_values("model", key=lambda names: names.map(lambda name: places.get(name, len(places))))
    panels = [(domain, rows) for domain in domains if len(rows := ordered[ordered["domain"] == domain])]
    heights = [HEAD + max(HEIGHT, LINE * len(rows)) + FOOT for _, rows in panels]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + BLOCK_GAP * max(len(panels) - 1, 0) + (60 if not panels else 0))
    sheet.heading(TITLE, SUBTITLE)
    y = TOP
    for (domain, rows), height in zip(panels, heights, strict=True):
        _draw_panel(sheet, domain, rows, y, height)
        y += height + BLOCK_GAP
    return sheet if panels else sheet.without_rows()


def _draw_panel(sheet: Sheet, domain: str, rows: "pd.DataFrame", y: int, height: int) -> None:
    made = rows[rows["role"] != "real"]
    about = (
        f"KID of {listed(made['num_gen'])} images to {listed(rows['num_real'])}; diversity in clusters of "
        f"{listed(made['num_images'])}; nearest of {listed(rows['num_train'])} training images; judge "
        f"{listed(rows['judge'])}"
    )
    sheet.text(LEFT, y + 16, f"Target: {domain}", fontweight="bold")
    sheet.text(
        LEFT, y + 42, about, fontsize=size_within([about], sheet.width - 2 * LEFT, style.SMALL), color=style.GREY
    )
    axes = sheet.axes(LEFT + SCALE, y + HEAD, WIDTH, height - HEAD - FOOT)
    for row in rows.to_dict("records"):
        _draw_point(axes, row)
    _finish(axes, rows)
    labels = [Label(row["kid"], row["diversity"], *_words(row)) for row in rows.to_dict("records")]
    x = LEFT + SCALE + WIDTH + APART + 24
    stack_labels(sheet, axes, labels, x, y + HEAD, sheet.width - LEFT - x)


def _words(row: dict[str, Any]) -> tuple[str, str, str]:
    """Name, what it is and how near to training images it comes, and its colour."""
    colour = COLOURS[row["role"]]
    if row["role"] == "real":
        return "real images", "held out (KID: of training images)", colour
    times = f"\N{MULTIPLICATION SIGN}{number(row['nearest_ratio'])}, least {number(row['least_ratio'])}"
    return row["model"], f"{NOTES[row['role']]}; nearest training image {times}", colour


def _draw_point(axes: Axes, row: dict[str, Any]) -> None:
    look = {"color": COLOURS[row["role"]], "linewidth": 1.6, "solid_capstyle": "butt"}
    axes.plot([row["kid_low"], row["kid_high"]], [row["diversity"]] * 2, **look)
    axes.plot([row["kid"]] * 2, [row["diversity_low"], row["diversity_high"]], **look)
    size = 11 if row["role"] == "real" else 6.5
    axes.plot(row["kid"], row["diversity"], MARKERS[row["role"]], color=look["color"], markersize=size)


def _finish(axes: Axes, rows: "pd.DataFrame") -> None:
    axes.set_xscale("function", functions=(_root, _square))
    low, high = float(rows["kid_low"].min()), float(rows["kid_high"].max())
    axes.set_xlim(1.15 * max(high, 1e-6), min(1.3 * low, -0.001 * max(high, 1e-6)))  # small KID on the right
    axes.set_ylim(0, 1.12 * float(rows["diversity_high"].max()))
    ticks = _ticks(max(high, 1e-6))
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("KID to held-out images (the axis is its root): smaller, and to the right, is nearer")
    axes.set_ylabel("mean distance within a cluster")
    axes.grid()


def _ticks(high: float) -> list[float]:
    """0 and round numbers up to ``high``, about evenly spread on a root axis."""
    return sorted({float(f"{(place / NUM_TICKS) ** 2 * high:.0e}") for place in range(NUM_TICKS + 1)})


def _root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sign(values) * np.sqrt(np.abs(values))
    return found


def _square(values: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.sign(values) * np.square(values)
    return found
