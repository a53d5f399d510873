"""What a figure reads from a table's rows: one of them, a known value, the distinct values of a column."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MISSING = float("nan")
NO_ROWS = "the table says nothing of these images"


def only_row(rows: "pd.DataFrame") -> dict[str, Any]:
    """The first row as a dictionary; empty where there is none."""
    return dict(rows.iloc[0]) if len(rows) else {}


def first_known(values: "pd.Series") -> float:
    """The first number that is one; NaN where there is none."""
    known = values.dropna()
    return float(known.iloc[0]) if len(known) else MISSING


def listed(values: "pd.Series") -> str:
    """The distinct values, as text; ``no`` where there is none."""
    distinct = dict.fromkeys(f"{value:,}" if isinstance(value, int) else str(value) for value in values.tolist())
    return ", ".join(distinct) or "no"


def known_attributes(rows: "pd.DataFrame") -> list[str]:
    """What the judge could read of what a translation should keep."""
    return [what for what in ("yaw", "tone", "background") if rows[f"{what}_kept"].notna().any()]
