"""Figure ``adaptations`` (StyleGAN-NADA, Figures 1, 5 and 6): the same z in a parent and in each model adapted from it.

A block is a parent. Its first row is the parent, every further one an adapted model, with what it was told and what
that came to; a column is one z.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.figures import style
from stylealign.figures.number_text import number, two_decimals
from stylealign.figures.picture_grid import GAP, LEFT, page
from stylealign.figures.samples import Samples, load_samples
from stylealign.figures.sheet import Sheet, side_within, size_within
from stylealign.figures.table_rows import only_row

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Adapted by words or by a few images: the same z in every row"
SUBTITLE = "A column is one z. What was told in words alone has seen no image of its target."
LABEL, MAX_Z, LARGEST_SIDE = 460, 10, 128  # px: the words beside a row; z; px: an image
LINES = (22, 46, 68, 89, 110)  # px: baselines of a row's words below its top

Line = tuple[str, dict[str, Any]]


def draw_adaptations(
    table: "pd.DataFrame",
    samples: Mapping[str, Path],
    parents: Sequence[tuple[str, str]],
    png: Path,
    pdf: Path | None = None,
) -> None:
    """``table`` is ``adaptation``; ``parents`` are the adapted models in their order, each with its parent."""
    with style.applied():
        compose_adaptations(table, samples, parents).save(png, pdf)


def compose_adaptations(
    table: "pd.DataFrame", samples: Mapping[str, Path], parents: Sequence[tuple[str, str]]
) -> Sheet:
    """The same as a sheet; each model and z is one image of it, and a parent's come once."""
    loaded = {name: load_samples(path) for name, path in samples.items()}
    blocks = {parent: [name for name, above in parents if above == parent] for _, parent in parents}
    num = min([MAX_Z, *(len(one.z) for one in loaded.values())])
    resolution = max((one.resolution for one in loaded.values()), default=1)
    side = side_within(resolution, min((style.WIDTH_PX - 2 * LEFT - LABEL) / num - GAP, LARGEST_SIDE))
    step = max(side + GAP, LINES[-1] + 18)
    heights = [step * (1 + len(children)) for children in blocks.values()]
    sheet = page(TITLE, SUBTITLE, heights, [LABEL + num * (side + GAP) for _ in blocks])
    y = sheet.height - 40 - sum(heights) - 64 * (len(heights) - 1) if heights else 0
    for (parent, children), height in zip(blocks.items(), heights, strict=True):
        _draw_row(sheet, y, [(parent, {"fontweight": "bold"}), ("the parent", _GREY)], loaded[parent], num, side)
        for place, child in enumerate(children, start=1):
            _draw_row(sheet, y + place * step, _words(table, child), loaded[child], num, side)
        y += height + 64
    return sheet


_GREY: dict[str, Any] = {"fontsize": style.SMALL, "color": style.GREY}


def _words(table: "pd.DataFrame", model: str) -> list[Line]:
    """What a row says beside its images."""
    row = only_row(table[table["model"] == model])
    how = f"{row['loss']} loss, {row['iterations']} iterations, layers: {row['num_layers']}"
    came = f"KID to {row['domain']} {number(row['kid_of_parent'])} \u2192 {number(row['kid_to_target'])}"
    diverse = ratio(row["diversity"], row["diversity_of_parent"])
    kept = f"diversity \u00d7{diverse}, {row['attribute']} kept {two_decimals(row['attribute_kept'])}"
    target = f"\u201c{row['target']}\u201d" if row["source"] != f"images of {row['parent']}" else row["target"]
    return [(model, {"fontweight": "bold"}), (target, {}), (how, _GREY), (came, _GREY), (kept, _GREY)]


def ratio(value: float, before: float) -> str:
    """How many times as much, with two decimals."""
    return two_decimals(value / before) if before > 0 and math.isfinite(value) else two_decimals(math.nan)


def _draw_row(sheet: Sheet, y: int, lines: Sequence[Line], samples: Samples, num: int, side: int) -> None:
    for (text, look), below in zip(lines, LINES, strict=False):
        size = size_within([text], LABEL - 24, look.get("fontsize", style.BODY), look.get("fontweight", "normal"))
        sheet.text(LEFT, y + below, text, **{**look, "fontsize": size})
    for column in range(num):
        sheet.image(samples.finished[column], LEFT + LABEL + column * (side + GAP), y, side)
