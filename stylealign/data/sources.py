"""Folders and archives as lists of candidates: names are checked here, nothing is decoded and nothing is extracted.

Every file is either a candidate or rejected; the order is that of the names' bytes, the same on every machine.
Symbolic links that lead out of the folder, linked folders, pipes and devices, and archive entries with absolute names
or ``..`` are rejected, and so is what only a zip bomb has: entries that share bytes, or unpack to very much more. Class
labels in an archive's ``dataset.json`` are not used.
"""

import io
import itertools
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from stylealign.data.decode import check_num_bytes
from stylealign.data.rejection import Reason, Reject, Rejected
from stylealign.errors import ImageSetError, printable

MAX_RATIO = 200  # of an entry's size and the bytes it takes in the archive; a photograph hardly packs at all
_SMALL_BYTES = 2**20  # below it the ratio does not matter
_LOCAL_HEADER_BYTES = 30  # before an entry's name
_PART_BYTES = 2**20  # unpacked at a time

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


@dataclass(frozen=True)
class Candidate:
    """A file that may be a picture: its name relative to its root (as the system spells it), and how to open it."""

    name: str
    num_bytes: int
    open: Callable[[], BinaryIO]

    @property
    def origin(self) -> str:
        return printable(self.name)

    @property
    def stem(self) -> str:
        """The name without its suffix: what a mask shares with its picture."""
        return str(PurePosixPath(self.name).with_suffix(""))


def list_folder(root: Path, skip: Path | None = None) -> list[Candidate | Rejected]:
    """Every file under ``root`` (not under ``skip``) by the order of names; :class:`ImageSetError` for no folder."""
    root = Path(root)
    if not os.path.isdir(root):
        what, is_file = ("is a file" if os.path.exists(root) else "no such folder"), os.path.isfile(root)
        cure = "use `source: zip`" if is_file and zipfile.is_zipfile(root) else "correct `path`"
        raise ImageSetError(f"{root}: {what}; {cure}")
    found: list[tuple[str, Candidate | Rejected]] = []
    real_root = os.path.realpath(root)
    skipped = os.path.realpath(skip) if skip else None

    def unreadable_folder(error: OSError) -> None:
        name = os.path.relpath(error.filename, real_root)
        found.append((name, Rejected(printable(name), Reason.UNREADABLE, printable(error.strerror or str(error)))))

    for folder, subfolders, files in os.walk(real_root, onerror=unreadable_folder):
        linked = [name for name in subfolders if os.path.islink(os.path.join(folder, name))]
        subfolders[:] = [s for s in subfolders if s not in linked and os.path.join(folder, s) != skipped]
        for file in (*files, *linked):
            name = os.path.relpath(os.path.join(folder, file), real_root).replace(os.sep, "/")
            found.append((name, _checked(name, partial(_file_candidate, real_root, name))))
    return [entry for _, entry in sorted(found, key=lambda pair: os.fsencode(pair[0]))]


@contextmanager
def list_zip(path: Path) -> Iterator[list[Candidate | Rejected]]:
    """Every entry of the archive in the order of names, readable while the context is open (from several threads)."""
    if not os.path.isfile(path):
        what = "is not a file" if os.path.exists(path) else "no such archive"
        raise ImageSetError(f"{path}: {what}; correct `path`")
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, struct.error, OverflowError) as error:
        raise ImageSetError(
            f"{path}: not a readable zip archive ({error}); download it again or use `source: folder`"
        ) from error
    with archive:
        entries = [e for e in archive.infolist() if not _is_no_file(e.filename)]
        entries.sort(key=lambda entry: (entry.filename.encode("utf-8", "surrogateescape"), entry.header_offset))
        shared = _overlapping(archive.infolist())
        yield [_checked(e.filename, partial(_zip_candidate, archive, e, e.header_offset in shared)) for e in entries]


def _is_no_file(name: str) -> bool:
    return name.endswith("/") or PurePosixPath(name).name == "dataset.json"


def _overlapping(entries: Sequence[zipfile.ZipInfo]) -> set[int]:
    """Where the entries begin that reach into the next one, or that begin where another does."""
    places = sorted((entry.header_offset, entry.compress_size) for entry in entries)
    return {
        offset
        for (offset, num_bytes), (following, _) in itertools.pairwise(places)
        if offset + _LOCAL_HEADER_BYTES + num_bytes > following
    }


def rounds(
    entries: Sequence[Candidate | Rejected], max_images: int | None, num_usable: Callable[[], int]
) -> Iterator[list[Candidate | Rejected]]:
    """What to read, one list after the other, until ``num_usable()`` is ``max_images`` or nothing is left.

    Candidates come by a stable hash of their names (so that every subfolder keeps its share): first ``max_images`` of
    them, with what is rejected already, then as many as are missing, and so on. Each list is in the order of names.
    """
    if max_images is None:
        yield list(entries)
        return
    candidates = [
        (_name_hash(entry.name), place) for place, entry in enumerate(entries) if isinstance(entry, Candidate)
    ]
    hashed = [place for _, place in sorted(candidates)]
    first, later = set(hashed[:max_images]), iter(hashed[max_images:])
    yield [entry for place, entry in enumerate(entries) if isinstance(entry, Rejected) or place in first]
    while chosen := sorted(islice(later, max_images - num_usable())):
        yield [entries[place] for place in chosen]


def _name_hash(name: str) -> bytes:
    return sha256(name.encode("utf-8", "surrogateescape")).digest()


def _checked(name: str, make: Callable[[], Candidate]) -> Candidate | Rejected:
    try:
        return make()
    except Reject as reject:
        return Rejected(printable(name), reject.reason, reject.detail)


def _check_suffix(name: str) -> None:
    if not name.lower().endswith(SUFFIXES):
        raise Reject(Reason.OTHER_FILE, f"its name does not end in one of {' '.join(SUFFIXES)}")


def _file_candidate(root: str, name: str) -> Candidate:
    path = os.path.join(root, name)
    target = os.path.realpath(path)
    if os.path.commonpath([root, target]) != root:
        raise Reject(Reason.OUTSIDE, f"a link to {target}, outside the folder")
    if os.path.isdir(path):
        raise Reject(Reason.OTHER_FILE, f"a linked folder ({target}) is not followed")
    _check_suffix(name)
    try:
        status = os.stat(path)
    except OSError as error:
        raise Reject(Reason.UNREADABLE, error.strerror or str(error)) from error
    if not stat.S_ISREG(status.st_mode):
        raise Reject(Reason.OTHER_FILE, "not a regular file")
    check_num_bytes(status.st_size)
    return Candidate(name, status.st_size, lambda: _open_file(path))


def _open_file(path: str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise Reject(Reason.UNREADABLE, error.strerror or str(error)) from error


def _zip_candidate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, is_shared: bool) -> Candidate:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if not parts or parts[0].startswith("/") or ".." in parts or parts[0].endswith(":"):
        raise Reject(Reason.OUTSIDE, "its name leads out of the archive")
    _check_suffix(entry.filename)
    check_num_bytes(entry.file_size)
    _check_packing(entry, is_shared)
    return Candidate(entry.filename, entry.file_size, lambda: _open_entry(archive, entry))


def _check_packing(entry: zipfile.ZipInfo, is_shared: bool) -> None:
    """:class:`Reject` for what only a zip bomb has, and for packing whose readers unpack without a bound."""
    if is_shared:
        raise Reject(Reason.DAMAGED, "its bytes in the archive are another entry's too")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packing = zipfile.compressor_names.get(entry.compress_type, f"method {entry.compress_type}")
        raise Reject(Reason.UNREADABLE, f"packed by {packing}; pack the archive anew with deflate")
    if entry.file_size > max(_SMALL_BYTES, MAX_RATIO * entry.compress_size):
        raise Reject(Reason.TOO_LARGE, f"{entry.compress_size:,} bytes that unpack to {entry.file_size:,}")


def _open_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    """The entry's bytes in memory: no more than it declares are unpacked, and what it declares was checked."""
    try:
        content = io.BytesIO()
        with archive.open(entry) as stream:
            shutil.copyfileobj(stream, content, _PART_BYTES)
        content.seek(0)
        return content
    except (RuntimeError, NotImplementedError) as error:
        raise Reject(Reason.UNREADABLE, str(error)) from error
    except Exception as error:
        raise Reject(Reason.DAMAGED, f"{type(error).__name__}: {error}") from error
