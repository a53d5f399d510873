"""Who measures translations: the judge of each role, a judge with several roles loaded once."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.judges.load import load_described

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

DESCRIBED = {"judge": "spec", "attributes_judge": "attributes_spec", "diversity_judge": "diversity_spec"}
"""Where a job's slice describes the judge of a role."""


def load_roles(spec: Mapping[str, Any], weights: Mapping[str, Path | None], device: str) -> "dict[str, Judge | None]":
    """The judges that the slice ``spec`` names, by role; one object where they are one, so that it looks once.

    ``weights`` are the files to read, by role; a role of nobody is ``None``. Raises as
    :func:`~stylealign.judges.load.load_judge`.
    """
    loaded: dict[str | None, Judge | None] = {None: None}
    for role, path in weights.items():
        if spec[role] not in loaded:
            loaded[spec[role]] = load_described(spec[role], spec[DESCRIBED[role]], path, device)
    return {role: loaded[spec[role]] for role in weights}
