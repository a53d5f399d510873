"""The pairs of models that a table compares: children, then grandchildren, controls last."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylealign.figures import style
from stylealign.figures.lineage_order import order_of

if TYPE_CHECKING:
    import pandas as pd

CONTROL = "unrelated"


@dataclass(frozen=True)
class Pair:
    """A model, whom it is compared with, and what it is to them."""

    parent: str
    child: str
    relation: str

    @property
    def is_control(self) -> bool:
        return self.relation == CONTROL

    @property
    def colour(self) -> str:
        return style.RELATION_COLOURS.get(self.relation, style.GREY)

    @property
    def note(self) -> str:
        """What a reader is told of the relation."""
        return "unrelated: control" if self.is_control else self.relation

    def rows_of(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """The table's rows of this pair."""
        return table[(table["parent"] == self.parent) & (table["child"] == self.child)]


def ordered_pairs(
    table: "pd.DataFrame", parents: Mapping[str, str | None], relations: Collection[str] | None = None
) -> list[Pair]:
    """Each (parent, child, relation) of a table once: by relation, then in family order.

    Only pairs of known models, and only the relations asked for.
    """
    place, kinds = order_of(parents), list(style.RELATION_COLOURS)
    found = {Pair(*key) for key in zip(table["parent"], table["child"], table["relation"], strict=True)}
    known = [pair for pair in found if {pair.parent, pair.child} <= set(place)]
    wanted = [pair for pair in known if relations is None or pair.relation in relations]
    return sorted(wanted, key=lambda pair: (kinds.index(pair.relation), place[pair.child], place[pair.parent]))
