"""A study as far as its parts are right: what the checks of the whole look at."""

from collections.abc import Mapping, Set
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
    adapted: Set[str]  # the models that have a section `adapt`, right or wrong
    judges: Mapping[str, Judge | None]
    inversion: Inversion | None
    has_inversion: bool  # whether the section is there, right or wrong
    studies: Studies | None

    def parents(self) -> dict[str, str | None]:
        """Descent as far as it is known: an unknown parent counts as none."""
        known = {name: None if model is None else model.parent for name, model in self.models.items()}
        return {name: parent if parent in known else None for name, parent in known.items()}

    def resolution_of(self, name: str) -> int:
        """Pixels of a model, as far as they are known (0: not)."""
        model = self.models[name]
        return (None if model is None else model.resolution) or self.resolution or 0

    def full_size(self) -> dict[str, str | None]:
        """:meth:`parents` of the models of the study's own resolution, which most comparisons take (unknown: all)."""
        is_known = self.resolution is not None
        whole = {
            name: parent
            for name, parent in self.parents().items()
            if not is_known or self.resolution_of(name) == self.resolution
        }
        return {name: parent if parent in whole else None for name, parent in whole.items()}
