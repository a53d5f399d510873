"""Figure ``channel_maps`` (StyleAlign, Figure 14 and A.9): what a channel does, in a parent and in its descendants.

A column is the parent's clearest channel of one region, a row a model; in each cell the map of that very channel lies
as heat over the model's image of the same z, with the region's outline. Where the two agree, it kept its place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.channel_evidence import Examples, load_examples
from stylealign.figures.lineage_order import Node, lineage_order, lone_roots
from stylealign.figures.overlay import outlined, over_grey
from stylealign.figures.region_order import order_regions
from stylealign.figures.sheet import Sheet, side_within, size_within, width_of

if TYPE_CHECKING:
    import pandas as pd

LEFT, TOP, BOTTOM, GAP, APART = 40, 128, 40, 12, 28  # px; APART sets the images off from the maps
HEAD, NOTE, BLOCK_GAP = 74, 42, 60  # px: names over a block, the line under a cell, between blocks
MOST, LARGEST_SIDE, NARROWEST = 6, 192, 1100  # regions; px: image, sheet
SUBTITLE = "Heat: what the channel changes, for one z. Outline: the region. Below: where it acts in most images."


@dataclass(frozen=True)
class Chosen:
    """The clearest channel of a region."""

    region: str
    channel: str  # as b16.conv1:12
    paper_index: str


def draw_channel_maps(
    evidence: Mapping[str, Path],
    channels: Mapping[str, "pd.DataFrame"],
    parents: Mapping[str, str | None],
    png: Path,
    pdf: Path | None = None,
) -> None:
    """``evidence`` (npz) and ``channels`` (the table of that name) of each model; a block per root with descendants."""
    with style.applied():
        compose_channel_maps(evidence, channels, parents).save(png, pdf)


def compose_channel_maps(
    evidence: Mapping[str, Path], channels: Mapping[str, "pd.DataFrame"], parents: Mapping[str, str | None]
) -> Sheet:
    """The same as a sheet; each image and map is one image of it."""
    nodes = lineage_order(parents, shown=set(evidence) & set(channels))
    examples = {node.model: load_examples(evidence[node.model]) for node in nodes}
    blocks = [(block, _clearest(channels[block[0].root])) for block in _blocks(nodes)]
    blocks = [(block, chosen) for block, chosen in blocks if chosen]
    if not blocks:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading("What a channel does", SUBTITLE)
        sheet.text(LEFT, 128, "No model with descendants has a channel that acts in one listed region only.")
        return sheet
    names = max(width_of(node.model, weight="bold") for node in nodes)
    room = (style.WIDTH_PX - 2 * LEFT - names - APART) / (1 + max(len(chosen) for _, chosen in blocks)) - GAP
    side = side_within(max(each.pixels.shape[1] for each in examples.values()), min(room, LARGEST_SIDE))
    heights = [HEAD + len(block) * (side + NOTE) for block, _ in blocks]
    width = 2 * LEFT + names + APART + (1 + max(len(chosen) for _, chosen in blocks)) * (side + GAP)
    sheet = Sheet(max(int(width), NARROWEST), TOP + sum(heights) + BLOCK_GAP * (len(blocks) - 1) + BOTTOM)
    sheet.heading("What a channel does", SUBTITLE)
    y = TOP
    for (block, chosen), height in zip(blocks, heights, strict=True):
        _draw_block(sheet, block, chosen, examples, channels, (int(LEFT + names + GAP), y, side))
        y += height + BLOCK_GAP
    return sheet


def _blocks(nodes: Sequence[Node]) -> list[list[Node]]:
    """A block per family of more than one; roots on their own, the controls, close the first."""
    families: dict[str, list[Node]] = {}
    for node in nodes:
        families.setdefault(node.root, []).append(node)
    blocks = [family for root, family in families.items() if len(family) > 1 and family[0].model == root]
    controls = lone_roots(nodes)
    return [blocks[0] + [node for node in nodes if node.model in controls], *blocks[1:]] if blocks else []


def _clearest(table: "pd.DataFrame") -> list[Chosen]:
    """For each listed region its localized channel with the highest rate and lead; the regions with most channels."""
    rows = table[table["localized"]].assign(lead=table["rate"] - table["second_rate"])
    rows = rows.sort_values(["rate", "lead"], ascending=False, kind="stable")
    most = list(rows["region"].value_counts().index[:MOST])
    first = {region: rows[rows["region"] == region].iloc[0] for region in order_regions(most)}
    return [Chosen(region, f"{row['layer']}:{row['channel']}", row["paper_index"]) for region, row in first.items()]


def _draw_block(
    sheet: Sheet,
    block: Sequence[Node],
    chosen: Sequence[Chosen],
    examples: Mapping[str, Examples],
    channels: Mapping[str, "pd.DataFrame"],
    place: tuple[int, int, int],
) -> None:
    x, y, side = place
    example = _richest(examples[block[0].model], chosen)
    lefts = [x + side + APART + index * (side + GAP) for index in range(len(chosen))]
    for each, left in zip(chosen, lefts, strict=True):
        sheet.text(left, y + 22, each.region, fontweight="bold")
        label = f"{each.paper_index}  {each.channel.partition(':')[0]}"
        sheet.text(left, y + 50, label, fontsize=size_within([label], side, style.SMALL), color=style.GREY)
    for row, node in enumerate(block):
        top, shown = y + HEAD + row * (side + NOTE), examples[node.model]
        control = node.root != block[0].root
        look = {"ha": "right", "color": style.RELATION_COLOURS["unrelated"] if control else style.INK}
        sheet.text(x - GAP, top + side / 2, node.model, fontweight="bold", **look)
        if control:
            sheet.text(x - GAP, top + side / 2 + 24, "control", fontsize=style.SMALL, **look)
        sheet.image(shown.pixels[example], x, top, side)
        for each, left in zip(chosen, lefts, strict=True):
            picture = over_grey(shown.pixels[example], shown.map_of(example, each.channel), side)
            sheet.image(outlined(picture, shown.mask(example, each.region)), left, top, side)
            _write_note(sheet, channels[node.model], each, (left, top + side + 22), side)


def _richest(examples: Examples, chosen: Sequence[Chosen]) -> int:
    """The first example that shows as many of the regions as any."""
    shown = [sum(examples.shows(index, each.region) for each in chosen) for index in range(len(examples.pixels))]
    return shown.index(max(shown))


def _write_note(sheet: Sheet, table: "pd.DataFrame", each: Chosen, place: tuple[float, float], side: int) -> None:
    """Where the channel acts in this model, and in what part of the images; dark where it is localized there."""
    layer, channel = each.channel.rsplit(":", 1)
    row = table[(table["layer"] == layer) & (table["channel"] == int(channel))].iloc[0]
    text = f"{row['region']} {100 * row['rate']:.0f} %"
    kept = bool(row["localized"]) and row["region"] == each.region
    look = {"color": style.INK if row["localized"] else style.GREY, "fontweight": "bold" if kept else "normal"}
    sheet.text(*place, text, fontsize=size_within([text], side, style.SMALL), **look)
