"""Colours as float (r, g, b) in 0..255: HSL, mixing, and the ramps of skin, fur and hair."""

from bisect import bisect_right
from colorsys import hls_to_rgb

Colour = tuple[float, float, float]

_SKIN = ((0.0, (98, 62, 46)), (0.35, (158, 104, 74)), (0.7, (226, 172, 136)), (1.0, (252, 220, 198)))
_PAINTED_SKIN = ((0.0, (96, 64, 44)), (0.35, (146, 100, 66)), (0.7, (204, 158, 112)), (1.0, (232, 200, 156)))
_FUR = ((0.0, (96, 72, 58)), (0.35, (160, 124, 94)), (0.7, (224, 200, 170)), (1.0, (250, 244, 234)))
_STONE = ((0.0, (122, 92, 76)), (0.5, (186, 162, 134)), (1.0, (240, 234, 222)))


def hsl(hue_deg: float, saturation: float, lightness: float) -> Colour:
    """A colour from hue in degrees, saturation and lightness in 0..1."""
    red, green, blue = hls_to_rgb(hue_deg / 360.0, lightness, saturation)
    return 255 * red, 255 * green, 255 * blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` of the second colour in the first."""
    keep = 1 - share
    return (
        first[0] * keep + second[0] * share,
        first[1] * keep + second[1] * share,
        first[2] * keep + second[2] * share,
    )


def shade(colour: Colour, gain: float) -> Colour:
    """The colour in more (gain > 1) or less light; the hue stays."""
    return min(colour[0] * gain, 255.0), min(colour[1] * gain, 255.0), min(colour[2] * gain, 255.0)


def skin(tone: float, painted: bool = False) -> Colour:
    """Skin of lightness ``tone`` (0 deep brown, 1 pale)."""
    return _ramp(_PAINTED_SKIN if painted else _SKIN, tone)


def fur(tone: float) -> Colour:
    """The paler fur of muzzle and chest (0 brown, 1 white)."""
    return _ramp(_FUR, tone)


def coat(hue_deg: float, lightness: float, saturation: float = 0.6) -> Colour:
    """Hair or fur: most colourful at middle lightness; pale reds turn beige, not pink."""
    redness = (46 - hue_deg) / 28
    fade = 1 - 2 * max(lightness - 0.45, 0) * redness
    return hsl(hue_deg, saturation * fade * (1 - abs(2 * lightness - 0.95) ** 2 * 0.55), lightness)


def wall(hue_deg: float, saturation: float, lightness: float) -> Colour:
    """A background: plainly of its hue, and never a shrill green."""
    shrill = max(1 - abs(hue_deg - 110) / 70, 0)
    return hsl(hue_deg, saturation * (1 - 0.45 * shrill), lightness)


def stone(tone: float) -> Colour:
    """Walls of a church (0 brown stone, 1 whitewashed)."""
    return _ramp(_STONE, tone)


def _ramp(stops: tuple[tuple[float, Colour], ...], position: float) -> Colour:
    places = [place for place, _ in stops]
    upper = min(max(bisect_right(places, position), 1), len(stops) - 1)
    (start, first), (end, second) = stops[upper - 1], stops[upper]
    return mix(first, second, (position - start) / (end - start))
