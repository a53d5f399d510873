"""One drawing, two pictures: every shape is drawn once, as an ink number; a palette turns ink into colour and into region.

The ink map is drawn at 2 to 8 times the wanted resolution. Colours are averaged over each pixel (antialiasing); regions are read at
pixel centres. Image and region map can therefore never disagree. Light is then laid over the small image as smooth fields:
the backdrop (inks made before ``end_backdrop``) and the subject have one each.

Legend: R resolution, S side of the ink map, n outline points. Only elementwise arithmetic is used: the bytes are the same everywhere.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from stylealign.worlds.palette import Colour, shade

SIDES = {16: 128, 32: 128, 64: 256, 128: 512, 256: 512}
_NUDGE = 0.01 * (1 + 1j)  # keeps outlines off exact pixel borders, where the last bit of a float would show


@dataclass(frozen=True)
class Light:
    """Light over a finished drawing: ``side`` -1 from the left to 1 from the right; strengths are relative gains."""

    side: float = 0.0
    subject: float = 0.2  # how much brighter the lit cheek is
    top: float = 0.1  # how much brighter the top of the subject is than its foot
    backdrop: float = 0.15  # how much brighter the backdrop's lit side is
    vignette: float = 0.1  # how much darker the corners are
    centre: complex = 0.5 + 0.5j
    radius: float = 0.28


class Canvas:
    """Draws on the ink map in a movable frame; ``develop`` gives pixels and regions."""

    def __init__(self, resolution: int):
        self.resolution = resolution
        self.side = SIDES[resolution]
        self.factor = self.side // resolution
        self.contour_width = 0.0  # of outlines, in units of the frame; 0 draws none
        self.contour_gain = 0.3
        self._inks = Image.new("P", (self.side, self.side))
        self._pen = ImageDraw.Draw(self._inks)
        self._colours = bytearray()
        self._regions = bytearray()
        self._contours: dict[int, int] = {}
        self._glows: list[tuple[complex, float, float, Colour]] = []
        self._backdrop_inks = 0
        self.set_frame(1.0, 0j)

    def set_frame(self, spin: complex, origin: complex) -> None:
        """Points p are drawn at ``spin * p + origin``, where the image is the unit square."""
        self._spin = spin * self.side
        self._origin = origin * self.side + _NUDGE
        self._frame = (spin, origin)

    def end_backdrop(self) -> None:
        """Inks made so far belong to the backdrop, later ones to the subject."""
        self._backdrop_inks = len(self._regions)

    def ink(self, colour: Colour, region: int) -> int:
        """A new ink of one colour and region."""
        assert len(self._regions) < 256, "a drawing has at most 256 inks"
        self._colours += bytes((int(colour[0] + 0.5), int(colour[1] + 0.5), int(colour[2] + 0.5)))
        self._regions.append(region)
        return len(self._regions) - 1

    def fill(self, points: np.ndarray, ink: int, contour: bool = True) -> None:
        """Fill a closed outline (complex [n]), with a dark contour of the same region where the canvas has them."""
        placed = (points * self._spin + self._origin).astype(np.complex64)
        self._pen.polygon(placed, fill=ink)
        if contour and self.contour_width:
            self._pen.line(placed, fill=self._contour_ink(ink), width=self._width(self.contour_width))

    def line(self, points: np.ndarray, width: float, ink: int) -> None:
        """A stroke of even width along complex [n]."""
        placed = (points * self._spin + self._origin).astype(np.complex64)
        self._pen.line(placed, fill=ink, width=self._width(width))

    def glow(self, centre: complex, rx: float, ry: float, change: Colour) -> None:
        """Add a soft spot of colour (blush, shine) over the subject."""
        spin, origin = self._frame
        size = abs(spin)
        self._glows.append((centre * spin + origin, rx * size, ry * size, change))

    def develop(self, light: Light, texture: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Pixels uint8 [R, R, 3] and regions uint8 [R, R]; ``texture`` is a relative gain [R, R]."""
        inks = np.asarray(self._inks)  # [S, S]
        regions = self._read_regions(inks)
        gain = self._gain(inks, light)
        if texture is not None:
            gain *= texture
        self._inks.putpalette(bytes(self._colours))
        colours = np.asarray(self._inks.convert("RGB").reduce(self.factor)).astype(np.float32)  # [R, R, 3]
        if self._glows:
            colours += self._glow_field()
        colours *= gain[:, :, None]
        colours += 0.5
        return np.clip(colours, 0, 255, out=colours).astype(np.uint8), regions

    def develop_outlines(
        self, paper: Colour = (250, 248, 244), line: Colour = (38, 36, 44)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pixels and regions of the drawing's outlines: a dark line wherever two inks meet, none within region 0."""
        inks = np.asarray(self._inks)  # [S, S]
        shapes = np.where(np.frombuffer(self._regions, np.uint8) == 0, 0, np.arange(len(self._regions)))[inks]
        marks = np.zeros(inks.shape, bool)
        marks[:, 1:] |= shapes[:, 1:] != shapes[:, :-1]
        marks[1:] |= shapes[1:] != shapes[:-1]
        for _ in range(max(1, self.side // 128)):  # thicken to about 1.5 % of the width
            marks[:, :-1] |= marks[:, 1:]
            marks[:-1] |= marks[1:]
        strength = np.asarray(Image.fromarray(marks.view(np.uint8) * np.uint8(255)).reduce(self.factor))  # [R, R]
        share = strength[:, :, None] * np.float32(1 / 255)
        colours = np.array(paper, np.float32) * (1 - share) + np.array(line, np.float32) * share
        return (colours + np.float32(0.5)).astype(np.uint8), self._read_regions(inks)

    def _read_regions(self, inks: np.ndarray) -> np.ndarray:
        middle = self.factor // 2
        return np.frombuffer(self._regions, np.uint8)[inks[middle :: self.factor, middle :: self.factor]]

    def _width(self, width: float) -> int:
        return max(1, int(width * abs(self._spin) + 0.5))

    def _contour_ink(self, ink: int) -> int:
        if ink not in self._contours:
            red, green, blue = self._colours[3 * ink : 3 * ink + 3]
            self._contours[ink] = self.ink(shade((red, green, blue), self.contour_gain), self._regions[ink])
        return self._contours[ink]

    def _gain(self, inks: np.ndarray, light: Light) -> np.ndarray:
        """Light over backdrop and subject, blended by how much of each pixel the subject covers: [R, R]."""
        cover = Image.fromarray((inks >= self._backdrop_inks).view(np.uint8) * np.uint8(255)).reduce(self.factor)
        share = np.asarray(cover) * np.float32(1 / 255)  # [R, R]
        places, fall = _places(self.resolution)
        across = (places - np.float32(light.centre.real)) / np.float32(light.radius)
        across = across / np.sqrt(1 + across * across)  # [R], -1 .. 1
        down = (places - np.float32(light.centre.imag)) / np.float32(light.radius)
        down = down / np.sqrt(1 + down * down)
        subject = (1 + np.float32(light.side * light.subject) * across) - (np.float32(light.top) * down)[:, None]
        lean = 1 - (np.float32(2 * light.side * light.backdrop) * (places - np.float32(0.5)))
        backdrop = lean - np.float32(light.vignette) * fall  # the wall behind is lit on the other side
        return backdrop + share * (subject - backdrop)

    def _glow_field(self) -> np.ndarray:
        places, _ = _places(self.resolution)
        field = np.zeros((self.resolution, self.resolution, 3), np.float32)
        for centre, rx, ry, change in self._glows:
            across = np.maximum(1 - ((places - np.float32(centre.real)) / np.float32(rx)) ** 2, 0)
            down = np.maximum(1 - ((places - np.float32(centre.imag)) / np.float32(ry)) ** 2, 0)
            spot = (down * down)[:, None] * (across * across)  # [R, R]
            field += spot[:, :, None] * np.array(change, np.float32)
        return field


@lru_cache(maxsize=8)
def _places(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres in the unit square [R], and the squared distance from the middle, 1 in the corners [R, R]."""
    places = ((np.arange(resolution) + 0.5) / resolution).astype(np.float32)
    square = (2 * places - 1) ** 2
    return places, 0.5 * (square[:, None] + square)
