"""What the files of this process say of how they were made.

A process makes the files of one job. It says once how (:func:`sign`), and every writer of the package asks here
(npz, safetensors, codes, figures and their pages), so that no function between them has to carry it along. Outside the
workflow nothing is signed.
"""

import json
from collections.abc import Mapping
from typing import Any

KEY = "stylealign.provenance"
"""The name of the signature among a file's metadata."""

_signed: dict[str, Any] = {}


def sign(made: Mapping[str, Any]) -> None:
    """From now on files say ``made`` of how they were made; nothing, for an empty mapping."""
    _signed.clear()
    _signed.update(made)


def signature() -> dict[str, Any]:
    """What files say of how they were made; empty where nobody said."""
    return dict(_signed)


def signed_metadata() -> dict[str, str]:
    """The same as an entry for a file's metadata; empty where nobody said."""
    return {KEY: signature_text()} if _signed else {}


def signature_text() -> str:
    """The same as one line of plain ASCII, equal for equal signatures; empty where nobody said."""
    return json.dumps(_signed, sort_keys=True) if _signed else ""
