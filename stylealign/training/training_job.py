"""What one training reads, writes and may use, as a value that another process can be handed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stylealign.config.models import ResolvedModel


@dataclass(frozen=True)
class TrainingJob:
    """A model, the files that its training reads and writes, and the CPU threads it has in all its processes."""

    spec: ResolvedModel
    images: Path
    index: Path
    parent_pair: Path | None
    parent_card: Path | None
    state: Path  # the private folder for resuming
    g_ema: Path
    pair: Path
    ticks: Path
    cost: Path
    samples: Path
    threads: int
    provenance: Mapping[str, Any]
    snapshots: Path | None = None  # where the snapshots go, if any are kept

    def to_json(self) -> str:
        """One text; paths in it are absolute."""
        paths = {name: str(value.absolute()) for name, value in vars(self).items() if isinstance(value, Path)}
        values = {"threads": self.threads, "provenance": dict(self.provenance), "paths": paths}
        return json.dumps({**values, "spec": self.spec.model_dump(mode="json")})

    @classmethod
    def from_json(cls, text: str) -> "TrainingJob":
        values = json.loads(text)
        paths: dict[str, Any] = {name: Path(value) for name, value in values["paths"].items()}
        rest = {"threads": values["threads"], "provenance": values["provenance"]}
        spec = ResolvedModel.model_validate(values["spec"])
        return cls(**{"parent_pair": None, "parent_card": None, **paths, **rest, "spec": spec})
