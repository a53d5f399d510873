"""Partitioning Around Medoids (Kaufman and Rousseeuw 1990): the clusters of StyleGAN-NADA's diversity (5.3).

BUILD chooses medoids greedily, SWAP exchanges a medoid for another point while that lowers the total distance of
points to their nearest medoid. No draw is made: of equally good choices the first is taken.

Legend: N points, k medoids.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stylealign.errors import JudgeError

Distances = NDArray[np.float64]
Indices = NDArray[np.int64]

TOLERANCE = 1e-12  # of the total: what rounding alone may seem to gain by a swap


@dataclass(frozen=True)
class Clusters:
    """``medoids`` int64 [k], rising; ``labels`` int64 [N], the place among medoids of each point's nearest one."""

    medoids: Indices
    labels: Indices
    total: float  # distance of all points to their medoids


def k_medoids(distances: Distances, k: int) -> Clusters:
    """Clusters of N points around ``k`` of them, from their ``distances`` [N, N] (N up to a thousand or two).

    Raises:
        JudgeError: points are fewer than k, or a distance is not a finite number.
    """
    assert distances.ndim == 2, distances.shape
    assert distances.shape[0] == distances.shape[1], distances.shape
    if not 1 <= k <= len(distances):
        raise JudgeError(f"{len(distances)} images cannot be put into {k} clusters; raise num_images or lower clusters")
    if not np.isfinite(distances).all():
        raise JudgeError(
            "a distance between images is not a number; is the judge trained, and the model not collapsed?"
        )
    medoids = swapped(distances, build(distances, k))
    to_medoids = distances[:, medoids]  # [N, k]
    labels = to_medoids.argmin(1)
    labels[medoids] = np.arange(k)  # a medoid is of its own cluster, even where another is a copy of it
    return Clusters(medoids, labels, float(to_medoids.min(1).sum()))


def build(distances: Distances, k: int) -> Indices:
    """The k points that BUILD chooses, int64 [k], rising: each lowers the total most, given those before."""
    nearest = np.full(len(distances), np.inf)
    chosen: list[int] = []
    for _ in range(k):
        totals = np.minimum(distances, nearest).sum(1)  # [N], if each point were chosen next
        totals[chosen] = np.inf
        chosen.append(int(totals.argmin()))
        nearest = np.minimum(nearest, distances[chosen[-1]])
    return np.sort(np.array(chosen, np.int64))


def swapped(distances: Distances, medoids: Indices) -> Indices:
    """Medoids that no exchange of one of them for another point makes better, int64 [k], rising."""
    while True:
        changes = swap_changes(distances, medoids)  # [N, k]
        point, place = np.unravel_index(changes.argmin(), changes.shape)
        if changes[point, place] >= -TOLERANCE * distances[:, medoids].min(1).sum():
            return medoids
        medoids = np.sort(np.where(np.arange(len(medoids)) == place, point, medoids))


def swap_changes(distances: Distances, medoids: Indices) -> Distances:
    """What the total changes by if a point takes the place of a medoid, [N, k]; of medoids themselves infinity.

    A point that loses its medoid goes to the new one or to its second nearest, any other to the new one if that is
    nearer (the sums of FastPAM1, Schubert and Rousseeuw 2019).
    """
    to_medoids = distances[:, medoids]  # [N, k]
    first = to_medoids.min(1)
    second = np.partition(to_medoids, 1, axis=1)[:, 1] if len(medoids) > 1 else np.full(len(distances), np.inf)
    owned = np.eye(len(medoids))[to_medoids.argmin(1)]  # [N, k]
    if_kept = np.minimum(distances, first)  # [candidate, point]
    changes = (if_kept.sum(1) - first.sum())[:, None] + (np.minimum(distances, second) - if_kept) @ owned
    changes[medoids] = np.inf
    return changes
