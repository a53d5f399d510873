"""What must hold of a group of hostile cases: each ends as it should, and cheaply; enough of them are truly bad."""

from cases import REFUSED, Outcome, run_group

AT_LEAST = {"pictures": 200, "folders": 50, "archives": 80, "configs": 50, "checkpoints": 30}
MEMORY_MB = {"pictures": 700, "folders": 700, "archives": 700, "configs": 100, "checkpoints": 300}
SECONDS = {"pictures": 10, "folders": 10, "archives": 10, "configs": 4, "checkpoints": 8}  # on a busy machine


def check_group(name: str) -> None:
    """Attempt every case of the group and look at how it ended."""
    outcomes = run_group(name)
    assert [_told(one) for one in outcomes if not one.is_as_expected] == []
    assert [_told(one) for one in outcomes if one.memory_mb > MEMORY_MB[name]] == []
    assert [_told(one) for one in outcomes if one.seconds > SECONDS[name]] == []
    refused = [one for one in outcomes if one.ended == REFUSED]
    assert len(refused) >= AT_LEAST[name]
    assert len({one.line for one in refused}) > 10, "they fail for reasons of their own"


def _told(one: Outcome) -> str:
    cost = f"{one.seconds:.1f} s, {one.memory_mb:.0f} MB"
    return f"{one.kind}/{one.name}: {one.ended}, not {one.expect}, in {cost}: {one.line[:200]} {one.wrong}"
