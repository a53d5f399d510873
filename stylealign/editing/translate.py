"""Any code of a model, rendered by any relative: image translation (StyleAlign, 4.1 and A.5; Figures 5, 17, 19, 20).

A code found in one model climbs the stairs of another from the landing of its space, with the truncation with which it
was found and with constant noise. Between models without a common ancestor a code means nothing, and is refused.

Legend: N codes, R pixels a side.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import ModelCard, load_generator, read_card
from stylealign.codes import Codes, read_codes
from stylealign.data.prepare import encode_png
from stylealign.errors import CodesError, ImageSetError, LineageError
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.networks.spaces import code_shape, styles_of, ws_of
from stylealign.writing import whole_file

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

BATCH = 64

PathLike = str | os.PathLike[str]
Model = tuple["Generator", ModelCard]

_FILE_NAME = re.compile(r"[0-9A-Za-z_-][0-9A-Za-z_.-]{0,199}")


def related(a: ModelCard, b: ModelCard) -> bool:
    """Whether two models have a common ancestor (a model has one with itself)."""
    return not set(a.lineage_digests).isdisjoint(b.lineage_digests)


def check_crossing(source: ModelCard, target: ModelCard, what: str) -> None:
    """:class:`LineageError` unless two models are :func:`related`.

    ``what`` says whose crossing it is: a direction, or the files.
    """
    if not related(source, target):
        raise LineageError(
            f"{what}: {_descent(source)} and {_descent(target)} have no common ancestor, so a code of one means "
            "nothing to the other; translate between models of one family"
        )


def _descent(card: ModelCard) -> str:
    return f"{card.model} (of the root {card.lineage[0]}, {card.lineage_digests[0][:8]})"


def open_crossing(source: PathLike, target: PathLike, device: torch.device | str = "cpu") -> tuple[ModelCard, Model]:
    """The card of the checkpoint ``source`` and the model ``target``; :class:`LineageError` if they are unrelated."""
    card, model = read_card(source), load_generator(target, device)
    check_crossing(card, model[1], f"{source} to {target}")
    return card, model


def check_codes(codes: Codes, owner: ModelCard, target: Model) -> None:
    """Whether ``owner`` gives ``codes`` their meaning, and ``target`` has codes of their shape.

    Raises:
        CodesError: they were found in another model, or the architectures differ.
    """
    G, card = target
    if codes.passport.generator != owner.digest:
        raise CodesError(
            f"codes of {codes.passport.method} were found in another model (digest {codes.passport.generator[:12]}) "
            f"than {owner.model} (digest {owner.digest[:12]}); invert the images in {owner.model} again"
        )
    if codes.passport.shape != code_shape(G, codes.space):
        raise CodesError(
            f"codes of {codes.passport.method} have the shape {list(codes.passport.shape)}, and {card.model} takes "
            f"{list(code_shape(G, codes.space))} in {codes.space}; translate between models of one architecture"
        )


def translate(source: ModelCard, target: Model, codes: Codes, *, batch_size: int = BATCH) -> np.ndarray:
    """``codes``, found in ``source``, rendered by ``target``: uint8 [N, R, R, 3].

    Raises:
        LineageError: the two models have no common ancestor.
        CodesError: the codes are another model's, or of another shape.
    """
    check_crossing(source, target[1], f"{source.model} to {target[1].model}")
    check_codes(codes, source, target)
    return render(target[0], codes, batch_size=batch_size)


def render(G: "Generator", codes: Codes, *, batch_size: int = BATCH) -> np.ndarray:
    """``codes`` through the stairs of ``G``, whoever found them: uint8 [N, R, R, 3]."""
    return _joined(G, render_batches(G, codes, batch_size=batch_size))


def render_batches(G: "Generator", codes: Codes, *, batch_size: int = BATCH) -> Iterator[np.ndarray]:
    """The images of :func:`render`, a batch at a time: uint8 [n, R, R, 3]."""
    for value in _values(G, codes).split(at_once(G.img_resolution, batch_size)):
        with torch.inference_mode():
            yield _images(G, styles_of(G, codes.space, value, codes.passport.truncation_psi))


def render_ws(G: "Generator", ws: Iterable[Tensor]) -> np.ndarray:
    """Batches of ws [n, num_ws, w_dim] as images of ``G``: uint8 [N, R, R, 3]."""
    with torch.inference_mode():
        return _joined(G, (_images(G, G.styles(some)) for some in ws))


def ws_of_codes(G: "Generator", codes: Codes) -> Tensor:
    """``codes`` (not of S) as ws [N, num_ws, w_dim] of ``G``, truncated as they were found, on its device."""
    with torch.inference_mode():
        return ws_of(G, codes.space, _values(G, codes), codes.passport.truncation_psi)


def _values(G: "Generator", codes: Codes) -> Tensor:
    return torch.from_numpy(np.array(codes.values, order="C")).to(G.mapping.w_avg.device)


def _images(G: "Generator", s: Tensor) -> np.ndarray:
    return to_hwc(to_pixels(G.synthesis(s, noise_mode="const")))


def _joined(G: "Generator", batches: Iterable[np.ndarray]) -> np.ndarray:
    none = np.zeros([0, G.img_resolution, G.img_resolution, 3], np.uint8)
    return np.concatenate([none, *batches])


def translate_codes(
    codes: PathLike,
    source: PathLike,
    target: PathLike,
    folder: PathLike,
    *,
    batch_size: int = BATCH,
    device: torch.device | str = "cpu",
) -> int:
    """Write the file ``codes``, found in the checkpoint ``source`` and rendered by ``target``, as PNG files.

    Each is ``{image_id}.png`` in ``folder`` (made if need be) and appears whole; returns how many there are. Raises
    :class:`CheckpointError`, :class:`LineageError`, :class:`CodesError`, and :class:`ImageSetError` for the folder.
    """
    found, (card, model) = read_codes(codes), open_crossing(source, target, device)
    _check_names(found, codes)
    check_codes(found, card, model)
    _write_images(Path(folder), found.image_ids, render_batches(model[0], found, batch_size=batch_size))
    log.info("%s: %d images of %s in %s", codes, found.num, model[1].model, folder)
    return found.num


def _check_names(codes: Codes, path: PathLike) -> None:
    """An image's id names its file: nothing that leads elsewhere, or that another file is called."""
    odd = next((one for one in codes.image_ids if not _FILE_NAME.fullmatch(one)), None)
    if odd is not None:
        raise CodesError(f"{path}: the image id {odd!r} cannot name a file; invert the images again")
    if len(set(codes.image_ids)) < codes.num:
        raise CodesError(f"{path}: has an image twice; invert the images again")


def _write_images(folder: Path, image_ids: Sequence[str], batches: Iterable[np.ndarray]) -> None:
    """Each image whole or not at all, as ``{image_id}.png``."""
    names = iter(image_ids)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for image in (image for images in batches for image in images):
            with whole_file(folder / f"{next(names)}.png") as partial:
                partial.write_bytes(encode_png(image))
    except OSError as error:
        raise ImageSetError(f"{folder}: cannot be written to ({error}); name another folder for the images") from error
