"""The order in which figures show models: every root, and after it its descendants, parents before children."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """A model's place in its family: ``depth`` 0 is a root, ``root`` is the ancestor it all began with."""

    model: str
    parent: str | None
    root: str
    depth: int


def lineage_order(parents: Mapping[str, str | None], shown: Collection[str] | None = None) -> list[Node]:
    """The models of ``parents`` depth first, roots and siblings as declared; only those in ``shown`` where given.

    A family with descendants comes before a root that stands alone: the control is read last.
    """
    fertile = set(parents.values())
    roots = [model for model, parent in parents.items() if parent is None]
    roots = [root for root in roots if root in fertile] + [root for root in roots if root not in fertile]
    nodes = [node for root in roots for node in _descend(parents, root, root, 0)]
    return [node for node in nodes if shown is None or node.model in shown]


def _descend(parents: Mapping[str, str | None], model: str, root: str, depth: int) -> list[Node]:
    children = [child for child, parent in parents.items() if parent == model]
    below = [node for child in children for node in _descend(parents, child, root, depth + 1)]
    return [Node(model, parents[model], root, depth), *below]


def order_of(parents: Mapping[str, str | None]) -> dict[str, int]:
    """Each model's place in :func:`lineage_order`, to sort a table's rows by."""
    return {node.model: place for place, node in enumerate(lineage_order(parents))}
