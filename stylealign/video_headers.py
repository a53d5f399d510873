"""What videos say of themselves, read off their headers: the comment of an MP4 or a GIF, a WebP's packet of metadata.

ISO 14496-12 (boxes), Apple's ``ilst``; Google's WebP container (RIFF chunks); GIF 89a. Pictures are passed over,
nothing is decoded, and sizes that a damaged file claims read no further than the file.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import unescape

MAX_TEXT_BYTES = 2**20
COMMENT_BOXES = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8))
"""The way to an MP4's comment, and how many bytes stand in each box before what it holds."""


def video_kind(head: bytes) -> str:
    """``mp4``, ``webp`` or ``gif`` by a file's first bytes; empty for anything else."""
    if head[4:8] == b"ftyp":
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    return "gif" if head[:6] in (b"GIF87a", b"GIF89a") else ""


def mp4_comment(path: Path) -> str:
    """The comment of an MP4; empty where there is none."""
    with open(path, "rb") as file:
        start, end = 0, path.stat().st_size
        for name, skipped in COMMENT_BOXES:
            found = next((part for part in _boxes(file, start, end) if part[0] == name), None)
            if found is None:
                return ""
            start, end = found[1] + skipped, found[2]
        file.seek(start)
        return file.read(min(max(end - start, 0), MAX_TEXT_BYTES)).decode()


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of what each box between two places holds; a box of 64 bits or of no size ends the walk."""
    while start + 8 <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(8))
        if size < 8:
            return
        yield name, start + 8, min(start + size, end)
        start += size


def webp_description(path: Path) -> str:
    """The description in a WebP's metadata; empty where there is none."""
    with open(path, "rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"XMP ":
                text = file.read(min(size, MAX_TEXT_BYTES)).decode()
                return unescape(text.partition("<dc:description>")[2].partition("</dc:description>")[0])
            file.seek(size + size % 2, 1)
    return ""


def gif_comment(path: Path) -> str:
    """The comment before a GIF's first picture; empty where there is none."""
    with open(path, "rb") as file:
        flags = file.read(13)[10]
        file.seek(3 * 2 ** (flags % 8 + 1) if flags & 0x80 else 0, 1)  # the palette
        while file.read(1) == b"!":
            label, text = file.read(1), b"".join(_blocks(file))
            if label == b"\xfe":
                return text.decode()
    return ""


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    """The parts of an extension, each after a byte that says how long it is."""
    while (size := file.read(1)) not in (b"", b"\0"):
        yield file.read(size[0])
