"""Files and folders that a study names must be there."""

import os
from collections.abc import Iterator
from pathlib import Path

from stylealign.config.problems import Problem
from stylealign.config.sketch import Sketch


def check_path(sketch: Sketch, key: str, path: Path | None, kind: str) -> Iterator[Problem]:
    """``kind``: a file, or a folder."""
    if path is None:
        return
    found = sketch.root / path  # os.path, unlike Path, finds that nothing can have a name that is too long
    if not os.path.exists(found):
        yield Problem(key, "there is no such file or folder, seen from the working directory", str(path))
    elif os.path.isdir(found) != (kind == "folder"):
        other = {"folder": "is a file; name a folder", "file": "is a folder; name a file"}[kind]
        yield Problem(key, other, str(path))
    elif kind == "file" and not os.path.isfile(found):
        yield Problem(key, "is a device or a pipe; name a file", str(path))
