"""Figure ``translations`` (StyleAlign, Figures 5, 17 and 19 to 21; Table 5): images of one domain as images of another.

A block per direction and image set: the source images, their translation by every way of inverting, and, set apart,
other methods' images and the unrelated model. Over each column stands how near the target's real images all its
translations are, and what they keep of their sources; the paper measures only the former.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.method_columns import Block, Column, Level, compose_blocks
from stylealign.figures.method_names import MethodName, in_order
from stylealign.figures.number_text import interval, number, two_decimals
from stylealign.figures.sheet import Pixels, Sheet
from stylealign.figures.table_rows import MISSING, NO_ROWS, first_known, known_attributes, listed, only_row
from stylealign.tables import read_table
from stylealign.translated_images import CONTROL, load_pictures

if TYPE_CHECKING:
    import pandas as pd

TITLE = "Images of one domain as images of another"
SUBTITLE = "Left, source images; then their translations. KID to real images of the target: lower is better."
LEVELS = {"samples": "the target model's random samples (control)", "source": "the source images (control)"}


def draw_translations(pictures: Sequence[Path], table: Path, png: Path, pdf: Path | None = None) -> None:
    """``pictures`` holds each direction's npz, in the order of the figure; ``table`` is ``translation``."""
    with style.applied():
        compose_translations(pictures, table).save(png, pdf)


def compose_translations(pictures: Sequence[Path], table: Path) -> Sheet:
    """The same as a sheet."""
    rows = read_table(table)
    blocks = []
    for shown in map(load_pictures, pictures):
        of_direction = rows[rows["direction"] == str(shown["direction"])]
        for place, image_set in enumerate(map(str, shown["image_sets"])):
            blocks.append(_block(shown, place, image_set, of_direction[of_direction["image_set"] == image_set]))
    return compose_blocks(TITLE, SUBTITLE, blocks)


def _block(shown: Mapping[str, Pixels], place: int, image_set: str, rows: "pd.DataFrame") -> Block:
    methods, kinds = (map(str, shown[f"{what}_{place}"]) for what in ("methods", "kinds"))
    made = dict(zip(zip(methods, kinds, strict=True), shown[f"translated_{place}"], strict=True))
    levels = rows[(rows["kind"] == CONTROL) & rows["method"].isin(list(LEVELS))]
    others = rows.drop(levels.index)
    names = in_order([*made, *zip(others["method"], others["kind"], strict=True)])
    kept = known_attributes(others)
    return Block(
        title=f"{shown['direction']}: images of {image_set} as model {shown['target_model']} sees them",
        note=_note(others, kept),
        sources=shown[f"sources_{place}"],
        source_names=("source", image_set),
        columns=tuple(_column(name, made.get((name.method, name.kind)), others, kept) for name in names),
        rows=("KID \N{MULTIPLICATION SIGN} 1000", "95 % interval", "FID", *(f"{what} kept" for what in kept)),
        axis="KID \N{MULTIPLICATION SIGN} 1000",
        levels=tuple(
            Level(label, 1000 * first_known(levels.loc[levels["method"] == method, "kid"]))
            for method, label in LEVELS.items()
        ),
        by_ratio=True,
    )


def _note(rows: "pd.DataFrame", kept: Sequence[str]) -> str:
    """How it was measured, and what chance would keep."""
    if rows.empty:
        return NO_ROWS
    note = f"judge {listed(rows['judge'])}; {_protocols(rows['protocol'])}"
    shuffled = rows[[f"{what}_shuffled" for what in kept]].abs().max().max() if kept else MISSING
    return note + (f"; kept: rank correlation, shuffled at most {two_decimals(shuffled)}" if kept else "")


def _protocols(protocols: "pd.Series") -> str:
    """Each protocol once, with every psi beside it: ``single-test64-vs-test2000, psi 0.7 or 1``."""
    psi_of: dict[str, list[str]] = {}
    for name, _, psi in (protocol.partition("-psi") for protocol in dict.fromkeys(protocols)):
        psi_of.setdefault(name, []).extend([psi] if psi else [])
    return "; ".join(name + (f", psi {' or '.join(sorted(psi))}" if psi else "") for name, psi in psi_of.items())


def _column(name: MethodName, pixels: Pixels | None, rows: "pd.DataFrame", kept: Sequence[str]) -> Column:
    row = only_row(rows[(rows["method"] == name.method) & (rows["kind"] == name.kind)])
    kid, low, high = (1000 * row.get(end, MISSING) for end in ("kid", "low", "high"))
    of_source = (two_decimals(row.get(f"{what}_kept", MISSING)) for what in kept)
    return Column(
        name, pixels, kid, low, high, (number(kid), interval(low, high), number(row.get("fid", MISSING)), *of_source)
    )
