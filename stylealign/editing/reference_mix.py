"""Shape of one image, style of another (StyleAlign, 4.1; Figures 6, 22, 23; Table 6).

A source's code (found in the source model) and a reference's (found in the target, of an image of its domain) climb the
target's stairs to ws; the rows that feed resolutions below ``switch_px`` are the source's, the others the reference's.
Every method has the same references of a source, drawn by a stream named after it (StarGAN v2's protocol).

Legend: N sources, M references at hand, K references of each source, m images shown, R pixels a side.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import ModelCard
from stylealign.codes import Codes, read_codes
from stylealign.editing.source_images import read_images
from stylealign.editing.translate import BATCH, Model, check_codes, open_crossing, render_ws, ws_of_codes
from stylealign.errors import CodesError
from stylealign.images import at_once
from stylealign.seeds import numpy_stream
from stylealign.translated_images import ReferenceTranslated, SourceSet

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)


def rows_below(G: "Generator", switch_px: int) -> int:
    """How many rows of ws are the source's: those of the convolutions below ``switch_px`` (32: rows 0 to 4).

    All of them when ``switch_px`` is above the images' resolution; none at 4.
    """
    if switch_px > G.img_resolution:
        return G.num_ws
    return sum(layer.kind != "torgb" and layer.resolution < switch_px for layer in G.style_layers)


def row_layers(G: "Generator") -> list[str]:
    """The convolution that each row of ws feeds (the last feeds the last toRGB alone): [num_ws] names."""
    by_row = {layer.ws_index: layer.name for layer in G.style_layers}  # in forward order, so that conv0 follows torgb
    return [by_row[row] for row in range(G.num_ws)]


def switch(coarse: Tensor, fine: Tensor, row: int) -> Tensor:
    """ws [n, num_ws, w_dim] whose rows below ``row`` are those of ``coarse``, from it on those of ``fine``."""
    return torch.cat([coarse[:, :row], fine[:, row:]], dim=1)


def draw_references(source_ids: Sequence[str], reference_ids: Sequence[str], num: int, seed: int) -> list[list[str]]:
    """``num`` references of each source, [N][K]: all different where there are enough, never the source itself.

    A source's references depend on its id, on ``reference_ids`` as a set, and on nothing else.
    """
    known = sorted(set(reference_ids))
    return [_references_of(one, [other for other in known if other != one] or known, num, seed) for one in source_ids]


def _references_of(source_id: str, known: Sequence[str], num: int, seed: int) -> list[str]:
    stream = numpy_stream(seed, "references", source_id)
    rounds = [stream.permutation(len(known)) for _ in range(-(-num // len(known)))]  # used up before any comes again
    return [known[place] for place in np.concatenate(rounds)[:num]]


def reference_translations(
    source: Path,
    target: Path,
    sources: SourceSet,
    references: SourceSet,
    *,
    num_references: int,
    switch_px: int,
    seed: int,
    device: torch.device | str = "cpu",
) -> Iterator[ReferenceTranslated]:
    """Each source of ``sources`` with the style of ``num_references`` images of ``references``, method by method.

    The images of one method are made when they are asked for: all methods' at once are more than a machine holds.

    Raises, when the first or the next are asked for:
        LineageError: source and target have no common ancestor.
        CodesError: codes are damaged or another model's, or a method has no codes of the references.
    """
    card, model = open_crossing(source, target, device)
    row = rows_below(model[0], switch_px)
    known: tuple[str, ...] = ()  # the first method's references, so that all have the same
    for method in sources.codes:
        own, other = _codes(card, model, sources, references, method)
        known = known or other.image_ids
        drawn = draw_references(own.image_ids, known, num_references, seed)
        ids = tuple(tuple(some) for some in drawn)
        pairs = _pairs(own, other, drawn)
        log.info(
            "%s to %s: %d references of %d images by %s", card.model, model[1].model, num_references, own.num, method
        )
        yield ReferenceTranslated(
            sources.image_set,
            method,
            _mixed(model[0], own, other, pairs, row, num_references),
            own.image_ids,
            ids,
            own.passport.truncation_psi,
        )


def _codes(
    source: ModelCard, target: Model, sources: SourceSet, references: SourceSet, method: str
) -> tuple[Codes, Codes]:
    """A method's codes of the sources, found in ``source``, and of the references, found in ``target``."""
    if method not in references.codes:
        raise CodesError(f"{references.image_set} is not inverted by {method} in {target[1].model}; invert it, too")
    own, other = read_codes(sources.codes[method]), read_codes(references.codes[method])
    check_codes(own, source, target)
    check_codes(other, target[1], target)
    if not other.num:
        raise CodesError(f"{references.codes[method]}: no references; invert images of {references.image_set}")
    return own, other


def _pairs(own: Codes, other: Codes, drawn: Sequence[Sequence[str]]) -> np.ndarray:
    """Rows of sources and references, int [N * K, 2]; :class:`CodesError` when a reference has no code."""
    place = {image_id: row for row, image_id in enumerate(other.image_ids)}
    if not all(one in place for some in drawn for one in some):
        raise CodesError(
            f"references by {own.passport.method} are other images than by the first method; invert them again"
        )
    return np.array([(row, place[one]) for row, some in enumerate(drawn) for one in some], np.int64).reshape(-1, 2)


def _mixed(G: "Generator", own: Codes, other: Codes, pairs: np.ndarray, row: int, num_each: int) -> np.ndarray:
    """The images of ``pairs`` [N * K, 2] of sources and references: uint8 [N, K, R, R, 3], K being ``num_each``."""
    coarse, fine = ws_of_codes(G, own), ws_of_codes(G, other)  # [N, num_ws, w_dim], [M, num_ws, w_dim]
    pixels = np.empty([len(pairs), G.img_resolution, G.img_resolution, 3], np.uint8)  # never a second time in memory
    together = at_once(G.img_resolution, BATCH)
    for start in range(0, len(pairs), together):
        some = torch.as_tensor(pairs[start : start + together])
        pixels[start : start + together] = render_ws(G, [switch(coarse[some[:, 0]], fine[some[:, 1]], row)])
    return pixels.reshape(own.num, num_each, *pixels.shape[1:])


# -- pictures ---------------------------------------------------------------------------------------------------------


def reference_pictures(
    source: Path,
    target: Path,
    sources: SourceSet,
    references: SourceSet,
    *,
    direction: str,
    switch_px: int,
    num_shown: int,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray]:
    """What the figure ``reference_translations`` shows of one direction, by the first method.

    ``sources`` and ``references`` uint8 [m, R, R, 3], the first of each; ``mixed`` [m source, m reference, R, R, 3]
    (Figure 23); ``switched`` [m, num_ws + 1, R, R, 3] (Figure 22: source i with reference i; in column j rows below j
    are the source's); ``rule``, the column of ``switch_px``; ``layers``, the layer that row j feeds. Raises as
    :func:`reference_translations`.
    """
    card, model = open_crossing(source, target, device)
    method, G = next(iter(sources.codes)), model[0]
    own, other = _codes(card, model, sources, references, method)
    shown = range(min(num_shown, own.num, other.num))
    own, other, rule = own.take(shown), other.take(shown), rows_below(G, switch_px)
    pairs = np.array([(i, j) for i in shown for j in shown])
    return {
        "direction": np.array(direction),
        "method": np.array(method),
        "sources": read_images(sources, own.image_ids),
        "references": read_images(references, other.image_ids),
        "mixed": _mixed(G, own, other, pairs, rule, len(shown)),
        "switched": _switched(G, own, other),
        "rule": np.array(rule),
        "layers": np.array([*row_layers(G), ""], dtype=str),
    }


def _switched(G: "Generator", own: Codes, other: Codes) -> np.ndarray:
    """Source i with reference i, switched at every row: uint8 [m, num_ws + 1, R, R, 3]."""
    coarse, fine = ws_of_codes(G, own), ws_of_codes(G, other)
    columns = [render_ws(G, [switch(coarse, fine, row)]) for row in range(G.num_ws + 1)]
    return np.stack(columns, axis=1)
