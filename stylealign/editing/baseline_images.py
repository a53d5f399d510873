"""Another method's translations, from a folder: `studies.translation.baselines` (StyleAlign, Figure 5 and Table 5).

Files are read as the import of a folder reads them: the same formats, the same square crop, the same refusals. A file
belongs to a source image when its name, without suffix, is the source's image id (12 characters of it are enough) or
the name of the file (or sample) that the source was. A PNG of the study's resolution keeps every pixel.

Legend: N images, R pixels a side.
"""

import logging
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from stylealign.data.decode import decode_picture, turn
from stylealign.data.prepare import map_in_threads
from stylealign.data.rejection import Reject, Rejected, count_reasons
from stylealign.data.sources import Candidate, list_folder
from stylealign.errors import ImageSetError

log = logging.getLogger(__name__)

SHORTEST_ID = 12
KEY = "studies.translation.baselines"
_MOST_WARNINGS = 20
_NUM_THREADS = 2


@dataclass(frozen=True)
class BaselineImages:
    """A folder's images: those beside a source in the order of the sources, then the others in the order of names."""

    pixels: np.ndarray  # uint8 [N, R, R, 3]
    source_ids: tuple[str, ...]  # N, empty for an image that is beside no source


def read_baseline(
    method: str, folder: Path, resolution: int, image_ids: Sequence[str], origins: Sequence[str]
) -> BaselineImages:
    """The images of ``folder`` at ``resolution``, each with the id of its source or "".

    ``origins`` are those of the sources ``image_ids``. Files that cannot be used are named in the log and left out.

    Raises:
        ImageSetError: there is no such folder, or no picture in it can be used.
    """
    key = f"{KEY}.{method}"
    entries = _entries(Path(folder), key)
    taken = list(map_in_threads(lambda entry: _decoded(entry, resolution), entries, _NUM_THREADS))
    pictures = [(entry, one) for entry, one in zip(entries, taken, strict=True) if isinstance(one, np.ndarray)]
    rejected = [one for one in taken if isinstance(one, Rejected)]
    _warn(key, rejected)
    if not pictures:
        found = f"{len(entries)} files ({count_reasons(rejected)})" if entries else "nothing"
        raise ImageSetError(f"{key}: {folder} holds no picture that can be used, but {found}; name a folder of images")
    return _in_order(key, [entry.origin for entry, _ in pictures], [one for _, one in pictures], image_ids, origins)


def _entries(folder: Path, key: str) -> list[Candidate | Rejected]:
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        problem = "cannot be read" if folder.is_dir() else "is a file" if folder.exists() else "is not there"
        raise ImageSetError(f"{key}: {folder} {problem}; name a folder of images, seen from the working directory")
    return list_folder(folder)


def _decoded(entry: Candidate | Rejected, resolution: int) -> np.ndarray | Rejected:
    """uint8 [R, R, 3], or why not."""
    if isinstance(entry, Rejected):
        return entry
    try:
        with turn(num_bytes=entry.num_bytes), entry.open() as stream:
            return decode_picture(stream, resolution, "crop").pixels
    except Reject as reject:
        return Rejected(entry.origin, reject.reason, reject.detail)


def _warn(key: str, rejected: Sequence[Rejected]) -> None:
    for one in rejected[:_MOST_WARNINGS]:
        log.warning("%s: %s is left out: %s (%s)", key, one.origin, one.reason, one.detail)
    if len(rejected) > _MOST_WARNINGS:
        log.warning("%s: %d files are left out altogether (%s)", key, len(rejected), count_reasons(rejected))


def _in_order(
    key: str, names: Sequence[str], images: Sequence[np.ndarray], image_ids: Sequence[str], origins: Sequence[str]
) -> BaselineImages:
    found = find_sources(names, image_ids, origins)
    place = {image_id: position for position, image_id in enumerate(image_ids)}
    order = sorted(range(len(names)), key=lambda row: place.get(found[row], len(place)))
    num_paired = sum(map(bool, found))
    say = log.info if num_paired else log.warning
    cure = "" if num_paired else "; name files as their sources' image_id or file to learn what is kept"
    say("%s: %d images, %d of them beside a source%s", key, len(names), num_paired, cure)
    return BaselineImages(np.stack([images[row] for row in order]), tuple(found[row] for row in order))


def find_sources(names: Sequence[str], image_ids: Sequence[str], origins: Sequence[str]) -> list[str]:
    """For each file in ``names`` (relative, with suffix) the image id of its source, or "" for none, or for several."""
    stems = [_stem(origin) for origin in origins]
    whole = _only_once(stems, image_ids)
    last = _only_once([PurePosixPath(stem).name for stem in stems], image_ids)
    return [_source(_stem(name), image_ids, whole, last) for name in names]


def _source(stem: str, image_ids: Sequence[str], whole: Mapping[str, str], last: Mapping[str, str]) -> str:
    name = PurePosixPath(stem).name
    if len(name) >= SHORTEST_ID:
        begin = [image_id for image_id in image_ids if image_id.startswith(name)]
        if len(begin) == 1:
            return begin[0]
    return whole.get(stem) or last.get(name, "")


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.name else name


def _only_once(keys: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """``{key: value}`` of the keys that are there once."""
    counts = Counter(keys)
    return {key: value for key, value in zip(keys, values, strict=True) if counts[key] == 1}
