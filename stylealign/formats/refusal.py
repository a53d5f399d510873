"""How a foreign file is turned down: one line that names the file, whatever was done to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from stylealign.errors import CheckpointError, StyleAlignError

PathLike = str | os.PathLike[str]

_DAMAGE = (ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


class Refusal(Exception):
    """Why a file is not read; :func:`naming` puts its path before it."""


@contextmanager
def naming(path: PathLike) -> Iterator[None]:
    """Turn whatever a hostile, foreign or cut file causes into one line of :class:`CheckpointError` naming ``path``."""
    try:
        yield
    except StyleAlignError:
        raise
    except Refusal as refusal:
        raise CheckpointError(f"{path}: {refusal}") from refusal
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror or error}); check the path") from error
    except _DAMAGE as error:
        why = shown(error) or type(error).__name__
        raise CheckpointError(f"{path}: is damaged, cut short or no checkpoint ({why}); fetch it again") from error


def shown(value: object) -> str:
    """What a file says as it may stand in a message: one short line of ASCII; of anything nested its type alone."""
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a huge number"
    simple = value is None or isinstance(value, str | int | float | Exception)
    text = ascii(str(value)[:200])[1:-1] if simple else f"a {type(value).__name__}"
    return text if len(text) <= 120 else f"{text[:117]}..."
