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

Each message names the key or file and the cure.
"""

from collections.abc import Sequence


class StyleAlignError(Exception):
    """Base of every error a user can cause; its text is meant to be shown without a traceback."""


class ConfigError(StyleAlignError):
    """The study's description is wrong; ``problems`` holds one line per mistake."""

    def __init__(self, problems: Sequence[str], path: str = "config"):
        self.problems = list(problems)
        count = len(self.problems)
        head = f"{path}: {count} mistake{'' if count == 1 else 's'}"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


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
