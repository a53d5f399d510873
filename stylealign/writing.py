"""Files appear whole or not at all: written beside their target under a name of this process alone, synced, renamed.

Two processes that write one target never meet in its unfinished file, and what a killed process left behind is removed
by the next writer of that target on the same host. A disk that is full, or may not be written, is one line.
"""

import contextlib
import errno
import os
import platform
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.errors import StorageError
from stylealign.reading import SEAL, seal_of
from stylealign.signature import signature_text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PARTIAL = ".partial"

_CURES = {
    errno.ENOSPC: "the disk is full; free some space",
    errno.EDQUOT: "the quota is used up; free some space",
    errno.EFBIG: "the file is larger than this disk or account may hold; write to another one",
    errno.EROFS: "the disk is mounted read-only; write to another one",
    errno.EACCES: "it may not be written; correct the rights of its folder",
    errno.EIO: "the disk does not answer as it should; look at its health",
    errno.EPERM: "it may not be written; correct the rights of its folder",
}

PathLike = str | os.PathLike[str]


@contextlib.contextmanager
def whole_file(path: PathLike) -> Iterator[Path]:
    """A path beside ``path`` to write to, which takes its place at the end; removed if the writing fails.

    Folders are made. Raises :class:`StorageError` for a disk that is full, read-only or forbidden.
    """
    target = Path(path)
    partial = partial_name(target)
    with disk_errors_told(target):
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _sweep(target.parent)
            yield partial
            os.chmod(partial, _usual_mode(target.parent))
            _sync(partial)
            os.replace(partial, target)
        except BaseException:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise


@contextlib.contextmanager
def disk_errors_told(target: Path) -> Iterator[None]:
    """What the disk refuses within becomes a :class:`StorageError` that names ``target``."""
    try:
        yield
    except BaseException as error:
        cure = storage_cure(error)
        if cure is None:
            raise
        raise StorageError(f"{target}: {cure}, and give the same command again; what was finished is kept") from error


def partial_name(target: Path) -> Path:
    """Where this process writes ``target``."""
    return target.with_name(f"{target.name}.{platform.node()}.{os.getpid()}{PARTIAL}")


def storage_cure(error: BaseException) -> str | None:
    """What is wrong with the disk, if that is what an error says, and the cure."""
    number = error.errno if isinstance(error, OSError) else None
    if number is None:  # safetensors tells its system error in words only
        number = next((one for one in _CURES if f"(os error {one})" in str(error)), None)
    return None if number is None else _CURES.get(number)


def write_npz(path: PathLike, arrays: "Mapping[str, np.ndarray | Any]", *, compressed: bool = False) -> None:
    """Named arrays as npz, without pickle; equal arrays give equal bytes. The archive's comment is the signature."""
    import numpy as np

    with whole_file(path) as partial:
        with open(partial, "wb") as file:
            (np.savez_compressed if compressed else np.savez)(file, allow_pickle=False, **arrays)
        _sign_archive(partial)


def _sign_archive(partial: Path) -> None:
    text = signature_text().encode()
    if text and len(text) <= zipfile.ZIP_MAX_COMMENT:
        with zipfile.ZipFile(partial, "a") as archive:
            archive.comment = text


def write_parquet(path: PathLike, table: "pa.Table", *, use_dictionary: bool = True) -> None:
    """A table as Parquet, with checksums of its pages and a seal of all else; equal tables give equal bytes."""
    with whole_file(path) as partial:
        fill_parquet(partial, table, use_dictionary=use_dictionary)


def fill_parquet(path: PathLike, table: "pa.Table", *, use_dictionary: bool = True) -> None:
    """The same to a file that becomes whole in another way."""
    import pyarrow.parquet as pq

    bare = {key: value for key, value in (table.schema.metadata or {}).items() if key != SEAL}
    seal = seal_of(table.schema.with_metadata(bare), table.num_rows)
    sealed = table.replace_schema_metadata({**bare, SEAL: seal})
    pq.write_table(sealed, path, use_dictionary=use_dictionary, write_page_checksum=True)


def write_text(path: PathLike, text: str) -> None:
    """UTF-8 with plain line ends."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def _sync(partial: Path) -> None:
    with open(partial, "rb") as file:
        os.fsync(file.fileno())


@cache
def _usual_mode(folder: Path) -> int:
    """Who may read a new file in ``folder``, by the account's umask; safetensors lets nobody but its writer."""
    probe = partial_name(folder / "probe")
    probe.touch()
    mode = probe.stat().st_mode & 0o777
    probe.unlink()
    return mode


@cache
def _sweep(folder: Path) -> None:
    """Remove unfinished files in ``folder`` of processes of this host that are no more; once a process and folder."""
    for name in os.listdir(folder):
        front, _, pid = name.removesuffix(PARTIAL).rpartition(".")
        if name.endswith(PARTIAL) and front.endswith(f".{platform.node()}") and pid.isdigit() and not _lives(int(pid)):
            (folder / name).unlink(missing_ok=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
