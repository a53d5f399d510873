"""Which samples of a world belong to a selection of it (a domain's ``only``)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stylealign.catalogue import CATALOGUE

if TYPE_CHECKING:
    from stylealign.config.domains import Bounds


def is_selected(attributes: Mapping[str, float], only: Mapping[str, "Bounds"] | None) -> bool:
    """Whether every attribute named lies within its bounds, both included, or has the value named.

    An attribute that is unknown of a sample (the colour of a collar that is not worn) lies within none.
    """
    return all(_lies_in(name, attributes[name], bounds) for name, bounds in (only or {}).items())


def _lies_in(name: str, value: float, bounds: "Bounds") -> bool:
    if isinstance(bounds, str):
        return value == CATALOGUE[name].values.index(bounds)
    low, high = bounds
    return low <= value <= high
