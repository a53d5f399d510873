"""Image sets: named images with a passport, read from StyleGAN's dataset zip and ``index.parquet``."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np
import pandas as pd
import torch
from PIL import Image

from stylealign.data.index import ATTRIBUTE_PREFIX, read_index
from stylealign.data.writer import digest_of
from stylealign.errors import ImageSetError
from stylealign.reading import ZIP_ERRORS

Split = Literal["train", "test"]
_AGAIN = "remove the image set's folder and run again"


class ImageSet:
    """The images of one split (or all) of a built image set.

    ``index``: its rows; ``rows``: their positions [num] in the whole set (and in ``regions.npz``); ``attributes``: a
    column for each known attribute, NaN where unknown; ``attribute_info``: what each of them means.
    """

    def __init__(self, archive: zipfile.ZipFile, index: pd.DataFrame, attribute_info: list[dict[str, Any]]):
        self.index, self.attribute_info = index, attribute_info
        self.rows = index.index.to_numpy(copy=True)
        self.image_ids: list[str] = index["image_id"].tolist()
        self.captions: list[str] = index["caption"].tolist()
        self._archive, self._files = archive, index["file"].tolist()
        self._all: torch.Tensor | None = None
        self.resolution = self._decode(0).shape[0]

    @classmethod
    def open(cls, images: Path, index: Path, split: Split | None = None) -> "ImageSet":
        """Open ``split`` (or everything); :class:`ImageSetError` when zip and index do not belong together."""
        frame, attribute_info = read_index(Path(index))
        archive = _open_zip(Path(images))
        _check_agreement(archive, frame, images, index)
        if split is not None:
            frame = frame[frame["split"] == split]
        if frame.empty:
            raise ImageSetError(f"{index}: no {split or ''} images; raise `test_fraction` or `num_{split or 'train'}`")
        return cls(archive, frame, attribute_info)

    @property
    def num(self) -> int:
        return len(self._files)

    @property
    def digest(self) -> str:
        """sha256 over the image ids of this split, in order."""
        return digest_of(self.image_ids)

    @property
    def attributes(self) -> pd.DataFrame:
        """float64, a column for each attribute, a row for each image."""
        columns = [name for name in self.index.columns if name.startswith(ATTRIBUTE_PREFIX)]
        return (
            self.index[columns].rename(columns=lambda name: name.removeprefix(ATTRIBUTE_PREFIX)).reset_index(drop=True)
        )

    def taken(self, positions: Sequence[int] | np.ndarray) -> "ImageSet":
        """The images at ``positions`` as a set of their own, in that order."""
        return ImageSet(self._archive, self.index.iloc[positions], self.attribute_info)

    def read(self, positions: Sequence[int] | np.ndarray | torch.Tensor) -> torch.Tensor:
        """Decode the images at ``positions``: uint8 [n, 3, R, R]. Safe to call from several threads."""
        decoded = np.empty((len(positions), 3, self.resolution, self.resolution), dtype=np.uint8)
        for row, position in enumerate(positions):
            decoded[row] = self._decode(int(position)).transpose(2, 0, 1)
        return torch.from_numpy(decoded)

    def all(self) -> torch.Tensor:
        """Every image, decoded once: uint8 [num, 3, R, R]. Not to be written to."""
        if self._all is None:
            self._all = self.read(range(self.num))
        return self._all

    def _decode(self, position: int) -> np.ndarray:
        name = self._files[position]
        try:
            with Image.open(io.BytesIO(self._archive.read(name)), formats=("PNG",)) as image:
                return np.asarray(image.convert("RGB"))
        except (*ZIP_ERRORS, SyntaxError, Image.DecompressionBombError) as error:
            raise ImageSetError(f"{self._archive.filename}: {name} is damaged ({error}); {_AGAIN}") from error


def load_regions(path: Path, rows: np.ndarray | None = None) -> tuple[np.ndarray, list[str]]:
    """Region ids uint8 [N, R, R] (of ``rows``, an image set's, where given) and the regions' names; N = 0: unknown.

    The maps are decompressed one after the other up to the last wanted: memory holds those wanted and no others.
    """
    names = load_region_names(path)
    with _region_file(path) as npz, npz.open("ids.npy") as stream:
        num, resolution = _read_header(stream)
        if rows is None or not names:
            rows = np.arange(num)
        if len(rows) and rows.max() >= num:
            raise ImageSetError(f"{path}: {num} region maps, the index has more images; {_AGAIN}")
        wanted, places = np.unique(rows, return_inverse=True)
        maps = _read_maps(stream, wanted, resolution)
    return maps if np.array_equal(wanted, rows) else maps[places], names


def load_region_names(path: Path) -> list[str]:
    """The regions' names alone (none: unknown), without reading a map."""
    with _region_file(path) as npz, npz.open("names.npy") as stream:
        return [str(name) for name in np.lib.format.read_array(stream, allow_pickle=False)]


@contextmanager
def _region_file(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as npz:
            yield npz
    except (*ZIP_ERRORS, SyntaxError, MemoryError) as error:
        raise ImageSetError(f"{path}: not a region file ({error}); {_AGAIN}") from error


def _read_header(stream: IO[bytes]) -> tuple[int, int]:
    """N and R of an ``ids.npy``; ``ValueError`` when it holds anything but uint8 [N, R, R]."""
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("ids.npy is of another version")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    if is_fortran or dtype != np.uint8 or len(shape) != 3 or shape[1] != shape[2]:
        raise ValueError(f"ids.npy holds {dtype} {list(shape)}")
    return shape[0], shape[1]


def _read_maps(stream: IO[bytes], wanted: np.ndarray, resolution: int) -> np.ndarray:
    """The maps ``wanted`` (ascending) from a stream that is at the first one."""
    start, num_bytes = stream.tell(), resolution**2
    maps = np.empty([len(wanted), resolution, resolution], dtype=np.uint8)
    for one, row in zip(maps, wanted, strict=True):
        stream.seek(start + int(row) * num_bytes)
        content = stream.read(num_bytes)
        if len(content) < num_bytes:
            raise ValueError(f"ids.npy ends before map {row}")
        one.flat = np.frombuffer(content, dtype=np.uint8)
    return maps


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except ZIP_ERRORS as error:
        raise ImageSetError(f"{path}: not a readable zip archive ({error}); {_AGAIN}") from error


def _check_agreement(archive: zipfile.ZipFile, frame: pd.DataFrame, images: Path, index: Path) -> None:
    names = [name for name in archive.namelist() if name != "dataset.json"]
    if names != frame["file"].tolist():
        raise ImageSetError(f"{images} has {len(names)} images and {index} describes {len(frame)}; {_AGAIN}")
    if archive.comment != digest_of(frame["image_id"].tolist()).encode():
        raise ImageSetError(f"{images} and {index} are of different image sets (their digests differ); {_AGAIN}")
