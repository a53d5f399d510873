"""What kind of file a checkpoint is, told by its first bytes (and a zip's list of entries), never by its name.

Nothing is unpickled and torch is not imported: this runs while a study is parsed. Messages lack the file's name, which
the caller puts before them.
"""

import os
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO, Literal

from stylealign.errors import CheckpointError

Kind = Literal["safetensors", "torch_zip", "torch_legacy", "pickle"]

LEGACY_MAGIC = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # the first thing in a file of torch.save before 1.6
_HEAD_BYTES = 4096
_MAX_LISTING_BYTES = 16 << 20
_AGAIN = "fetch it again"
_ARCHIVES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "RAR",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
_OTHERS = {
    b"\x89HDF\r\n": "is an HDF5 file (Keras), and no StyleGAN2 of that kind is known; take another checkpoint",
    b"\x89PNG": "is a picture; name a checkpoint",
    b"\xff\xd8\xff": "is a picture; name a checkpoint",
    b"PAR1": "is a table; name a checkpoint",
    b"GGUF": "is a language model; name a checkpoint",
    b"version https://git-lfs": "is a git-lfs pointer, not the file itself; run `git lfs pull` where it came from",
}


def kind_of(path: str | os.PathLike[str]) -> Kind:
    """The kind of a file that may hold a checkpoint.

    Raises :class:`CheckpointError`, one line with the cure, for anything else: no file, a web page saved in its place,
    a git-lfs pointer, an archive that must be unpacked first, TorchScript (which is code), a download that broke off.
    """
    try:
        size = Path(path).stat().st_size
        with open(path, "rb") as file:
            head = file.read(_HEAD_BYTES)
            return _kind(head, size, file)
    except FileNotFoundError as error:
        raise CheckpointError("there is no such file") from error
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error.strerror or error}); name a readable file") from error


def _kind(head: bytes, size: int, file: BinaryIO) -> Kind:
    _refuse_obvious(head)
    if head.startswith(b"PK"):
        return _zip_kind(file, size)
    if head[2:].startswith(LEGACY_MAGIC):
        return "torch_legacy"
    if len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return "pickle"
    if head[8:9] == b"{":
        return "safetensors"
    raise CheckpointError(
        f"is no checkpoint of a known kind (it begins with {head[:8].hex(' ')}); give a .pkl of NVIDIA's, a .pt of "
        "rosinality's, or a .safetensors of this project's"
    )


def _refuse_obvious(head: bytes) -> None:
    if not head:
        raise CheckpointError(f"is empty; {_AGAIN}")
    if not head.strip(b"\0"):
        raise CheckpointError(f"begins with zeros only, so its download never finished; {_AGAIN}")
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html", b"<!--", b"<head", b"<?xml", b"<error")):
        raise CheckpointError(
            "is a web page that was saved in place of the file (Google Drive answers so when a file's quota is used "
            "up or it is too large to scan); open the link in a browser, or wait a day, and fetch it again"
        )
    for magic, name in _ARCHIVES.items():
        if head.startswith(magic):
            raise CheckpointError(f"is packed ({name}); unpack it and name the file inside")
    if head[257:262] == b"ustar":
        raise CheckpointError("is a tar archive; unpack it and name the file inside")
    for magic, reason in _OTHERS.items():
        if head.startswith(magic):
            raise CheckpointError(reason)


def _zip_kind(file: BinaryIO, size: int) -> Kind:
    names = _listing(file, size)
    folders = {name.rpartition("/")[0] for name in names}
    pickles = [name for name in names if name.rpartition("/")[2] == "data.pkl" and name.count("/") <= 1]
    if any(name.rpartition("/")[2] == "constants.pkl" for name in names) or any("/code" in name for name in folders):
        raise CheckpointError(
            "is TorchScript, and that is code; nothing of it was run. Save the weights (state_dict) alone"
        )
    if pickles:
        return "torch_zip"
    shown = ", ".join(name[:60] for name in names[:3]) or "nothing"
    raise CheckpointError(f"is a zip archive of {shown}; unpack it and name the checkpoint inside")


def _listing(file: BinaryIO, size: int) -> list[str]:
    try:
        _refuse_odd_listing(file, size)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise CheckpointError(f"is a zip file cut short or damaged ({error}); {_AGAIN}") from error
    if sum(entry.file_size for entry in entries) > size:
        raise CheckpointError(f"is a zip file that unfolds to more than its size, which torch never writes; {_AGAIN}")
    return [entry.filename for entry in entries]


def _refuse_odd_listing(file: BinaryIO, size: int) -> None:
    """The list of a zip's entries ends where its last records begin, which say where it begins and how long it is.

    Readers disagree about a file in which these differ: another could see other entries than are looked at here.
    """
    start = max(0, size - 66_000)
    file.seek(start)
    tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise zipfile.BadZipFile("its end is missing")
    end, narrow = place, struct.unpack_from("<II", tail, place + 12)  # length and offset of the list
    length, offset = narrow
    if tail[max(0, place - 20) :].startswith(b"PK\x06\x07") and place >= 76:  # in 64 bits, two records earlier
        end = place - 76
        length, offset = struct.unpack_from("<QQ", tail, end + 40)
        (told,) = struct.unpack_from("<Q", tail, place - 12)  # where the first of both is
        if told != start + end or any(
            one not in (0xFFFFFFFF, own) for one, own in zip(narrow, (length, offset), strict=True)
        ):
            raise zipfile.BadZipFile("its last records contradict one another")
    if length > _MAX_LISTING_BYTES:
        raise CheckpointError("is a zip file with far more entries than a checkpoint has; name a checkpoint")
    if offset + length != start + end:
        raise zipfile.BadZipFile("the list of its entries is not where its end says")
