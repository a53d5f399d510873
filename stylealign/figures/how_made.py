"""How a result was made, at the foot of its page: folded, for readers; and as JSON, for ``stylealign inspect``."""

import html as markup
from collections.abc import Mapping
from typing import Any

from stylealign.provenance import told
from stylealign.signature import KEY, signature_text

STYLE = """
details { font: 13px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #6b7178; margin-top: 2rem; }
summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid #0072b2; }
details dl { display: grid; grid-template-columns: max-content minmax(0, 60rem); gap: .2rem 1.2rem; margin: .6rem 0 0; }
details dd { margin: 0; overflow-wrap: anywhere; }
details dd + dd { grid-column: 2; }
"""


def folded(provenance: Mapping[str, Any]) -> str:
    """A foot that opens with a click or the keyboard; nothing where nothing is known. Everything is escaped."""
    if not provenance:
        return ""
    entries = "".join(
        f"<dt>{markup.escape(key)}</dt>" + "".join(f"<dd>{markup.escape(line)}</dd>" for line in lines)
        for key, lines in told(provenance)
    )
    return f"<details><summary>How it was made</summary><dl>{entries}</dl></details>"


def in_markdown(provenance: Mapping[str, Any]) -> list[str]:
    """The same as a list, an entry a line, several values below each other."""
    lines = []
    for key, values in told(provenance):
        single = len(values) == 1
        lines += [f"- {key}: `{values[0]}`"] if single else [f"- {key}:", *(f"  - `{value}`" for value in values)]
    return lines


def data_block() -> str:
    """The signature of this process as a block of data that no browser runs; nothing where there is none."""
    text = signature_text().replace("<", "\\u003c")
    return f'<script type="application/json" id="{KEY}">{text}</script>' if text else ""
