"""Figure ``attribute_alignment``: does the same z carry the same attribute in two models?

Rank correlation of a judged attribute across models, for relatives; beside it the two controls that must stay pale:
unrelated models, and the same relatives with one model's z shuffled. The papers have pictures of this, not numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from stylealign.figures import style
from stylealign.figures.heat_map import draw_cells, label_columns, label_rows
from stylealign.figures.lineage_order import order_of
from stylealign.figures.sheet import Sheet, width_of

if TYPE_CHECKING:
    import pandas as pd

CELL, ROW_HEIGHT, BLOCK_GAP, TOP, RIGHT, BOTTOM, JUDGE_GAP = 74, 44, 44, 120, 150, 60, 40  # px
SLANT = 42.0  # degrees, of the column names
UNREADABLE = 0.5  # judge_score below which a cell is hatched
SUBTITLE = "Rank correlation over z of a judged attribute in two models; hatched where the judge reads it poorly."


@dataclass(frozen=True)
class Block:
    """A heat map of one kind of comparison: its title, its pairs (parent, model), and the column it shows."""

    title: str
    pairs: tuple[tuple[str, str], ...]
    column: str


def draw_attribute_alignment(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """Three blocks a judge: relatives, unrelated models, relatives with shuffled z; a row per attribute."""
    with style.applied():
        compose_attribute_alignment(table, parents).save(png, pdf)


def compose_attribute_alignment(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per judge and block."""
    blocks, attributes = _blocks(table, parents), list(dict.fromkeys(table["attribute"]))
    judges = list(dict.fromkeys(table["judge"]))
    names = [_pair_name(pair) for block in blocks for pair in block.pairs]
    lift = 30 + int(max((width_of(name, style.SMALL) for name in names), default=0) * np.sin(np.deg2rad(SLANT)))
    left = 50 + int(max((width_of(name, style.SMALL) for name in attributes), default=0))
    room = style.WIDTH_PX - left - RIGHT - BLOCK_GAP * max(len(blocks) - 1, 0)
    cell = min(CELL, room / max(len(names), 1))
    panel = 60 + lift + ROW_HEIGHT * len(attributes) + JUDGE_GAP
    sheet = Sheet(style.WIDTH_PX, TOP + max(len(judges), 1) * panel - JUDGE_GAP + BOTTOM)
    sheet.heading("Does the same z mean the same thing?", SUBTITLE)
    for place, judge in enumerate(judges):
        y = TOP + place * panel
        sheet.text(40, y + 18, f"judge: {judge}", fontweight="bold")
        _draw_judge(sheet, table[table["judge"] == judge], blocks, (left, y + 60 + lift, cell), lift)
    return sheet if judges else sheet.without_rows()


def _blocks(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> list[Block]:
    place = order_of(parents)
    pairs = table[["parent", "model", "relation"]].drop_duplicates()
    ordered = sorted(pairs.itertuples(index=False), key=lambda pair: (place[pair.model], -place[pair.parent]))
    related = tuple((pair.parent, pair.model) for pair in ordered if pair.relation != "unrelated")
    strangers = tuple((pair.parent, pair.model) for pair in ordered if pair.relation == "unrelated")
    blocks = [
        Block("relatives", related, "spearman"),
        Block("unrelated models", strangers, "spearman"),
        Block("relatives, z shuffled", related, "spearman_shuffled"),
    ]
    return [block for block in blocks if block.pairs]


def _draw_judge(
    sheet: Sheet, rows: "pd.DataFrame", blocks: list[Block], corner: tuple[float, float, float], lift: float
) -> None:
    x, y, cell = corner
    attributes = list(dict.fromkeys(rows["attribute"]))
    indexed = rows.set_index(["attribute", "parent", "model"]).sort_index()
    for place, block in enumerate(blocks):
        width = cell * len(block.pairs)
        axes = sheet.axes(x, y, width, ROW_HEIGHT * len(attributes))
        _draw_block(axes, indexed, attributes, block)
        label_rows(axes, attributes if place == 0 else [""] * len(attributes))
        sheet.text(x, y - lift, block.title, fontweight="bold")
        x += width + BLOCK_GAP


def _draw_block(axes: Axes, rows: "pd.DataFrame", attributes: list[str], block: Block) -> None:
    keys = [[(attribute, *pair) for pair in block.pairs] for attribute in attributes]
    values = np.array([[_value(rows[block.column], key) for key in line] for line in keys])
    scores = np.array([[_value(rows["judge_score"], key) for key in line] for line in keys])
    draw_cells(axes, values, (values + 1) / 2, style.DIVERGING, _two_digits, 6.5)
    label_columns(axes, [_pair_name(pair) for pair in block.pairs], rotation=SLANT)
    for row, column in np.argwhere(np.isfinite(values) & (scores < UNREADABLE)):
        look = {"facecolor": "none", "edgecolor": style.GREY, "hatch": "////", "linewidth": 0, "alpha": 0.7}
        axes.add_patch(Rectangle((column, row), 1, 1, **look))


def _pair_name(pair: tuple[str, str]) -> str:
    parent, model = pair
    return f"{model} / {parent}"


def _value(column: "pd.Series", key: tuple[str, str, str]) -> float:
    return float(column[key]) if key in column.index else float("nan")


def _two_digits(value: float) -> str:
    text = f"{abs(value):.2f}".lstrip("0") if abs(value) < 1 else f"{abs(value):.0f}"
    return ("\N{MINUS SIGN}" if value < 0 and text != ".00" else "") + text
