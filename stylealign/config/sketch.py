"""A study as far as its parts are right: what the checks of the whole look at."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stylealign.config.domains import Photographs, WorldDomain
from stylealign.config.inversion import Inversion
from stylealign.config.judges import Judge
from stylealign.config.models import Architecture, Device, Model, Training
from stylealign.config.studies import Studies


@dataclass(frozen=True)
class Sketch:
    """A study as far as its parts are right; names of parts that are wrong are kept, with ``None``."""

    root: Path
    resolution: int | None
    device: Device | None
    architecture: Architecture | None
    training: Training | None
    domains: Mapping[str, WorldDomain | Photographs | None]
    models: Mapping[str, Model | None]
    judges: Mapping[str, Judge | None]
    inversion: Inversion | None
    has_inversion: bool  # whether the section is there, right or wrong
    studies: Studies | None

    def parents(self) -> dict[str, str | None]:
        """Descent as far as it is known: an unknown parent counts as none."""
        known = {name: None if model is None else model.parent for name, model in self.models.items()}
        return {name: parent if parent in known else None for name, parent in known.items()}
