"""The shape a checkpoint says it has, read from a safetensors header without torch."""

import json
import struct
from pathlib import Path
from typing import Any, TypeVar

from stylealign.errors import CheckpointError

_MAX_HEADER_BYTES = 10_000_000  # a hundred thousand tensors have less
_NO_JSON = (ValueError, TypeError, AttributeError, RecursionError)

Value = TypeVar("Value")


def read_metadata(path: Path) -> dict[str, str]:
    """The ``__metadata__`` of a safetensors file; :class:`CheckpointError` when it is not one."""
    with path.open("rb") as file:
        prefix = file.read(8)
        size = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= size <= _MAX_HEADER_BYTES:
            raise CheckpointError("is not a safetensors file; convert the checkpoint first")
        text = file.read(size)
    try:
        metadata = json.loads(text).get("__metadata__", {})
        return {str(key): _as(str, value) for key, value in _as(dict, metadata).items()}
    except _NO_JSON as error:
        raise CheckpointError("is not a safetensors file, or is cut short; fetch or convert it again") from error


def read_card_values(path: Path) -> dict[str, Any]:
    """The model card's values; empty where the file holds no card."""
    text = read_metadata(path).get("stylealign", "{}")
    try:
        return _as(dict, json.loads(text).get("card", {}))
    except _NO_JSON as error:
        raise CheckpointError("says of itself what nobody can read; fetch or convert it again") from error


def read_shape(path: Path) -> tuple[int | None, dict[str, Any]]:
    """Resolution and architecture a checkpoint declares; ``(None, {})`` where it declares none."""
    card = read_card_values(path)
    resolution, architecture = card.get("img_resolution"), card.get("architecture", {})
    if not (resolution is None or isinstance(resolution, int)) or not isinstance(architecture, dict):
        raise CheckpointError("says of itself what nobody can read; fetch or convert it again")
    return resolution, architecture


def _as(kind: type[Value], value: object) -> Value:
    """``value`` if it is of ``kind``, else ``TypeError``: JSON may hold anything anywhere."""
    if not isinstance(value, kind):
        raise TypeError(f"not a {kind.__name__}")
    return value
