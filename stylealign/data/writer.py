"""The writer of one image set: images stream into the zip, regions beside it, duplicates are turned away.

The zip is StyleGAN's dataset zip (``00000/img00000000.png``, ``dataset.json``), stored, with a fixed date, so that
equal images give equal bytes. Its comment is the digest of the image ids, which ties it to its ``index.parquet``.
"""

import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType

import numpy as np

from stylealign.data.prepare import Facts, Prepared
from stylealign.data.rejection import Reason, Rejected

_DATE = (1980, 1, 1, 0, 0, 0)


def image_name(position: int) -> str:
    """The name of an image in the zip, as StyleGAN's dataset tool writes it."""
    return f"{position // 1000:05d}/img{position:08d}.png"


def digest_of(image_ids: Sequence[str]) -> str:
    """sha256 over the image ids in order, in hexadecimal."""
    return sha256("\n".join(image_ids).encode()).hexdigest()


class ImageSetWriter:
    """Takes prepared images and rejected files in order; leaving the context ends both archives.

    ``facts`` and ``rejected`` hold what the index and the list of rejected files will say. Images and regions are not
    kept in memory.
    """

    def __init__(self, images: Path, regions: Path, resolution: int, region_names: Sequence[str]):
        self.facts: list[Facts] = []
        self.rejected: list[Rejected] = []
        self._resolution, self._region_names, self._regions = resolution, tuple(region_names), regions
        self._origin_of: dict[str, str] = {}
        self._zip = zipfile.ZipFile(images, "w", zipfile.ZIP_STORED)
        self._ids = tempfile.TemporaryFile(dir=Path(regions).parent)  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> "ImageSetWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._zip, self._ids:
            if kind is None:
                _store(self._zip, "dataset.json", json.dumps({"labels": None}).encode())
                self._zip.comment = digest_of([facts.image_id for facts in self.facts]).encode()
                self._write_regions()

    def take(self, entry: Prepared | Rejected) -> None:
        """Store the image, or list the file as rejected; a second image with the same pixels is rejected."""
        if isinstance(entry, Rejected):
            self.rejected.append(entry)
        elif entry.facts.image_id in self._origin_of:
            same = self._origin_of[entry.facts.image_id]
            self.rejected.append(Rejected(entry.facts.origin, Reason.DUPLICATE, f"the same pixels as {same}"))
        else:
            self._store_image(entry)

    def _store_image(self, entry: Prepared) -> None:
        _store(self._zip, image_name(len(self.facts)), entry.png)
        if self._region_names:
            assert entry.regions is not None
            assert entry.regions.dtype == np.uint8
            assert entry.regions.shape == (self._resolution, self._resolution)
            self._ids.write(np.ascontiguousarray(entry.regions).data)
        self._origin_of[entry.facts.image_id] = entry.facts.origin
        self.facts.append(entry.facts)

    def _write_regions(self) -> None:
        """``ids`` uint8 [N, R, R] and ``names``, as ``numpy.savez_compressed`` would, but streamed."""
        shape = (len(self.facts) if self._region_names else 0, self._resolution, self._resolution)
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        names = io.BytesIO()
        np.save(names, np.array(self._region_names, dtype=np.str_), allow_pickle=False)
        self._ids.seek(0)
        with zipfile.ZipFile(self._regions, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as npz:
            entry = zipfile.ZipInfo("ids.npy", _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            with npz.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array_header_1_0(stream, header)
                shutil.copyfileobj(self._ids, stream, 2**20)
            _store(npz, "names.npy", names.getvalue())


def _store(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """An entry whose bytes depend on nothing but its name and content."""
    entry = zipfile.ZipInfo(name, _DATE)
    entry.external_attr = 0o644 << 16
    entry.create_system = 3  # the same on every system
    archive.writestr(entry, content)
