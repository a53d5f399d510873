"""Any picture file to uint8 RGB at the study's resolution, and never an exception but :class:`Reject`.

The decisions:

- The first frame of an animated or multi-page file is the picture.
- Transparency is composited on white; ``fit: pad`` pads with white. Colour profiles are ignored.
- 16-bit greyscale is scaled by 1/257, so that 65535 is white; floating point has no known white and is turned away.
- Sizes are checked after the header is read and before a pixel is decoded. Large files take turns, so that a folder of
  them costs the memory of one.
- A picture whose side would be enlarged more than twofold is turned away: it would teach the model blur.
- What would take a reader hours is turned away too: see :mod:`stylealign.data.claims`.
- JPEG is decoded at a half, a quarter or an eighth where that leaves at least four times the study's resolution.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import BinaryIO, cast

import numpy as np
from PIL import Image, UnidentifiedImageError

from stylealign.data.claims import check_claims
from stylealign.data.fit import Fit, fit_geometry, place
from stylealign.data.rejection import Reason, Reject

MAX_PIXELS = 100_000_000  # width x height of a picture
MAX_FILE_BYTES = 512 * 2**20  # of a file, or of an archive's entry when unpacked
MAX_ENLARGEMENT = 2.0
MAX_SLOW_PIXELS = 4_000_000  # of a run-length packed BMP, which is unpacked byte by byte
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")  # a telephone's MPO is opened as JPEG
WHITE = 255

_LARGE_PIXELS, _LARGE_BYTES = 16_000_000, 32 * 2**20
_LARGE_TURN = threading.RLock()
_ORIENTATION_TAG = 0x0112
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A decoded picture: ``pixels`` uint8 [R, R, 3], and the original's size in pixels, the right way up."""

    pixels: np.ndarray
    width: int
    height: int


def decode_picture(stream: BinaryIO, resolution: int, fit: Fit) -> Picture:
    """The picture in ``stream`` as a square of ``resolution`` pixels; :class:`Reject` when it cannot be used."""
    with _pillow_errors():
        image = _open(stream)
        width, height = image.size
        _check_not_small(width, height, resolution, fit)
        with turn(num_pixels=width * height):
            orientation = _orientation(image)
            width, height = (width, height) if orientation < 5 else (height, width)
            image.draft(None, (4 * resolution, 4 * resolution))
            image = _upright(_known_colours(image), orientation)
            return Picture(_square(image, resolution, fit), width, height)


def decode_mask(stream: BinaryIO, resolution: int, fit: Fit, width: int, height: int) -> np.ndarray:
    """Label numbers [R, R] of the mask of a ``width`` x ``height`` picture, moved as the picture was, by nearest pixel.

    Around a padded mask the label is -1. :class:`Reject` (``bad_mask``) when the mask cannot be used.
    """
    try:
        with _pillow_errors():
            image = _open(stream)
            with turn(num_pixels=image.width * image.height):
                image = _upright(_labels(image), _orientation(image))
                _check_same_shape(image, width, height)
                geometry = fit_geometry(*image.size, resolution, fit)
                part = image.resize(geometry.size, Image.Resampling.NEAREST, box=geometry.box)
                return place(np.asarray(part).astype(np.int32), geometry, resolution, fill=-1)
    except Reject as reject:
        raise Reject(Reason.BAD_MASK, reject.detail) from reject


def check_num_bytes(num_bytes: int) -> None:
    """:class:`Reject` for a file that is empty or too large to be opened."""
    if num_bytes == 0:
        raise Reject(Reason.EMPTY, "zero bytes")
    if num_bytes > MAX_FILE_BYTES:
        raise Reject(Reason.TOO_LARGE, f"{num_bytes:,} bytes, the limit is {MAX_FILE_BYTES:,}")


def turn(*, num_pixels: int = 0, num_bytes: int = 0) -> AbstractContextManager[object]:
    """A context that only one thread at a time may be in, where the picture or its file is large."""
    return _LARGE_TURN if num_pixels > _LARGE_PIXELS or num_bytes > _LARGE_BYTES else nullcontext()


@contextmanager
def _pillow_errors() -> Iterator[None]:
    """Pillow's readers raise nearly every built-in exception on hostile bytes: each becomes a :class:`Reject`."""
    try:
        yield
    except Reject:
        raise
    except UnidentifiedImageError:
        raise Reject(Reason.NOT_AN_IMAGE, f"no reader recognises it ({', '.join(FORMATS)})") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Reject(Reason.TOO_LARGE, str(error) or "not enough memory to decode it") from error
    except Exception as error:
        raise Reject(Reason.DAMAGED, f"{type(error).__name__}: {error}") from error


def _open(stream: BinaryIO) -> Image.Image:
    check_claims(stream)
    image = Image.open(stream, formats=FORMATS)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Reject(Reason.TOO_LARGE, f"{width} x {height} pixels, the limit is {MAX_PIXELS:,}")
    if width * height > MAX_SLOW_PIXELS and image.tile and image.tile[0].codec_name == "bmp_rle":
        raise Reject(Reason.TOO_LARGE, f"{width} x {height} pixels, run-length packed; save it as PNG")
    return image


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 where it is absent or nonsense. Of a PNG, whose EXIF may come last, all is decoded."""
    value = image.getexif().get(_ORIENTATION_TAG, 1)
    return value if value in _TRANSPOSE else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TRANSPOSE[orientation]) if orientation in _TRANSPOSE else image


def _check_not_small(width: int, height: int, resolution: int, fit: Fit) -> None:
    side = min(width, height) if fit == "crop" else max(width, height)
    if side * MAX_ENLARGEMENT < resolution:
        raise Reject(Reason.TOO_SMALL, f"{width} x {height} pixels would be enlarged {resolution / side:.1f}-fold")


def _known_colours(image: Image.Image) -> Image.Image:
    """The picture as RGB, RGBA, or F (16-bit greyscale, 0..65535)."""
    image.load()
    if image.mode == "F":
        raise Reject(Reason.UNSUPPORTED, "floating-point pixels have no known white")
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _sixteen_bit(image)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)  # convert always copies


def _sixteen_bit(image: Image.Image) -> Image.Image:
    image = image.convert("F")
    low, high = cast("tuple[float, float]", image.getextrema())
    if low < 0 or high > 65535:
        raise Reject(Reason.UNSUPPORTED, f"32-bit pixels from {low:.0f} to {high:.0f} have no known white")
    return image


def _square(image: Image.Image, resolution: int, fit: Fit) -> np.ndarray:
    geometry = fit_geometry(*image.size, resolution, fit)
    part = image.resize(geometry.size, Image.Resampling.LANCZOS, box=geometry.box)
    return place(_flatten(part), geometry, resolution, fill=WHITE)


def _flatten(image: Image.Image) -> np.ndarray:
    """RGB, RGBA or F to uint8 [h, w, 3]."""
    if image.mode == "F":
        grey = (np.asarray(image) / 257).round().clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode == "RGBA":
        paper = Image.new("RGBA", image.size, (WHITE, WHITE, WHITE, 255))
        image = Image.alpha_composite(paper, image).convert("RGB")
    return np.asarray(image)


def _labels(image: Image.Image) -> Image.Image:
    """A mask as one channel of label numbers: palette entries count by number, not by colour."""
    image.load()
    if image.mode == "1":
        return image.convert("L").point(lambda value: value // 255)
    if image.mode in ("L", "P", "I") or image.mode.startswith("I;16"):
        return Image.fromarray(np.asarray(image).astype(np.int32))
    channels = np.asarray(image.convert("RGB"))
    if (channels != channels[..., :1]).any():
        raise Reject(Reason.BAD_MASK, f"a mask of mode {image.mode} has colours; label numbers need one channel")
    return Image.fromarray(channels[..., 0].astype(np.int32))


def _check_same_shape(mask: Image.Image, width: int, height: int) -> None:
    """The mask may have another size than its picture, but must have its shape, to within a pixel."""
    if abs(mask.width * height - mask.height * width) > max(width, height):
        raise Reject(
            Reason.BAD_MASK, f"mask of {mask.width} x {mask.height} for a picture of {width} x {height} pixels"
        )
