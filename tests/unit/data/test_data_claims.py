"""What real programs write passes; the same with absurdly many pieces does not."""

import io
import random
import struct

import pytest
from PIL import Image

from stylealign.data import claims
from stylealign.data.claims import check_claims
from stylealign.data.rejection import Reason, Reject


def refused(content: bytes) -> str:
    with pytest.raises(Reject) as caught:
        check_claims(io.BytesIO(content))
    assert caught.value.reason == Reason.TOO_LARGE
    return caught.value.detail


def passes(content: bytes) -> bool:
    stream = io.BytesIO(content)
    check_claims(stream)
    return stream.tell() == 0


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "comment": b"x" * 60_000, "icc_profile": bytes(300_000)}),
        ("MPO", {"save_all": True}),
        ("PNG", {}),
        ("GIF", {"comment": b"x" * 100_000}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"big_tiff": True}),
        ("WEBP", {}),
        ("BMP", {}),
    ],
)
def test_what_is_written_everywhere_passes(make_picture, encoded, file_format, options):
    assert passes(encoded(make_picture(0, 300, 200), file_format, **options))


def test_what_lies_behind_a_jpeg_does_not_count(make_picture, encoded):
    """Telephones put a film there, whose bytes look like scans now and then."""
    film = random.Random(0).randbytes(2**20) + b"\xff\xda" * 1000
    assert passes(encoded(make_picture(0), "JPEG") + film)


def test_scans_are_counted_and_what_only_looks_like_one_is_not(make_picture, encoded):
    content = encoded(make_picture(0), "JPEG", progressive=True)
    scan, end = b"\xff\xda\x00\x02", b"\xff\xd9"
    assert content.endswith(end)
    num = content.count(b"\xff\xda")
    assert passes(content[:-2] + scan * (claims.MAX_SCANS - num) + end)
    assert "scans" in refused(content[:-2] + scan * (claims.MAX_SCANS - num + 1) + end)
    hidden = struct.pack(">BBH", 0xFF, 0xE5, 2002) + b"\xff\xda" * 1000  # within a segment
    assert passes(content[:2] + hidden + content[2:])


def test_junk_between_the_segments_of_a_jpeg(make_picture, encoded):
    content = encoded(make_picture(0), "JPEG")
    assert passes(content[:20] + b"\xff" * 500 + content[20:])
    assert "between segments" in refused(content[:20] + bytes(claims.MAX_JUNK_BYTES + 1) + content[20:])
    assert "without a picture" in refused(content[:20] + bytes(claims.MAX_JUNK_BYTES + 1))


def test_a_tiff_of_a_row_a_strip_passes_and_one_of_more_strips_than_rows_does_not(encoded):
    content = encoded(Image.new("L", (4, 60_000)), "TIFF", tiffinfo={278: 1})
    assert passes(content)
    order, start = "<", struct.unpack_from("<I", content, 4)[0]
    (num_tags,) = struct.unpack_from(order + "H", content, start)
    changed = bytearray(content)
    for place in range(start + 2, start + 2 + 12 * num_tags, 12):
        if struct.unpack_from("<H", content, place)[0] == 273:
            struct.pack_into("<I", changed, place + 4, claims.MAX_VALUES + 1)
    assert "values of one tag" in refused(bytes(changed))


def test_pngs_and_gifs_of_countless_pieces(make_picture, encoded, monkeypatch):
    monkeypatch.setattr(claims, "MAX_CHUNKS", 50)
    monkeypatch.setattr(claims, "MAX_BLOCKS", 50)
    content = encoded(make_picture(0))
    private = struct.pack(">I4sI", 0, b"prVt", 0)
    assert passes(content[:33] + private * 40 + content[33:])
    assert "chunks" in refused(content[:33] + private * 60 + content[33:])
    assert passes(encoded(make_picture(0), "GIF", comment=b"x" * 255 * 40))
    assert "blocks" in refused(encoded(make_picture(0), "GIF", comment=b"x" * 255 * 60))
