"""What a file claims, looked at before a reader believes it: small files that would keep one busy for hours.

Readers check how many pixels a picture has, but not how much work its pieces are. A progressive JPEG is gone through
once for each of its scans, and a scan may be a few bytes; pieces that say nothing, and what a TIFF says of each of its
strips, cost far more than reading them. The limits are far above what any program writes (libtiff has the same one for
scans).
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from stylealign.data.rejection import Reason, Reject

MAX_SCANS = 100  # of a JPEG; twelve are usual, some optimisers write forty
MAX_SEGMENTS = 10_000  # of a JPEG, scans and all
MAX_EXIF_SEGMENTS = 100
MAX_JUNK_BYTES = 2**20  # before a JPEG's first scan
MAX_CHUNKS = 100_000  # of a PNG
MAX_BLOCKS = 100_000  # of a GIF before its first frame
MAX_TAGS = 2_000  # of a TIFF's first directory
MAX_VALUES = 100_000  # of one tag, such as the offsets of strips

_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)  # neither a stuffed 0xff nor a restart
_EXIF, _SCAN, _END, _LONE = 0xE1, 0xDA, 0xD9, (0x01, 0xD8)
_BYTES = (1, 2, 6, 7)  # types of tags whose values are kept as they are; any other is a Python object each


def check_claims(stream: BinaryIO) -> None:
    """:class:`Reject` for a file whose pieces are absurdly many; the stream is then at its beginning again."""
    head = stream.read(8)
    stream.seek(0)
    if head[:3] == b"\xff\xd8\xff":
        _check_jpeg(_whole(stream))
    elif head == b"\x89PNG\r\n\x1a\n":
        _check_png(stream)
    elif head[:4] == b"GIF8":
        _check_gif(_whole(stream))
    elif head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        _check_tiff(stream, "<" if head[:2] == b"II" else ">", is_big=b"+" in head[:4])
    stream.seek(0)


def _whole(stream: BinaryIO) -> bytes:
    """All of it, in the memory of one copy (``read()`` alone may take two)."""
    num_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    return stream.read(num_bytes)


def _check_jpeg(content: bytes) -> None:
    num_scans = num_exif = 0
    end = 2  # of the last segment
    for num_segments, (marker, start, at) in enumerate(_segments(content), start=1):
        if not num_scans:
            _check_number(start - end, MAX_JUNK_BYTES, "bytes between segments")
        num_scans += marker == _SCAN
        num_exif += marker == _EXIF and content[at + 2 : at + 6] == b"Exif"
        _check_number(num_scans, MAX_SCANS, "scans")
        _check_number(num_exif, MAX_EXIF_SEGMENTS, "segments of EXIF")
        _check_number(num_segments, MAX_SEGMENTS, "segments")
        end = at + int.from_bytes(content[at : at + 2], "big")
    if not num_scans:
        _check_number(len(content) - end, MAX_JUNK_BYTES, "bytes without a picture")


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Each marker up to the end of the picture, where it is, and where the length behind it is."""
    at = 2
    while found := _MARKER.search(content, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            return
        yield marker, found.start(), at
        if marker not in _LONE:
            at += int.from_bytes(content[at : at + 2], "big")


def _check_png(stream: BinaryIO) -> None:
    num_chunks, at = 0, stream.seek(8)
    while len(head := stream.read(8)) == 8 and head[4:] != b"IEND":
        num_chunks += 1
        _check_number(num_chunks, MAX_CHUNKS, "chunks")
        at += 12 + int.from_bytes(head[:4], "big")
        stream.seek(at)


def _check_gif(content: bytes) -> None:
    """The sub-blocks of the extensions before the first frame."""
    palette_bytes = 3 * 2 ** ((content[10] & 7) + 1) if len(content) > 10 and content[10] & 0x80 else 0
    at, num_blocks = 13 + palette_bytes, 0
    while content[at : at + 1] == b"!":
        at += 2
        while at < len(content) and content[at]:
            num_blocks += 1
            _check_number(num_blocks, MAX_BLOCKS, "blocks before the first frame")
            at += 1 + content[at]
        at += 1


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
        raise Reject(Reason.TOO_LARGE, f"more than {limit:,} {what}, which no picture needs; save it anew")
