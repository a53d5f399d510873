"""Whether a reconstruction keeps the regions of its image, where the true regions are known (worlds, masked folders).

Regions are matched by name: a parser may number them differently than the image set's file. Pixels whose true region
the parser cannot name are left out. It is measured from the codes, not kept with them: another parser, or corrected
masks, invert nothing again.

Legend: N images, R resolution.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from stylealign.codes import Codes
from stylealign.data.image_set import load_regions
from stylealign.images import at_once
from stylealign.inversion.found import render

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

BATCH = 64
_UNKNOWN = 255  # more regions than this no image set has


def measure_same_region(
    G: "Generator", codes: Codes, parser: "Judge | None", regions: Path | None, rows: np.ndarray
) -> np.ndarray:
    """Of each code's reconstruction the part of the pixels that ``parser`` gives their true region: float32 [N].

    ``rows`` [N] are the images' places in the file ``regions``. NaN where there is no parser, no file, or no true
    region that the parser can name. Raises :class:`JudgeError` for a judge that finds no regions.
    """
    nothing = np.full(codes.num, np.nan, np.float32)
    if parser is None or not regions or not codes.num:
        return nothing
    true, names = load_regions(Path(regions), rows)  # uint8 [N, R, R]
    if not names:
        return nothing
    batch = at_once(G.img_resolution, BATCH)
    parts = [np.asarray(rows_, np.int64) for rows_ in np.split(np.arange(codes.num), range(batch, codes.num, batch))]
    wanted = in_parsers_numbers(names, parser.region_names)
    return np.concatenate([_agreement(wanted[true[part]], _parse(G, codes.take(part), parser)) for part in parts])


def in_parsers_numbers(names: Sequence[str], parser_names: Sequence[str]) -> np.ndarray:
    """The parser's number of each region of an image set, by name: uint8 [256], 255 where it has none."""
    numbers = np.full(256, _UNKNOWN, np.uint8)
    for place, name in enumerate(names):
        if name in parser_names:
            numbers[place] = list(parser_names).index(name)
    return numbers


def _parse(G: "Generator", codes: Codes, parser: "Judge") -> np.ndarray:
    """The regions uint8 [n, R, R] of the codes' reconstructions."""
    code = torch.from_numpy(codes.values).to(G.mapping.w_avg.device)
    return parser.regions(render(G, codes.space, code, codes.passport.truncation_psi))


def _agreement(true: np.ndarray, parsed: np.ndarray) -> np.ndarray:
    """Part of the known pixels [n, R, R] that agree: float32 [n]; NaN where none is known."""
    known = true != _UNKNOWN
    with np.errstate(invalid="ignore"):
        share = ((true == parsed) & known).sum((1, 2)) / known.sum((1, 2))
    return share.astype(np.float32)
