"""What a file is and how it was made, from its own header: ours by what they say of themselves, others by their kind.

No weights, no pictures and no rows are read but of other projects' checkpoints, whose shapes alone tell what they are;
nothing in a file is ever executed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from stylealign.errors import CheckpointError, ConfigError, StyleAlignError
from stylealign.inspection.archives import inspect_zip
from stylealign.inspection.checkpoints import inspect_foreign, inspect_safetensors
from stylealign.inspection.findings import Findings, to_json, to_text
from stylealign.inspection.parquet import inspect_parquet
from stylealign.inspection.pictures import inspect_html, inspect_pdf, inspect_png, inspect_video
from stylealign.inspection.study import inspect_study
from stylealign.origins import UNREADABLE, container

YAML = (".yaml", ".yml")
MAX_WHY = 200  # characters of what a library says of a file
_READERS: dict[str, Callable[[Path], Findings]] = {
    "parquet": inspect_parquet,
    "safetensors": inspect_safetensors,
    "zip": inspect_zip,
    "png": inspect_png,
    "pdf": inspect_pdf,
    "html": inspect_html,
    **dict.fromkeys(("mp4", "webp", "gif"), inspect_video),
}


def inspected(path: Path, *, as_json: bool = False) -> str:
    """What a file is and how it was made, as text for a terminal or as JSON; errors as :func:`inspect_file`."""
    found = inspect_file(path)
    with _told_in_a_line(path):
        return (to_json if as_json else to_text)(str(path), found)


def inspect_file(path: Path) -> Findings:
    """What a file is and how it was made; :class:`StyleAlignError`, one line, where it cannot be told."""
    with _told_in_a_line(path):
        if not path.is_file():
            kind = "a folder; name a file in it" if path.is_dir() else "there is no such file"
            raise StyleAlignError(f"{path}: {kind}")
        reader = inspect_study if path.suffix.lower() in YAML else _READERS.get(container(path), inspect_foreign)
        return reader(path)


@contextmanager
def _told_in_a_line(path: Path) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        more = f", and {len(error.problems) - 1} more" if len(error.problems) > 1 else ""
        said = f"{path}: not a study: {error.problems[0]}{more}; `stylealign check` lists them"
        raise StyleAlignError(said) from error
    except CheckpointError as error:
        raise StyleAlignError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    except StyleAlignError:
        raise
    except UNREADABLE as error:
        why = str(error)[:MAX_WHY] or type(error).__name__
        raise StyleAlignError(f"{path}: cannot be read, or is damaged ({why})") from error
