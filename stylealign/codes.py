"""Codes of real images: what an inversion finds, and the Parquet file that keeps it.

A code carries the name of its space, the digest of the generator that gives it meaning, and the id of its image. One
row an image: ``image_id``, ``code`` (float32, flat), ``distance``, ``pixel``, ``same_region``, ``steps``, ``seconds``.

Legend: N images; a code's shape is that of its space.
"""

import dataclasses
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from stylealign.errors import CodesError

_KEY = b"stylealign.codes"

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Passport:
    """What a set of codes has in common."""

    space: str  # z, zplus, w or wplus
    method: str  # as z_opt
    shape: tuple[int, ...]  # of one code
    generator: str  # digest of the model that gives them meaning
    truncation_psi: float  # of Z and Z+; 1 for W and W+
    judge: str
    settings: str  # canonical JSON of all that the codes depend on


@dataclass(frozen=True)
class Codes:
    """Codes of N images, in the order of ``image_ids``."""

    passport: Passport
    image_ids: tuple[str, ...]
    values: np.ndarray  # float32 [N, *shape]
    distance: np.ndarray  # float32 [N], perceptual, of image and reconstruction
    pixel: np.ndarray  # float32 [N], root mean squared difference in grey levels of 255
    same_region: np.ndarray  # float32 [N], part of the pixels parsed as their true region; NaN where unknown
    steps: np.ndarray  # int32 [N], of optimisation
    seconds: np.ndarray  # float32 [N], of the batch, shared by its images: not reproducible

    @property
    def num(self) -> int:
        return len(self.image_ids)

    @property
    def space(self) -> str:
        return self.passport.space

    def take(self, rows: Sequence[int] | np.ndarray) -> "Codes":
        """The codes at positions ``rows``, in that order."""
        rows = np.asarray(rows, dtype=np.int64)
        chosen = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return Codes(self.passport, tuple(self.image_ids[row] for row in rows), **chosen)


_COLUMNS = ("values", "distance", "pixel", "same_region", "steps", "seconds")


def join_codes(parts: Sequence[Codes]) -> Codes:
    """Codes of several files in one, in order; :class:`CodesError` when they do not belong together."""
    for part in parts:
        differing = [
            field.name
            for field in dataclasses.fields(Passport)
            if getattr(part.passport, field.name) != getattr(parts[0].passport, field.name)
        ]
        if differing:
            raise CodesError(f"codes of different {', '.join(differing)} do not belong in one file; invert them again")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return Codes(parts[0].passport, tuple(one for part in parts for one in part.image_ids), **joined)


def write_codes(path: PathLike, codes: Codes) -> None:
    """Write Parquet beside ``path``, then rename; equal codes give equal bytes (``seconds`` never are equal)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = codes.values.reshape(codes.num, -1).astype(np.float32)
    width = int(np.prod(codes.passport.shape))
    columns = {
        "image_id": pa.array(list(codes.image_ids), pa.string()),
        "code": pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel(), pa.float32()), width),
        "distance": pa.array(codes.distance, pa.float32()),
        "pixel": pa.array(codes.pixel, pa.float32()),
        "same_region": pa.array(codes.same_region, pa.float32()),
        "steps": pa.array(codes.steps, pa.int32()),
        "seconds": pa.array(codes.seconds, pa.float32()),
    }
    passport = json.dumps(dataclasses.asdict(codes.passport), sort_keys=True)
    partial = Path(f"{path}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns).replace_schema_metadata({_KEY: passport}), partial)
    os.replace(partial, path)


def read_codes(path: PathLike) -> Codes:
    """What :func:`write_codes` wrote; :class:`CodesError` when the file is not one, or is damaged."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        passport = _passport((table.schema.metadata or {})[_KEY])
        values = table["code"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return Codes(
            passport,
            tuple(table["image_id"].to_pylist()),
            values.astype(np.float32).reshape(table.num_rows, *passport.shape),
            **{name: table[name].to_numpy() for name in _COLUMNS[1:]},
        )
    except (OSError, KeyError, ValueError, TypeError, pa.ArrowException) as error:
        raise CodesError(
            f"{path}: not a file of codes, or cut short ({error}); delete it and run again if this study made it"
        ) from error


def _passport(text: bytes) -> Passport:
    values: dict[str, Any] = json.loads(text)
    return Passport(**{**values, "shape": tuple(values["shape"])})
