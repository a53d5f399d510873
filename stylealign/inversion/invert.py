"""From real images to latent codes, each image once (StyleAlign, A.5): the job of one shard.

What the cache knows is taken from there; the rest is inverted in batches, in the order of the index, and every batch
is kept as soon as it is found. A job that was killed therefore finds on its return the batches it had still to do, cut
as they would have been: on a CPU its codes are those of an undisturbed run, bit for bit. (With other batch mates, after
images were added say, they are the same up to rounding.)

Legend: N images, R resolution; a code is [N, *shape].
"""

import dataclasses
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import Codes, Passport, join_codes, write_codes
from stylealign.config.inversion import Inversion, is_encoder
from stylealign.data.image_set import ImageSet
from stylealign.errors import CodesError, ImageSetError
from stylealign.inversion.cache import CodeCache
from stylealign.inversion.found import Found
from stylealign.inversion.key import passport_of
from stylealign.inversion.methods import Invert, inversion_of
from stylealign.inversion.same_region import measure_same_region
from stylealign.signals import stop_at_once

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

LOG_SEC = 10.0


def invert(
    g_ema: Path,
    images: Path,
    index: Path,
    output: Path,
    *,
    method: str,
    settings: Inversion,
    judge: "Judge",
    region_judge: "Judge | None" = None,
    regions: Path | None = None,
    encoder: Path | None = None,
    first: int = 0,
    num: int | None = None,
    cache: Path,
    seed: int,
    device: torch.device | str = "cpu",
) -> None:
    """Codes of the images ``first`` to ``first + num`` (``None``: to the last) of ``settings.split``, to ``output``.

    ``encoder`` is needed by the methods that end in ``_enc``. ``region_judge`` and ``regions``, the image set's file,
    say whether reconstructions keep their regions. A shard past the last image is a file without codes. A stop signal
    drops the batch in hand.

    Raises:
        ImageSetError: the image set is damaged, has no such split, or is of another resolution than the model.
        CheckpointError: the model or the encoder is damaged or foreign.
        CodesError: the encoder is of another model, or inversion found something that is no number.
        JudgeError: ``judge`` measures no distance, ``region_judge`` finds no regions.
        InterruptedRun: a signal asked to stop; every finished batch is in the cache.
    """
    with stop_at_once(f"{images} by {method}"):
        G, card = load_generator(g_ema, device)
        image_set = ImageSet.open(Path(images), Path(index), settings.split)
        _check_resolution(image_set, G, images, g_ema)
        encoder = Path(encoder) if is_encoder(method) and encoder else None
        passport = passport_of(G, card, method, settings, judge=judge, encoder=encoder, seed=seed)
        invert_batch = inversion_of(G, passport, settings, judge=judge, encoder=encoder, seed=seed)
        positions = _range(image_set, first, num)
        log.info("%s by %s in %s: %d of %d images", images, method, card.model, len(positions), image_set.num)
        known = CodeCache(Path(cache), passport)
        codes = codes_of(image_set, positions, known, invert_batch, settings.optimisation.batch_size)
        same = measure_same_region(G, codes, region_judge, regions, image_set.rows[positions])
        write_codes(output, dataclasses.replace(codes, same_region=same))


def codes_of(
    image_set: ImageSet, positions: np.ndarray, cache: CodeCache, invert_batch: Invert, batch_size: int
) -> Codes:
    """Codes of the images at ``positions``, in that order: from the cache, and of the rest inverted now."""
    image_ids = [image_set.image_ids[position] for position in positions]
    known = cache.known(image_ids)
    have = set(known.image_ids)
    missing = [int(position) for position in positions if image_set.image_ids[position] not in have]
    log.info("%d of %d images are in the cache, %d to invert", known.num, len(image_ids), len(missing))
    new = _inverted(image_set, missing, cache, invert_batch, batch_size)
    return join_codes([known, *new]).of_images(image_ids)


def _inverted(
    image_set: ImageSet, missing: Sequence[int], cache: CodeCache, invert_batch: Invert, batch_size: int
) -> Iterator[Codes]:
    """Codes of each batch of ``missing`` images, kept before they are handed on."""
    begun = said = time.perf_counter()
    for start in range(0, len(missing), batch_size):
        batch = missing[start : start + batch_size]
        image_ids = [image_set.image_ids[position] for position in batch]
        codes, failed = _finite(_as_codes(invert_batch(image_set.read(batch), image_ids), image_ids, cache.passport))
        if codes.num:
            cache.keep(codes)
        if failed:
            raise CodesError(_not_numbers(failed, cache.passport.method))
        done, now = start + len(batch), time.perf_counter()
        if now - said > LOG_SEC or done == len(missing):
            said, each = now, (now - begun) / done
            left = each * (len(missing) - done)
            log.info("%d of %d images inverted, %.3g s per image, %.0f s left", done, len(missing), each, left)
        yield codes


def _as_codes(found: Found, image_ids: Sequence[str], passport: Passport) -> Codes:
    unknown = np.full(len(image_ids), np.nan, np.float32)
    numbers = {"distance": found.distance, "pixel": found.pixel, "steps": found.steps, "seconds": found.seconds}
    return Codes(passport, tuple(image_ids), found.code.float().cpu().numpy(), same_region=unknown, **numbers)


def _finite(codes: Codes) -> tuple[Codes, list[str]]:
    """The codes that are numbers throughout, and the ids of the other images."""
    good = np.isfinite(codes.values.reshape(codes.num, -1)).all(1) & np.isfinite(codes.distance)
    return codes.take(np.flatnonzero(good)), [codes.image_ids[row] for row in np.flatnonzero(~good)]


def _not_numbers(image_ids: Sequence[str], method: str) -> str:
    return (
        f"{method}: the codes of {len(image_ids)} images, {image_ids[0][:12]} the first, are not numbers; "
        "lower inversion.optimisation.lr, or look whether the model's own samples are images"
    )


def _range(image_set: ImageSet, first: int, num: int | None) -> np.ndarray:
    """Positions of the images asked for that are there; those that are not are noted, not missed."""
    last = image_set.num if num is None else first + num
    if last > image_set.num:
        log.info("images %d to %d were asked for; there are %d", first, last, image_set.num)
    return np.arange(first, max(first, min(last, image_set.num)))


def _check_resolution(image_set: ImageSet, G: "Generator", images: Path, g_ema: Path) -> None:
    if image_set.resolution != G.img_resolution:
        raise ImageSetError(
            f"{images}: images of {image_set.resolution} px, and {g_ema} is a model of {G.img_resolution} px; "
            "import the images at the model's resolution"
        )
