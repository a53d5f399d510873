"""Files and folders that a study names must be there."""

from collections.abc import Iterator
from pathlib import Path

from stylealign.config.problems import Problem
from stylealign.config.sketch import Sketch


def check_path(sketch: Sketch, key: str, path: Path | None, kind: str) -> Iterator[Problem]:
    """``kind``: a file, or a folder."""
    if path is None:
        return
    found = sketch.root / path
    if not found.exists():
        yield Problem(key, "there is no such file or folder, seen from the working directory", str(path))
    elif found.is_dir() != (kind == "folder"):
        other = {"folder": "is a file; name a folder", "file": "is a folder; name a file"}[kind]
        yield Problem(key, other, str(path))
