"""What ``stylealign inspect`` found in a file, as text for a terminal and as JSON for machines.

Files are not trusted: whatever a terminal would obey (control characters, escape sequences, changes of direction) is
shown as its code.
"""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stylealign.provenance import told

MAX_SHOWN, WIDTH = 1000, 100  # characters of one value, of one line of it


@dataclass(frozen=True)
class Findings:
    """``what`` the file is, ``facts`` about it (each one line of text, or several) and how it was made.

    Raises ``TypeError`` for a provenance that is none: files may say anything.
    """

    what: str
    facts: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.provenance, Mapping):
            raise TypeError("what it says of how it was made is no mapping")


def to_text(name: str, findings: Findings) -> str:
    """Aligned lines: what it is, what is known of it, how it was made."""
    facts = [(key, [value] if isinstance(value, str) else list(value)) for key, value in findings.facts.items()]
    made = told(findings.provenance)
    width = max((len(escaped(key)) for key, _ in [*facts, *made]), default=0)
    lines = [f"{escaped(name)}: {escaped(findings.what)}", *_aligned(facts, width)]
    if made:
        lines += ["", "How it was made", *_aligned(made, width)]
    return "\n".join(lines)


def _aligned(entries: Sequence[tuple[str, Sequence[str]]], width: int) -> list[str]:
    lines = []
    for key, values in entries:
        texts = [line for value in values for line in textwrap.wrap(_cut(escaped(value)), WIDTH) or [""]]
        heads = [escaped(key), *[""] * (len(texts) - 1)]
        lines += [f"  {head:<{width}}  {text}".rstrip() for head, text in zip(heads, texts, strict=True)]
    return lines


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]} ... ({len(text) - MAX_SHOWN} more characters)"


def escaped(text: str) -> str:
    """Text with what cannot be printed, or would move or colour a terminal, as its code."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def to_json(name: str, findings: Findings) -> str:
    """The same for machines, in ASCII."""
    found = {
        "file": name,
        "what": findings.what,
        "facts": dict(findings.facts),
        "provenance": dict(findings.provenance),
    }
    return json.dumps(found, indent=2).replace("\x7f", "\\u007f")
