"""What a file claims, looked at before a reader believes it: small files that would keep one busy for hours.

Readers check how many pixels a picture has, but not how much work its pieces are. A progressive JPEG is gone through
once for each of its scans, and a scan may be a few bytes; a TIFF has a Python object for each of its strips. The limits
are far above what any program writes (libtiff has the same one for scans).
"""

import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from stylealign.data.rejection import Reason, Reject

MAX_SCANS = 100  # of a JPEG; twelve are usual, some optimisers write forty
MAX_SEGMENTS = 10_000  # of a JPEG before its last scan
MAX_EXIF_SEGMENTS = 100
MAX_TAGS = 2_000  # of a TIFF's first directory
MAX_VALUES = 100_000  # of one tag, such as the offsets of strips

_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)  # neither a stuffed 0xff nor a restart
_EXIF, _SCAN, _END, _LONE = 0xE1, 0xDA, 0xD9, (0x01, 0xD8)
_BYTES = (1, 2, 6, 7)  # types of tags whose values are kept as they are; any other is a Python object each


def check_claims(stream: BinaryIO) -> None:
    """:class:`Reject` for a file whose pieces are absurdly many; the stream is then at its beginning again."""
    head = stream.read(8)
    if head[:3] == b"\xff\xd8\xff":
        _check_jpeg(head + stream.read())
    elif head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        _check_tiff(stream, "<" if head[:2] == b"II" else ">", is_big=b"+" in head[:4])
    stream.seek(0)


def _check_jpeg(content: bytes) -> None:
    num_scans = num_exif = 0
    for num_segments, (marker, at) in enumerate(_segments(content), start=1):
        num_scans += marker == _SCAN
        num_exif += marker == _EXIF and content[at + 2 : at + 6] == b"Exif"
        _check_number(num_scans, MAX_SCANS, "scans")
        _check_number(num_exif, MAX_EXIF_SEGMENTS, "segments of EXIF")
        _check_number(num_segments, MAX_SEGMENTS, "segments")


def _segments(content: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the end of the picture, and where the length behind it is."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            return
        yield marker, at
        if marker not in _LONE:
            at += int.from_bytes(content[at : at + 2], "big")


def _check_tiff(stream: BinaryIO, order: str, *, is_big: bool) -> None:
    """The first directory: how many tags, and how many values each."""
    stream.seek(8 if is_big else 4)
    (start,) = struct.unpack(order + ("Q" if is_big else "I"), stream.read(8 if is_big else 4))
    stream.seek(start)
    (num_tags,) = struct.unpack(order + ("Q" if is_big else "H"), stream.read(8 if is_big else 2))
    _check_number(num_tags, MAX_TAGS, "tags")
    entry = struct.Struct(order + ("HHQ8x" if is_big else "HHI4x"))
    entries = stream.read(entry.size * num_tags)
    for _, kind, num_values in entry.iter_unpack(entries[: len(entries) // entry.size * entry.size]):
        _check_number(0 if kind in _BYTES else num_values, MAX_VALUES, "values of one tag")


def _check_number(number: int, limit: int, what: str) -> None:
    if number > limit:
        raise Reject(Reason.TOO_LARGE, f"{what}: more than {limit:,}, which no picture needs; save it anew")
