"""How far the mapping network moved (StyleAlign, Table 7; table ``mapping_drift``).

    l1_w = E_z mean_j |w_parent(z)_j - w_model(z)_j|

over the same standard normal z, without truncation (two models' different w_avg would bias it). Related models stay
close, and two roots trained apart are the yardstick.

Legend: N latent codes.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.checkpoint import load_generator
from stylealign.errors import LineageError
from stylealign.intervals import mean_interval
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.networks.mapping import MappingNetwork

BATCH = 8192

Relative = tuple[str, str, str | os.PathLike[str]]  # name, relation, checkpoint


def mapping_distances(
    mapping: "MappingNetwork", others: Sequence["MappingNetwork"], z: torch.Tensor
) -> list[np.ndarray]:
    """mean_j |w_j - other w_j| of each ``z`` [N, z_dim], for each of the ``others``: a float64 [N] each."""
    device = mapping.w_avg.device
    distances: list[list[np.ndarray]] = [[] for _ in others]
    with torch.inference_mode():
        for some_z in z.split(BATCH):
            some_z = some_z.to(device)
            w = mapping.w(some_z)  # [n, w_dim]
            for kept, other in zip(distances, others, strict=True):
                kept.append((w - other.w(some_z)).abs().double().mean(dim=1).cpu().numpy())
    return [np.concatenate(kept) for kept in distances]


def mapping_drift_rows(
    model: str,
    model_path: str | os.PathLike[str],
    relatives: Sequence[Relative],
    *,
    num_z: int,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``mapping_drift`` for one model against each of its ``relatives`` (name, relation, checkpoint).

    Raises :class:`CheckpointError`, and :class:`LineageError` where two models have no z or w in common.
    """
    mapping = load_generator(model_path, device)[0].mapping
    others = [load_generator(path, device)[0].mapping for _, _, path in relatives]
    for (parent, _, _), other in zip(relatives, others, strict=True):
        _check_comparable(mapping, other, f"models.{model} and models.{parent}")
    z = sample_z(num_z, mapping.z_dim, seed, "mapping_drift")
    rows = []
    for (parent, relation, _), values in zip(relatives, mapping_distances(mapping, others, z), strict=True):
        low, high = mean_interval(values, seed, "mapping_drift", parent, model)
        rows.append(
            {"parent": parent, "model": model, "relation": relation}
            | {"l1_w": float(values.mean()), "l1_w_low": low, "l1_w_high": high, "num_z": num_z, "seed": seed}
        )
    return rows


def _check_comparable(mapping: "MappingNetwork", other: "MappingNetwork", what: str) -> None:
    ours, theirs = (mapping.z_dim, mapping.w_dim), (other.z_dim, other.w_dim)
    if ours != theirs:
        raise LineageError(f"{what}: (z_dim, w_dim) are {ours} and {theirs}; the same z means nothing to both")
