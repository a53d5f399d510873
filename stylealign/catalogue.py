"""The catalogue of attributes: a name means the same, in the same range, in every world; no number wraps around.

It stands below the worlds, which draw these attributes, so that a config can be checked against it before any job.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Attribute:
    """What one number of a sample means; ``class`` attributes hold an index into ``values``."""

    name: str
    kind: Literal["number", "class"]
    low: float
    high: float
    unit: str
    meaning: str
    values: tuple[str, ...] = ()


CATALOGUE: dict[str, Attribute] = {}


def choose(*names: str) -> tuple[Attribute, ...]:
    """Attributes of the catalogue, in the order asked for."""
    return tuple(CATALOGUE[name] for name in names)


def _number(name: str, low: float, high: float, unit: str, meaning: str) -> None:
    CATALOGUE[name] = Attribute(name, "number", low, high, unit, meaning)


def _class(name: str, meaning: str, *values: str) -> None:
    CATALOGUE[name] = Attribute(name, "class", 0, len(values) - 1, "class", meaning, values)


_number(
    "yaw_deg",
    -40,
    40,
    "deg",
    "head (a building: front; a room: foot of the bed) turned to the right of the image (positive) or to the left",
)
_number("roll_deg", -8, 8, "deg", "head tilted clockwise (positive) or counter-clockwise")
_number("smile", 0, 1, "share", "0 serious, 1 a wide smile (an animal: mouth open)")
_number("gaze", -1, 1, "share", "where the eyes look within their sockets: -1 left, 1 right")
_number("eye_open", 0, 1, "share", "0 nearly closed, 1 wide open")
_number(
    "tone",
    0,
    1,
    "share",
    "lightness of the skin (an animal: of the paler fur of muzzle and chest; a church: of its walls)",
)
_number("coat_hue", 18, 46, "deg", "HSL hue of hair or fur, from red-brown to blond")
_number("coat_lightness", 0.14, 0.72, "share", "HSL lightness of hair or fur")
_number("coat_length", 0, 1, "share", "length of the hair (an animal: of the fur)")
_number(
    "cloth_hue",
    20,
    320,
    "deg",
    "HSL hue of clothes, of a blanket, of a shoe, or of an animal's collar (unknown without one)",
)
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
_class("species", "the kind of wild animal", "tiger", "leopard", "lion", "fox", "wolf")
_number("cloth_lightness", 0.25, 0.7, "share", "HSL lightness of a shoe's upper")
_number("roof_hue", 8, 230, "deg", "HSL hue of the roofs")
_number("tower_height", 0, 1, "share", "height of the tower below its spire")
_class("tower_place", "where the tower stands before the front", "left", "middle", "right")
_number("num_trees", 0, 3, "count", "trees in the churchyard")
_number("cloud_cover", 0, 1, "share", "clouds in the sky")
_class("lit_windows", "light behind the windows", "no", "yes")
_number("wood_lightness", 0.2, 0.6, "share", "HSL lightness of floor and furniture")
_number("bed_width", 0, 1, "share", "0 a single bed, 1 a wide double bed")
_class("window_side", "where the window is", "left", "right")
_number("day", 0, 1, "share", "0 night, 1 day outside the window")
_class("lamp_on", "the lamp is lit", "no", "yes")
_number("rug_hue", 20, 320, "deg", "HSL hue of the rug")
_class("shoe_kind", "the kind of shoe", "sneaker", "boot", "pump")
_number("shaft_height", 0, 1, "share", "how far up the leg the shoe reaches")
_number("heel_height", 0, 1, "share", "height of the heel")
_number("sole_thickness", 0, 1, "share", "thickness of the sole")
_number("toe_point", 0, 1, "share", "0 a round toe, 1 a pointed one")
_class("stripes", "what decorates the side", "none", "one", "three")


_HEAD = (
    *("yaw_deg", "roll_deg", "smile", "gaze", "eye_open", "tone", "coat_hue", "coat_lightness", "coat_length"),
    *("cloth_hue", "background_hue", "background_lightness", "light_side"),
)
_FACE = choose(*_HEAD, "age", "glasses", "beard", "fringe", "hat", "hair_style")
_PET = choose(*_HEAD, "ear_shape", "pattern", "collar")
_SHAPE = choose("shoe_kind", "shaft_height", "heel_height", "sole_thickness", "toe_point", "stripes")

WORLD_ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    "face": _FACE,
    "painting": _FACE,
    "cartoon": _FACE,
    "dog": _PET,
    "cat": _PET,
    "wild": (*(one for one in _PET if one.name not in ("cloth_hue", "collar")), *choose("species")),
    "church": choose(
        *("yaw_deg", "tone", "roof_hue", "background_hue", "background_lightness", "light_side", "tower_height"),
        *("tower_place", "num_trees", "cloud_cover", "lit_windows"),
    ),
    "bedroom": choose(
        *("yaw_deg", "cloth_hue", "background_hue", "background_lightness", "light_side", "wood_lightness"),
        *("bed_width", "window_side", "day", "lamp_on", "rug_hue"),
    ),
    "shoe": (*_SHAPE, *choose("cloth_hue", "cloth_lightness", "background_hue", "background_lightness", "light_side")),
    "edge": _SHAPE,
}
"""Of each world, in the order of its index."""
