"""Diversity of the translations of a source: none where references change nothing, the same in any order."""

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.images import from_hwc
from stylealign.intervals import mean_interval
from stylealign.metrics import diversity as module
from stylealign.metrics.diversity import (
    diversity_columns,
    intra_cluster_diversity,
    pairwise_distances,
    source_diversity,
)


def outputs(faces, num: int, num_each: int) -> np.ndarray:
    """Any faces as the outputs of ``num`` sources: [num, num_each, 16, 16, 3]."""
    return faces.pixels[: num * num_each].reshape(num, num_each, 16, 16, 3)


def test_equal_outputs_have_none(faces, embedded) -> None:
    same = np.repeat(faces.pixels[:5, None], 4, axis=1)
    np.testing.assert_allclose(source_diversity(embedded, same), 0, atol=1e-7)


def test_two_outputs_are_as_diverse_as_they_are_distant(faces, embedded) -> None:
    pairs = outputs(faces, 6, 2)
    expected = embedded.distance(from_hwc(pairs[:, 0]), from_hwc(pairs[:, 1]))
    np.testing.assert_allclose(source_diversity(embedded, pairs), expected, rtol=1e-5)


def test_a_copy_in_place_of_an_output_lessens_it(faces, embedded) -> None:
    three = outputs(faces, 8, 3)
    copied = three.copy()
    copied[:, 2] = copied[:, 1]
    a, b, c = (from_hwc(three[:, k]) for k in range(3))
    lost = embedded.distance(b, c) + embedded.distance(a, c) - embedded.distance(a, b)
    difference = source_diversity(embedded, three) - source_diversity(embedded, copied)
    np.testing.assert_allclose(difference, lost / 3, rtol=1e-4, atol=1e-6)


def test_the_order_of_outputs_and_the_company_of_sources_do_not_matter(faces, embedded, monkeypatch) -> None:
    some = outputs(faces, 8, 5)
    plain = source_diversity(embedded, some)
    np.testing.assert_allclose(source_diversity(embedded, some[:, [3, 1, 4, 0, 2]]), plain, rtol=1e-5)
    monkeypatch.setattr(module, "SOURCES_AT_ONCE", 3)
    np.testing.assert_allclose(source_diversity(embedded, some), plain, rtol=1e-5)


def test_the_interval_is_over_sources(faces, embedded) -> None:
    some = outputs(faces, 10, 4)
    values = source_diversity(embedded, some)
    found = diversity_columns(embedded, some, 3, "a")
    assert found["diversity"] == pytest.approx(values.mean())
    assert (found["diversity_low"], found["diversity_high"]) == mean_interval(values, 3, "a", "diversity")
    assert found["diversity_low"] < found["diversity"] < found["diversity_high"]


def test_what_cannot_be_measured_is_refused(faces, embedded, colour) -> None:
    with pytest.raises(JudgeError, match="num_references"):
        source_diversity(embedded, outputs(faces, 4, 1))
    with pytest.raises(JudgeError, match="does not measure distance"):
        source_diversity(colour, outputs(faces, 4, 2))


def test_distances_of_images_are_the_judges_own(faces, embedded) -> None:
    pixels = from_hwc(faces.pixels[:6])
    found = pairwise_distances(embedded, pixels)
    np.testing.assert_array_equal(np.diag(found), 0)
    np.testing.assert_array_equal(found, found.T)
    for n in range(6):
        expected = embedded.distance(pixels[n : n + 1].expand(6, -1, -1, -1), pixels)
        np.testing.assert_allclose(found[n], expected, rtol=1e-3, atol=1e-5)


def test_diversity_within_clusters_falls_where_images_repeat(faces, embedded) -> None:
    distances = pairwise_distances(embedded, from_hwc(faces.pixels))
    found = intra_cluster_diversity(distances, 4, 0)
    assert 0 < found.low < found.mean < found.high
    few = np.arange(len(distances)) % 6
    repeated = intra_cluster_diversity(distances[np.ix_(few, few)], 6, 0)
    assert (repeated.mean, repeated.low, repeated.high) == (0, 0, 0)  # six pictures, six clusters


def test_a_cluster_of_one_has_no_pair() -> None:
    points = np.array([0.0, 1.0, 2.0, 100.0])
    found = intra_cluster_diversity(np.abs(points[:, None] - points), 2, 0)
    assert found.mean == pytest.approx(4 / 3)  # of 1, 2 and 1
    assert (found.num_clusters, found.n) == (1, 4)
    with pytest.raises(JudgeError, match="no two together"):
        intra_cluster_diversity(np.abs(points[:, None] - points), 4, 0)
