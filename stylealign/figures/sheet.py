"""A sheet of paper measured in pixels from its top left corner: images land on it unscaled, text and lines are sharp.

Images keep their pixels: they grow by a whole factor (nearest neighbour) or shrink by one (box mean), never in between.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Affine2D, Transform
from numpy.typing import NDArray

from stylealign.figures import style

Pixels = NDArray[np.uint8]


def side_within(resolution: int, room_px: float) -> int:
    """The largest whole multiple of ``resolution``, or else whole fraction of it, that fits into ``room_px``."""
    if room_px >= resolution:
        return resolution * int(room_px // resolution)
    fractions = (resolution // k for k in range(2, resolution + 1) if resolution % k == 0)
    return next((side for side in fractions if side <= room_px), 1)


def resample(pixels: Pixels, side: int) -> Pixels:
    """A square image [R, R, 3] at ``side`` x ``side``, a whole multiple or fraction of R."""
    resolution = pixels.shape[0]
    if side >= resolution:
        return pixels.repeat(side // resolution, axis=0).repeat(side // resolution, axis=1)
    factor = resolution // side
    blocks = pixels.reshape(side, factor, side, factor, 3).astype(np.float64)
    return np.rint(blocks.mean(axis=(1, 3))).astype(np.uint8)


def width_of(text: str, size: float = style.BODY, weight: str = "normal") -> float:
    """How wide a line of text will be, in pixels."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) * style.DPI / 72


def size_within(
    texts: Sequence[str], room_px: float, size: float = style.BODY, weight: str = "normal", smallest: float = 4.0
) -> float:
    """A font size, at most ``size``, at which every text fits into ``room_px``; never below ``smallest``."""
    widest = max((width_of(text, size, weight) for text in texts), default=0.0)
    return float(np.clip(size * room_px / max(widest, 1.0), smallest, size))


class Sheet:
    """A figure of ``width`` x ``height`` pixels whose every coordinate is a pixel, y down."""

    def __init__(self, width: int, height: int):
        self.width, self.height = int(width), int(height)
        self.figure = Figure(figsize=(self.width / style.DPI, self.height / style.DPI), dpi=style.DPI)

    @property
    def pixels(self) -> Transform:
        """From pixels (y down) to the drawing, at any resolution."""
        flipped = Affine2D().scale(1, -1).translate(0, self.height).scale(1 / style.DPI)
        return flipped + self.figure.dpi_scale_trans

    def image(self, pixels: Pixels, x: int, y: int, side: int) -> None:
        """An image [R, R, 3] with its top left corner at (x, y), ``side`` pixels wide."""
        self.figure.figimage(resample(pixels, side), int(x), self.height - int(y) - side, origin="upper")

    def text(self, x: float, y: float, text: str, **kwargs: Any) -> None:
        """Text at (x, y); by default from the left, resting on its baseline."""
        self.figure.text(x, y, text, transform=self.pixels, **kwargs)

    def heading(self, title: str, subtitle: str = "", x: int = 40) -> None:
        """What the figure is, and the one line that says how to read it."""
        self.text(x, 48, title, fontsize=style.TITLE, fontweight="bold")
        size = size_within([subtitle], self.width - 2 * x)
        self.text(x, 80, subtitle, fontsize=size, color=style.GREY)

    def line(self, xs: list[float], ys: list[float], **kwargs: Any) -> None:
        """A line through points, in pixels."""
        options = {"color": style.GREY, "linewidth": 1.0, "solid_capstyle": "round", **kwargs}
        self.figure.add_artist(Line2D(xs, ys, transform=self.pixels, **options))

    def frame(self, x: float, y: float, width: float, height: float, **kwargs: Any) -> None:
        """A rectangle, not filled unless asked."""
        options = {"fill": False, "edgecolor": style.GREY, "linewidth": 1.0, **kwargs}
        self.figure.add_artist(Rectangle((x, y), width, height, transform=self.pixels, **options))

    def without_rows(self) -> "Sheet":
        """This sheet, with a word in place of the plot: the study compares nothing of this kind."""
        self.text(40, 128, "No rows: this study compares nothing of this kind.")
        return self

    def axes(self, x: float, y: float, width: float, height: float, **kwargs: Any) -> Axes:
        """Axes whose plot area is the rectangle given."""
        bottom = self.height - y - height
        place = (x / self.width, bottom / self.height, width / self.width, height / self.height)
        return self.figure.add_axes(place, **kwargs)

    def save(self, png: Path, pdf: Path | None = None) -> None:
        style.save(self.figure, png, pdf)
