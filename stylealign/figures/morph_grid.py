"""Figure ``morph_grid`` (StyleAlign, Figures 24 to 27): codes along one axis, weights along the other.

A block per morph: the grid of the first pair, its ends framed; beside it the first real images of each model's domain,
each with what its model makes of it. The page also plays the morphs.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from stylealign.figures import picture_grid as grid
from stylealign.figures import style
from stylealign.figures.picture_grid import APART, GAP, LEFT, NAMES
from stylealign.figures.sheet import Pixels, Sheet, side_within, size_within, width_of
from stylealign.translated_images import load_pictures

TITLE = "From one image to another, and from one model to another"
SUBTITLE = (
    "Along a row the codes are interpolated, down a column the weights of the models. A morph goes along the diagonal."
)
HEAD, AXIS, BETWEEN = 64, 104, 56  # px: title; the names of rows; between grid and real images
LARGEST_SIDE, LARGEST_SOURCE = 128, 96  # px: an image of the grid, a real image
ROOM = 760  # px for the grid's images
FRAME, SMALLEST = 3.0, 4.0  # points: a frame's line; the smallest name

Shown = Mapping[str, Pixels]


def draw_morph_grid(pictures: Sequence[Path], png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each morph's npz, in the order of the figure."""
    with style.applied():
        compose_morph_grid(pictures).save(png, pdf)


def compose_morph_grid(pictures: Sequence[Path]) -> Sheet:
    """The same as a sheet."""
    blocks = [load_pictures(path, "morph", "models", "grid", "sources", "drawn") for path in pictures]
    sides = [_sides(shown) for shown in blocks]
    heights = [_height(shown, *pair) for shown, pair in zip(blocks, sides, strict=True)]
    widths = [_left_of_sources(shown, pair[0]) + _lefts(shown, pair[1])[-1] + pair[1]
              for shown, pair in zip(blocks, sides, strict=True)]  # fmt: skip
    sheet = grid.page(TITLE, SUBTITLE, heights, widths)
    y = grid.TOP
    for shown, pair, height in zip(blocks, sides, heights, strict=True):
        _draw_block(sheet, shown, *pair, y)
        y += height + grid.BLOCK_GAP
    return sheet


def _sides(shown: Shown) -> tuple[int, int]:
    """The side of the grid's images, and of those beside it."""
    num, resolution = len(shown["grid"]), shown["grid"].shape[2]
    side = side_within(resolution, min(ROOM / num - GAP, LARGEST_SIDE))
    columns, spaces = _num_columns(shown), _lefts(shown, 0)[-1]
    room = (style.WIDTH_PX - 2 * LEFT - _left_of_sources(shown, side) - spaces) / columns
    return side, side_within(resolution, min(room, LARGEST_SOURCE))


def _num_columns(shown: Shown) -> int:
    """Real images and drawn ones of each model; random codes have no real images."""
    return len(shown["models"]) * (2 if _has_sources(shown) else 1)


def _has_sources(shown: Shown) -> bool:
    return bool(shown["sources"].shape[1])


def _left_of_sources(shown: Shown, side: int) -> int:
    return AXIS + len(shown["grid"]) * (side + GAP) - GAP + BETWEEN


def _lefts(shown: Shown, side: int) -> list[int]:
    """Where the columns beside the grid begin; models are set apart."""
    each = 2 if _has_sources(shown) else 1
    return [place * (side + GAP) + (place // each) * (APART - GAP) for place in range(_num_columns(shown))]


def _height(shown: Shown, side: int, source_side: int) -> int:
    tallest = max(grid.height_of(len(shown["grid"]), side), grid.height_of(shown["drawn"].shape[1], source_side))
    return HEAD + NAMES + tallest


def _draw_block(sheet: Sheet, shown: Shown, side: int, source_side: int, y: int) -> None:
    models = [str(name) for name in shown["models"]]
    note = f"framed: the images of {' and '.join(dict.fromkeys(models))}, each with its own code and its own weights"
    grid.draw_title(sheet, y, f"{shown['morph']}: from {' through '.join(models[:-1])} to {models[-1]}", note)
    _draw_grid(sheet, shown, models, side, y + HEAD)
    beside = LEFT + _left_of_sources(shown, side)
    lefts, each = _lefts(shown, source_side), 2 if _has_sources(shown) else 1
    for model, left in zip(models, lefts[::each], strict=True):
        grid.draw_names(sheet, beside + left, y + HEAD, each * (source_side + GAP) - GAP, (model, ""))
    for left, (what, pixels) in zip(lefts, _columns(shown), strict=True):
        grid.draw_names(sheet, beside + left, y + HEAD, source_side, ("", what))
        grid.draw_images(sheet, beside + left, y + HEAD + NAMES, source_side, pixels)


def _columns(shown: Shown) -> list[tuple[str, Pixels]]:
    """The columns beside the grid: what they are, and the images of each."""
    if not _has_sources(shown):
        return [("random z", drawn) for drawn in shown["drawn"]]
    pairs = zip(shown["sources"], shown["drawn"], strict=True)
    return [column for sources, drawn in pairs for column in (("real", sources), ("drawn", drawn))]


def _draw_grid(sheet: Sheet, shown: Shown, models: Sequence[str], side: int, y: int) -> None:
    num = len(shown["grid"])
    at_model = _stops(num, models)
    are_narrow = (
        max(width_of(name, SMALLEST, "bold") for name in models) <= side
    )  # else they need their neighbours' room
    for place in range(num):
        name = at_model.get(place, f"{place / (num - 1):.2g}")
        x = LEFT + AXIS + place * (side + GAP)
        if place in at_model or are_narrow:
            grid.draw_names(sheet, x, y, side, (name, "code" if place in at_model else ""))
        _name_row(sheet, name, place in at_model, y + NAMES + place * (side + GAP) + side / 2)
        for row in range(num):
            sheet.image(shown["grid"][row, place], x, y + NAMES + row * (side + GAP), side)
    for place in at_model:
        corner = (LEFT + AXIS + place * (side + GAP), y + NAMES + place * (side + GAP))
        sheet.frame(*corner, side, side, edgecolor=style.VERMILION, linewidth=FRAME)


def _name_row(sheet: Sheet, name: str, is_model: bool, middle: float) -> None:
    size = size_within([name], AXIS - 16, weight="bold")
    right = {"ha": "right"}
    sheet.text(LEFT + AXIS - 12, middle + (0 if is_model else 6), name, fontsize=size, fontweight="bold", **right)
    if is_model:
        sheet.text(LEFT + AXIS - 12, middle + 22, "weights", fontsize=style.SMALL, **right)


def _stops(num: int, models: Iterable[str]) -> dict[int, str]:
    """Which places along the grid are those of a model, exactly; a model between two places is at none."""
    named = list(models)
    places = {index * (num - 1) / (len(named) - 1): name for index, name in enumerate(named)}
    return {int(place): name for place, name in places.items() if place == int(place)}
