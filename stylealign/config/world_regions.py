"""The regions that each world draws, by name: so that a config can be checked against them before any job."""

_FACE = ("background", "skin", "eyebrow", "eye", "ear", "nose", "mouth", "neck", "cloth", "hair")
_ANIMAL = ("background", "eye", "ear", "nose", "muzzle", "head", "neck", "torso")
_SHOE = ("background", "sole", "upper", "laces", "toe", "heel", "opening")

WORLD_REGIONS: dict[str, tuple[str, ...]] = {
    "face": _FACE,
    "painting": _FACE,
    "cartoon": _FACE,
    "dog": _ANIMAL,
    "cat": _ANIMAL,
    "wild": _ANIMAL,
    "church": ("sky", "wall", "roof", "tower", "window", "door", "tree", "ground"),
    "bedroom": ("wall", "floor", "bed", "pillow", "window", "lamp", "table", "picture", "rug"),
    "shoe": _SHOE,
    "edge": _SHOE,
}
"""Of each world, in the order of its region maps."""
