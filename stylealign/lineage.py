"""Descent: who is whose parent, and which pairs of models are compared (StyleAlign, Table 7 and Section 3).

A family is a mapping from each model to its parent (``None`` for a root), in declared order. Every function is pure;
:class:`LineageError` names a model that is not there or a circle.
"""

import itertools
from collections.abc import Mapping

from stylealign.errors import LineageError

Parents = Mapping[str, str | None]

_DESCENT = {1: "child", 2: "grandchild"}


def ancestors(parents: Parents, model: str) -> list[str]:
    """A model's ancestors, nearest first."""
    line = [model]
    while (parent := _parent(parents, line[-1])) is not None:
        line.append(parent)
        if parent in line[:-1]:
            raise LineageError(f"models.{model}.parent: the lineage is a circle: {' -> '.join(line)}")
    return line[1:]


def _parent(parents: Parents, model: str) -> str | None:
    if model not in parents:
        raise LineageError(f"models.{model}: there is no such model; the models are {', '.join(parents)}")
    return parents[model]


def descendants(parents: Parents, model: str) -> list[str]:
    """Every model that descends from ``model``, in declared order; asked of every model of a large family."""
    _parent(parents, model)
    children: dict[str | None, list[str]] = {}
    for other, parent in parents.items():
        children.setdefault(parent, []).append(other)
    found, waiting = set[str](), [model]
    while waiting:
        new = [child for child in children.get(waiting.pop(), []) if child not in found]
        found.update(new)
        waiting += new
    return [other for other in parents if other in found]


def roots(parents: Parents) -> list[str]:
    """The models without a parent, in declared order."""
    return [model for model, parent in parents.items() if parent is None]


def root_of(parents: Parents, model: str) -> str:
    """The first model of a model's lineage, itself for a root."""
    return [model, *ancestors(parents, model)][-1]


def lineage(parents: Parents, model: str) -> list[str]:
    """A model's lineage: root first, itself last."""
    return [*reversed(ancestors(parents, model)), model]


def family_order(parents: Parents) -> list[str]:
    """Every model after its parent, each family together, siblings in declared order."""
    children: dict[str | None, list[str]] = {}
    for model, parent in parents.items():
        children.setdefault(parent, []).append(model)

    def below(model: str) -> list[str]:
        return [model, *(name for child in children.get(model, []) for name in below(child))]

    return [name for root in children.get(None, []) for name in below(root)]


def relation(parents: Parents, first: str, second: str) -> str:
    """What ``second`` is to ``first``.

    ``same``, ``child``, ``grandchild``, ``descendant`` (deeper), ``ancestor``, ``sibling``, ``relative`` (another
    common ancestor) or ``unrelated``.
    """
    if first == second:
        return "same"
    above_first, above_second = ancestors(parents, first), ancestors(parents, second)
    if first in above_second:
        return _DESCENT.get(above_second.index(first) + 1, "descendant")
    if second in above_first:
        return "ancestor"
    if not set(above_first) & set(above_second):
        return "unrelated"
    return "sibling" if above_first[0] == above_second[0] else "relative"


def relatives(parents: Parents, model: str) -> list[tuple[str, str]]:
    """Whom a model is compared with, and what it is to them: each ancestor, nearest first, then the controls.

    The controls are the roots declared before it from which it does not descend.
    """
    above = ancestors(parents, model)
    line = [(other, _DESCENT.get(generation, "descendant")) for generation, other in enumerate(above, 1)]
    earlier = itertools.islice(parents, list(parents).index(model))
    return line + [(other, "unrelated") for other in earlier if parents[other] is None and other not in above]


def compared_pairs(parents: Parents) -> list[tuple[str, str, str]]:
    """Every compared pair ``(parent, model, relation)``, model by model in declared order."""
    return [(other, model, kind) for model in parents for other, kind in relatives(parents, model)]


def circles(parents: Parents) -> list[list[str]]:
    """Every circle of parents, each once, beginning (and ending) with its first declared member; in declared order."""
    found: list[list[str]] = []
    seen: set[str] = set()  # every model from which no new circle can be reached
    for model in parents:
        line: dict[str, None] = {}
        name: str | None = model
        while name is not None and name not in seen and name not in line:
            line[name] = None
            name = parents.get(name)
        if name in line:
            found.append(_from_first_declared([*line][[*line].index(name) :], parents))
        seen.update(line)
    return sorted(found, key=lambda circle: [*parents].index(circle[0]))


def _from_first_declared(circle: list[str], parents: Parents) -> list[str]:
    members = set(circle)
    first = circle.index(next(model for model in parents if model in members))
    return [*circle[first:], *circle[: first + 1]]
