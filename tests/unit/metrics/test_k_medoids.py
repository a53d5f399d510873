"""Clusters around medoids: the best there are where they are plain, the same in any order, none better by one swap."""

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.metrics.k_medoids import build, k_medoids, swap_changes, swapped


def distances_of(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


def total(distances: np.ndarray, medoids: np.ndarray) -> float:
    return float(distances[:, medoids].min(1).sum())


@pytest.fixture
def spread() -> np.ndarray:
    return distances_of(np.random.default_rng(0).normal(size=[60, 3]))


def test_groups_apart_are_found() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(4), 15)
    points = rng.normal(size=[60, 2]) + 100 * np.stack([groups % 2, groups // 2], 1)
    shuffled = rng.permutation(60)
    labels = k_medoids(distances_of(points[shuffled]), 4).labels
    together = labels[:, None] == labels
    np.testing.assert_array_equal(together, groups[shuffled][:, None] == groups[shuffled])


def test_what_a_swap_is_said_to_change_it_changes(spread) -> None:
    medoids = np.array([3, 17, 42, 55])
    changes = swap_changes(spread, medoids)
    for point in (0, 16, 30, 59):
        for place in range(4):
            after = medoids.copy()
            after[place] = point
            assert changes[point, place] == pytest.approx(total(spread, after) - total(spread, medoids))
    assert np.isinf(changes[medoids]).all()


@pytest.mark.parametrize("k", [1, 2, 7])
def test_no_swap_makes_it_better_and_swapping_helped(spread, k: int) -> None:
    found = k_medoids(spread, k)
    assert swap_changes(spread, found.medoids).min() >= -1e-9
    assert found.total == pytest.approx(total(spread, found.medoids))
    assert found.total <= total(spread, build(spread, k))
    poor = np.arange(k)
    assert total(spread, swapped(spread, poor)) < total(spread, poor)


def test_the_order_of_points_does_not_matter(spread) -> None:
    order = np.random.default_rng(2).permutation(60)
    plain, mixed = k_medoids(spread, 5), k_medoids(spread[np.ix_(order, order)], 5)
    np.testing.assert_array_equal(np.sort(order[mixed.medoids]), plain.medoids)
    assert mixed.total == pytest.approx(plain.total)


def test_a_medoid_is_of_its_own_cluster_and_points_of_the_nearest(spread) -> None:
    found = k_medoids(spread, 6)
    np.testing.assert_array_equal(found.labels[found.medoids], np.arange(6))
    np.testing.assert_array_equal(found.labels, spread[:, found.medoids].argmin(1))


def test_copies_of_one_point_are_still_k_clusters() -> None:
    found = k_medoids(np.zeros([5, 5]), 3)
    assert len(set(found.medoids.tolist())) == 3
    assert set(found.labels.tolist()) == {0, 1, 2}
    assert found.total == 0


def test_every_point_may_be_a_medoid(spread) -> None:
    found = k_medoids(spread[:8, :8], 8)
    np.testing.assert_array_equal(found.medoids, np.arange(8))
    assert found.total == 0


def test_what_cannot_be_clustered_is_refused(spread) -> None:
    with pytest.raises(JudgeError, match="60 images cannot be put into 61 clusters"):
        k_medoids(spread, 61)
    with pytest.raises(JudgeError, match="not a number"):
        k_medoids(np.where(np.eye(60) > 0, np.nan, spread), 3)
