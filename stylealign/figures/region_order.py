"""The order in which figures list regions: the paper's (Tables 1, 3 and 4), whatever else a parser names after it."""

from collections.abc import Iterable

PAPER = ("eyebrow", "eye", "ear", "nose", "mouth", "muzzle", "neck", "cloth", "torso", "hair", "head")


def order_regions(names: Iterable[str]) -> list[str]:
    """Each region once, in the paper's order; unknown ones after them, by name."""
    place = {name: index for index, name in enumerate(PAPER)}
    return sorted(set(names), key=lambda name: (place.get(name, len(place)), name))
