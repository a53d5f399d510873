"""Forgotten or hidden, as the table ``return_alignment`` says it: the criterion, and the sentence that a figure prints.

StyleAlign's claim (3, A.2) *holds* for a returned model when its images are closer to the ancestor's, z by z, than
those of every control (not forgotten) and than those of a model between (hidden there), with intervals apart: the upper
end of its distance below the lower ends of theirs. Controls are unrelated roots of the same domain; where a study has
none, the returned model's images of other z.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylealign.figures.number_text import interval, number
from stylealign.figures.table_rows import listed, only_row

if TYPE_CHECKING:
    import pandas as pd

RETURNED, THROUGH, UNRELATED, SHUFFLED = "returned", "through", "control_unrelated", "control_shuffled"
READABLE = 0.5  # judge_score from which an attribute counts


@dataclass(frozen=True)
class Verdict:
    """``holds`` is ``None`` where the table cannot say."""

    holds: bool | None
    distances: str
    attributes: str = ""
    never_left: bool = False  # kept, and just as well by the models between

    @property
    def text(self) -> str:
        said = {True: "holds here", False: "does not hold here", None: "cannot be said here"}[self.holds]
        said += ", for it was never out of sight" if self.never_left else ""
        return f"\N{LEFT DOUBLE QUOTATION MARK}hidden rather than forgotten\N{RIGHT DOUBLE QUOTATION MARK} {said}"


def verdict(rows: "pd.DataFrame") -> Verdict:
    """Of the rows of one returned model."""
    distance = rows[rows["measure"] == "distance"]
    own, controls = only_row(distance[distance["role"] == RETURNED]), control_rows(distance)
    if not own or controls.empty:
        return Verdict(None, "no distances in the table")
    nearest = dict(controls.loc[controls["low"].idxmin()])
    name = f"{nearest['model']}{', other z' if nearest['role'] == SHUFFLED else ''}"
    distances = (
        f"distance to {own['ancestor']}(z): {number(own['value'])} ({interval(own['low'], own['high'])}), control "
        f"{name} {number(nearest['value'])} ({interval(nearest['low'], nearest['high'])})"
    )
    between = distance[distance["role"] == THROUGH]
    was_hidden = between.empty or bool((between["low"] > own["high"]).any())
    distances += "".join(f", {row.model} {number(row.value)}" for row in between.itertuples())
    is_kept = bool(own["high"] < nearest["low"])
    return Verdict(is_kept and was_hidden, distances, _attributes(rows), is_kept and not was_hidden)


def control_rows(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of unrelated roots; of shuffled z where there are none."""
    unrelated = rows[rows["role"] == UNRELATED]
    return unrelated if len(unrelated) else rows[rows["role"] == SHUFFLED]


def _attributes(rows: "pd.DataFrame") -> str:
    """How many attributes keep their order beyond the controls; and how many more than in the models between."""
    ranked = rows[(rows["measure"] == "spearman") & (rows["judge_score"] >= READABLE) & rows["value"].notna()]
    own = ranked[ranked["role"] == RETURNED].set_index("attribute")
    if own.empty:
        return ""
    between = ranked[ranked["role"] == THROUGH]
    both = [name for name in own.index if (between["attribute"] == name).any()]
    kept = len(_beyond(own, control_rows(ranked)))
    text = f"{kept} of {len(own)} attributes that are read well keep their order beyond the control"
    if not both:
        return text
    more = len(_beyond(own.loc[both], between))
    return f"{text}; of the {len(both)} that are read in {listed(between['model'])} too, {more} better than there"


def _beyond(own: "pd.DataFrame", others: "pd.DataFrame") -> Sequence[str]:
    """The attributes whose interval lies above those of all ``others``."""
    highest = others.groupby("attribute")["high"].max()
    return [name for name in own.index if name in highest.index and own.loc[name, "low"] > highest[name]]
