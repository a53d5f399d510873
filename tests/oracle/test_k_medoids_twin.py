"""Medoids against every set of medoids there is, and diversity within clusters pair by pair."""

from itertools import combinations

import numpy as np
import pytest

from stylealign.intervals import percentile_interval
from stylealign.metrics.diversity import intra_cluster_diversity
from stylealign.metrics.k_medoids import k_medoids
from stylealign.seeds import numpy_stream


def few_points(seed: int, k: int) -> np.ndarray:
    """Distances of 8 points around k places far apart."""
    rng = np.random.default_rng(seed)
    points = rng.normal(size=[8, 2]) + 20 * np.array([[n % k, (n % k) ** 2] for n in range(8)])
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_best_of_all_sets_of_medoids(seed: int, k: int) -> None:
    distances = few_points(seed, k)
    best = min(sum(min(row[m] for m in medoids) for row in distances) for medoids in combinations(range(8), k))
    assert k_medoids(distances, k).total == pytest.approx(best)


def test_diversity_within_clusters_pair_by_pair() -> None:
    rng = np.random.default_rng(4)
    points = rng.normal(size=[12, 2]) + 30 * (np.arange(12) % 3)[:, None]
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)

    def mean_of(drawn: list[int]) -> float:
        means = []
        for cluster in range(3):
            members = [n for n in drawn if n % 3 == cluster]
            pairs = [distances[a, b] for a, b in combinations(members, 2) if a != b]
            means += [np.mean(pairs)] if pairs else []
        return float(np.mean(means))

    found = intra_cluster_diversity(distances, 3, 5, "twin")
    counts = numpy_stream(5, "bootstrap", "twin", "intra_cluster_diversity").multinomial(12, [1 / 12] * 12, size=200)
    resampled = [mean_of([n for n in range(12) for _ in range(count[n])]) for count in counts]
    assert found.mean == pytest.approx(mean_of(list(range(12))))
    assert (found.low, found.high) == pytest.approx(tuple(percentile_interval(np.array(resampled))))
    assert (found.num_clusters, found.n) == (3, 12)
