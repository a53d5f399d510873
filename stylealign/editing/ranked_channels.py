"""The channels that a table ranks first for an attribute: by signal-to-noise, or by measured effect.

Either table may stand behind an edit: ``attribute_channels`` (StyleSpace's score) or rows of
:mod:`stylealign.editing.channel_effects`. A channel that stands out at several poles counts once, at its best.
"""

import os
from dataclasses import dataclass
from typing import Any

from stylealign.config.problems import nearest
from stylealign.errors import JudgeError
from stylealign.tables import read_table

SCORES = ("effect_rms", "signal_to_noise")  # what a table ranks channels by


@dataclass(frozen=True)
class RankedChannel:
    """A channel and the sign of the step that raises the attribute (towards the pole ``high``, or the class)."""

    paper_index: str
    sign: int


def ranked_channels(path: str | os.PathLike[str], attribute: str, num: int, key: str) -> list[RankedChannel]:
    """The first ``num`` channels of an attribute in the table at ``path``.

    Raises :class:`JudgeError` naming ``key`` when the table holds none.
    """
    table = read_table(path)
    rows = table[table["attribute"] == attribute]
    if rows.empty:
        known = list(dict.fromkeys(table["attribute"]))
        raise JudgeError(
            f"{key}: {path} lists no channels for {attribute!r}; {nearest(attribute, known)} Name it among the "
            "attributes of the study that makes that table too"
        )
    score = next(name for name in SCORES if name in rows.columns)
    ordered = rows.sort_values([score, "paper_index"], ascending=[False, True]).drop_duplicates("paper_index")
    return [RankedChannel(row["paper_index"], _sign(row)) for row in ordered.head(num).to_dict("records")]


def _sign(row: dict[str, Any]) -> int:
    if "effect" in row:
        return -1 if row["effect"] < 0 else 1
    towards = -1 if row["pole"] == "low" else 1
    return towards * (-1 if row["mean_zscore"] < 0 else 1)
