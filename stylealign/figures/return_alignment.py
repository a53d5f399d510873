"""Figure ``return_alignment`` (StyleAlign, 3 and A.2; Figures 14 and 34 to 36): forgotten or hidden?

A block per model that returned to an ancestor's domain: the same z by the ancestor, by the models between, by the
returned model and by the control; below, how far each is from the ancestor, and whether attributes keep their order;
then the ancestor's own edits in all of them, with what table ``effect_agreement`` measured of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.number_text import two_decimals
from stylealign.figures.picture_grid import LEFT
from stylealign.figures.return_verdict import CRITERION, READABLE, RETURNED, SHUFFLED, THROUGH, UNRELATED, verdict
from stylealign.figures.sheet import Pixels, Sheet, size_within
from stylealign.figures.table_rows import NO_ROWS, listed
from stylealign.tables import read_table
from stylealign.translated_images import load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Forgotten or hidden?"
SUBTITLE = "Away from a domain and back: does the same z give the ancestor's image again?"
COLOURS = {RETURNED: style.BLUE, THROUGH: style.GREY, UNRELATED: style.VERMILION, SHUFFLED: style.ORANGE}
NOTES = {
    "ancestor": "ancestor",
    RETURNED: "returned",
    THROUGH: "between",
    UNRELATED: "control",
    SHUFFLED: "other z: control",
}
OFFSETS = {RETURNED: 0.0, THROUGH: -0.22, UNRELATED: 0.22, SHUFFLED: 0.36}
POOLED = ("channels", "directions")
NAMES, HEAD, CHART_HEAD, CHART_FOOT, ROW, EDIT_HEAD, GAP, EDIT_GAP = 210, 100, 84, 84, 24, 92, 4, 14  # px
LINE, TWO_LINES = 26, 44  # px of a line of the heading, and of a label of two lines
WIDEST = 180  # letters of a line of the heading


@dataclass(frozen=True)
class Block:
    """One returned model: its pictures, its rows, and those of ``effect_agreement`` between the ancestor and others."""

    shown: Mapping[str, Pixels]
    rows: "pd.DataFrame"
    agreement: "pd.DataFrame"

    @property
    def roles(self) -> dict[str, str]:
        """Each model's role, in the order of the strips."""
        return dict(zip(map(str, self.shown["strip_models"]), map(str, self.shown["strip_roles"]), strict=True))

    @property
    def attributes(self) -> list[str]:
        """Attributes whose order was measured, best kept first."""
        own = self.rows[(self.rows["measure"] == "spearman") & (self.rows["role"] == RETURNED)]
        return list(own.dropna(subset=["value"]).sort_values("value", ascending=False)["attribute"])

    @property
    def edited(self) -> list[tuple[str, str]]:
        """What was pooled: (attribute, channels or directions)."""
        return [(name, edits) for name in dict.fromkeys(self.agreement["attribute"]) for edits in POOLED]

    @property
    def side(self) -> int:
        return grid.fitting_side(*self.shown["strips"].shape[2:0:-1], GAP * self.shown["strips"].shape[1], room())

    @property
    def edit_side(self) -> int:
        num = 0 if "edits" not in self.shown else self.shown["edits"].shape[1]
        return grid.fitting_side(self.shown["strips"].shape[2], 2 * num + 1, num * (GAP + EDIT_GAP), room())

    @property
    def chart(self) -> int:
        """Height of the charts."""
        return max(ROW * len(self.attributes), TWO_LINES * max(len(self.edited), len(self.roles)))

    @property
    def findings(self) -> list[str]:
        """What was found of either half of the claim, in lines."""
        found = verdict(self.rows)
        halves = [str(half) for half in (found.kept, found.hidden)] if len(self.rows) else []
        return [line for half in halves for line in wrap(half, WIDEST, subsequent_indent="    ")]

    @property
    def head(self) -> int:
        """Height of the heading."""
        return HEAD + LINE * len(self.findings)

    @property
    def edits_height(self) -> int:
        return EDIT_HEAD + grid.height_of(len(self.roles), self.edit_side) if "edits" in self.shown else 0

    @property
    def height(self) -> int:
        strips = grid.height_of(len(self.roles), self.side)
        return self.head + strips + CHART_HEAD + self.chart + CHART_FOOT + self.edits_height


def room() -> float:
    """The width beside the models' names."""
    return style.WIDTH_PX - 2 * LEFT - NAMES


def draw_return_alignment(
    pictures: Sequence[Path], table: Path, agreement: Path | None = None, *, png: Path, pdf: Path | None = None
) -> None:
    """``pictures`` holds each returned model's npz, in the order of the figure; ``table`` is ``return_alignment``.

    ``agreement`` is the table ``effect_agreement``, where the study makes it.
    """
    with style.applied():
        compose_return_alignment(pictures, table, agreement).save(png, pdf)


def compose_return_alignment(pictures: Sequence[Path], table: Path, agreement: Path | None) -> Sheet:
    """The same as a sheet."""
    rows, effects = read_table(table), None if agreement is None else read_table(agreement)
    blocks = [_block(load_pictures(path), rows, effects) for path in pictures]
    widths = [style.WIDTH_PX - 2 * LEFT for _ in blocks]
    sheet = grid.page(TITLE, SUBTITLE, [block.height for block in blocks], widths)
    y = grid.TOP
    for block in blocks:
        _draw_block(sheet, block, y)
        y += block.height + grid.BLOCK_GAP
    return sheet


def _block(shown: Mapping[str, Pixels], rows: "pd.DataFrame", effects: "pd.DataFrame | None") -> Block:
    own = rows[rows["returned"] == str(shown["returned"])]
    if effects is None:
        from stylealign.tables import EFFECT_AGREEMENT, to_frame

        effects = to_frame(EFFECT_AGREEMENT, [])
    models = list(map(str, shown["strip_models"]))
    of_ancestor = (effects["parent"] == models[0]) & effects["child"].isin(models[1:])
    return Block(shown, own, effects[of_ancestor & effects["edits"].isin(POOLED)])


def _draw_block(sheet: Sheet, block: Block, y: int) -> None:
    models = list(block.roles)
    between = [name for name, role in block.roles.items() if role == THROUGH]
    title = f"{block.shown['returned']}: back in the domain of {models[0]}, through {' and '.join(between)}"
    _draw_heading(sheet, block, title, y)
    top = y + block.head
    for place, (model, strip) in enumerate(zip(models, block.shown["strips"], strict=True)):
        left = _draw_name(sheet, block, model, top + place * (block.side + GAP), block.side)
        for column, image in enumerate(strip):
            sheet.image(image, left + column * (block.side + GAP), top + place * (block.side + GAP), block.side)
    top += grid.height_of(len(models), block.side) + CHART_HEAD
    _draw_distances(sheet.axes(LEFT + NAMES, top, 300, block.chart), block)
    if block.attributes:
        _draw_orders(sheet.axes(LEFT + NAMES + 490, top, 280, block.chart), block)
    if block.edited:
        _draw_effects(sheet.axes(LEFT + NAMES + 1000, top, 210, block.chart), block)
    if "edits" in block.shown:
        _draw_edits(sheet, block, top + block.chart + CHART_FOOT)


def _draw_heading(sheet: Sheet, block: Block, title: str, y: int) -> None:
    """The title, whether the paper's claim holds, and how that was measured; all of it from the table."""
    found = verdict(block.rows)
    wide = sheet.width - 2 * LEFT
    sheet.text(LEFT, y + 18, title, fontweight="bold", fontsize=size_within([title], wide, 10.5, "bold"))
    line = found.text if len(block.rows) else NO_ROWS
    colour = style.BLUE if found.holds else style.INK
    sheet.text(LEFT, y + 48, line, fontsize=style.BODY, fontweight="bold", color=colour)
    for place, said in enumerate(block.findings):
        sheet.text(LEFT, y + 76 + LINE * place, said, fontsize=size_within([said], wide, style.SMALL))
    note = f"judge {listed(block.rows['judge'])}; {listed(block.rows['num_z'])} z; {listed(block.rows['protocol'])}"
    note += f"; criterion: {CRITERION}"
    sheet.text(LEFT, y + block.head - 24, note, fontsize=size_within([note], wide, style.SMALL), color=style.GREY)


def _draw_name(sheet: Sheet, block: Block, model: str, y: float, side: int) -> int:
    """A row's model and its role; returns where its images begin."""
    role = block.roles[model]
    beside = {"ha": "right", "color": COLOURS.get(role, style.INK)}
    size = size_within([model], NAMES - 20, weight="bold")
    sheet.text(LEFT + NAMES - 16, y + side / 2 - 2, model, fontweight="bold", fontsize=size, **beside)
    sheet.text(LEFT + NAMES - 16, y + side / 2 + 22, NOTES[role], fontsize=style.SMALL, **beside)
    return LEFT + NAMES


def _draw_distances(axes: Axes, block: Block) -> None:
    """How far each model's images are from the ancestor's."""
    rows = block.rows[block.rows["measure"] == "distance"]
    ordered = [row for role in COLOURS for row in rows[rows["role"] == role].itertuples()]
    for place, row in enumerate(ordered):
        _draw_point(axes, row, place)
    names = [f"{row.model}\n{NOTES[row.role]}" for row in ordered]
    axes.set_yticks(range(len(ordered)), names, fontsize=size_within(_lines(names), NAMES - 20, style.SMALL))
    for label, row in zip(axes.get_yticklabels(), ordered, strict=True):
        label.set_color(COLOURS[row.role])
    axes.set_xlim(left=0)
    _finish(axes, len(ordered), "distance from the ancestor", f"mean over z, judge {listed(rows['judge'])}")


def _draw_orders(axes: Axes, block: Block) -> None:
    """Whether each attribute keeps its order over z."""
    rows = block.rows[(block.rows["measure"] == "spearman") & block.rows["attribute"].isin(block.attributes)]
    for row in rows.dropna(subset=["value"]).itertuples():
        _draw_point(axes, row, block.attributes.index(row.attribute) + OFFSETS[row.role])
    size = size_within(block.attributes, 170, style.SMALL)
    axes.set_yticks(range(len(block.attributes)), block.attributes, fontsize=size)
    _correlation(axes)
    _finish(
        axes, len(block.attributes), "attributes, as in the ancestor", "rank correlation over z (pale: read poorly)"
    )


def _draw_effects(axes: Axes, block: Block) -> None:
    """Whether the ancestor's edits do the same; beside, the size of the returned model's effect by the ancestor's."""
    for row in block.agreement.itertuples():
        role = block.roles[row.child]
        place = block.edited.index((row.attribute, row.edits)) + OFFSETS[role]
        _draw_point(axes, row, place, row.agreement, COLOURS[role])
        if role == RETURNED and row.effect_in_parent:
            ratio = f"\N{MULTIPLICATION SIGN}{two_decimals(row.effect_in_child / row.effect_in_parent)}"
            beside = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
            axes.annotate(ratio, (1, place), color=COLOURS[role], **beside)
    names = [f"{name}\n{edits}" for name, edits in block.edited]
    axes.set_yticks(range(len(block.edited)), names, fontsize=size_within(_lines(names), 200, style.SMALL))
    _correlation(axes)
    _finish(axes, len(block.edited), "the ancestor's edits", "agreement; \N{MULTIPLICATION SIGN} size of the effect")


def _lines(names: Sequence[str]) -> list[str]:
    return [line for name in names for line in name.split("\n")]


def _draw_point(axes: Axes, row: "pd.Series", place: float, value: float | None = None, colour: str = "") -> None:
    """A value with its interval; pale where the judge reads the attribute poorly: it says nothing."""
    pale = row.judge_score < READABLE
    look = {"color": colour or COLOURS[row.role], "alpha": 0.3 if pale else 1.0, "clip_on": False}
    axes.plot([row.low, row.high], [place, place], linewidth=2.0, solid_capstyle="butt", **look)
    axes.plot(row.value if value is None else value, place, "o", markersize=4.5, **look)


def _correlation(axes: Axes) -> None:
    axes.axvline(0, color=style.INK, linewidth=1.0, zorder=0)
    axes.set_xlim(-1, 1)
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["\N{MINUS SIGN}1", "", "0", "", "1"])


def _finish(axes: Axes, num: int, title: str, along: str) -> None:
    axes.set_ylim(num - 0.4, -0.6)
    axes.set_title(title, pad=10)
    axes.set_xlabel(along, fontsize=style.SMALL)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")


def _draw_edits(sheet: Sheet, block: Block, y: int) -> None:
    """The ancestor's edits, down and up, on one z in every model."""
    pixels, side, strength = block.shown["edits"], block.edit_side, float(block.shown["edit_strength"])
    heading = f"The ancestor's edits, {strength:g} standard deviations down and up, on one z"
    sheet.text(LEFT, y + 14, heading, fontweight="bold")
    top = y + EDIT_HEAD
    lefts = [LEFT + NAMES + side + EDIT_GAP + place * (2 * side + GAP + EDIT_GAP) for place in range(pixels.shape[1])]
    sheet.text(LEFT + NAMES + side / 2, top - 12, "as it is", ha="center", fontsize=style.SMALL, color=style.GREY)
    titles = [str(title).partition(": ") for title in block.shown["edit_titles"]]
    size = size_within([name for name, _, _ in titles], 2 * side + GAP, style.SMALL, "bold")
    for left, (name, _, detail) in zip(lefts, titles, strict=True):
        sheet.text(left, top - 36, name, fontsize=size, fontweight="bold")
        sheet.text(left, top - 12, detail, fontsize=size_within([detail], 2 * side, style.SMALL), color=style.GREY)
    for place, model in enumerate(block.roles):
        row = top + place * (side + GAP)
        sheet.image(pixels[place, 0, 1], _draw_name(sheet, block, model, row, side), row, side)
        for edit, left in enumerate(lefts):
            sheet.image(pixels[place, edit, 0], left, row, side)
            sheet.image(pixels[place, edit, 2], left + side + GAP, row, side)
