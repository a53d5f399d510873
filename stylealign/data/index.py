"""``index.parquet`` and ``rejected.parquet``: what an image set says of its images, and of the files it turned away."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.data.prepare import Facts
from stylealign.data.rejection import Rejected
from stylealign.data.writer import image_name
from stylealign.errors import ImageSetError
from stylealign.reading import read_parquet
from stylealign.signature import signed_metadata
from stylealign.writing import fill_parquet

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("image_id", "split", "file", "origin", "width", "height", "caption")
ATTRIBUTE_PREFIX = "attribute:"
_ATTRIBUTES_KEY = b"stylealign.attributes"


def write_index(
    path: Path, facts: Sequence[Facts], splits: Sequence[str], attributes: Sequence[Mapping[str, Any]]
) -> None:
    """One row an image in the order of the zip; ``attributes`` describes the ``attribute:<name>`` columns."""
    import pyarrow as pa

    columns = {
        "image_id": pa.array([row.image_id for row in facts], pa.string()),
        "split": pa.array(list(splits), pa.string()),
        "file": pa.array([image_name(position) for position in range(len(facts))], pa.string()),
        "origin": pa.array([row.origin for row in facts], pa.string()),
        "width": pa.array([row.width for row in facts], pa.int64()),
        "height": pa.array([row.height for row in facts], pa.int64()),
        "caption": pa.array([row.caption for row in facts], pa.string()),
    }
    for attribute in attributes:
        name, unknown = attribute["name"], float("nan")
        values = [float(row.attributes.get(name, unknown)) for row in facts]
        columns[ATTRIBUTE_PREFIX + name] = pa.array(values, pa.float64())
    table = pa.table(columns).replace_schema_metadata(
        {_ATTRIBUTES_KEY: json.dumps(list(attributes), ensure_ascii=False), **signed_metadata()}
    )
    fill_parquet(path, table)


def read_index(path: Path) -> "tuple[pd.DataFrame, list[dict[str, Any]]]":
    """The rows, and the descriptions of the attributes; :class:`ImageSetError` when it is not an index."""
    try:
        table = read_parquet(path)
        attributes = json.loads((table.schema.metadata or {}).get(_ATTRIBUTES_KEY, b"[]"))
        frame = table.to_pandas()
    except ValueError as error:
        raise ImageSetError(
            f"{path}: not a readable index ({error}); remove the image set's folder and run again"
        ) from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    if missing:
        raise ImageSetError(f"{path}: not the index of an image set (no column {missing[0]}); give an index.parquet")
    return frame, attributes


def write_rejected(path: Path, rejected: Sequence[Rejected]) -> None:
    """One row a file that was turned away, in the order of names."""
    import pyarrow as pa

    rows = [{"origin": row.origin, "reason": str(row.reason), "detail": row.detail} for row in rejected]
    schema = pa.schema([(name, pa.string()) for name in ("origin", "reason", "detail")])
    fill_parquet(path, pa.Table.from_pylist(rows, schema=schema))
