"""Laws of KID where several generated images come from one source: sources are resampled, and pairs of one left out."""

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.metrics.kid import kernel, kid, kid_interval, real_term

NUM_SOURCES, NUM_EACH = 20, 5


def normal(seed: int, num: int, num_features: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(num, num_features))


def family(seed: int, alike: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Images [M, F], standard normal each, those of one source correlated by ``alike``; and their sources [M]."""
    source, own = normal(2 * seed, NUM_SOURCES).repeat(NUM_EACH, 0), normal(2 * seed + 1, NUM_SOURCES * NUM_EACH)
    return np.sqrt(alike) * source + np.sqrt(1 - alike) * own, np.arange(NUM_SOURCES).repeat(NUM_EACH)


def test_an_image_a_cluster_is_no_clusters_at_all() -> None:
    real, generated = normal(0, 40), normal(1, 30) + 0.3
    plain, clustered = (kid_interval(real, generated, 0, "a", clusters=c) for c in (None, np.arange(30)))
    for end in ("value", "low", "high"):
        assert getattr(clustered, end) == pytest.approx(getattr(plain, end), rel=1e-9)


def test_the_real_images_part_may_be_computed_once() -> None:
    real, (generated, sources) = normal(0, 40), family(1)
    term = real_term(real, 3, "a", "b")
    assert kid_interval(real, generated, 3, "a", "b", within_real=term, clusters=sources) == kid_interval(
        real, generated, 3, "a", "b", clusters=sources
    )
    assert kid_interval(real, generated[:7], 3, "a", "b", within_real=term) == kid_interval(
        real, generated[:7], 3, "a", "b"
    )


def test_the_estimate_is_that_of_a_loop_over_pairs_of_different_sources() -> None:
    real, (generated, sources) = normal(0, 12), family(1)
    k = kernel(generated, generated)
    pairs = [k[i, j] for i in range(len(k)) for j in range(len(k)) if sources[i] != sources[j]]
    apart = kernel(real, real)[~np.eye(len(real), dtype=bool)].mean()
    expected = apart + np.mean(pairs) - 2 * kernel(real, generated).mean()
    assert kid_interval(real, generated, 0, clusters=sources).value == pytest.approx(expected, rel=1e-9)


def test_labels_and_the_order_of_images_do_not_matter() -> None:
    real, (generated, sources) = normal(0, 40), family(1)
    order = np.random.default_rng(0).permutation(len(sources))
    names = np.array([f"source {number:02d}" for number in sources])
    plain = kid_interval(real, generated, 0, clusters=sources)
    moved = kid_interval(real, generated[order], 0, clusters=names[order])
    assert (moved.value, moved.low, moved.high) == pytest.approx((plain.value, plain.low, plain.high), rel=1e-9)


def test_images_of_one_source_are_no_evidence_of_a_distance() -> None:
    """Real and generated are of one distribution: KID is 0 on average, and pairs of one source would lift it."""
    clustered, plain = [], []
    for seed in range(200):
        real, (generated, sources) = normal(10_000 + seed, 60), family(seed)
        clustered.append(kid_interval(real, generated, 0, clusters=sources, num_resamples=2).value)
        plain.append(kid(real, generated))
    error = np.std(clustered) / np.sqrt(len(clustered))
    assert abs(np.mean(clustered)) < 3 * error
    assert np.mean(plain) > 5 * error


def test_the_interval_is_as_wide_as_sources_make_it_and_covers_the_truth() -> None:
    shift, covered, widths = 0.4, 0, []
    truth = kid(normal(900, 3000), normal(901, 3000) + shift)
    for seed in range(60):
        real, (generated, sources) = normal(20_000 + seed, 200), family(seed)
        found = kid_interval(real, generated + shift, seed, clusters=sources)
        naive = kid_interval(real, generated + shift, seed)
        covered += found.low <= truth <= found.high
        widths.append((found.high - found.low) / (naive.high - naive.low))
    assert covered >= 0.85 * 60  # of 20 sources; resampling images alone covers it about half the time
    assert np.median(widths) > 1.4


def test_one_source_is_no_distribution() -> None:
    with pytest.raises(JudgeError, match="two sources or more"):
        kid_interval(normal(0, 20), normal(1, 5), 0, clusters=np.zeros(5))
