"""Figure ``progress`` (StyleAlign, Figures 4 and 13): the same z while a model is trained.

A panel is one model, a row one z, a column one moment. A child begins as its parent: its first column is the parent's
image. In the papers most of what changes, changes early.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylealign.figures import style
from stylealign.figures.lineage_order import Node, lineage_order
from stylealign.figures.samples import Samples, kimg_text, load_samples
from stylealign.figures.sheet import Pixels, Sheet, resample, side_within, size_within

LEFT, TOP, BOTTOM = 40, 128, 40  # margins, px
GAP, PANEL_GAP, HEAD = 4, 56, 70  # between images; between panels; height of a panel's title, px
LARGEST_SIDE, MOST_COLUMNS = 96, 8


@dataclass(frozen=True)
class Panel:
    """One model's images [columns, rows, R, R, 3] and what is written above each column."""

    title: str
    captions: tuple[str, ...]
    pixels: Pixels


def draw_progress(
    samples: Mapping[str, Path],
    parents: Mapping[str, str | None],
    png: Path,
    *,
    num_z: int = 3,
    pdf: Path | None = None,
) -> None:
    """The first ``num_z`` codes of every model of ``samples`` at each moment its training sampled."""
    with style.applied():
        compose_progress(samples, parents, num_z).save(png, pdf)


def compose_progress(samples: Mapping[str, Path], parents: Mapping[str, str | None], num_z: int) -> Sheet:
    """The same as a sheet: two panels side by side, as many rows of panels as it takes."""
    nodes = lineage_order(parents, shown=samples)
    loaded = {node.model: load_samples(samples[node.model]) for node in nodes}
    panels = [_panel(node, loaded, num_z) for node in nodes]
    num_columns = max(len(panel.captions) for panel in panels)
    across = (style.WIDTH_PX - 2 * LEFT - PANEL_GAP) / 2
    room = (across + GAP) / num_columns - GAP
    side = side_within(max(each.resolution for each in loaded.values()), min(room, LARGEST_SIDE))
    return _place_panels(panels, num_columns, side)


def _panel(node: Node, loaded: Mapping[str, Samples], num_z: int) -> Panel:
    own = loaded[node.model]
    kimg, pixels = own.kimg, own.pixels
    if node.parent in loaded and kimg[0] != 0:
        kimg = np.concatenate([[0], kimg])
        first = np.stack([resample(image, own.resolution) for image in loaded[node.parent].finished])
        pixels = np.concatenate([first[None], pixels])
    moments = spread(len(kimg), MOST_COLUMNS)
    captions = [kimg_text(kimg[moment]) for moment in moments]
    if node.parent and kimg[0] == 0:
        captions[0] += f" ({node.parent})"
    title = f"{node.model}, from {node.parent}" if node.parent else f"{node.model}, from scratch"
    return Panel(title, tuple(captions), pixels[moments, :num_z])


def spread(num: int, most: int) -> list[int]:
    """At most ``most`` of ``num`` moments: the first, the last, and others as evenly as can be."""
    return [int(moment) for moment in np.unique(np.rint(np.linspace(0, num - 1, min(num, most))).astype(int))]


def _place_panels(panels: Sequence[Panel], num_columns: int, side: int) -> Sheet:
    num_rows = max(panel.pixels.shape[1] for panel in panels)
    panel_width = num_columns * (side + GAP) - GAP
    panel_height = HEAD + num_rows * (side + GAP) + PANEL_GAP
    abreast = min(2, len(panels))
    width = 2 * LEFT + abreast * panel_width + (abreast - 1) * PANEL_GAP
    height = TOP + -(-len(panels) // abreast) * panel_height - PANEL_GAP + BOTTOM
    sheet = Sheet(max(width, 1000), height)
    sheet.heading(
        "One z, as training goes on", "Each row is one z; above the columns, thousands of images (kimg) seen."
    )
    for place, panel in enumerate(panels):
        x = LEFT + (place % abreast) * (panel_width + PANEL_GAP)
        _draw_panel(sheet, panel, x, TOP + place // abreast * panel_height, side)
    return sheet


def _draw_panel(sheet: Sheet, panel: Panel, x: int, y: int, side: int) -> None:
    sheet.text(x, y + 18, panel.title, fontweight="bold")
    size = size_within(list(panel.captions), side + GAP, style.SMALL)
    for column, (caption, images) in enumerate(zip(panel.captions, panel.pixels, strict=True)):
        left = x + column * (side + GAP)
        sheet.text(left + side / 2, y + HEAD - 10, caption, ha="center", fontsize=size, color=style.GREY)
        for row, image in enumerate(images):
            sheet.image(image, left, y + HEAD + row * (side + GAP), side)
