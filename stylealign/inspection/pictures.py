"""Figures and pages: what they show, and what they say of how they were made."""

import html as markup
import re
import struct
from pathlib import Path

from stylealign.inspection.findings import Findings
from stylealign.origins import container, read_signature


def inspect_png(path: Path) -> Findings:
    """A picture; a figure of a study says how it was made."""
    with open(path, "rb") as file:
        head = file.read(24)
    width, height = struct.unpack(">II", head[16:24])
    return _figure(path, "picture (PNG)", {"pixels": f"{width} x {height}"})


def inspect_pdf(path: Path) -> Findings:
    """A drawing; a figure of a study says how it was made."""
    return _figure(path, "document (PDF)", {})


def inspect_video(path: Path) -> Findings:
    """A morph, as MP4, WebP or GIF."""
    return _figure(path, f"video ({container(path).upper()})", {})


def inspect_html(path: Path) -> Findings:
    """A page of a table or a figure."""
    with open(path, encoding="utf-8") as file:
        found = re.search(r"<title>(.*?)</title>", file.read(4096), re.DOTALL)
    return _figure(path, "page (HTML)", {"title": markup.unescape(found[1])} if found else {})


def _figure(path: Path, what: str, facts: dict[str, str]) -> Findings:
    made = read_signature(path)
    rule = str(made.get("rule", ""))
    name = f"figure {rule.removeprefix('draw_')}: " if rule.startswith("draw_") else ""
    silent = {} if made else {"made": "it does not say: not of a study, or of an earlier version"}
    return Findings(f"{name}{what}", facts | silent, made)
