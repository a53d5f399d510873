"""Archives: npz by the names and shapes of their arrays, image sets, and torch's own, which others' checkpoints are."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np

from stylealign.inspection.checkpoints import inspect_foreign
from stylealign.inspection.findings import Findings
from stylealign.origins import read_signature

MAX_ARRAYS = 40  # listed
MAX_SHOWN_BYTES = 2048  # of an array whose values are shown
MAX_HEADER_BYTES = 10_000

_ARRAYS_OF = {
    "what a judge saw of an image set or a model": {"features", "attributes", "attribute_names", "protocol"},
    "directions in W for attributes": {"names", "normals", "intercepts", "attribute"},
    "channel maps: what each style channel changes": {"maps", "first"},
    "images of the study's common z": {"z", "kimg", "pixels"},
    "region maps of an image set": {"ids", "names"},
}


def inspect_zip(path: Path) -> Findings:
    """Arrays, an image set, or another project's checkpoint."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if names and all(name.endswith(".npy") for name in names):
            arrays = {name.removesuffix(".npy"): _array(archive, name) for name in names[:MAX_ARRAYS]}
            more = {"and more": f"{len(names) - MAX_ARRAYS} arrays"} if len(names) > MAX_ARRAYS else {}
            return Findings(_what({name.removesuffix(".npy") for name in names}), arrays | more, read_signature(path))
        if "dataset.json" in names:
            digest = archive.comment.decode("ascii", "replace")
            num = sum(name.endswith(".png") for name in names)
            return Findings(f"image set: {num} images", {"digest": digest or "none: not made by this package"})
    return inspect_foreign(path)


def _what(names: set[str]) -> str:
    return next((what for what, arrays in _ARRAYS_OF.items() if arrays <= names), "arrays (npz)")


def _array(archive: zipfile.ZipFile, name: str) -> str:
    """Type and shape of an array, and what it holds where that is short; only its header is read otherwise."""
    with archive.open(name) as file:
        head = BytesIO(
            file.read(MAX_HEADER_BYTES + MAX_SHOWN_BYTES)
        )  # and no more: a small file may unpack to a large one
    shape, dtype = _header(head)
    size = int(np.prod(shape, dtype=np.float64)) * dtype.itemsize
    is_short = 0 < size <= MAX_SHOWN_BYTES and not dtype.hasobject and len(shape) < 2
    values = np.frombuffer(head.read(size), dtype).reshape(shape) if is_short else None
    about = f"{'text' if dtype.kind == 'U' else dtype.name} {list(shape)}"
    return about if values is None else f"{about}: {', '.join(str(one) for one in values.ravel()[:16])}"


def _header(file: BytesIO) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file, max_header_size=MAX_HEADER_BYTES)
    return shape, dtype
