"""The order in which figures show models: every root, and after it its descendants, parents before children."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stylealign.lineage import ancestors, family_order, root_of


@dataclass(frozen=True)
class Node:
    """A model's place in its family: ``depth`` 0 is a root, ``root`` is the ancestor it all began with."""

    model: str
    parent: str | None
    root: str
    depth: int


def lineage_order(parents: Mapping[str, str | None], shown: Collection[str] | None = None) -> list[Node]:
    """The models of ``parents``, family by family, parents before children; only those in ``shown`` where given.

    A root without descendants comes after the families: the control is read last.
    """
    order = [
        Node(model, parents[model], root_of(parents, model), len(ancestors(parents, model)))
        for model in family_order(parents)
    ]
    fertile = set(parents.values())
    order.sort(key=lambda node: node.root not in fertile)
    return [node for node in order if shown is None or node.model in shown]


def order_of(parents: Mapping[str, str | None]) -> dict[str, int]:
    """Each model's place in :func:`lineage_order`, to sort a table's rows by."""
    return {node.model: place for place, node in enumerate(lineage_order(parents))}


def lone_roots(nodes: Collection[Node]) -> set[str]:
    """Roots that stand alone beside a family: the controls. None where no root has descendants among the nodes."""
    families = {node.root for node in nodes if node.depth}
    return {node.model for node in nodes if not node.depth and node.root not in families} if families else set()
