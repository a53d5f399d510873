"""Hostile archives in the place of a dataset zip: names that lead out, bombs, lies, and what is cut off."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from cases import ACCEPTED, EITHER, Case
from importing import GOOD, read, surround, warm_up
from picture_bytes import chunk, encoded, header, picture, png, sample

__all__ = ["cases", "read", "warm_up"]

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def cases() -> list[Case]:
    return [*_names(), *_bombs(), *_lies(), *_damaged(), *_not_archives()]


def _case(kind: str, name: str, content: Callable[[], bytes] | bytes, expect: str = "refused", **settings) -> Case:
    def make(folder: Path) -> None:
        surround(folder)
        (folder / "a.zip").write_bytes(content() if callable(content) else content)

    return Case(kind, name, make, expect, {"source": "zip", "path": "a.zip", **settings})


def _zip(*entries: tuple[str, bytes], packing: int = STORED, good: bool = True) -> bytes:
    """An archive with a good picture first; the names are taken as they are."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, content in [(GOOD, encoded(picture(0), "PNG"))] * good + list(entries):
            info = zipfile.ZipInfo("x")
            info.filename = name
            archive.writestr(info, content, packing)
    return stream.getvalue()


def _names() -> Iterator[Case]:
    names = {
        "above": "../canary.png",
        "above, deep": "a/b/../../../canary.png",
        "above, of another system": "..\\canary.png",
        "absolute": "/tmp/canary.png",
        "of a drive": "C:\\canary.png",
        "of a share": "\\\\host\\canary.png",
        "dots alone": "..",
        "one dot": "./.",
        "of a device": "/dev/stdout",
    }
    for name, spelt in names.items():
        yield _case("names in archives", name, _zip((spelt, sample("png"))))
    allowed = {
        "newline": "a\nb.png",
        "escape sequence": "\x1b[2J.png",
        "right to left": "\u202egnp.png",
        "4000 characters": "n" * 4000 + ".png",
        "deep": "d/" * 3000 + "x.png",
        "slashes": "a////b.png",
    }
    for name, spelt in allowed.items():
        yield _case("names in archives", name, _zip((spelt, sample("png"))), ACCEPTED)
    zero = _zip(("aXb.png", sample("png"))).replace(b"aXb.png", b"a\0b.png")
    yield _case("names in archives", "zero byte", zero)
    yield _case(
        "names in archives", "zero byte alone", _zip(("X", sample("png"))).replace(b"X\x89PNG", b"\0\x89PNG"), EITHER
    )
    yield _case("names in archives", "empty", _zip(("", sample("png"))))
    raw = _zip(("a\u00e9.png", sample("png"))).replace("a\u00e9".encode(), b"a\xff\xff")
    yield _case("names in archives", "not the UTF-8 that it says", raw)
    twice = _zip(("x.png", sample("png", 1)), ("x.png", sample("png", 2)))
    yield _case("names in archives", "twice the same", twice, ACCEPTED)
    link = zipfile.ZipInfo("link.png")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    stream = io.BytesIO(_zip())
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(link, "../beside/private.png")
    yield _case("names in archives", "symbolic link", stream.getvalue())


def _bombs() -> Iterator[Case]:
    yield _case("zip bombs", "500 MB of zeros", _packed_zeros(500, 8 + 500 * 2**20))
    yield _case("zip bombs", "600 MB of zeros", _packed_zeros(600, 8 + 600 * 2**20))
    yield _case("zip bombs", "500 MB said to be 900 bytes", _packed_zeros(500, 900))
    yield _case("zip bombs", "500 MB of what packs to a hundredth", lambda: _packed_noise(500))
    zeros = b"\x89PNG\r\n\x1a\n" + bytes(64 * 2**20)
    for name, packing in (("bzip2", zipfile.ZIP_BZIP2), ("LZMA", zipfile.ZIP_LZMA)):
        whole = lambda packing=packing: _zip(("x.png", zeros), packing=packing)  # noqa: E731
        yield _case("zip bombs", f"{name}, 64 MB of zeros", whole)
        lie = lambda whole=whole: whole().replace(struct.pack("<I", len(zeros)), struct.pack("<I", 900))  # noqa: E731
        yield _case("zip bombs", f"{name}, 64 MB said to be 900 bytes", lie)
    yield _case("zip bombs", "2000 entries that share 100 MB", lambda: _overlapping(2000, 100))
    yield _case("zip bombs", "2000 entries one within the other", lambda: _quoted(2000, 100))
    yield _case("zip bombs", "100000 texts", _many(100_000, "x.txt"))
    yield _case("zip bombs", "20000 empty pictures", _many(20_000, "x.png"))
    inner = _zip(("x.png", bytes(2**20)), packing=DEFLATED)
    yield _case("zip bombs", "archive in an archive", _zip(("inner.zip", inner), ("inner.png", inner)))
    claimed = [png(header(*size), chunk(b"IDAT", bytes(99))) for size in ((60_000, 2000), (2**31 - 1, 2**31 - 1))]
    picture_bomb = _zip(("x.png", claimed[0]), ("y.png", claimed[1]))
    yield _case("zip bombs", "pictures that are bombs", picture_bomb)


def _deflated(content: bytes, times: int) -> bytes:
    """What ``content`` so many times packs to, made once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(b"\x89PNG\r\n\x1a\n") + packer.flush(zlib.Z_FULL_FLUSH)
    one = packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH)
    return head + one * times + packer.flush()


def _packed_zeros(num_mb: int, told: int) -> Callable[[], bytes]:
    return lambda: _one_entry(_deflated(bytes(2**20), num_mb), told)


def _packed_noise(num_mb: int) -> bytes:
    """Little enough packed to pass for a picture: it is unpacked, and no picture."""
    return _one_entry(_deflated(random.Random(0).randbytes(12_000) + bytes(2**20 - 12_000), num_mb), 8 + num_mb * 2**20)


def _one_entry(data: bytes, size: int) -> bytes:
    local, directory = _local(b"x.png", data, size, 0), _central(b"x.png", 0, len(data), size, 0)
    return local + directory + _end(1, len(directory), len(local))


def _local(name: bytes, data: bytes | int, size: int, crc: int, packing: int = DEFLATED) -> bytes:
    length = data if isinstance(data, int) else len(data)
    head = struct.pack("<4sHHHHHIIIHH", LOCAL, 20, 0, packing, 0, 0x21, crc, length, size, len(name), 0) + name
    return head if isinstance(data, int) else head + data


def _central(name: bytes, offset: int, length: int, size: int, crc: int, packing: int = DEFLATED) -> bytes:
    told = (20, 20, 0, packing, 0, 0x21, crc, length, size, len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<4sHHHHHHIIIHHHHHII", CENTRAL, *told) + name


def _end(num: int, size: int, offset: int) -> bytes:
    return struct.pack("<4sHHHHIIH", END, 0, 0, min(num, 0xFFFF), min(num, 0xFFFF), size, offset, 0)


def _overlapping(num: int, num_mb: int) -> bytes:
    """Every entry of the directory points to one and the same data."""
    data, size = _deflated(random.Random(0).randbytes(12_000) + bytes(2**20 - 12_000), num_mb), num_mb * 2**20
    local = _local(b"n0000.png", data, size, 0)
    directory = b"".join(_central(b"n%04d.png" % n, 0, len(data), size, 0) for n in range(num))
    return local + directory + _end(num, len(directory), len(local))


def _quoted(num: int, num_mb: int) -> bytes:
    """Headers one after the other, each of which claims all that follows it (as the well-known 10 MB bombs)."""
    data, size = _deflated(random.Random(0).randbytes(12_000) + bytes(2**20 - 12_000), num_mb), num_mb * 2**20
    one = len(_local(b"n0000.png", 0, 0, 0))
    body, directory = b"", b""
    for n in range(num):
        length = len(data) + (num - 1 - n) * one
        body += _local(b"n%04d.png" % n, length, size, 0)
        directory += _central(b"n%04d.png" % n, n * one, length, size, 0)
    return body + data + directory + _end(num, len(directory), len(body) + len(data))


def _many(num: int, name: str) -> Callable[[], bytes]:
    return lambda: _zip(*((f"{n}{name}", b"") for n in range(num)))


def _lies() -> Iterator[Case]:
    whole = _zip(("x.png", sample("png")))
    at = whole.index(CENTRAL, whole.index(CENTRAL) + 1)  # the directory's second entry

    def told(place: int, form: str, value: int) -> bytes:
        content = bytearray(whole)
        struct.pack_into(form, content, at + place, value)
        return bytes(content)

    yield _case("lies in archives", "encrypted", told(8, "<H", 1))
    yield _case("lies in archives", "encrypted strongly", told(8, "<H", 0x41))
    yield _case("lies in archives", "patched", told(8, "<H", 0x20))
    for packing in (1, 9, 14, 93, 98, 99, 65_535):
        yield _case("lies in archives", f"packing {packing}", told(10, "<H", packing))
    yield _case("lies in archives", "checksum", told(16, "<I", 1))
    for name, place in (("packed size", 20), ("size", 24), ("offset", 42)):
        for value in (0, 7, 2**31, 2**32 - 2, 2**32 - 1):
            yield _case("lies in archives", f"{name} {value}", told(place, "<I", value), EITHER)
    yield _case("lies in archives", "name of 65535 bytes", told(28, "<H", 65_535), EITHER)
    yield _case("lies in archives", "extra of 65535 bytes", told(30, "<H", 65_535), EITHER)
    yield _case("lies in archives", "on disk 9", told(34, "<H", 9), EITHER)
    end = whole.rindex(END)
    for name, place, form, value in (
        ("65535 entries", 10, "<H", 65_535),
        ("directory of 2^32 bytes", 12, "<I", 2**32 - 1),
        ("directory at 2^32", 16, "<I", 2**32 - 2),
        ("directory at 0", 16, "<I", 0),
        ("comment of 65535 bytes", 20, "<H", 65_535),
    ):
        content = bytearray(whole)
        struct.pack_into(form, content, end + place, value)
        yield _case("lies in archives", name, bytes(content), EITHER)
    zip64_end = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 2**63, 2**63, 2**63, 2**63)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    yield _case("lies in archives", "zip64 of 2^63 entries", whole[:end] + zip64_end + locator + whole[end:])
    beyond = struct.pack("<4sIQI", b"PK\x06\x07", 0, 2**64 - 1, 1)
    yield _case("lies in archives", "zip64 beyond the file", whole[:end] + beyond + whole[end:], EITHER)
    short = bytearray(whole[:at] + whole[at:])
    struct.pack_into("<I", short, at + 24, 2**32 - 1)
    yield _case("lies in archives", "zip64 size that is missing", bytes(short), EITHER)


def _damaged() -> Iterator[Case]:
    whole = _zip(("x.png", sample("png")), ("y.jpg", sample("jpg")), packing=DEFLATED)
    for part in range(1, 9):
        yield _case("archives cut", f"at {part} of 9", whole[: len(whole) * part // 9])
    draw = random.Random("archives")
    for number in range(20):
        content = bytearray(whole)
        for _ in range(draw.choice((1, 4, 30))):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        yield _case("archives flipped", str(number), bytes(content), EITHER)
    directory = whole.index(CENTRAL)
    for number in range(20):
        content = bytearray(whole)
        content[draw.randrange(directory, len(content))] ^= 1 << draw.randrange(8)
        yield _case("archives flipped", f"in the directory {number}", bytes(content), EITHER)


def _not_archives() -> Iterator[Case]:
    for name, content in {
        "nothing": b"",
        "text": b"hello" * 99,
        "a picture": sample("png"),
        "the end alone": _end(0, 0, 0),
        "no picture": _zip(("notes.txt", b"text"), good=False),
        "dataset.json alone": _zip(("dataset.json", b"[" * 100_000), good=False),
        "gzip": b"\x1f\x8b\x08\0" + bytes(99),
        "rar": b"Rar!\x1a\x07\x01\0" + bytes(99),
    }.items():
        yield _case("not archives", name, content)
    yield _case("not archives", "not there", b"", path="nowhere.zip\n\x1b[2J")
    yield _case("not archives", "a folder", b"", path="photos")
    yield _case("not archives", "a device", b"", path="/dev/zero")
    yield _case("not archives", "a name too long", b"", path="n" * 300)
    yield _case("not archives", "a name with a zero byte", b"", path="a\0b")
    yield _case("not archives", "behind a program", b"#!/bin/sh\n" + _zip(("x.png", sample("png"))), ACCEPTED)
