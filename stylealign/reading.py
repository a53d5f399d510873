"""Reading what :mod:`stylealign.writing` wrote: whole and unaltered, or refused with one kind of error.

A file may be cut short by a copy that failed, or altered by a disk or a hand. Entries of npz carry checksums (zip's
own), pages of Parquet too, and the seal of a table covers what its checksums do not: its columns and all that it says
of itself. Nothing in a file is ever executed.
"""

import hashlib
import json
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

SEAL = b"stylealign.seal"

PathLike = str | os.PathLike[str]

ZIP_ERRORS = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    RuntimeError,  # of entries that call themselves encrypted; NotImplementedError, of an unknown compression
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What :mod:`zipfile` raises for an archive, or an entry, that is damaged."""

# numpy's, of a header that is none, or that names more numbers than a memory holds
_NPZ_ERRORS = (*ZIP_ERRORS, TypeError, AttributeError, SyntaxError, tokenize.TokenError, MemoryError, RecursionError)

_END_OF_ZIP = struct.Struct("<4s4H2LH")


class Unreadable(ValueError):
    """A file is absent, foreign, cut short or altered; its reader says what it should have been, and the cure."""


def read_npz(path: PathLike, *names: str) -> "dict[str, np.ndarray]":
    """The arrays ``names`` of an npz (all, if none is named); :class:`Unreadable` where one is absent or damaged."""
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as npz:
            _check_number_of_entries(path, npz.zip)
            return {name: npz[name] for name in names or npz.files}
    except _NPZ_ERRORS as error:
        raise Unreadable(_one_line(error)) from error


def _check_number_of_entries(path: PathLike, archive: zipfile.ZipFile) -> None:
    """A damaged directory may seem to end early, and zipfile does not count."""
    with open(path, "rb") as file:
        file.seek(-_END_OF_ZIP.size - len(archive.comment), os.SEEK_END)
        number = _END_OF_ZIP.unpack(file.read(_END_OF_ZIP.size))[4]
    if number != len(archive.namelist()):
        raise ValueError(f"{len(archive.namelist())} of its {number} entries are found")


def read_parquet(path: PathLike, columns: list[str] | None = None) -> "pa.Table":
    """A table (of ``columns``, if given), its pages and its seal checked; :class:`Unreadable` where it is damaged.

    A file without a seal, of an earlier version, is read as it is.
    """
    with _parquet(path) as file:
        told = file.schema_arrow.metadata  # which the seal is of
        return file.read(columns=columns).replace_schema_metadata(told)


def read_schema(path: PathLike) -> "pa.Schema":
    """The columns of a table and what it says of itself, without reading a row; errors as :func:`read_parquet`."""
    with _parquet(path) as file:
        return file.schema_arrow


@contextmanager
def _parquet(path: PathLike) -> "Iterator[pq.ParquetFile]":
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            places = (file.metadata.metadata, file.schema_arrow.metadata)  # a file says it twice; one may be damaged
            seals = {place[SEAL] for place in places if place and SEAL in place}
            if seals and seals != {seal_of(file.schema_arrow, file.metadata.num_rows)}:
                raise ValueError("it does not match its seal")
            yield file
    except (OSError, KeyError, TypeError, AttributeError, ValueError, pa.ArrowException) as error:
        raise Unreadable(_one_line(error)) from error


def seal_of(schema: "pa.Schema", num_rows: int) -> bytes:
    """sha256 over the columns, the number of rows and the metadata of a table."""
    metadata = {key.decode(): value.decode() for key, value in (schema.metadata or {}).items() if key != SEAL}
    columns = [[field.name, _type_name(field.type), field.nullable] for field in schema]
    told = json.dumps([columns, num_rows, metadata], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest().encode()


def _type_name(kind: "pa.DataType") -> str:
    """As pyarrow says it; Parquet gives the numbers of a list another name than they had."""
    import pyarrow as pa

    return f"{kind.value_type}[{kind.list_size}]" if pa.types.is_fixed_size_list(kind) else str(kind)


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
