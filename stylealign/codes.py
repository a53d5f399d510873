"""Codes of real images: what an inversion finds, and the Parquet file that keeps it.

A code carries the name of its space, the digest of the generator that gives it meaning, and the id of its image. One
row an image: ``image_id``, ``code`` (float32, flat), ``distance``, ``pixel``, ``same_region``, ``steps``, ``seconds``.
Pages carry checksums, so that a damaged file is refused rather than read. Needs no torch.

Legend: N images; a code's shape is that of its space.
"""

import dataclasses
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stylealign.errors import CodesError
from stylealign.reading import read_parquet, read_schema
from stylealign.signature import signed_metadata
from stylealign.writing import write_parquet

if TYPE_CHECKING:
    import pyarrow as pa

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

    def of_images(self, image_ids: Sequence[str]) -> "Codes":
        """The codes of ``image_ids``, in that order; :class:`CodesError` where one of them has none."""
        rows = {image_id: row for row, image_id in enumerate(self.image_ids)}
        without = [image_id for image_id in image_ids if image_id not in rows]
        if without:
            raise CodesError(
                f"{len(without)} images, {without[0][:12]} the first, have no {self.passport.method} code; "
                "the images changed since: invert them again"
            )
        return self.take([rows[image_id] for image_id in image_ids])


_COLUMNS = ("values", "distance", "pixel", "same_region", "steps", "seconds")


def no_codes(passport: Passport) -> Codes:
    """The codes of no image."""
    numbers = [np.zeros(0, np.int32 if name == "steps" else np.float32) for name in _COLUMNS[1:]]
    return Codes(passport, (), np.zeros([0, *passport.shape], np.float32), *numbers)


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

    schema = _schema(codes.passport)
    signed = {**schema.metadata, **signed_metadata()}
    flat = pa.array(codes.values.astype(np.float32).ravel(), pa.float32())
    columns = {
        "image_id": list(codes.image_ids),
        "code": pa.FixedSizeListArray.from_arrays(flat, type=schema.field("code").type),
        **{name: getattr(codes, name) for name in _COLUMNS[1:]},
    }
    write_parquet(path, pa.table(columns, schema=schema.with_metadata(signed)), use_dictionary=False)


def read_codes(path: PathLike) -> Codes:
    """What :func:`write_codes` wrote; :class:`CodesError` when the file is not one, or is damaged."""
    table, passport = _read(path, None)
    values = table["code"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return Codes(
        passport,
        tuple(table["image_id"].to_pylist()),
        values.reshape(table.num_rows, *passport.shape).copy(),  # writable, as torch wants it
        **{name: table[name].to_numpy() for name in _COLUMNS[1:]},
    )


def read_image_ids(path: PathLike) -> tuple[Passport, tuple[str, ...]]:
    """The passport of a file of codes and the ids of its images, without reading a code; errors as `read_codes`."""
    table, passport = _read(path, ["image_id"])
    return passport, tuple(table["image_id"].to_pylist())


def _read(path: PathLike, columns: list[str] | None) -> "tuple[pa.Table, Passport]":
    try:
        schema = read_schema(path)
        passport = _passport((schema.metadata or {})[_KEY])
        if not schema.equals(_schema(passport)):
            raise ValueError("its columns are others")
        return read_parquet(path, columns), passport
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise CodesError(
            f"{path}: not a file of codes, or damaged ({error}); delete it and run again if this study made it"
        ) from error


def _schema(passport: Passport) -> "pa.Schema":
    """Columns and metadata of a file of codes."""
    import pyarrow as pa

    types = {"image_id": pa.string(), "code": pa.list_(pa.float32(), math.prod(passport.shape))}
    types |= {name: pa.int32() if name == "steps" else pa.float32() for name in _COLUMNS[1:]}
    return pa.schema(types, metadata={_KEY: json.dumps(dataclasses.asdict(passport), sort_keys=True)})


def _passport(text: bytes) -> Passport:
    values: dict[str, Any] = json.loads(text)
    passport = Passport(**{**values, "shape": tuple(values["shape"])})
    told = (passport.space, passport.method, passport.generator, passport.judge, passport.settings)
    if not all(isinstance(one, str) for one in told) or not all(isinstance(one, int) for one in passport.shape):
        raise ValueError("its passport holds values of another kind")
    return passport
