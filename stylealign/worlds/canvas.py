"""One drawing, two pictures: every shape is drawn once, as an ink number; a palette turns ink into colour and region.

The ink map is drawn at 2 to 8 times the wanted resolution. Colours are averaged over each pixel (antialiasing), regions
are read at pixel centres: image and region map can never disagree. Light is then laid over the small image as smooth
fields, one for the backdrop (inks made before ``end_backdrop``) and one for the subject.

Legend: R resolution, S side of the ink map, n outline points. Light uses elementwise arithmetic only, and outlines are
kept off pixel borders, so that every machine gives the same bytes.
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
        self._line_step = 2 if self.side == 128 else 1  # long lines cost most; a small image needs fewer corners
        self._pen = ImageDraw.Draw(self._inks)
        self._colours = bytearray()
        self._regions = bytearray()
        self._contours: dict[int, int] = {}
        self._glows: list[tuple[complex, float, float, Colour]] = []
        self._backdrop_inks = 0
        self._shapes: list[tuple[np.ndarray, int, int, int]] = []  # outline, fill ink or -1, line ink, line width in px
        self._frame: tuple[complex, complex] = (1 + 0j, 0j)

    def set_frame(self, spin: complex, origin: complex) -> None:
        """Points p are drawn at ``spin * p + origin``, where the image is the unit square."""
        self._draw_shapes()
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
        if contour and self.contour_width:
            self._shapes.append((points, ink, self._contour_ink(ink), self._width(self.contour_width)))
        else:
            self._shapes.append((points, ink, 0, 0))

    def line(self, points: np.ndarray, width: float, ink: int) -> None:
        """A stroke of even width along complex [n]."""
        self._shapes.append((points, -1, ink, self._width(width)))

    def glow(self, centre: complex, rx: float, ry: float, change: Colour) -> None:
        """Add a soft spot of colour (blush, shine) over the subject."""
        spin, origin = self._frame
        size = abs(spin)
        self._glows.append((centre * spin + origin, rx * size, ry * size, change))

    def develop(self, light: Light, texture: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Pixels uint8 [R, R, 3] and regions uint8 [R, R]; ``texture`` is a relative gain [R, R]."""
        self._draw_shapes()
        inks = np.asarray(self._inks)  # [S, S]
        regions = self._read_regions(inks)
        gain = self._gain(inks, light)
        if texture is not None:
            gain *= texture
        self._inks.putpalette(bytes(self._colours))
        image = np.asarray(self._inks.convert("RGB").reduce(self.factor))  # [R, R, 3]
        colours = image.reshape(self.resolution, -1).astype(np.float32)  # [R, 3 R], which numpy does fastest
        for glow in self._glows:
            colours += self._glow_field(*glow)
        colours *= np.repeat(gain, 3, axis=1)
        colours += np.float32(0.5)
        np.minimum(np.maximum(colours, 0, out=colours), 255, out=colours)
        return colours.astype(np.uint8).reshape(image.shape), regions

    def develop_outlines(
        self, paper: Colour = (250, 248, 244), line: Colour = (38, 36, 44)
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pixels and regions of the drawing's outlines: a dark line wherever two inks meet, none within region 0."""
        self._draw_shapes()
        inks = np.asarray(self._inks)  # [S, S]
        shapes = np.where(np.frombuffer(self._regions, np.uint8) == 0, 0, np.arange(len(self._regions)))[inks]
        marks = np.zeros(inks.shape, bool)
        marks[:, 1:] |= shapes[:, 1:] != shapes[:, :-1]
        marks[1:] |= shapes[1:] != shapes[:-1]
        marks = _thicken(marks, self.side // 64)
        strength = np.asarray(Image.fromarray(marks.view(np.uint8) * np.uint8(255)).reduce(self.factor))  # [R, R]
        share = strength[:, :, None] * np.float32(1 / 255)
        colours = np.array(paper, np.float32) * (1 - share) + np.array(line, np.float32) * share
        return (colours + np.float32(0.5)).astype(np.uint8), self._read_regions(inks)

    def _read_regions(self, inks: np.ndarray) -> np.ndarray:
        middle = self.factor // 2
        return np.frombuffer(self._regions, np.uint8)[inks[middle :: self.factor, middle :: self.factor]]

    def _draw_shapes(self) -> None:
        """Draw what waits: placing all outlines of a frame at once is what makes drawing fast."""
        if not self._shapes:
            return
        spin, origin = self._frame
        outlines = np.concatenate([shape[0] for shape in self._shapes])
        placed = (outlines * (spin * self.side) + (origin * self.side + _NUDGE)).astype(np.complex64)
        start = 0
        for outline, fill, line, width in self._shapes:
            points = placed[start : start + len(outline)]
            start += len(outline)
            if fill >= 0:
                self._pen.polygon(points, fill)
            if width:
                self._pen.line(points[:: self._line_step].copy() if len(points) > 12 else points, line, width)
        self._shapes.clear()

    def _width(self, width: float) -> int:
        return max(1, int(width * self.side * abs(self._frame[0]) + 0.5))

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

    def _glow_field(self, centre: complex, rx: float, ry: float, change: Colour) -> np.ndarray:
        """A soft spot of colour: [R, 3 R]."""
        places, _ = _places(self.resolution)
        across = np.maximum(1 - ((places - np.float32(centre.real)) / np.float32(rx)) ** 2, 0)
        down = np.maximum(1 - ((places - np.float32(centre.imag)) / np.float32(ry)) ** 2, 0)
        coloured = (across * across)[:, None] * np.array(change, np.float32)  # [R, 3]
        return (down * down)[:, None] * coloured.reshape(1, -1)


def _thicken(marks: np.ndarray, width: int) -> np.ndarray:
    """Lines of one pixel before a border become ``width`` pixels (a power of two) centred on it."""
    marks[:, :-1] |= marks[:, 1:]
    marks[:-1] |= marks[1:]
    half = 1
    while 2 * half < width:
        for axis in (0, 1):
            marks = marks | np.roll(marks, half, axis) | np.roll(marks, -half, axis)
        half *= 2
    return marks


@lru_cache(maxsize=8)
def _places(resolution: int) -> tuple[np.ndarray, np.ndarray]:
    """Pixel centres in the unit square [R], and the squared distance from the middle, 1 in the corners [R, R]."""
    places = ((np.arange(resolution) + 0.5) / resolution).astype(np.float32)
    square = (2 * places - 1) ** 2
    return places, 0.5 * (square[:, None] + square)
