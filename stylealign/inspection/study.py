"""A study's file: what it is about, and what it would make."""

from pathlib import Path

from stylealign.config import plan
from stylealign.config.load import read_study
from stylealign.inspection.findings import Findings
from stylealign.lineage import lineage
from stylealign.provenance import canonical_json, text_digest

MAX_LINES = 40


def inspect_study(path: Path) -> Findings:
    """A study in few lines; :class:`ConfigError` holds its mistakes, should it have any."""
    study = read_study(path)
    lines = [" -> ".join(lineage(study.parents(), model)) for model in study.models]
    more = [f"and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else []
    facts = {
        "digest": text_digest(canonical_json(study.canonical())),
        "seed": str(study.seed),
        "domains": ", ".join(study.domains),
        "models": [*lines[:MAX_LINES], *more],
        "judges": ", ".join(f"{name} ({judge.kind})" for name, judge in study.judges.items()) or "none",
        "tables": ", ".join(plan.tables(study)),
        "figures": ", ".join(plan.figures(study)),
    }
    return Findings(
        f"study of {len(study.models)} models of {len(study.domains)} domains at {study.resolution} px", facts
    )
