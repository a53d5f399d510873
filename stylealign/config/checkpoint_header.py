"""The shape a checkpoint says it has, read from a safetensors header without torch."""

import json
import struct
from pathlib import Path
from typing import Any

from stylealign.errors import CheckpointError

_MAX_HEADER_BYTES = 100_000_000


def read_metadata(path: Path) -> dict[str, str]:
    """The ``__metadata__`` of a safetensors file; :class:`CheckpointError` when it is not one."""
    with path.open("rb") as file:
        prefix = file.read(8)
        size = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
        if not 2 <= size <= _MAX_HEADER_BYTES:
            raise CheckpointError("is not a safetensors file; convert the checkpoint first")
        text = file.read(size)
    try:
        header = json.loads(text)
        return dict(header.get("__metadata__", {}))
    except (ValueError, AttributeError) as error:
        raise CheckpointError("is not a safetensors file, or is cut short; fetch or convert it again") from error


def read_card_values(path: Path) -> dict[str, Any]:
    """The model card's values; empty where the file holds no card."""
    return dict(json.loads(read_metadata(path).get("stylealign", "{}")).get("card", {}))


def read_shape(path: Path) -> tuple[int | None, dict[str, Any]]:
    """Resolution and architecture a checkpoint declares; ``(None, {})`` where it declares none."""
    card = read_card_values(path)
    return card.get("img_resolution"), dict(card.get("architecture", {}))
