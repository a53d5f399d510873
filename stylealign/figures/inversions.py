"""Figure ``inversions`` (StyleAlign, Figures 16 and 18): real images, and what each way of inverting gives back.

A block per model and image set. The paper shows pictures; over each column stands here how far they are, on all images.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.method_columns import Block, Column, Level, compose_blocks
from stylealign.figures.method_names import MethodName, in_order
from stylealign.figures.number_text import interval, number
from stylealign.figures.sheet import Pixels, Sheet
from stylealign.figures.table_rows import MISSING, NO_ROWS, first_known, listed, only_row
from stylealign.tables import read_table
from stylealign.translated_images import INVERSION, load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Which space gives an image back?"
SUBTITLE = "Left, real images; then their reconstructions. Above, the mean distance over all images with its interval."
ROWS = ("distance", "95 % interval", "pixels (of 255)")


def draw_inversions(pictures: Mapping[str, Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each model's npz, in the order of the figure; ``table`` is ``inversion_quality``."""
    with style.applied():
        compose_inversions(pictures, table).save(png, pdf)


def compose_inversions(pictures: Mapping[str, Path], table: Path) -> Sheet:
    """The same as a sheet."""
    rows = read_table(table)
    blocks = []
    for model, path in pictures.items():
        shown = load_pictures(path)
        for place, image_set in enumerate(shown["image_sets"]):
            of_set = rows[(rows["model"] == model) & (rows["image_set"] == str(image_set))]
            blocks.append(_block(model, str(image_set), place, shown, of_set))
    return compose_blocks(TITLE, SUBTITLE, blocks)


def _block(model: str, image_set: str, place: int, shown: Mapping[str, Pixels], rows: "pd.DataFrame") -> Block:
    made = dict(zip(map(str, shown[f"methods_{place}"]), shown[f"reconstructed_{place}"], strict=True))
    names = in_order((method, INVERSION) for method in made)
    return Block(
        title=f"model {model}, images of {image_set}",
        note=_note(rows),
        sources=shown[f"images_{place}"],
        source_names=("real image", image_set),
        columns=tuple(_column(name, made[name.method], rows) for name in names),
        rows=ROWS,
        axis="distance",
        levels=(Level("the model's random samples instead (control)", first_known(rows["distance_random"])),),
    )


def _note(rows: "pd.DataFrame") -> str:
    """How it was measured."""
    if rows.empty:
        return NO_ROWS
    which = rows["protocol"].str.partition(", ")  # which images; how their codes were found
    num, judge, images = map(listed, (rows["num_images"], rows["judge"], which[0]))
    return f"{num} images ({images}); distance by judge {judge}; codes by {' / '.join(dict.fromkeys(which[2]))}"


def _column(name: MethodName, pixels: Pixels, rows: "pd.DataFrame") -> Column:
    row = only_row(rows[rows["method"] == name.method])
    mean, low, high = (row.get(f"distance_{end}", MISSING) for end in ("mean", "low", "high"))
    cells = (number(mean), interval(low, high), number(row.get("pixel", MISSING)))
    return Column(name, pixels, mean, low, high, cells)
