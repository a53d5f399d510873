"""A table for readers: Markdown and CSV twins, and a sortable page that needs no network and goes into the report.

Numbers from the Parquet file are shown to a fixed number of significant digits in Markdown and HTML; the CSV has all.
Under each stand what the columns mean and how the table was made, both from the file's own metadata.
"""

import html as markup
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.figures.how_made import STYLE, data_block, folded, in_markdown
from stylealign.figures.table_template import PAGE
from stylealign.tables import TABLES, Table, read_description, read_provenance, read_table
from stylealign.writing import write_text

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 4


@dataclass(frozen=True)
class Page:
    """All there is to show of one table."""

    title: str
    paper: str
    meanings: dict[str, str]
    provenance: dict[str, Any]
    frame: "pd.DataFrame"


def write_table_page(parquet: Path, *, markdown: Path, csv: Path, html: Path) -> None:
    """The three twins of one table of the study; equal Parquet gives equal bytes."""
    page = read_page(parquet)
    write_text(markdown, to_markdown(page))
    write_text(csv, page.frame.to_csv(index=False, lineterminator="\n"))
    write_text(html, to_html(page))


def read_page(parquet: Path) -> Page:
    """A table with its title, its columns' meanings and its provenance."""
    about, meanings = read_description(parquet)
    title = about.get("title", Path(parquet).stem)
    return Page(title, about.get("paper", ""), meanings, _footer(read_provenance(parquet)), read_table(parquet))


def _footer(provenance: dict[str, Any]) -> dict[str, Any]:
    """What is shown of how a table was made: of its parts, which the file describes one by one, only their code."""
    shown_too = {key: value for key, value in provenance.items() if key != "parts"}
    parts = provenance.get("parts", {}).values()
    measured = sorted({str(part["code_digest"]) for part in parts if part.get("code_digest")})
    return {**shown_too, **({"measured_by_code": ", ".join(measured)} if measured else {})}


def shown(value: Any) -> str:
    """One value as readers see it: numbers to four significant digits, yes or no, a dash where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return "yes" if value else "no"
    if isinstance(value, float):
        return _decimal(value)
    return str(value)


def _decimal(value: float) -> str:
    if value == 0 or math.isinf(value):
        return f"{value:g}"
    if not 1e-5 <= abs(value) < 1e7:
        return f"{value:.{DIGITS - 1}e}"
    decimals = max(0, DIGITS - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"


def to_markdown(page: Page) -> str:
    """A GitHub table, then the meanings of its columns, then its provenance."""
    lines = [f"# {page.title}", "", *([_sentence(page.paper), ""] if page.paper else [])]
    lines += markdown_table(list(page.frame.columns), _cells(page.frame), _numeric(page.frame))
    if page.frame.empty:
        lines += ["", "No rows: this study compares nothing of this kind."]
    lines += ["", "## Columns", "", *(f"- `{name}`: {meaning}" for name, meaning in page.meanings.items())]
    if page.provenance:
        lines += [
            "",
            "## How it was made",
            "",
            *in_markdown(page.provenance),
        ]
    return "\n".join(lines) + "\n"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """The lines of a Markdown table, numbers to the right."""
    rules = ["---:" if numeric else "---" for numeric in right]
    escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    return [f"| {' | '.join(line)} |" for line in [list(head), rules, *escaped]]


def to_html(page: Page) -> str:
    """One file: the table, sortable by a click or the keyboard on a column's name, and what stands under it."""
    numeric = _numeric(page.frame)
    heads = [_head_cell(name, page.meanings.get(name, "")) for name in page.frame.columns]
    values = page.frame.itertuples(index=False, name=None)
    rows = [
        "<tr>" + "".join(map(_body_cell, row, texts, numeric)) + "</tr>"
        for row, texts in zip(values, _cells(page.frame), strict=True)
    ]
    return PAGE.substitute(
        title=markup.escape(page.title),
        paper=markup.escape(_sentence(page.paper)),
        head="".join(heads),
        rows="\n".join(rows),
        note="" if len(page.frame) else "<p>No rows: this study compares nothing of this kind.</p>",
        meanings=_definitions(page.meanings),
        provenance=folded(page.provenance),
        data=data_block(),
        style=STYLE,
    )


def _head_cell(name: str, meaning: str) -> str:
    return f'<th aria-sort="none" title="{markup.escape(meaning)}"><button>{markup.escape(name)}</button></th>'


def _body_cell(value: Any, text: str, numeric: bool) -> str:
    if not numeric:
        return f"<td>{markup.escape(text)}</td>"
    key = "" if text == "–" else repr(float(value))
    return f'<td class="number" data-key="{key}">{markup.escape(text)}</td>'


def _definitions(entries: dict[str, str]) -> str:
    return "".join(f"<dt>{markup.escape(key)}</dt><dd>{markup.escape(value)}</dd>" for key, value in entries.items())


def _cells(frame: "pd.DataFrame") -> list[list[str]]:
    return [[shown(value) for value in row] for row in frame.itertuples(index=False, name=None)]


def _numeric(frame: "pd.DataFrame") -> list[bool]:
    return [dtype.kind in "iuf" for dtype in frame.dtypes]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def reference_page(tables: Sequence[Table] = tuple(TABLES.values())) -> str:
    """``docs/tables.md``: every declared table, its place in the papers and what its columns hold."""
    lines = [
        "# The tables",
        "",
        "Generated from `stylealign/tables.py`; a test fails when they differ, and says how to write it anew.",
        "",
        "Every table is `results/tables/{name}.parquet`, its provenance inside the file, beside a `.md`, a `.csv` and",
        "a sortable `.html` twin. `ticks` is the exception: `results/models/{model}/ticks.parquet`, one file a model.",
    ]
    for table in tables:
        keys = f"; sorted by {', '.join(f'`{key}`' for key in table.keys)}" if table.keys else ""
        rows = [[f"`{column.name}`", column.dtype, column.meaning] for column in table.columns]
        lines += ["", f"## {table.name}", "", f"{table.title}. {_sentence(table.paper + keys)}", ""]
        lines += markdown_table(["column", "type", "what it holds"], rows, [False] * 3)
    return "\n".join(lines) + "\n"
