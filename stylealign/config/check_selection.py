"""Mistakes in a selection of a world's images (``domains.X.only``), found before any job starts."""

from collections.abc import Iterator

from stylealign.catalogue import WORLD_ATTRIBUTES, Attribute
from stylealign.config.domains import Bounds, WorldDomain
from stylealign.config.problems import Problem, nearest


def check_selection(key: str, domain: WorldDomain) -> Iterator[Problem]:
    """Every mistake: an attribute that the world does not have, a value that it never takes, a range turned round."""
    known = {attribute.name: attribute for attribute in WORLD_ATTRIBUTES[domain.world]}
    for name, bounds in (domain.only or {}).items():
        if name not in known:
            yield Problem(f"{key}.{name}", f"world {domain.world} has no such attribute; {nearest(name, known)}")
        elif (cure := _misstated(known[name], bounds)) is not None:
            yield Problem(f"{key}.{name}", cure, bounds if isinstance(bounds, str) else list(bounds))


def _misstated(attribute: Attribute, bounds: Bounds) -> str | None:
    if attribute.kind == "class":
        values = ", ".join(attribute.values)
        return None if bounds in attribute.values else f"write one of its values: {values}"
    span = f"it is a number from {attribute.low:g} to {attribute.high:g} {attribute.unit}"
    if isinstance(bounds, str):
        return f"{span}; write [low, high]"
    low, high = bounds
    if low > high:
        return "the second is less than the first; write [low, high]"
    return f"no image lies there: {span}" if low > attribute.high or high < attribute.low else None
