"""Hostile pictures: bombs, absurd sizes, damage, disguises. Each lies in a folder beside one good picture."""

import gzip
import io
import pickle
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
from cases import ACCEPTED, EITHER, Case
from importing import file_case, read, warm_up
from picture_bytes import (
    FORMATS,
    black_png,
    bmp,
    chunk,
    encoded,
    exif,
    gif,
    gif_frame,
    gif_text,
    header,
    jpeg_of_many_scans,
    jpeg_with,
    picture,
    png,
    riff,
    sample,
    segment,
    tiff,
    tiff_tags,
    webp_canvas,
    webp_lossless,
)
from PIL import Image

__all__ = ["cases", "read", "warm_up"]

HUGE = 2**31 - 1
FEW_BYTES = zlib.compress(bytes(1000))
FILM = (250, 0, 0), (0, 0, 250)


def cases() -> list[Case]:
    kinds = (_sizes, _work, _text_bombs, _lies, _jpegs, _tiffs, _gifs_and_bmps, _disguises, _kinds_of_pixels, _damaged)
    return [case for kind in kinds for case in kind()]


def _sizes() -> Iterator[Case]:
    """A header that claims more pixels than there are, or none."""
    for width, height in ((60_000, 60_000), (HUGE, HUGE), (HUGE, 1), (1, HUGE), (0, 0), (0, 9), (9, 0), (2**32 - 1, 9)):
        content = png(header(width, height), chunk(b"IDAT", FEW_BYTES), chunk(b"IEND"))
        yield file_case("absurd sizes", f"png {width} x {height}", content)
    for width, height in ((100_000, 1), (1, 100_000), (10_001, 10_000)):
        yield file_case("absurd sizes", f"png {width} x {height} whole", lambda w=width, h=height: black_png(w, h))
    yield file_case("absurd sizes", "png 100000 x 1 padded", black_png(100_000, 1), expect=ACCEPTED, fit="pad")
    for width, height in ((HUGE, HUGE), (30_000, 30_000), (9, -HUGE), (-9, 9), (0, 0)):
        yield file_case("absurd sizes", f"bmp {width} x {height}", bmp(width, height, bytes(300)), "bmp")
    for width, height in ((65_535, 65_535), (0, 0)):
        yield file_case(
            "absurd sizes", f"gif {width} x {height}", gif(width, height, gif_frame(0, 0, 9, 9), b";"), "gif"
        )
    yield file_case("absurd sizes", "gif frame beyond", gif(9, 9, gif_frame(60_000, 60_000, 5000, 5000), b";"), "gif")
    for width, height in ((HUGE, HUGE), (100_000, 100_000), (0, 0), (1, 100_000)):
        yield file_case("absurd sizes", f"tiff {width} x {height}", _claimed_tiff(width, height), "tiff")
    for width, height in ((16_384, 16_384), (2**24, 2**8)):
        chunks = webp_canvas(width, height), webp_lossless(16_384, 16_384)
        yield file_case("absurd sizes", f"webp canvas {width} x {height}", riff(*chunks), "webp")
    yield file_case("absurd sizes", "webp lossless 16384", riff(webp_lossless(16_384, 16_384)), "webp")
    for width, height in ((65_500, 65_500), (0, 0), (65_535, 0)):
        yield file_case("absurd sizes", f"jpeg {width} x {height}", _claimed_jpeg(width, height), "jpg")


def _claimed_tiff(width: int, height: int) -> bytes:
    tags = tiff_tags(1, 1, 8)
    return tiff([(256, 4, 1, width % 2**32), (257, 4, 1, height), *tags[2:7], (278, 4, 1, height), (279, 4, 1, 9)])


def _claimed_jpeg(width: int, height: int) -> bytes:
    content = sample("jpg")
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def _work() -> Iterator[Case]:
    """Small files that take a reader long, or much memory, although their sizes are within the limit."""
    yield file_case("work bombs", "png of 100 million pixels", lambda: black_png(10_000, 10_000), expect=ACCEPTED)
    turned = chunk(b"eXIf", exif([(0x0112, 3, 1, 6)])[6:])
    yield file_case(
        "work bombs", "png of 64 million pixels with alpha, turned",
        lambda: black_png(8000, 8000, turned, colour=6), expect=ACCEPTED,
    )  # fmt: skip
    for side, num_scans in ((10_000, 5000), (1000, 10_000), (16, 100_000)):
        content = lambda side=side, num=num_scans: jpeg_of_many_scans(side, num)  # noqa: E731
        yield file_case("work bombs", f"jpeg of {num_scans} scans at {side} px", content, "jpg")
    yield file_case("work bombs", "jpeg of 60 scans", lambda: jpeg_of_many_scans(1000, 60), "jpg", ACCEPTED)
    for bits, compression in ((8, 1), (4, 2)):
        row_ends = b"\1\0\0\0" * 100 + b"\0\1"
        for width, height in ((100_000_000, 1), (10_000, 10_000)):
            content = bmp(width, height, row_ends, bits=bits, compression=compression)
            yield file_case("work bombs", f"bmp {width} x {height} packed in {bits} bits", content, "bmp", fit="pad")
    many = 1_000_000
    strips = [tag for tag in tiff_tags(16, many, 0, rows_per_strip=1) if tag[0] not in (273, 279)]
    for name, tag in (("strips", 273), ("tiles", 324)):
        content = lambda tag=tag: tiff([*strips, (tag, 4, many, b"\x08\0\0\0" * many)])  # noqa: E731
        yield file_case("work bombs", f"tiff of a million {name}", content, "tiff", fit="pad")
    fractions = [(282, 5, many, bytes(8) * many)]
    yield file_case("work bombs", "tiff of a million fractions", lambda: tiff([*strips, *fractions]), "tiff")
    shared = [(number, 7, 2**22, 8) for number in range(400, 65_400)]
    content = lambda: tiff([*tiff_tags(16, 16, 8), *shared], tail=bytes(2**22))  # noqa: E731
    yield file_case("work bombs", "tiff of 65000 tags that share 4 MB", content, "tiff")
    some = [(number, 7, 2**22, 8) for number in range(20_000, 21_500)]
    content = lambda: tiff([*tiff_tags(16, 16, 8), *some], tail=bytes(2**22))  # noqa: E731
    yield file_case("work bombs", "tiff of 1500 tags that share 4 MB", content, "tiff", EITHER)
    small = gif(16, 16, *[gif_text(0xFE, b"x" * 250)] * 20_000, _whole_frame(), b";")
    yield file_case("work bombs", "gif of 20000 comments", small, "gif", EITHER)
    empty = gif(16, 16, *[gif_frame(0, 0, 0, 0)] * 100_000, b";")
    yield file_case("work bombs", "gif of 100000 empty frames", empty, "gif", EITHER)


def _whole_frame() -> bytes:
    content = encoded(picture(width=16, height=16).convert("1"), "GIF")
    return content[content.index(b",") : -1]


def _text_bombs() -> Iterator[Case]:
    """Chunks beside the pixels that unpack to much, or are many."""
    much = zlib.compress(bytes(100 * 2**20), 9)
    bombs = {
        "iTXt": chunk(b"iTXt", b"Comment\0\1\0\0\0" + much),
        "zTXt": chunk(b"zTXt", b"Comment\0\0" + much),
        "iCCP": chunk(b"iCCP", b"profile\0\0" + much),
        "100 zTXt": chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**20), 9)) * 100,
        "20000 tEXt": b"".join(chunk(b"tEXt", b"k%d\0v" % n) for n in range(20_000)),
        "100000 private": chunk(b"prVt") * 100_000,
        "raw EXIF in text": chunk(b"tEXt", b"Raw profile type exif\0\nexif\n9\nzz"),
        "XMP of 1 MB": chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b"<x>" * 300_000),
        "eXIf that shares": chunk(b"eXIf", _shared_exif()),
    }
    for name, content in bombs.items():
        yield file_case("text bombs", f"png {name}", black_png(16, 16, content), expect=EITHER)
    shared = segment(0xE1, b"Exif\0\0" + _shared_exif()[:65_000])
    yield file_case("text bombs", "jpeg EXIF that shares", jpeg_with(shared), "jpg", EITHER)
    tiny = jpeg_with(*[segment(0xE1, b"Exif\0\0x")] * 9000)
    yield file_case("text bombs", "jpeg of 9000 EXIF segments", tiny, "jpg")
    icc = [segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 255]) + bytes(65_000)) for n in range(255)]
    yield file_case("text bombs", "jpeg ICC of 16 MB", lambda: jpeg_with(*icc), "jpg", EITHER)
    yield file_case("text bombs", "jpeg of 20000 comments", jpeg_with(*[segment(0xFE, b"x")] * 20_000), "jpg")
    still = encoded(picture(), "WEBP", exif=b"Exif\0\0" + _shared_exif())
    yield file_case("text bombs", "webp EXIF that shares", still, "webp", EITHER)


def _shared_exif() -> bytes:
    """2000 tags that all hold the same half megabyte: a gigabyte for a reader that copies each."""
    return tiff([(number, 7, 2**19, 8) for number in range(30_000, 32_000)], tail=bytes(2**19))


def _lies() -> Iterator[Case]:
    """PNG and WebP whose parts contradict each other."""
    data, end = chunk(b"IDAT", FEW_BYTES), chunk(b"IEND")
    lies = {
        "no IDAT": png(header(16, 16), end),
        "no IHDR": png(data, end),
        "two IHDR": png(header(16, 16), header(60_000, 60_000), data, end),
        "IDAT of length 2^31": png(header(16, 16), chunk(b"IDAT", FEW_BYTES, length=2**31 - 1)),
        "wrong checksum": png(header(16, 16), chunk(b"IDAT", FEW_BYTES, crc=0), end),
        "wrong header checksum": png(chunk(b"IHDR", bytes(13), crc=0), data, end),
        "short header": png(chunk(b"IHDR", bytes(5)), data, end),
        "broken zlib": png(header(16, 16), chunk(b"IDAT", b"\xff" * 99), end),
        "too few rows": png(header(64, 64), chunk(b"IDAT", zlib.compress(bytes(10 * 193))), end),
        "depth 3": png(header(16, 16, depth=3), data, end),
        "colour 9": png(header(16, 16, colour=9), data, end),
        "interlace 7": png(header(16, 16, interlace=7), data, end),
        "filter 9": png(header(16, 16), chunk(b"IDAT", zlib.compress(b"\x09" * 800)), end),
        "palette missing": png(header(16, 16, colour=3), data, end),
        "chunk name of control characters": png(header(16, 16), chunk(b"\x1b[2J"), data, end),
        "only the signature": png(),
    }
    for name, content in lies.items():
        yield file_case("lies", f"png {name}", content, expect=EITHER if name in LENIENT else "refused")
    frames = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)) + chunk(
        b"fcTL", struct.pack(">IIIIIHHBB", 0, 60_000, 60_000, 0, 0, 1, 1, 0, 0)
    )
    yield file_case("lies", "png animated, frames of 60000 px", black_png(16, 16, frames), expect=EITHER)
    yield file_case("lies", "webp size", riff(webp_lossless(16, 16), size=2**32 - 1), "webp")
    yield file_case("lies", "webp alpha alone", riff(webp_canvas(16, 16, 16), (b"ALPH", bytes(99))), "webp")
    yield file_case(
        "lies", "webp frame beyond", riff(webp_canvas(16, 16, 2), (b"ANIM", bytes(6)), (b"ANMF", b"\xff" * 24)), "webp"
    )


LENIENT = (
    "IDAT of length 2^31",
    "wrong checksum",
    "too few rows",
    "filter 9",
    "palette missing",
    "two IHDR",
    "interlace 7",
    "chunk name of control characters",
)


def _jpegs() -> Iterator[Case]:
    for name, tags in {
        "orientation 99": [(0x0112, 3, 1, 99)],
        "orientation of 65535 values": [(0x0112, 3, 65_535, 8)],
        "orientation as text": [(0x0112, 2, 9, b"sideways\0")],
        "resolution 1 by 0": [(0x011A, 5, 1, struct.pack("<II", 1, 0))],
        "values beyond the file": [(0x0112, 4, 2**30, 2**30)],
    }.items():
        yield file_case("EXIF", name, jpeg_with(segment(0xE1, exif(tags))), "jpg", ACCEPTED)
    loop = exif([(0x8769, 4, 1, 8), (0x0112, 3, 1, 6)], next_ifd=8)
    yield file_case("EXIF", "directory of itself", jpeg_with(segment(0xE1, loop)), "jpg", ACCEPTED)
    yield file_case("EXIF", "noise", jpeg_with(segment(0xE1, b"Exif\0\0" + bytes(range(256)))), "jpg", EITHER)
    yield file_case("EXIF", "ICC numbers that lie", jpeg_with(segment(0xE2, b"ICC_PROFILE\0\xff\x01")), "jpg", ACCEPTED)
    yield file_case(
        "EXIF", "photoshop that lies", jpeg_with(segment(0xED, b"Photoshop 3.0\x008BIM\xff\xff\xff\xff")), "jpg", EITHER
    )
    yield file_case(
        "EXIF",
        "2^32 pictures in one",
        jpeg_with(segment(0xE2, b"MPF\0" + tiff([(0xB001, 4, 1, 2**32 - 1)]))),
        "jpg",
        EITHER,
    )
    whole = sample("jpg")
    for name, old, new in (
        ("of 255 components", b"\x03\x01\x22\x00", b"\xff\x01\x22\x00"),
        ("without tables", b"\xff\xdb", b"\xff\xfe"),
        ("without codes", b"\xff\xc4", b"\xff\xfe"),
        ("arithmetic", b"\xff\xc0", b"\xff\xc9"),
        ("lossless", b"\xff\xc0", b"\xff\xc3"),
        ("without an end", b"\xff\xd9", b""),
        ("of a segment without length", b"\xff\xdb\x00\x43", b"\xff\xdb\x00\x00"),
        ("of a segment beyond the end", b"\xff\xdb\x00\x43", b"\xff\xdb\xff\xff"),
    ):
        yield file_case("lies", f"jpeg {name}", whole.replace(old, new), "jpg", EITHER)


def _tiffs() -> Iterator[Case]:
    whole, pixels = tiff_tags(16, 16, 200), bytes(600)
    yield file_case("TIFF", "whole", tiff(whole, tail=pixels), "tiff", ACCEPTED)
    yield file_case("TIFF", "directory of itself", tiff(whole, next_ifd=8, tail=pixels), "tiff", ACCEPTED)
    yield file_case("TIFF", "next beyond the file", tiff(whole, next_ifd=2**32 - 1, tail=pixels), "tiff", ACCEPTED)
    yield file_case("TIFF", "first directory beyond the file", b"II*\0" + b"\xff" * 4, "tiff")
    yield file_case(
        "TIFF", "big, of 2^64 tags", b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**64 - 1) + bytes(99), "tiff"
    )
    yield file_case("TIFF", "big, beyond", b"MM\0+\0\x08\0\0" + b"\xff" * 8, "tiff")
    changes = {
        "of strips beyond the file": (273, 4, 1, 2**31),
        "of no strips": (273, 4, 0, 0),
        "of 65535 samples": (277, 3, 1, 65_535),
        "of 60000 depths": (258, 3, 60_000, b"\x08\0" * 60_000),
        "of depth 0": (258, 3, 1, 0),
        "of depth 7": (258, 3, 1, 7),
        "of packing 99": (259, 3, 1, 99),
        "packed as JPEG": (259, 3, 1, 7),
        "packed as LZMA": (259, 3, 1, 34_925),
        "packed as fax": (259, 3, 1, 4),
        "of colours 77": (262, 3, 1, 77),
        "of a palette that is missing": (262, 3, 1, 3),
        "of 0 rows a strip": (278, 4, 1, 0),
        "of 0 bytes": (279, 4, 1, 0),
        "of tiles 0 x 0": (322, 3, 1, 0),
        "with an ICC profile beyond the file": (34_675, 7, 2**30, 2**30),
        "of a width in words": (256, 2, 4, b"abc\0"),
        "of a width below zero": (256, 9, 1, 2**32 - 9),
    }
    for name, tag in changes.items():
        tags = [one for one in whole if one[0] != tag[0]] + [tag]
        yield file_case("TIFF", name, tiff(tags, tail=pixels), "tiff", EITHER)


def _gifs_and_bmps() -> Iterator[Case]:
    for name, content in {
        "no frame": gif(16, 16, b";"),
        "no palette": gif(16, 16, gif_frame(0, 0, 16, 16), b";", palette=False),
        "codes of 255 bits": gif(16, 16, gif_frame(0, 0, 16, 16, bits=255), b";"),
        "codes of 0 bits": gif(16, 16, gif_frame(0, 0, 16, 16, bits=0), b";"),
        "no end": gif(16, 16, gif_frame(0, 0, 16, 16, data=b"\xff" * 256)),
        "an extension without an end": gif(16, 16, b"!\xff\xff" + b"x" * 99),
        "noise": gif(16, 16, bytes(range(256))),
        "a frame of no size": gif(16, 16, gif_frame(0, 0, 0, 0), b";"),
    }.items():
        yield file_case("GIF and BMP", f"gif of {name}", content, "gif", EITHER)
    for name, content in {
        "of 0 bits": bmp(16, 16, bytes(900), bits=0),
        "of 7 bits": bmp(16, 16, bytes(900), bits=7),
        "of 2^32 colours": bmp(16, 16, bytes(900), bits=8, colours=2**32 - 1),
        "of packing 99": bmp(16, 16, bytes(900), compression=99),
        "packed as JPEG": bmp(16, 16, bytes(900), compression=4),
        "of bit fields": bmp(16, 16, bytes(900), bits=16, compression=3),
        "packed, delta beyond": bmp(16, 16, b"\0\2\xff\xff" * 99, bits=8, compression=1),
        "packed, cut": bmp(16, 16, b"\xff", bits=8, compression=1),
        "of a header of 2^32 bytes": b"BM" + bytes(12) + b"\xff" * 40,
        "of a header of 0 bytes": b"BM" + bytes(60),
        "of pixels beyond the file": bmp(16, 16, b"").replace(b"\x36\0\0\0\x28", b"\xff\xff\xff\x7f\x28"),
    }.items():
        yield file_case("GIF and BMP", f"bmp {name}", content, "bmp", EITHER)


class _Canary:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        import os

        return os.system, ("touch canary beside/canary photos/canary",)


def _disguises() -> Iterator[Case]:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.png", sample("png"))
    for name, content in {
        "nothing": b"",
        "one byte": b"\x89",
        "text": b"hello\n" * 99,
        "HTML": b"<!doctype html><html><body><script>alert(1)</script></body></html>",
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        "XML bomb": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>',
        "pickle": pickle.dumps(_Canary()),
        "zip": zipped.getvalue(),
        "gzip": gzip.compress(sample("png"), mtime=0),
        "PDF": b"%PDF-1.7\n1 0 obj <</Type /Catalog /OpenAction 2 0 R>> endobj\n",
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 64 64\n(canary) (w) file\n",
        "program": b"\x7fELF" + bytes(200),
        "shell": b"#!/bin/sh\ntouch canary\n",
        "Python": b"import os; os.system('touch canary')\n",
        "zeros": bytes(100_000),
        "ICO": encoded(picture(width=32, height=32), "ICO"),
        "TGA": encoded(picture(), "TGA"),
        "PPM": encoded(picture(), "PPM"),
        "PCX": encoded(picture(), "PCX"),
        "XBM": b"#define im_width 16\n#define im_height 16\nstatic char im_bits[] = {0x00};\n",
        "JPEG 2000": bytes.fromhex("0000000c6a5020200d0a870a") + bytes(99),
        "AVIF": b"\0\0\0\x20ftypavif\0\0\0\0" + bytes(99),
        "numpy": b"\x93NUMPY\x01\0" + bytes(120),
        "parquet": b"PAR1" + bytes(99) + b"PAR1",
        "safetensors": (2).to_bytes(8, "little") + b"{}",
        "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
    }.items():
        yield file_case("disguises", name, content)
    for suffix, other in (("jpg", "png"), ("gif", "jpg"), ("bmp", "webp"), ("png", "tiff"), ("webp", "gif")):
        yield file_case("disguises", f"{other} as {suffix}", sample(other), suffix, ACCEPTED)
    behind = sample("png") + zipped.getvalue() + pickle.dumps(_Canary())
    yield file_case("disguises", "png with a zip and a pickle behind", behind, expect=ACCEPTED)


def _kinds_of_pixels() -> Iterator[Case]:
    grey = np.linspace(0, 65_535, 40 * 36).reshape(36, 40)
    modes = {
        ("cmyk", "jpg"): encoded(picture().convert("CMYK"), "JPEG"),
        ("cmyk", "tiff"): encoded(picture().convert("CMYK"), "TIFF"),
        ("lab", "tiff"): encoded(picture().convert("LAB"), "TIFF"),
        ("ycbcr", "tiff"): encoded(picture().convert("YCbCr"), "TIFF"),
        ("16 bits", "png"): encoded(Image.fromarray(grey.astype(np.uint16)), "PNG"),
        ("16 bits", "tiff"): encoded(Image.fromarray(grey.astype(np.uint16)), "TIFF"),
        ("palette", "png"): encoded(picture().convert("P"), "PNG"),
        ("palette", "bmp"): encoded(picture().convert("P"), "BMP"),
        ("one bit", "png"): encoded(picture().convert("1"), "PNG"),
        ("one bit", "tiff"): encoded(picture().convert("1"), "TIFF", compression="group4"),
        ("grey with alpha", "png"): encoded(picture().convert("LA"), "PNG"),
        ("alpha", "webp"): encoded(picture().convert("RGBA"), "WEBP"),
        ("progressive", "jpg"): encoded(picture(), "JPEG", progressive=True),
    }
    for (name, suffix), content in modes.items():
        yield file_case("kinds of pixels", name, content, suffix, ACCEPTED)
    yield file_case("kinds of pixels", "float", encoded(Image.fromarray(grey.astype(np.float32)), "TIFF"), "tiff")
    wide = Image.fromarray((grey * 9).astype(np.int32))
    yield file_case("kinds of pixels", "32 bits", encoded(wide, "TIFF"), "tiff")
    red, blue = (Image.new("RGB", (20, 20), colour) for colour in FILM)
    for suffix in ("gif", "webp", "png", "tiff"):
        film = encoded(red, FORMATS[suffix][0], save_all=True, append_images=[blue] * 5)
        yield file_case("kinds of pixels", "several frames", film, suffix, ACCEPTED)


def _damaged() -> Iterator[Case]:
    """Whole pictures of each format cut, flipped, holed and stuffed at drawn places."""
    for suffix in FORMATS:
        draw = random.Random(f"damaged {suffix}")
        whole = sample(suffix)
        for part in range(1, 13):
            yield file_case("truncated", f"{suffix} at {part} of 13", whole[: len(whole) * part // 13], suffix, EITHER)
        for number in range(10):
            content = bytearray(whole)
            for _ in range(draw.choice((1, 1, 3, 20))):
                content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
            yield file_case("bits flipped", f"{suffix} {number}", bytes(content), suffix, EITHER)
        for number in range(3):
            at, length = draw.randrange(len(whole)), draw.choice((1, 4, 60))
            holed = whole[:at] + bytes(length) + whole[at + length :]
            yield file_case("holed and stuffed", f"{suffix} zeros {number}", holed, suffix, EITHER)
            stuffed = whole[:at] + draw.randbytes(length) + whole[at:]
            yield file_case("holed and stuffed", f"{suffix} noise {number}", stuffed, suffix, EITHER)
