"""Directions in W on disk: unit normals of linear boundaries, with names (InterFaceGAN; StyleAlign, A.2).

``{model}.npz``: names [B], normals [B, w_dim] of unit length, intercepts [B], the attribute of each. Needs no torch.

Legend: B boundaries.
"""

import os
from dataclasses import dataclass

import numpy as np

from stylealign.config.problems import nearest
from stylealign.errors import CheckpointError, ConfigError
from stylealign.reading import Unreadable, read_npz
from stylealign.writing import write_npz

CONDITIONAL = "|"  # attribute|other: what is left of the attribute's normal off the other's


@dataclass(frozen=True)
class Boundaries:
    """Linear boundaries in W; ``<w, normal> + intercept`` is positive on the attribute's high side."""

    names: tuple[str, ...]
    normals: np.ndarray  # float32 [B, w_dim], unit length
    intercepts: np.ndarray  # float32 [B]
    attributes: tuple[str, ...]  # [B]

    def normal(self, name: str, key: str = "boundary") -> np.ndarray:
        """The normal of one boundary, float64 [w_dim]; :class:`ConfigError` says under ``key`` what is near."""
        if name not in self.names:
            raise ConfigError([f"{key}: there is no boundary {name!r}; {nearest(name, self.names)}"])
        return self.normals[self.names.index(name)].astype(np.float64)

    def of(self, attribute: str) -> tuple[str, ...]:
        """The names of an attribute's own boundaries (one per value for classes), conditional ones left out."""
        found = zip(self.names, self.attributes, strict=True)
        return tuple(name for name, about in found if about == attribute and CONDITIONAL not in name)

    @property
    def unconditional(self) -> tuple[str, ...]:
        """The names of all but the conditional ones."""
        return tuple(name for name in self.names if CONDITIONAL not in name)


def save_boundaries(path: str | os.PathLike[str], boundaries: Boundaries) -> None:
    """Write the npz beside ``path``, then rename; equal boundaries give equal bytes."""
    arrays = {
        "names": np.asarray(boundaries.names, dtype=str),
        "normals": boundaries.normals.astype(np.float32),
        "intercepts": boundaries.intercepts.astype(np.float32),
        "attribute": np.asarray(boundaries.attributes, dtype=str),
    }
    write_npz(path, arrays)


def load_boundaries(path: str | os.PathLike[str]) -> Boundaries:
    """Read what :func:`save_boundaries` wrote; :class:`CheckpointError` when it is not such a file."""
    try:
        npz = read_npz(path)
        names, attributes = (tuple(map(str, npz[name])) for name in ("names", "attribute"))
        found = Boundaries(names, npz["normals"], npz["intercepts"], attributes)
        _check_sizes(found)
        return found
    except (Unreadable, KeyError, ValueError, TypeError) as error:
        raise CheckpointError(
            f"{path} does not hold boundaries ({error}); name a results/boundaries/{{model}}.npz, or run again"
        ) from error


def _check_sizes(found: Boundaries) -> None:
    """``ValueError`` unless each name has a normal of finite numbers, an intercept and an attribute."""
    numbers = found.normals, found.intercepts
    if not all(one.dtype.kind == "f" and np.isfinite(one).all() for one in numbers):
        raise ValueError("normals and intercepts are not finite numbers")
    lengths = {len(found.names), len(found.attributes), *(len(one) if one.ndim else -1 for one in numbers)}
    if len(lengths) > 1 or found.normals.ndim != 2:
        raise ValueError("names, normals and intercepts are not equally many")
