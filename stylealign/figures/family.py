"""Figure ``family``: the same z down every model of the study, under the tree of who was trained from whom.

StyleAlign, section 3: a child fine-tuned from a parent answers the same z with a corresponding image; a root of its own
does not. A row is one z, a column is one model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

from stylealign.figures import style
from stylealign.figures.lineage_order import Node, lineage_order
from stylealign.figures.samples import Samples, kimg_text, load_samples
from stylealign.figures.sheet import Sheet, side_within, size_within, width_of

LEFT, RIGHT, TOP, BOTTOM = 92, 40, 128, 40  # margins, px
GAP, FAMILY_GAP = 6, 56  # between columns; between families, px
LEVEL, NAME = 46, 66  # height of one generation of the tree; of level names under it, px
READABLE = 6.0  # points: where level names would be smaller, all stand upright
LARGEST_SIDE, NARROWEST = 192, 1000  # px
NO_NOTES: Mapping[str, str] = MappingProxyType({})
SUBTITLE = "Each row is one z. Lines lead from a parent to its children; a root set apart is unrelated."


@dataclass(frozen=True)
class Layout:
    """Where everything goes, in pixels: the side of an image, the left edge of each column, the top of the grid."""

    side: int
    columns: Mapping[str, int]
    grid_top: int
    names: "Names"
    width: int
    height: int


@dataclass(frozen=True)
class Names:
    """How models are named above their columns: sizes in points, level or upright, and the height of it in pixels."""

    size: float
    note_size: float
    upright: bool
    height: int


def draw_family(
    samples: Mapping[str, Path],
    parents: Mapping[str, str | None],
    png: Path,
    *,
    num_z: int = 8,
    notes: Mapping[str, str] = NO_NOTES,
    pdf: Path | None = None,
) -> None:
    """The first ``num_z`` codes (rows) in every model of ``samples`` (columns, parents left of their children).

    ``notes`` say of a model how it was made, where that is not by training on so many images.
    """
    with style.applied():
        compose_family(samples, parents, num_z, notes).save(png, pdf)


def compose_family(
    samples: Mapping[str, Path],
    parents: Mapping[str, str | None],
    num_z: int,
    notes: Mapping[str, str] = NO_NOTES,
) -> Sheet:
    """The same as a sheet; each row and model is one image of it."""
    nodes = lineage_order(parents, shown=samples)
    loaded = {node.model: load_samples(samples[node.model]) for node in nodes}
    num_rows = min(num_z, *(len(each.z) for each in loaded.values()))
    trained = {node.model: f"{kimg_text(loaded[node.model].kimg[-1])} kimg" for node in nodes}
    told = {node.model: {**trained, **notes}[node.model] for node in nodes}
    layout = _lay_out(nodes, max(each.resolution for each in loaded.values()), num_rows, told)
    sheet = Sheet(layout.width, layout.height)
    sheet.heading("One z, every model", SUBTITLE)
    _draw_tree(sheet, nodes, layout)
    _draw_names(sheet, told, layout)
    _draw_grid(sheet, loaded, layout, num_rows)
    return sheet


def _lay_out(nodes: list[Node], resolution: int, num_rows: int, notes: Mapping[str, str] = NO_NOTES) -> Layout:
    breaks = [left.root != right.root for left, right in pairwise(nodes)]
    gaps = GAP * len(breaks) + FAMILY_GAP * sum(breaks)
    room = (style.WIDTH_PX - LEFT - RIGHT - gaps) / len(nodes)
    side = side_within(resolution, min(room, LARGEST_SIDE))
    lefts = [LEFT]
    for apart in breaks:
        lefts.append(lefts[-1] + side + GAP + FAMILY_GAP * apart)
    names = _names([node.model for node in nodes], list(notes.values()), side)
    grid_top = TOP + LEVEL * (max(node.depth for node in nodes) + 1) + names.height
    height = grid_top + num_rows * (side + GAP) - GAP + BOTTOM
    columns = dict(zip((node.model for node in nodes), lefts, strict=True))
    return Layout(side, columns, grid_top, names, max(lefts[-1] + side + RIGHT, NARROWEST), height)


def _names(models: list[str], notes: list[str], side: int) -> Names:
    """Level where they can be read so; else upright, the note beside the name."""
    size = size_within(models, side + GAP - 2, weight="bold")
    note_size = size_within(notes, side, style.SMALL)
    if min(size, note_size) >= READABLE:
        return Names(size, note_size, False, NAME)
    size = min(style.SMALL, 0.18 * side)  # two lines within a column
    longest = max([*(width_of(one, size, "bold") for one in models), *(width_of(one, size) for one in notes)])
    return Names(size, size, True, round(longest) + 24)


def _draw_tree(sheet: Sheet, nodes: list[Node], layout: Layout) -> None:
    """Every model a dot at its generation, tied to its parent; a faint thread leads down to its column."""
    centre = {model: left + layout.side / 2 for model, left in layout.columns.items()}
    level = {node.model: TOP + LEVEL * (node.depth + 0.5) for node in nodes}
    for node in nodes:
        x, y = centre[node.model], level[node.model]
        sheet.line([x, x], [y, layout.grid_top - layout.names.height], color=style.FAINT, linewidth=1.2)
    for node in reversed(nodes):  # the nearest ties last, over the threads
        if node.parent in centre:
            _draw_tie(sheet, centre[node.parent], level[node.parent], centre[node.model], level[node.model])
    for node in nodes:
        face = style.INK if node.parent is None else style.PAPER
        dot = {"marker": "o", "markersize": 5.5, "markerfacecolor": face, "markeredgecolor": style.INK}
        sheet.line([centre[node.model]], [level[node.model]], **dot)


def _draw_tie(sheet: Sheet, x0: float, y0: float, x1: float, y1: float, bend: float = 14.0) -> None:
    """From a parent across at its own level, round a corner, and down to the child."""
    corner = [(x1 - bend, y0), (x1 - 0.3 * bend, y0 + 0.3 * bend), (x1, y0 + bend)]
    xs, ys = zip((x0, y0), *corner, (x1, y1), strict=True)
    sheet.line(list(xs), list(ys), color=style.INK, linewidth=1.1, solid_joinstyle="round")


def _draw_names(sheet: Sheet, notes: Mapping[str, str], layout: Layout) -> None:
    names = layout.names
    for model, note in notes.items():
        x, y = layout.columns[model] + layout.side / 2, layout.grid_top - names.height
        name_look = {"fontsize": names.size, "fontweight": "bold"}
        note_look = {"fontsize": names.note_size, "color": style.GREY}
        if names.upright:
            turned = {"rotation": 90, "va": "bottom", "ha": "center"}
            apart = 0.27 * layout.side
            sheet.text(x - apart, layout.grid_top - 10, model, **name_look, **turned)
            sheet.text(x + apart, layout.grid_top - 10, note, **note_look, **turned)
        else:
            sheet.text(x, y + 26, model, ha="center", **name_look)
            sheet.text(x, y + 50, note, ha="center", **note_look)


def _draw_grid(sheet: Sheet, loaded: Mapping[str, Samples], layout: Layout, num_rows: int) -> None:
    for row in range(num_rows):
        y = layout.grid_top + row * (layout.side + GAP)
        sheet.text(LEFT - 18, y + layout.side / 2, f"z {row}", ha="right", va="center", color=style.GREY)
        for model, samples in loaded.items():
            image = samples.finished[row]
            sheet.image(image, layout.columns[model], y, layout.side)
