"""Every error a user can meet, as one tree.

    StyleAlignError
    ├── ConfigError            the study's description is wrong (holds every mistake found, one line each)
    ├── ImageSetError          a folder, archive or image set cannot be used
    ├── CheckpointError        a checkpoint is foreign, damaged or of another architecture
    │   └── LineageError       two models without a common ancestor, or a child that does not fit its parent
    ├── ResumeError            a private training state belongs to another run, or is in use
    ├── TrainingError          training diverged
    ├── DeviceError            the device asked for is not there
    ├── JudgeError             a judge cannot be loaded, or was asked for what it cannot measure
    ├── CodesError             codes of images are damaged, or belong to another model
    ├── StorageError           the disk is full, or may not be written
    ├── TableError             rows that do not fit the declared schema
    └── InterruptedRun         a signal asked to stop; the state is saved and the same command resumes

Each message names the key or file and the cure. What it quotes may come from a hostile file or name: it is shown on one
line, in printable characters, and shortened where it is very long.
"""

import re
from collections.abc import Sequence

MAX_LINE = 1000  # characters of a message
MAX_PROBLEMS = 100  # lines shown of a study's mistakes


def printable(text: str) -> str:
    """``text`` on one line of valid Unicode: control characters, and bytes that are not UTF-8, become escapes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    if "\udc80" <= character <= "\udcff":  # a byte that Python read as surrogateescape
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def shortened(text: str, limit: int = MAX_LINE) -> str:
    """``text`` with its middle left out where it has more than ``limit`` characters."""
    half = (limit - 5) // 2
    return text if len(text) <= limit else f"{text[:half]} ... {text[-half:]}"


class StyleAlignError(Exception):
    """Base of every error a user can cause; its text is meant to be shown without a traceback."""

    def __init__(self, message: object = ""):
        super().__init__(_one_line(str(message)))


class ConfigError(StyleAlignError):
    """The study's description is wrong; ``problems`` holds one line per mistake."""

    def __init__(self, problems: Sequence[str], path: str = "config"):
        self.problems = [_one_line(problem) for problem in problems]
        count = len(self.problems)
        head = f"{_one_line(path)}: {count} mistake{'' if count == 1 else 's'}"
        more = [] if count <= MAX_PROBLEMS else [f"and {count - MAX_PROBLEMS} more"]
        lines = [head, *(f"  {problem}" for problem in [*self.problems[:MAX_PROBLEMS], *more])]
        Exception.__init__(self, "\n".join(lines))


def _one_line(text: str) -> str:
    """Lines of a library's message side by side; the rest as :func:`printable`, :func:`shortened`."""
    return shortened(printable(re.sub(r"\s*\n\s*", " ", text)))


class ImageSetError(StyleAlignError):
    """A folder, archive or image set cannot be used."""


class CheckpointError(StyleAlignError):
    """A checkpoint is foreign, damaged or of another architecture."""


class LineageError(CheckpointError):
    """Two models without a common ancestor, or a child that does not fit its parent."""


class ResumeError(StyleAlignError):
    """A private training state belongs to another run, or another process is using it."""


class TrainingError(StyleAlignError):
    """Training diverged."""


class DeviceError(StyleAlignError):
    """The device asked for is not there."""


class JudgeError(StyleAlignError):
    """A judge cannot be loaded, or was asked for something it does not measure."""


class CodesError(StyleAlignError):
    """A file of codes is damaged, or its codes belong to another model, space or setting."""


class TableError(StyleAlignError):
    """Rows that do not fit the declared schema of their table."""


class StorageError(StyleAlignError):
    """The disk is full, read-only or forbidden; what stood there is unharmed."""


class InterruptedRun(StyleAlignError):
    """A signal asked the run to stop; its state is saved and the same command resumes it."""
