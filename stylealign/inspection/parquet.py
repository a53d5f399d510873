"""Parquet files of ours: tables, codes, the index of an image set."""

import json
from pathlib import Path
from typing import Any

from stylealign.inspection.findings import Findings
from stylealign.origins import parquet_metadata
from stylealign.signature import KEY as SIGNATURE_KEY


def inspect_parquet(path: Path) -> Findings:
    """A table, codes, an index, or somebody else's Parquet file."""
    import pyarrow.parquet as pq

    header = pq.read_metadata(path)
    said = {key: json.loads(value) for key, value in parquet_metadata(path).items() if value[:1] in '{["'}
    made = said.get(SIGNATURE_KEY, {})
    columns = header.schema.to_arrow_schema().names
    shape = {"rows": str(header.num_rows), "columns": ", ".join(columns)}
    if "stylealign.table" in said:
        return Findings(*_table(said["stylealign.table"], shape), made)
    if "stylealign.codes" in said:
        return Findings(*_codes(said["stylealign.codes"], header.num_rows), made)
    if "stylealign.attributes" in said:
        return Findings(*_index(said["stylealign.attributes"], header.num_rows), made)
    what = "the files that an image set turned away" if columns == ["origin", "reason", "detail"] else "a Parquet file"
    return Findings(what if what != "a Parquet file" else f"{what}, not of this package", shape, made)


def _table(about: dict[str, Any], shape: dict[str, str]) -> tuple[str, dict[str, str]]:
    paper = {"paper": str(about["paper"])} if about.get("paper") else {}
    return f"table {about['name']}: {about['title']}", {**paper, **shape}


def _codes(passport: dict[str, Any], num: int) -> tuple[str, dict[str, str]]:
    facts = {key: str(passport[key]) for key in ("method", "space", "shape", "generator", "truncation_psi", "judge")}
    return f"codes of {num} images", {**facts, "settings": str(passport["settings"])}


def _index(attributes: list[dict[str, Any]], num: int) -> tuple[str, dict[str, str]]:
    names = ", ".join(str(one["name"]) for one in attributes) or "none"
    return f"index of an image set: {num} images", {"attributes": names}
