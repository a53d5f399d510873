"""Any picture file becomes uint8 RGB: every kind of pixel, every orientation, every bad size."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngImageFile

from stylealign.data import decode
from stylealign.data.decode import check_num_bytes, decode_mask, decode_picture
from stylealign.data.rejection import Reason, Reject


def read(content: bytes, resolution: int = 16, fit: str = "crop") -> np.ndarray:
    return decode_picture(io.BytesIO(content), resolution, fit).pixels


def reason_of(content: bytes, resolution: int = 16) -> Reason:
    with pytest.raises(Reject) as caught:
        read(content, resolution)
    return caught.value.reason


def claimed_png(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims ``width`` x ``height``."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "WEBP", "GIF", "JPEG"])
def test_same_picture_in_every_format(make_picture, encoded, file_format):
    image = make_picture(0, 16, 16)
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100, "subsampling": 0}}.get(file_format, {})
    difference = read(encoded(image, file_format, **options)).astype(int) - np.asarray(image)
    assert abs(difference).max() <= {"JPEG": 4, "GIF": 60}.get(file_format, 0)


def test_larger_picture_is_reduced_by_lanczos(make_picture, encoded):
    image = make_picture(1, 40, 40)
    assert np.array_equal(read(encoded(image)), np.asarray(image.resize((16, 16), Image.Resampling.LANCZOS)))


def test_crop_takes_the_centre_and_pad_keeps_everything_on_white(encoded):
    stripes = np.zeros((16, 48, 3), np.uint8)
    stripes[:, :16], stripes[:, 16:32], stripes[:, 32:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    wide = encoded(Image.fromarray(stripes))
    assert (read(wide) == (0, 255, 0)).all()
    padded = read(wide, fit="pad")
    assert (padded[:5] == 255).all()
    assert (padded[10:] == 255).all()
    assert [int(padded[7, x].argmax()) for x in (1, 8, 14)] == [0, 1, 2]  # red, green, blue


def test_original_size_is_reported_the_right_way_up(make_picture, encoded):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode_picture(io.BytesIO(encoded(make_picture(0, 40, 24), exif=exif)), 16, "crop")
    assert (picture.width, picture.height) == (24, 40)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fit", ["crop", "pad"])
def test_exif_orientation_equals_the_turned_picture(make_picture, encoded, orientation, fit):
    image = make_picture(3, 33, 24)
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = ImageOps.exif_transpose(Image.open(io.BytesIO(encoded(image, exif=exif))))
    turned.info.clear()
    assert np.array_equal(read(encoded(image, exif=exif), fit=fit), read(encoded(turned), fit=fit))


def test_nonsense_orientation_is_upright(make_picture, encoded):
    exif = Image.Exif()
    exif[0x0112] = 77
    image = make_picture(3, 16, 16)
    assert np.array_equal(read(encoded(image, exif=exif)), np.asarray(image))


def test_greyscale_and_bilevel(encoded):
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(read(encoded(Image.fromarray(grey))), np.repeat(grey[..., None], 3, axis=2))
    bilevel = Image.fromarray(grey > 127)
    assert np.array_equal(read(encoded(bilevel))[..., 0], np.where(grey > 127, 255, 0))


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_composited_on_white(encoded, mode):
    image = Image.new(mode, (16, 16), (100, 50, 0, 128) if mode == "RGBA" else (100, 128))
    expected = [
        round(value * 128 / 255 + 255 * 127 / 255) for value in ((100, 50, 0) if mode == "RGBA" else (100,) * 3)
    ]
    assert abs(read(encoded(image)).astype(int) - expected).max() <= 1


def test_invisible_colours_do_not_bleed_into_the_edge(encoded):
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :32] = (0, 0, 255, 255)
    pixels[:, 32:] = (255, 0, 0, 0)  # an invisible red
    result = read(encoded(Image.fromarray(pixels))).astype(int)
    assert (result[..., 2] == 255).all()
    assert abs(result[..., 0] - result[..., 1]).max() <= 1


def test_palette_with_and_without_transparency(encoded):
    palette = Image.new("P", (16, 16), 1)
    palette.putpalette([255, 0, 0, 0, 0, 200])
    assert (read(encoded(palette)) == (0, 0, 200)).all()
    assert (read(encoded(palette, transparency=1)) == 255).all()
    assert (read(encoded(palette, transparency=0)) == (0, 0, 200)).all()


@pytest.mark.parametrize("file_format", ["TIFF", "JPEG"])
def test_cmyk(encoded, file_format):
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    assert abs(read(encoded(cyan, file_format)).astype(int) - (0, 255, 255)).max() <= 3


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_so_that_65535_is_white(encoded, file_format):
    values = np.linspace(0, 65535, 256).round().astype(np.uint16).reshape(16, 16)
    expected = (values / 257).round().astype(np.uint8)
    assert np.array_equal(read(encoded(Image.fromarray(values), file_format))[..., 0], expected)


def test_dark_sixteen_bit_picture_stays_dark(encoded):
    dark = Image.fromarray(np.full((40, 40), 300, np.uint16))
    assert (read(encoded(dark)) == 1).all()


def test_pixels_without_a_known_white_are_unsupported(encoded):
    assert reason_of(encoded(Image.fromarray(np.ones((16, 16), np.float32)), "TIFF")) == Reason.UNSUPPORTED
    assert reason_of(encoded(Image.fromarray(np.full((16, 16), 70000, np.int32)), "TIFF")) == Reason.UNSUPPORTED


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
def test_first_frame_of_many_is_the_picture(encoded, file_format):
    red, blue = Image.new("RGB", (16, 16), (255, 0, 0)), Image.new("RGB", (16, 16), (0, 0, 255))
    content = encoded(red, file_format, save_all=True, append_images=[blue])
    assert abs(read(content).astype(int) - (255, 0, 0)).max() <= 2


def test_large_jpeg_is_decoded_reduced_and_looks_the_same(make_picture, encoded):
    image = make_picture(5, 600, 500)
    content = encoded(image, "JPEG", quality=95)
    whole = Image.open(io.BytesIO(content)).resize((16, 16), Image.Resampling.LANCZOS, box=(50, 0, 550, 500))
    picture = decode_picture(io.BytesIO(content), 16, "crop")
    assert (picture.width, picture.height) == (600, 500)
    assert abs(picture.pixels.astype(int) - np.asarray(whole)).max() <= 5


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (2**31 - 1, 1), (10_001, 10_000), (1, 100_000_001)])
def test_absurd_sizes_are_turned_away_before_a_pixel_is_decoded(width, height, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert reason_of(claimed_png(width, height)) == Reason.TOO_LARGE


def test_a_png_is_decoded_after_the_size_check_and_in_its_turn(monkeypatch, make_picture, encoded):
    """Pillow decodes all of a PNG to look for EXIF behind the pixels."""
    has_turn, load = [], PngImageFile.load
    monkeypatch.setattr(
        PngImageFile, "load", lambda image: has_turn.append(decode._LARGE_TURN._is_owned()) or load(image)
    )
    monkeypatch.setattr(decode, "_LARGE_PIXELS", 500)
    assert reason_of(encoded(make_picture(0, 4, 400))) == Reason.TOO_SMALL
    assert has_turn == []
    read(encoded(make_picture(0, 40, 40)))
    assert has_turn
    assert all(has_turn)


def test_pixel_limit_is_inclusive(monkeypatch, make_picture, encoded):
    monkeypatch.setattr(decode, "MAX_PIXELS", 400)
    assert read(encoded(make_picture(0, 20, 20))).shape == (16, 16, 3)
    assert reason_of(encoded(make_picture(0, 20, 21))) == Reason.TOO_LARGE


def test_small_pictures_are_enlarged_twofold_and_no_more(make_picture, encoded):
    assert read(encoded(make_picture(0, 8, 30))).shape == (16, 16, 3)
    assert reason_of(encoded(make_picture(0, 7, 30))) == Reason.TOO_SMALL
    assert read(encoded(make_picture(0, 2, 30)), fit="pad").shape == (16, 16, 3)


def test_bytes_that_are_no_picture(make_picture, encoded):
    assert reason_of(b"just text") == Reason.NOT_AN_IMAGE
    assert reason_of(b"\x00" * 100) == Reason.NOT_AN_IMAGE
    assert reason_of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n") == Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
def test_truncated_pictures_are_damaged(make_picture, encoded, file_format):
    content = encoded(make_picture(0, 64, 64), file_format)
    assert reason_of(content[: len(content) * 2 // 3]) in {Reason.DAMAGED, Reason.NOT_AN_IMAGE}


def test_file_sizes():
    for num_bytes, reason in ((0, Reason.EMPTY), (decode.MAX_FILE_BYTES + 1, Reason.TOO_LARGE)):
        with pytest.raises(Reject) as caught:
            check_num_bytes(num_bytes)
        assert caught.value.reason == reason
    check_num_bytes(decode.MAX_FILE_BYTES)


@pytest.mark.parametrize("mode", ["L", "P", "I;16", "RGB"])
def test_masks_count_by_number_in_every_mode(encoded, mode):
    labels = np.arange(16, dtype=np.uint8).reshape(4, 4).repeat(4, 0).repeat(4, 1)
    image = {
        "L": lambda: Image.fromarray(labels),
        "P": lambda: _palette_image(labels),
        "I;16": lambda: Image.fromarray(labels.astype(np.uint16)),
        "RGB": lambda: Image.fromarray(np.repeat(labels[..., None], 3, axis=2)),
    }[mode]()
    assert np.array_equal(decode_mask(io.BytesIO(encoded(image)), 16, "crop", 16, 16), labels)


def test_bilevel_masks_are_zero_and_one(encoded):
    mask = Image.fromarray(np.eye(16, dtype=bool))
    assert np.array_equal(decode_mask(io.BytesIO(encoded(mask)), 16, "crop", 16, 16), np.eye(16))


def test_colourful_masks_and_masks_of_another_shape_are_bad(make_picture, encoded):
    for content, size in ((encoded(make_picture(0)), (20, 20)), (encoded(Image.new("L", (20, 20))), (20, 30))):
        with pytest.raises(Reject) as caught:
            decode_mask(io.BytesIO(content), 16, "crop", *size)
        assert caught.value.reason == Reason.BAD_MASK


def _palette_image(labels: np.ndarray) -> Image.Image:
    image = Image.fromarray(labels).convert("P")
    image.putdata(labels.ravel().tolist())
    image.putpalette(np.random.default_rng(0).integers(0, 256, 768).tolist())
    return image
