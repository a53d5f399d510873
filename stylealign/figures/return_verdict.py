"""Forgotten or hidden, as the table ``return_alignment`` says it: a criterion, and the sentences that a figure prints.

StyleAlign's claim (3, A.2) has two halves, and *holds* for a returned model where both do:

- *kept*: its images are closer to the ancestor's, z by z, than those of every control (unrelated roots of the same
  domain, the returned model's own images of other z), with intervals apart: the upper end of its distance below the
  lower ends of theirs;
- *hidden*: at least half of the attributes that the judge reads well in the ancestor's domain were out of sight in a
  model between, and are back. An attribute is back where its order is kept beyond every control, intervals apart. It
  was out of sight where the judge cannot read it (a smile in a church), where it does not vary, or where its order was
  kept less than in the returned model, intervals apart; where nobody knows how well it is read, it does not count.

That the images of another domain are farther away says nothing: they would be, whatever was hidden in them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stylealign.figures.number_text import interval, number
from stylealign.figures.table_rows import listed, only_row

if TYPE_CHECKING:
    import pandas as pd

RETURNED, THROUGH, UNRELATED, SHUFFLED = "returned", "through", "control_unrelated", "control_shuffled"
READABLE = 0.5  # judge_score from which an attribute counts
SAID = {True: "holds", False: "does not hold", None: "cannot be said"}
CRITERION = "kept: below every control; hidden: half of what is read well is back from out of sight; intervals apart"


@dataclass(frozen=True)
class Statement:
    """One half of the claim; ``holds`` is ``None`` where the table cannot say."""

    name: str
    holds: bool | None
    why: str

    def __str__(self) -> str:
        return f"{self.name}: {SAID[self.holds]} ({self.why})"


@dataclass(frozen=True)
class Verdict:
    """The claim: it holds where both halves do, and does not where one does not."""

    kept: Statement
    hidden: Statement

    @property
    def holds(self) -> bool | None:
        halves = (self.kept.holds, self.hidden.holds)
        return False if False in halves else None if None in halves else True

    @property
    def text(self) -> str:
        claim = "\N{LEFT DOUBLE QUOTATION MARK}hidden rather than forgotten\N{RIGHT DOUBLE QUOTATION MARK}"
        return f"{claim} {SAID[self.holds]} here"


def verdict(rows: "pd.DataFrame") -> Verdict:
    """Of the rows of one returned model."""
    return Verdict(_kept(rows[rows["measure"] == "distance"]), _hidden(rows))


def control_rows(rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of every control: unrelated roots, and the returned model with other z."""
    return rows[rows["role"].isin([UNRELATED, SHUFFLED])]


def _kept(rows: "pd.DataFrame") -> Statement:
    """Of the rows of distances."""
    own, controls = only_row(rows[rows["role"] == RETURNED]), control_rows(rows)
    if not own or controls.empty:
        return Statement("kept", None, "no distances in the table")
    far = [f"{_name(row)} {number(row.value)} ({interval(row.low, row.high)})" for row in controls.itertuples()]
    between = [f"between: {row.model} {number(row.value)}" for row in rows[rows["role"] == THROUGH].itertuples()]
    distance = f"distance to {own['ancestor']}(z) {number(own['value'])} ({interval(own['low'], own['high'])})"
    holds = bool(own["high"] < controls["low"].min())
    return Statement("kept", holds, "; ".join([f"{distance}, controls: {', '.join(far)}", *between]))


def _name(row: "pd.Series") -> str:
    return f"{row.model}{', other z' if row.role == SHUFFLED else ''}"


def _hidden(rows: "pd.DataFrame") -> Statement:
    """Of all rows: attributes that every model between shows, and those that one of them does not show, apart."""
    ranked = rows[rows["measure"] == "spearman"]
    models = rows.loc[rows["role"] == THROUGH, "model"].drop_duplicates()
    between = {name: ranked[(ranked["role"] == THROUGH) & (ranked["model"] == name)] for name in models}
    names = [name for name in _read_well(ranked) if not any(_is_unknown(name, there) for there in between.values())]
    if not names or models.empty or control_rows(ranked).empty:
        return Statement("hidden", None, "the table lacks attributes that are read well, a model between, or controls")
    own = ranked[ranked["role"] == RETURNED].set_index("attribute")
    back = _beyond(own.loc[names], [control_rows(ranked)])
    seen = [name for name in names if all(_is_seen(name, there) for there in between.values())]
    unseen = [name for name in names if name not in seen]
    nearer = [name for name in _beyond(own.loc[seen], between.values()) if name in back]
    again = [name for name in unseen if name in back]
    num, who = len(nearer) + len(again), listed(models)
    everywhere, somewhere = (f"all of {who}", f"one of {who}") if len(models) > 1 else (who, who)
    parts = [
        f"{num} of {len(names)} attributes: {len(nearer)} of {len(seen)} that are read in {everywhere} too stand "
        "nearer to the ancestor's order than there",
        f"{len(again)} of {len(unseen)} that cannot be seen in {somewhere} are kept beyond every control",
    ]
    return Statement("hidden", 2 * num >= len(names), "; ".join(parts))


def _read_well(ranked: "pd.DataFrame") -> list[str]:
    """The attributes that the judge reads well in the ancestor's domain, and that vary in some model."""
    own = ranked[(ranked["role"] == RETURNED) & (ranked["judge_score"] >= READABLE)]
    return [name for name in own["attribute"] if name in set(ranked.dropna(subset=["value"])["attribute"])]


def _is_unknown(name: str, there: "pd.DataFrame") -> bool:
    """Whether an attribute was read in a model, and nobody knows how well."""
    return bool(there.loc[there["attribute"] == name, "judge_score"].isna().any())


def _is_seen(name: str, there: "pd.DataFrame") -> bool:
    """Whether an attribute is read well in a model, and varies there."""
    found = there[(there["attribute"] == name) & (there["judge_score"] >= READABLE)]
    return bool(found["value"].notna().any())


def _beyond(own: "pd.DataFrame", groups: "Iterable[pd.DataFrame]") -> list[str]:
    """The attributes of ``own`` whose interval lies above those of all rows of one of ``groups``."""
    highest = [group.groupby("attribute")["high"].max() for group in groups]
    return [name for name in own.index if any(own.loc[name, "low"] > high.get(name, float("nan")) for high in highest)]
