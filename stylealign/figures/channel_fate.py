"""Figure ``channel_fate`` (StyleAlign, Table 3): what became of the parent's localized channels; forgotten, or hidden?

A panel per line of descent: the parent's channels by region on the left, their fate in the child, and, where there is a
grandchild, their fate there. Ribbons are as wide as the number of channels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.alluvial import BAR, Bar, Ribbon, draw_flows, height_of
from stylealign.figures.lineage_order import order_of
from stylealign.figures.region_order import order_regions
from stylealign.figures.sheet import Sheet, size_within, width_of

if TYPE_CHECKING:
    import pandas as pd

FATES = {"retained": style.BLUE, "moved": style.ORANGE, "unlisted": style.SLATE, "inactive": "#c3c9cf"}
WORDS = {
    "retained": "same region",
    "moved": "another region",
    "unlisted": "unlisted region",
    "inactive": "none",
}
LEFT, TOP, BOTTOM, GAP, BLOCK_GAP, HEAD = 40, 150, 48, 56, 60, 116  # px; HEAD is a panel's title
TALLEST = 330.0  # px, all channels of the parent that has most
SUBTITLE = "The parent's localized channels, and where the same channels act in its child and grandchild."


@dataclass(frozen=True)
class Chain:
    """Parent, child and, if any, grandchild (else empty), with the rows of the table that count their channels."""

    parent: str
    child: str
    grandchild: str
    rows: "pd.DataFrame"  # by the strict rule
    loose: "pd.DataFrame"

    @property
    def models(self) -> list[str]:
        return [name for name in (self.parent, self.child, self.grandchild) if name]


def draw_channel_fate(
    table: "pd.DataFrame", parents: Mapping[str, str | None], png: Path, pdf: Path | None = None
) -> None:
    """``table`` is ``channel_fate``; a child whose grandchildren are shown is not shown again on its own.

    Ribbons count by the papers' strict rule; what the loose one comes to is a line above them.
    """
    with style.applied():
        compose_channel_fate(table, parents).save(png, pdf)


def compose_channel_fate(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> Sheet:
    """The same as a sheet, with one axes per chain; two chains of three models a row, or three of two."""
    chains = _chains(table, parents)
    if not chains:
        sheet = Sheet(style.WIDTH_PX, 200)
        sheet.heading("Forgotten, or hidden?", SUBTITLE)
        return sheet.without_rows() if table.empty else _without_channels(sheet)
    long, short = ([chain for chain in chains if bool(chain.grandchild) is both] for both in (True, False))
    lines = [*_in_lines(long, 2), *_in_lines(short, 3)]
    unit = TALLEST / max(int(chain.rows["num_channels"].sum()) for chain in chains)
    heights = [int(max(_height(chain, unit) for chain in line)) + HEAD for line, _ in lines]
    sheet = Sheet(style.WIDTH_PX, TOP + sum(heights) + BLOCK_GAP * (len(lines) - 1) + BOTTOM)
    sheet.heading("Forgotten, or hidden?", SUBTITLE)
    _draw_legend(sheet)
    y = TOP
    for (line, across), height in zip(lines, heights, strict=True):
        width = (style.WIDTH_PX - 2 * LEFT - GAP * (across - 1)) / across
        for place, chain in enumerate(line):
            _draw_chain(sheet, chain, (LEFT + place * (width + GAP), y, width, height), unit)
        y += height + BLOCK_GAP
    return sheet


def _without_channels(sheet: Sheet) -> Sheet:
    sheet.text(LEFT, 128, "No parent has a channel that is localized to a listed region, by the strict rule.")
    return sheet


def _chains(table: "pd.DataFrame", parents: Mapping[str, str | None]) -> list[Chain]:
    """The lines of descent that have localized channels by the strict rule, in family order."""
    place, names = order_of(parents), ["parent", "child", "grandchild"]
    counted = table[table["num_channels"] > 0]
    strict, loose = (counted[counted["rule"] == rule] for rule in ("strict", "loose"))
    keys = [tuple(key) for key in strict[names].drop_duplicates().itertuples(index=False)]
    followed = {key[:2] for key in keys if key[2]}
    wanted = [key for key in keys if key[2] or key[:2] not in followed]
    chains = [Chain(*key, *(_rows_of(rows, *key) for rows in (strict, loose))) for key in wanted]
    known = [chain for chain in chains if set(chain.models) <= set(place)]
    return sorted(known, key=lambda chain: [place[model] for model in reversed(chain.models)])


def _rows_of(rows: "pd.DataFrame", parent: str, child: str, grandchild: str) -> "pd.DataFrame":
    return rows[(rows["parent"] == parent) & (rows["child"] == child) & (rows["grandchild"] == grandchild)]


def _in_lines(chains: Sequence[Chain], across: int) -> list[tuple[Sequence[Chain], int]]:
    return [(chains[start : start + across], across) for start in range(0, len(chains), across)]


def _columns(chain: Chain) -> list[list[Bar]]:
    """The parent's regions; the fates in the child; the fates in the grandchild, if any."""
    counts = chain.rows.groupby("region")["num_channels"].sum()
    columns = [[Bar(name, int(counts[name]), style.GREY) for name in order_regions(counts.index)]]
    for column in ("fate_in_child", "fate_in_grandchild")[: len(chain.models) - 1]:
        sizes = chain.rows.groupby(column)["num_channels"].sum()
        columns.append([Bar(WORDS[fate], int(sizes[fate]), FATES[fate]) for fate in FATES if fate in sizes])
    return columns


def _flows(chain: Chain) -> list[list[Ribbon]]:
    """Each ribbon has the colour of the fate it leads to."""
    steps = [("region", "fate_in_child"), ("fate_in_child", "fate_in_grandchild")][: len(chain.models) - 1]
    flows = []
    for start, end in steps:
        sizes = chain.rows.groupby([start, end])["num_channels"].sum()
        flows.append([Ribbon(WORDS.get(a, a), WORDS[b], int(size), FATES[b]) for (a, b), size in sizes.items()])
    return flows


def _height(chain: Chain, unit: float) -> float:
    return max(height_of(column, unit) for column in _columns(chain))


def _draw_chain(sheet: Sheet, chain: Chain, place: tuple[float, float, float, float], unit: float) -> None:
    x, y, width, height = place
    title = " \N{RIGHTWARDS ARROW} ".join(chain.models)
    sheet.text(x, y + 18, title, fontsize=size_within([title], width, weight="bold"), fontweight="bold")
    summary = _returned if chain.grandchild else _retained
    strict = summary(chain, chain.rows)
    loose = "" if chain.loose.empty else f"loose rule: {summary(chain, chain.loose)}"
    size = size_within([strict, loose], width, style.SMALL)
    sheet.text(x, y + 43, strict, fontsize=size, color=style.GREY)
    sheet.text(x, y + 65, loose, fontsize=size, color=style.GREY)
    columns = _columns(chain)
    before = 12 + max(width_of(f"{bar.name} {bar.size}", style.SMALL) for bar in columns[0])
    after = 12 + max(width_of(f"{bar.name} {bar.size}", style.SMALL) for bar in columns[-1])
    step = (width - before - after - BAR) / (len(columns) - 1)
    lefts = [before + step * index for index in range(len(columns))]
    for model, left in zip(chain.models, lefts, strict=True):
        sheet.text(x + left + BAR / 2, y + 98, model, ha="center", fontsize=style.SMALL, fontweight="bold")
    axes = sheet.axes(x, y + HEAD, width, height - HEAD)
    draw_flows(axes, columns, _flows(chain), lefts, unit)


def _retained(chain: Chain, rows: "pd.DataFrame") -> str:
    kept = int(rows.loc[rows["fate_in_child"] == "retained", "num_channels"].sum())
    return f"{kept} of {int(rows['num_channels'].sum())} channels act in their region in {chain.child}"


def _returned(chain: Chain, rows: "pd.DataFrame") -> str:
    """How many of the channels that the child uses nowhere act in their old region in the grandchild."""
    silent = rows[rows["fate_in_child"] == "inactive"]
    back = int(silent.loc[silent["fate_in_grandchild"] == "retained", "num_channels"].sum())
    total = int(silent["num_channels"].sum())
    return f"of {total} localized nowhere in {chain.child}, {back} act in their old region in {chain.grandchild}"


def _draw_legend(sheet: Sheet) -> None:
    """What the colours mean, in a line under the subtitle."""
    meanings = {
        "retained": "in the parent's region",
        "moved": "in another listed region",
        "unlisted": "in one not listed (background, skin, other)",
        "inactive": "localized nowhere",
    }
    x = LEFT
    for fate, meaning in meanings.items():
        sheet.frame(x, 100, 16, 12, fill=True, facecolor=FATES[fate], edgecolor="none")
        sheet.text(x + 24, 112, meaning, fontsize=style.SMALL)
        x += 24 + int(width_of(meaning, style.SMALL)) + 32
