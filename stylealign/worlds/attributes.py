"""The catalogue of attributes. A name means the same, in the same range, in every world that has it; no number wraps around."""

from stylealign.worlds.world import Attribute

CATALOGUE: dict[str, Attribute] = {}


def choose(*names: str) -> tuple[Attribute, ...]:
    """Attributes of the catalogue, in the order asked for."""
    return tuple(CATALOGUE[name] for name in names)


def _number(name: str, low: float, high: float, unit: str, meaning: str) -> None:
    CATALOGUE[name] = Attribute(name, "number", low, high, unit, meaning)


def _class(name: str, meaning: str, *values: str) -> None:
    CATALOGUE[name] = Attribute(name, "class", 0, len(values) - 1, "class", meaning, values)


_number("yaw_deg", -40, 40, "deg", "head turned to the right of the image (positive) or to the left")
_number("roll_deg", -8, 8, "deg", "head tilted clockwise (positive) or counter-clockwise")
_number("smile", 0, 1, "share", "0 serious, 1 a wide smile (an animal: mouth open)")
_number("gaze", -1, 1, "share", "where the eyes look within their sockets: -1 left, 1 right")
_number("eye_open", 0, 1, "share", "0 nearly closed, 1 wide open")
_number("tone", 0, 1, "share", "lightness of the skin (an animal: of the paler fur of muzzle and chest)")
_number("coat_hue", 16, 46, "deg", "HSL hue of hair or fur, from red-brown to blond")
_number("coat_lightness", 0.14, 0.72, "share", "HSL lightness of hair or fur")
_number("coat_length", 0, 1, "share", "length of the hair (an animal: of the fur)")
_number("cloth_hue", 20, 320, "deg", "HSL hue of the clothes (an animal: of the collar; unknown without one)")
_number("background_hue", 20, 260, "deg", "HSL hue of the background (a church: of the sky; a bedroom: of the wall)")
_number("background_lightness", 0.2, 0.8, "share", "HSL lightness of the background")
_number("light_side", -1, 1, "share", "where the light comes from: -1 left, 1 right")
_number("age", 0, 1, "share", "0 young, 1 old: wrinkles, greyer hair")
_class("glasses", "wears glasses", "no", "yes")
_class("beard", "has a beard", "no", "yes")
_class("fringe", "hair over the forehead", "no", "yes")
_class("hat", "wears a hat", "no", "yes")
_class("hair_style", "how the hair is worn", "straight", "curly", "bun")
_class("ear_shape", "how the ears are carried", "erect", "floppy", "round")
_class("pattern", "markings of the coat", "plain", "patches", "stripes", "spots")
_class("collar", "wears a collar", "no", "yes")
