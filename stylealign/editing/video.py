"""Videos: frames side by side, enlarged so that they can be watched, as MP4 (H.264), animated WebP or GIF.

One thread and no clock: equal frames give equal bytes. Every file is written beside its target, then renamed, and says
how it was made.

Legend: F frames, N tiles, H x W pixels, R pixels a side of a tile.
"""

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from stylealign.signature import signature_text
from stylealign.writing import whole_file

PathLike = str | os.PathLike[str]

TILE_PX, VIDEO_PX = 128, 256  # a tile and a whole video are at least so large
GAP = 2  # px between tiles, before they are enlarged
WHITE = 255
MP4_CRF, WEBP_QUALITY = 20, 80
BT709 = 1
X264 = "mbtree=0:bframes=0"
"""Without these two, equal frames give other bytes now and then, even with one thread."""


def make_videos(paths: Sequence[PathLike], film: np.ndarray, seconds: float) -> None:
    """``film`` uint8 [F, N, R, R, 3], tiled and enlarged, there in ``seconds`` and back again, in each of ``paths``."""
    frames = there_and_back(enlarged(tiled(film), film.shape[2]))
    for path in paths:
        write_video(path, frames, len(film) / seconds)


def tiled(film: np.ndarray) -> np.ndarray:
    """N images beside and below each other, white between them: uint8 [F, N, R, R, 3] to [F, H, W, 3]."""
    num_frames, num, side = film.shape[:3]
    across = num_across(num)
    down = -(-num // across)
    sheet = np.full([num_frames, down * (side + GAP) - GAP, across * (side + GAP) - GAP, 3], WHITE, np.uint8)
    for place in range(num):
        y, x = (part * (side + GAP) for part in divmod(place, across))
        sheet[:, y : y + side, x : x + side] = film[:, place]
    return sheet


def num_across(num: int) -> int:
    """In how many columns ``num`` tiles fill a rectangle that is not too wide, or nearly fill one."""
    first = int(np.ceil(np.sqrt(num)))
    return next((columns for columns in range(first, 2 * first) if num % columns == 0), first)


def enlarged(frames: np.ndarray, tile: int) -> np.ndarray:
    """Frames [F, H, W, 3] by the smallest whole factor at which tiles and frames can be watched (Lanczos)."""
    height, width = frames.shape[1:3]
    factor = max(-(-TILE_PX // tile), -(-VIDEO_PX // min(height, width)), 1)
    if factor == 1:
        return frames
    size = (width * factor, height * factor)
    return np.stack([np.asarray(Image.fromarray(one).resize(size, Image.Resampling.LANCZOS)) for one in frames])


def there_and_back(frames: np.ndarray) -> np.ndarray:
    """Frames, then the same backwards, so that a video in a loop has no jump; neither end is shown twice."""
    return np.concatenate([frames, frames[-2:0:-1]])


def write_video(path: PathLike, frames: np.ndarray, frames_per_sec: float) -> None:
    """Frames uint8 [F, H, W, 3] in the format that the name ends with: ``.mp4``, ``.webp`` or ``.gif``.

    Raises :class:`StorageError` for a disk that is full, read-only or forbidden.
    """
    with whole_file(path) as partial:
        WRITERS[Path(path).suffix.lower()](partial, frames, frames_per_sec)


def _write_mp4(path: Path, frames: np.ndarray, frames_per_sec: float) -> None:
    """H.264 in 4:2:0, which every browser plays; sides are made even by repeating the last line."""
    import av

    even = np.pad(frames, [(0, 0), (0, frames.shape[1] % 2), (0, frames.shape[2] % 2), (0, 0)], mode="edge")
    options = {"crf": str(MP4_CRF), "preset": "medium", "x264-params": X264}
    rate = Fraction(frames_per_sec).limit_denominator(1000)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        if signature_text():
            container.metadata["comment"] = signature_text()
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.height, stream.width, stream.pix_fmt = even.shape[1], even.shape[2], "yuv420p"
        context = stream.codec_context
        context.thread_count = 1
        context.colorspace = context.color_primaries = context.color_trc = BT709
        for pixels in even:
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=BT709)))
        container.mux(stream.encode())


def _write_webp(path: Path, frames: np.ndarray, frames_per_sec: float) -> None:
    how: dict[str, Any] = {"quality": WEBP_QUALITY, "method": 2, "duration": durations_ms(len(frames), frames_per_sec)}
    _write_animation(path, "WEBP", [Image.fromarray(one) for one in frames], how | _said("xmp", _xmp()))


def _write_gif(path: Path, frames: np.ndarray, frames_per_sec: float) -> None:
    """256 colours, the same for all frames, so that what stands still does not flicker; time is in hundredths."""
    shown = np.concatenate(list(frames[:: max(1, len(frames) // 8)]))
    palette = Image.fromarray(shown).quantize(256, dither=Image.Dither.NONE)
    images = [Image.fromarray(one).quantize(palette=palette, dither=Image.Dither.NONE) for one in frames]
    how: dict[str, Any] = {"duration": durations_ms(len(frames), frames_per_sec, unit=10)}
    _write_animation(path, "GIF", images, how | _said("comment", signature_text().encode()))


def _write_animation(path: Path, kind: str, images: Sequence[Image.Image], how: dict[str, Any]) -> None:
    images[0].save(path, format=kind, save_all=True, append_images=images[1:], loop=0, **how)


def durations_ms(num: int, frames_per_sec: float, unit: int = 1) -> list[int]:
    """How long each frame stands, in multiples of ``unit`` milliseconds that do not drift from the true time."""
    ends = unit * np.rint(np.arange(num + 1) * 1000 / frames_per_sec / unit).astype(int)
    return [int(one) for one in np.diff(ends)]


def _said(key: str, text: bytes) -> dict[str, Any]:
    """How a file was made, where anybody said."""
    return {key: text} if signature_text() else {}


def _xmp() -> bytes:
    """The signature as the packet of metadata that WebP has room for."""
    from xml.sax.saxutils import escape

    described = f"<rdf:Description><dc:description>{escape(signature_text())}</dc:description></rdf:Description>"
    spaces = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}>{described}</rdf:RDF></x:xmpmeta>'.encode()


WRITERS = {".mp4": _write_mp4, ".webp": _write_webp, ".gif": _write_gif}
"""By the end of a video's name."""
