"""Bytes of pictures, whole and wrong: the smallest writers of each format that can also lie."""

import io
import struct
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from PIL import Image

FORMATS = {
    "png": ("PNG", {}),
    "jpg": ("JPEG", {"quality": 85}),
    "webp": ("WEBP", {"quality": 85}),
    "bmp": ("BMP", {}),
    "tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "gif": ("GIF", {}),
}


def picture(seed: int = 7, width: int = 40, height: int = 36) -> Image.Image:
    """A smooth colour picture that is like no other."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 3, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def sample(suffix: str, seed: int = 7) -> bytes:
    """A whole picture with EXIF."""
    file_format, options = FORMATS[suffix]
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture(seed), file_format, exif=exif, **options)


def chunk(kind: bytes, content: bytes = b"", length: int | None = None, crc: int | None = None) -> bytes:
    """A PNG chunk; its length and checksum may lie."""
    told = len(content) if length is None else length
    sum_ = zlib.crc32(kind + content) if crc is None else crc
    return struct.pack(">I", told) + kind + content + struct.pack(">I", sum_)


def header(width: int, height: int, depth: int = 8, colour: int = 2, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def png(*chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def rows(width: int, height: int, num_bytes: int = 3) -> bytes:
    """Compressed black rows, made without the memory that they unpack to."""
    packer, row = zlib.compressobj(9), bytes(1 + width * num_bytes)
    return b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])


def black_png(width: int, height: int, *before: bytes, after: Iterable[bytes] = (), **options: int) -> bytes:
    data = rows(width, height, {0: 1, 2: 3, 6: 4}[options.get("colour", 2)] * options.get("depth", 8) // 8)
    return png(header(width, height, **options), *before, chunk(b"IDAT", data), *after, chunk(b"IEND"))


Tag = tuple[int, int, int, bytes | int]  # number, type, count, what it holds or where that is


def tiff(tags: Sequence[Tag], *, next_ifd: int = 0, tail: bytes = b"", order: str = "<") -> bytes:
    """A classic TIFF with one directory at byte 8; a tag's content is put behind it, an offset is taken as it is."""
    place = 8 + 2 + 12 * len(tags) + 4
    entries, contents = b"", b""
    for number, kind, count, value in sorted(tags, key=lambda tag: tag[0]):
        if isinstance(value, bytes) and len(value) > 4:
            entries += struct.pack(order + "HHII", number, kind, count, place + len(contents))
            contents += value
        else:
            told = value if isinstance(value, bytes) else struct.pack(order + "I", value)
            entries += struct.pack(order + "HHI", number, kind, count) + told.ljust(4, b"\0")
    mark = b"II" if order == "<" else b"MM"
    head = mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", len(tags))
    return head + entries + struct.pack(order + "I", next_ifd) + contents + tail


def tiff_tags(width: int, height: int, offset: int, *, rows_per_strip: int | None = None, bits: int = 8) -> list[Tag]:
    """The tags of an uncompressed grey picture."""
    return [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, bits),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, offset),
        (277, 3, 1, 1),
        (278, 4, 1, rows_per_strip or height),
        (279, 4, 1, width * height * bits // 8),
    ]


def bmp(width: int, height: int, data: bytes, *, bits: int = 24, compression: int = 0, colours: int = 0) -> bytes:
    palette = b"".join(bytes([n, n, n, 0]) for n in range(min(256, 1 << bits))) if bits <= 8 else b""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(data), 2835, 2835, colours, 0)
    offset = 14 + len(info) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(data), 0, 0, offset) + info + palette + data


def gif(width: int, height: int, *blocks: bytes, palette: bool = True) -> bytes:
    """A GIF with a palette of two colours; ``blocks`` are whatever follows."""
    screen = struct.pack("<HHBBB", width, height, 0x80 if palette else 0, 0, 0)
    return b"GIF89a" + screen + (b"\0\0\0\xff\xff\xff" if palette else b"") + b"".join(blocks)


def gif_frame(left: int, top: int, width: int, height: int, bits: int = 2, data: bytes = b"\x02\x44\x01\x00") -> bytes:
    return b"," + struct.pack("<HHHHB", left, top, width, height, 0) + bytes([bits]) + data


def gif_text(kind: int, content: bytes) -> bytes:
    """An extension (comment 0xFE, application 0xFF) of as many sub-blocks as it takes."""
    parts = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"!" + bytes([kind]) + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def riff(*chunks: tuple[bytes, bytes], size: int | None = None) -> bytes:
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for name, c in chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


def webp_canvas(width: int, height: int, flags: int = 0) -> tuple[bytes, bytes]:
    """The chunk VP8X of a canvas."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"VP8X", bytes([flags, 0, 0, 0]) + sides


def webp_lossless(width: int, height: int) -> tuple[bytes, bytes]:
    """A chunk VP8L that claims a size and holds next to nothing."""
    return b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(8)


def segment(marker: int, content: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2 if length is None else length) + content


def jpeg_of_many_scans(side: int, num_scans: int) -> bytes:
    """A progressive grey JPEG: scan after scan says in a few bytes that no block has anything."""
    quantised = segment(0xDB, b"\0" + b"\x01" * 64)
    frame = segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\x01\x11\x00")
    one_code = bytes([1, *[0] * 15])  # the bit 0, whatever it means
    codes = segment(0xC4, b"\x00" + one_code + b"\x00") + segment(0xC4, b"\x10" + one_code + b"\xe0")
    num_blocks = ((side + 7) // 8) ** 2
    first = segment(0xDA, b"\x01\x01\x00\x00\x00\x00") + bytes(num_blocks // 8 + 1)
    runs = bytes(15 * (num_blocks // 2**14 + 1) // 8 + 1)  # a run of 2**14 empty blocks is 15 bits
    scans = [segment(0xDA, b"\x01\x01\x00" + bytes([1 + n % 63] * 2) + b"\x00") + runs for n in range(num_scans)]
    return b"\xff\xd8" + quantised + frame + codes + first + b"".join(scans) + b"\xff\xd9"


def exif(tags: Sequence[Tag], next_ifd: int = 0, tail: bytes = b"") -> bytes:
    return b"Exif\0\0" + tiff(tags, next_ifd=next_ifd, tail=tail)


def jpeg_with(*segments: bytes, seed: int = 7) -> bytes:
    """A whole JPEG with segments put in behind its first two bytes."""
    content = encoded(picture(seed), "JPEG")
    return content[:2] + b"".join(segments) + content[2:]
