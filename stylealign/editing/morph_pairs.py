"""What is morphed: pairs of real images, each inverted in its own model, or the same random z in every model.

StyleAlign, 4.2: both images are embedded in W+ of their own generators; codes of other spaces become rows of W+ here.
Pair k is the k-th image of every set: nobody picks.

Legend: K models on the way, N pairs, R pixels a side.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.codes import Codes, read_codes
from stylealign.editing.morph import BATCH, PathLike, open_relatives
from stylealign.editing.source_images import read_images
from stylealign.editing.translate import Model, check_codes, render_ws, ws_of_codes
from stylealign.errors import CodesError
from stylealign.images import at_once
from stylealign.latents import sample_z
from stylealign.translated_images import SourceSet

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Pairs:
    """N codes of each of K models, and the real images they stand for."""

    generators: "list[Generator]"
    ws: Tensor  # [K, N, num_ws, w_dim]
    images: np.ndarray | None  # uint8 [K, N, R, R, 3]; None: the codes are random
    protocol: str

    @property
    def num(self) -> int:
        return int(self.ws.shape[1])

    def ends(self) -> np.ndarray:
        """What the first and the last model make of their own codes, without a morph: uint8 [2, N, R, R, 3]."""
        ways = ((self.generators[0], self.ws[0]), (self.generators[-1], self.ws[-1]))
        return np.stack([render_ws(G, ws.split(at_once(G.img_resolution, BATCH))) for G, ws in ways])


def open_pairs(
    checkpoints: Sequence[PathLike],
    sets: Sequence[SourceSet],
    *,
    num_pairs: int,
    split: str | None = None,
    truncation_psi: float = 1.0,
    seed: int = 0,
    device: torch.device | str = "cpu",
) -> Pairs:
    """``num_pairs`` pairs along the way of ``checkpoints``.

    ``sets`` holds the image set of each model, with the file of its codes by one method, found in that model; without
    sets the same random z is taken in every model, truncated by ``truncation_psi``. Where an image set has fewer codes,
    as many are taken as all have, which the log says.

    Raises:
        CheckpointError: a file that is none.
        LineageError: the models have no common ancestor.
        CodesError: codes are damaged, another model's, or of images that are not in the image set.
        ImageSetError: an image set is damaged.
    """
    models = open_relatives(checkpoints, device)
    if not sets:
        return _random_pairs([G for G, _ in models], num_pairs, truncation_psi, seed)
    assert len(sets) == len(models)
    codes = _first_codes(models, [next(iter(one.codes.values())) for one in sets], num_pairs)
    ws = _ws(models, codes)
    images = np.stack([read_images(one, own.image_ids) for one, own in zip(sets, codes, strict=True)])
    protocol = f"first-{ws.shape[1]}-of-{split or 'images'}-by-{codes[0].passport.method}"
    return Pairs([G for G, _ in models], ws, images, protocol)


def open_code_pairs(
    checkpoints: Sequence[PathLike], files: Sequence[PathLike], *, num_pairs: int, device: torch.device | str = "cpu"
) -> Pairs:
    """The same of files of codes alone, one for each model, without their images; errors as :func:`open_pairs`."""
    if len(files) != len(checkpoints):
        raise CodesError(f"{len(checkpoints)} models and {len(files)} files of codes: give each model its own")
    models = open_relatives(checkpoints, device)
    codes = _first_codes(models, files, num_pairs)
    return Pairs([G for G, _ in models], _ws(models, codes), None, f"first-{codes[0].num}")


def _ws(models: Sequence[Model], codes: Sequence[Codes]) -> Tensor:
    with torch.inference_mode():
        return torch.stack([ws_of_codes(G, own) for (G, _), own in zip(models, codes, strict=True)])


def _random_pairs(generators: "list[Generator]", num: int, truncation_psi: float, seed: int) -> Pairs:
    first = generators[0]
    z = sample_z(num, first.z_dim, seed, "morph").to(first.mapping.w_avg.device)
    with torch.inference_mode():
        ws = torch.stack([G.mapping(z, truncation_psi=truncation_psi) for G in generators])
    return Pairs(generators, ws, None, f"same-z-{num}-psi{truncation_psi:g}")


def _first_codes(models: Sequence[Model], files: Sequence[PathLike], num_pairs: int) -> list[Codes]:
    """The first codes of each file, as many of each; each found in its own model."""
    found = [read_codes(file) for file in files]
    for own, model in zip(found, models, strict=True):
        check_codes(own, model[1], model)
    num = min(num_pairs, *(own.num for own in found))
    if num == 0:
        empty = next(file for file, own in zip(files, found, strict=True) if own.num == 0)
        raise CodesError(f"{empty}: holds no code, so there is nothing to morph; invert images in this model")
    if num < num_pairs:
        log.warning("%d pairs in place of %d: there are no more codes of every model", num, num_pairs)
    return [own.take(range(num)) for own in found]
