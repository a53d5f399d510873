"""What table ``resolution_alignment`` says of the paper's claims (StyleAlign, A.4), by criteria declared here.

    agreement   after training, images of the same z are nearer the parent's than those of either control, and readable
                attributes are ranked more alike, both with 95 % intervals that do not meet
    channels    at least half of the parent's channels keep their function, and the interval lies above scratch's
    cost        the child first reaches the KID that training from scratch ends with in fewer images than that does, by
                the intervals of both; scratch must have been seen on its way, in snapshots

A claim whose rows are missing (no root of the same resolution, nobody who reads attributes) is not decided: no row.
"""

from collections.abc import Mapping, Sequence
from typing import Any

Rows = Mapping[tuple[str, str], Mapping[str, Any]]

CONTROLS = ("shuffled", "scratch")
MIN_KEPT = 0.5


def verdict_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row ``holds:claim`` of value 1 or 0 for each claim that ``rows`` of one child decide."""
    last = {(row["measure"], row["state"]): row for row in rows}
    found = {"agreement": _agreement(last), "channels": _channels(last), "cost": _cost(last)}
    nan, kimg = float("nan"), max(row["kimg"] for row in rows if row["state"] == "after")
    about = {"state": "after", "kimg": kimg, "low": nan, "high": nan, "n": 1, "protocol": "criteria of the caption"}
    return [
        {**about, "measure": f"holds:{claim}", "value": float(holds)}
        for claim, holds in found.items()
        if holds is not None
    ]


def _agreement(rows: Rows) -> bool | None:
    near, alike = (rows.get((measure, "after")) for measure in ("lpips", "spearman:mean"))
    if near is None or alike is None or any(("lpips", state) not in rows for state in CONTROLS):
        return None
    is_nearer = all(near["high"] < rows["lpips", state]["low"] for state in CONTROLS)
    return is_nearer and all(alike["low"] > rows["spearman:mean", state]["high"] for state in CONTROLS)


def _channels(rows: Rows) -> bool | None:
    kept, control = (rows.get(("kept_channels", state)) for state in ("after", "scratch"))
    if kept is None or control is None:
        return None
    return bool(kept["value"] >= MIN_KEPT and kept["low"] > control["high"])


def _cost(rows: Rows) -> bool | None:
    child, scratch = (rows.get(("kimg_to_kid", state)) for state in ("after", "scratch"))
    if child is None or scratch is None or scratch["n"] < 2:  # seen at its end only, scratch cannot have been quicker
        return None
    return bool(child["high"] < scratch["low"])  # never reached is NaN, which is less than nothing
