"""Images that were translated, each beside its source, and the npz that keeps some of them for a figure.

Legend: N images, K references, R pixels a side.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stylealign.errors import TableError
from stylealign.reading import Unreadable, read_npz
from stylealign.writing import write_npz

INVERSION, BASELINE, CONTROL = "inversion", "baseline", "control"


@dataclass(frozen=True)
class Translated:
    """Translations by one method: row i is of the source image ``source_ids[i]`` (empty: of none in particular).

    ``truncation_psi`` is that of the codes; ``None`` for images that no generator of the study made.
    """

    image_set: str
    method: str
    kind: str  # inversion, baseline or control
    pixels: np.ndarray  # uint8 [N, R, R, 3]
    source_ids: tuple[str, ...]
    truncation_psi: float | None


@dataclass(frozen=True)
class ReferenceTranslated:
    """Translations by one method with the style of references: [i, k] is of source i with its reference k."""

    image_set: str
    method: str
    pixels: np.ndarray  # uint8 [N, K, R, R, 3]
    source_ids: tuple[str, ...]  # N
    reference_ids: tuple[tuple[str, ...], ...]  # N x K
    truncation_psi: float


@dataclass(frozen=True)
class SourceSet:
    """An image set and its inversions: a file of codes for each method."""

    image_set: str
    images: Path  # images.zip
    index: Path  # index.parquet
    codes: Mapping[str, Path]


def source_sets(
    names: Sequence[str], images: Sequence[Path], index: Sequence[Path], methods: Sequence[str], codes: Sequence[Path]
) -> list[SourceSet]:
    """Image sets with their codes, which come set by set, in each by every method."""
    by_set = [dict(zip(methods, codes[start:], strict=False)) for start in range(0, len(codes), len(methods))]
    return [SourceSet(*one) for one in zip(names, images, index, by_set, strict=True)]


def save_pictures(path: str | os.PathLike[str], pictures: Mapping[str, np.ndarray]) -> None:
    """Named arrays for a figure as npz, beside ``path``, then renamed; equal arrays give equal bytes."""
    write_npz(path, pictures, compressed=True)


def load_pictures(path: str | os.PathLike[str], *names: str) -> dict[str, np.ndarray]:
    """The arrays ``names`` of what :func:`save_pictures` wrote (all, if none is named), in that order.

    Raises :class:`TableError` when it is not such a file.
    """
    try:
        return read_npz(path, *names)
    except Unreadable as error:
        raise TableError(f"{path} does not hold a figure's pictures ({error}); delete it and run again") from error
