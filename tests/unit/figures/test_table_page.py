import html.parser
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stylealign import tables
from stylealign.figures import table_page


@pytest.fixture
def parquet(tmp_path, drift_rows):
    drift_rows[0]["l1_w_low"] = float("nan")
    path = tmp_path / "mapping_drift.parquet"
    tables.write_table(path, tables.MAPPING_DRIFT, drift_rows, {"judge": "<none>", "versions": {"numpy": "2"}})
    return path


@pytest.fixture
def write(tmp_path):
    def run(parquet):
        paths = {kind: tmp_path / f"page.{kind}" for kind in ("markdown", "csv", "html")}
        table_page.write_table_page(parquet, **paths)
        return {kind: path.read_text(encoding="utf-8") for kind, path in paths.items()}

    return run


class Cells(html.parser.HTMLParser):
    """The texts and sort keys of a page's table."""

    def __init__(self):
        super().__init__()
        self.rows, self.outside = [], []

    def handle_starttag(self, tag, attrs):
        self.outside += [dict(attrs)[key] for key in ("src", "href") if key in dict(attrs)]
        if tag == "tr":
            self.rows.append([])
        elif tag == "td":
            self.rows[-1].append(dict(attrs).get("data-key"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456, "0.1235"),
        (12.0, "12.00"),
        (123456.0, "123456"),
        (0.0, "0"),
        (-0.00012, "-0.0001200"),
        (3e-9, "3.000e-09"),
        (float("inf"), "inf"),
        (float("nan"), "–"),
        (None, "–"),
        (True, "yes"),
        (np.bool_(False), "no"),
        (7, "7"),
        ("dog", "dog"),
    ],
)
def test_values_are_shown_to_four_digits(value, text):
    assert table_page.shown(value) == text


def test_csv_holds_every_digit(parquet, write):
    frame = pd.read_csv(io.StringIO(write(parquet)["csv"]))
    pd.testing.assert_frame_equal(frame, tables.read_table(parquet), check_dtype=False, check_exact=True)


def test_markdown_has_rows_meanings_and_provenance(parquet, write):
    text = write(parquet)["markdown"]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + 6
    assert "| parent | model |" in rows[0]
    assert "| face | painting | child | 0.05000 | – | 0.05500 | 100 | 0 |" in rows
    assert "StyleAlign, Table 7" in text
    assert "- `l1_w`: mean absolute difference" in text
    assert "- versions: `numpy: 2`" in text


def test_of_the_parts_only_the_code_that_measured_is_shown(tmp_path, drift_rows, write):
    halves = {"dog": (drift_rows[:3], "aaaa"), "cat": (drift_rows[3:], "aaaa")}
    for name, (rows, code) in halves.items():
        origin = {"code_digest": code, "config_digest": f"spec of {name}"}
        tables.write_table(tmp_path / f"{name}.parquet", tables.MAPPING_DRIFT, rows, origin)
    parts = [tmp_path / f"{name}.parquet" for name in halves]
    tables.collect(parts, tables.MAPPING_DRIFT, tmp_path / "all.parquet", {"seed": 3, "code_digest": "cccc"})
    pages = write(tmp_path / "all.parquet")
    footer = pages["markdown"].split("## How it was made\n\n")[1].splitlines()
    assert footer == ["- code_digest: `cccc`", "- seed: `3`", "- measured_by_code: `aaaa`"]
    assert "<dt>measured_by_code</dt><dd>aaaa</dd>" in pages["html"]
    assert "spec of dog" not in pages["html"]


def test_a_bar_in_a_cell_does_not_end_it():
    (_, _, row) = table_page.markdown_table(["a"], [["x|y\nz"]], [False])
    assert row == "| x\\|y z |"


def test_html_is_one_file_and_sorts_by_the_unrounded_numbers(parquet, write):
    text = write(parquet)["html"]
    cells = Cells()
    cells.feed(text)
    assert cells.outside == ["data:,"], "nothing is fetched"
    keys = [row[3] for row in cells.rows[1:]]
    assert sorted(map(float, keys)) == sorted(tables.read_table(parquet)["l1_w"])
    assert [row[4] for row in cells.rows[1:]].count("") == 1, "what is unknown has no key"
    assert "&lt;none&gt;" in text, "provenance is escaped"


def test_an_empty_table_says_so(tmp_path, write):
    path = tmp_path / "layer_reset.parquet"
    tables.write_table(path, tables.LAYER_RESET, [], {})
    pages = write(path)
    assert "No rows" in pages["markdown"]
    assert "No rows" in pages["html"]
    assert pages["csv"].strip().split(",") == tables.LAYER_RESET.column_names()


def test_equal_tables_give_equal_pages(parquet, write):
    assert write(parquet) == write(parquet)


def test_the_reference_page_has_every_table_and_column():
    text = table_page.reference_page()
    for table in tables.TABLES.values():
        section = text.split(f"\n## {table.name}\n")[1].split("\n## ")[0]
        assert [column for column in table.column_names() if f"| `{column}` |" not in section] == []


def test_a_parquet_without_our_metadata_is_still_shown(tmp_path, write):
    pd.DataFrame({"a": [1.5]}).to_parquet(tmp_path / "foreign.parquet")
    assert json.dumps("foreign")[1:-1] in write(tmp_path / "foreign.parquet")["markdown"]


def test_the_reference_page_in_the_docs_is_the_generated_one():
    page = Path(__file__).resolve().parents[3] / "docs" / "tables.md"
    renew = (
        'python -c \'from stylealign.figures.table_page import *; open("docs/tables.md", "w").write(reference_page())\''
    )
    assert page.read_text(encoding="utf-8") == table_page.reference_page(), f"write it anew: {renew}"
