"""Prepared images: what the writer stores, made from candidates (in threads, in order) or from a world."""

import io
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from stylealign.data.decode import decode_picture, turn
from stylealign.data.fit import Fit
from stylealign.data.masks import Masks
from stylealign.data.rejection import Reject, Rejected
from stylealign.data.sources import Candidate
from stylealign.data.transform import transformed
from stylealign.worlds.world import World

if TYPE_CHECKING:
    from stylealign.config.domains import Transform

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Facts:
    """What the index says of one image, but its split and its name in the zip; and what tells its split."""

    image_id: str  # sha256 of the RGB bytes at the study's resolution
    origin: str
    width: int  # of the original, pixels
    height: int
    caption: str = ""
    attributes: Mapping[str, float] = field(default_factory=dict)
    undisturbed_id: str = ""  # its id before its domain's transform


@dataclass(frozen=True)
class Prepared:
    """One image at the study's resolution, ready to be stored; ``regions`` uint8 [R, R] where they are known."""

    facts: Facts
    png: bytes
    regions: np.ndarray | None = None


def image_id(pixels: np.ndarray) -> str:
    """sha256 of the RGB bytes of uint8 [R, R, 3], in hexadecimal."""
    return sha256(np.ascontiguousarray(pixels).data).hexdigest()


def encode_png(pixels: np.ndarray) -> bytes:
    """uint8 [R, R, 3] as PNG, without any date in it."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def prepare_file(
    candidate: Candidate, resolution: int, fit: Fit, masks: Masks | None, transform: "Transform | None" = None
) -> Prepared | Rejected:
    """One candidate, decoded, with its mask, and moved as its domain is; or the reason why not."""
    try:
        with turn(num_bytes=candidate.num_bytes), candidate.open() as stream:
            picture = decode_picture(stream, resolution, fit)
        regions = masks.read(candidate.stem, picture.width, picture.height, resolution, fit) if masks else None
    except Reject as reject:
        return Rejected(candidate.origin, reject.reason, reject.detail)
    undisturbed_id = image_id(picture.pixels)
    pixels, regions = transformed(picture.pixels, regions, transform)
    own_id = undisturbed_id if transform is None else image_id(pixels)
    facts = Facts(own_id, candidate.origin, picture.width, picture.height, undisturbed_id=undisturbed_id)
    return Prepared(facts, encode_png(pixels), regions)


def prepare_files(
    entries: Iterable[Candidate | Rejected],
    resolution: int,
    fit: Fit,
    masks: Masks | None,
    num_threads: int | None = None,
    transform: "Transform | None" = None,
) -> Iterator[Prepared | Rejected]:
    """Every entry in order; at most a few are in memory at once."""

    def one(entry: Candidate | Rejected) -> Prepared | Rejected:
        return entry if isinstance(entry, Rejected) else prepare_file(entry, resolution, fit, masks, transform)

    return map_in_threads(one, entries, num_threads or min(8, os.cpu_count() or 1))


def map_in_threads(function: Callable[[A], B], items: Iterable[A], num_threads: int) -> Iterator[B]:
    """``map`` in threads (Pillow decodes outside Python's lock), in order, never more than a window ahead."""
    remaining = iter(items)
    with ThreadPoolExecutor(num_threads) as pool:
        window: deque[Future[B]] = deque()
        try:
            for item in remaining:
                window.append(pool.submit(function, item))
                if len(window) >= 4 * num_threads:
                    yield window.popleft().result()
            while window:
                yield window.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def prepare_world(world: World, seed: int, resolution: int, transform: "Transform | None" = None) -> Iterator[Prepared]:
    """The samples of a world, one after the other, without end; attributes and caption are of the undisturbed one."""
    for index in itertools.count():
        sample = world.render(seed, index, resolution)
        origin = f"{world.name}/{seed}/{index}"
        pixels, regions = transformed(sample.pixels, sample.regions, transform)
        facts = Facts(image_id(pixels), origin, resolution, resolution, sample.caption, sample.attributes)
        yield Prepared(facts, encode_png(pixels), regions)
