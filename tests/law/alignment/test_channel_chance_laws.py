"""Laws of chance: models that know nothing of each other share what chance gives, and p-values are honest."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.alignment.chance import chance_to_match, chance_to_share, count_same
from stylealign.alignment.channel_overlap import channel_overlap_rows
from stylealign.alignment.localized_channels import Evidence, Thresholds, save_evidence

NAMES = ("background", "ear", "hair", "neck")
SIZES = (40, 40, 30, 10)
STRATA = np.repeat(np.arange(len(SIZES)), SIZES)
LIKELY = np.array([[0.9, 0.05, 0.05, 0.0], [0.7, 0.1, 0.1, 0.1], [0.2, 0.1, 0.6, 0.1], [0.05, 0.15, 0.5, 0.3]])


def _labels(rng):
    """Where channels are localized, -1 nowhere: each by itself, but mostly in the last layers, and to hair there."""
    return np.array([rng.choice(4, p=LIKELY[layer]) for layer in STRATA]) - 1


def _save(path, labels):
    """Evidence of ``labels``: 80 % of the images agree with them; channels without region are divided."""
    num = len(labels)
    dominant = np.where(np.arange(10)[:, None] < np.where(labels >= 0, 8, 5), labels + 1, 0).astype(np.int16)
    dominant[5:, labels < 0] = 1
    maps = np.zeros([1, num, 2, 2], np.float16)
    layers = np.array([f"b{4 * 2**layer}.conv1" for layer in STRATA])
    evidence = Evidence(
        dominant=dominant,
        present=np.ones([10, 4], bool),
        region_names=np.array(NAMES),
        channel_names=np.array([f"{layer}:{c}" for c, layer in enumerate(layers)]),
        paper_index=np.array([f"{c}_0" for c in range(num)]),
        layers=layers,
        mean_area=np.full(4, 0.25),
        mean_map=maps[0].astype(np.float32),
        example_pixels=np.zeros([1, 2, 2, 3], np.uint8),
        example_regions=np.zeros([1, 2, 2], np.uint8),
        example_maps=maps,
        first=np.array(0),
        judge=np.array("parser"),
        digest=np.array("digest"),
        protocol=np.array("psi0.7"),
    )
    save_evidence(path, evidence)
    return path


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    """The summary rows of 60 pairs of models that were drawn apart."""
    folder, rng, rows = tmp_path_factory.mktemp("strangers"), np.random.default_rng(0), []
    for seed in range(60):
        one, other = (_save(folder / f"{name}.npz", _labels(rng)) for name in ("one", "other"))
        found = channel_overlap_rows("other", other, [("one", "unrelated", one)], Thresholds(), seed=seed)
        rows.append(
            {row["child_region"]: row for row in found if (row["rule"], row["parent_region"]) == ("strict", "(listed)")}
        )
    return rows


@pytest.mark.parametrize("kind", ["(same)", "(listed)"])
def test_strangers_share_what_is_expected_within_layers(strangers, kind):
    excess = np.array([row[kind]["shared"] - row[kind]["expected_within_layers"] for row in strangers])
    assert abs(excess.mean()) < 3 * excess.std() / np.sqrt(len(excess))


@pytest.mark.parametrize("kind", ["(same)", "(listed)"])
def test_p_values_of_strangers_are_honest_within_layers_only(strangers, kind):
    """Layers alone make strangers share much: without regard to them, chance is refuted much too often."""
    within = np.array([row[kind]["p_within_layers"] for row in strangers])
    anywhere = np.array([row[kind]["p_value"] for row in strangers])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(within <= level) <= level + 2.5 * np.sqrt(level * (1 - level) / len(within))
    assert 0.35 < within.mean() < 0.75
    assert np.mean(anywhere <= 0.05) > 0.5


def test_p_values_are_uniform_but_for_their_steps():
    """P(p <= p_k) = p_k for every attainable value, by the exact distribution: the mean over draws finds it."""
    rng = np.random.default_rng(1)
    sizes, a, b = (np.array(counts) for counts in ((50, 30), (12, 9), (20, 6)))
    draws = sum(
        rng.hypergeometric(marked, size - marked, drawn, 20000) for size, marked, drawn in zip(sizes, a, b, strict=True)
    )
    for shared in np.unique(draws):
        p = chance_to_share(int(shared), a, b, sizes)[1]
        assert np.mean(draws >= shared) == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / len(draws)) + 1e-4)


def test_expected_matches_are_the_mean_over_permutations():
    rng = np.random.default_rng(2)
    a, b = _labels(rng), _labels(rng)
    for strata in (STRATA, np.zeros_like(STRATA)):
        matches = []
        for _ in range(1500):
            shuffled = b.copy()
            for layer in np.unique(strata):
                shuffled[strata == layer] = rng.permutation(b[strata == layer])
            matches.append(count_same(a, shuffled))
        expected, p = chance_to_match(a, b, strata, rng)
        assert expected == pytest.approx(np.mean(matches), abs=4 * np.std(matches) / np.sqrt(len(matches)))
        assert p == pytest.approx(np.mean(np.array(matches) >= count_same(a, b)), abs=0.06)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), shared=st.integers(0, 8))
def test_chance_is_symmetric_falls_with_the_count_and_knows_no_empty_layers(seed, shared):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 9, 4)
    a, b = rng.integers(0, sizes + 1), rng.integers(0, sizes + 1)
    expected, p = chance_to_share(shared, a, b, sizes)
    assert (expected, p) == pytest.approx(chance_to_share(shared, b, a, sizes))
    assert chance_to_share(shared + 1, a, b, sizes)[1] <= p + 1e-12
    assert p <= 1
    more = [np.append(counts, extra) for counts, extra in ((a, 0), (b, 3), (sizes, 5))]
    assert chance_to_share(shared, *more) == pytest.approx((expected, p))


def test_certain_and_impossible_counts():
    assert chance_to_share(3, np.array([3]), np.array([5]), np.array([5])) == (3, pytest.approx(1))
    assert chance_to_share(4, np.array([3]), np.array([5]), np.array([5]))[1] == 0
    assert chance_to_share(0, np.array([0]), np.array([2]), np.array([5])) == (0, 1)
    everywhere = np.zeros(6, int)
    assert chance_to_match(everywhere, everywhere, everywhere, np.random.default_rng(0)) == (6, 1)
    assert chance_to_match(everywhere - 1, everywhere - 1, everywhere, np.random.default_rng(0)) == (0, 1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_one_seed_gives_one_p(seed):
    rng = np.random.default_rng(seed)
    a, b = _labels(rng), _labels(rng)
    one, same = (chance_to_match(a, b, STRATA, np.random.default_rng(seed), 200) for _ in range(2))
    assert one == same
    assert 1 / 201 <= one[1] <= 1
