"""Diversity, and what is kept of sources that have several translations, against slow and obvious loops."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from stylealign.images import from_hwc
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.metrics.diversity import source_diversity
from stylealign.metrics.kept import Known, kept_columns
from stylealign.seeds import numpy_stream


def test_diversity_is_the_mean_over_pairs_one_pair_at_a_time() -> None:
    torch.manual_seed(3)
    judge = EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())), batch_size=4)
    pixels = np.random.default_rng(0).integers(0, 256, [5, 4, 16, 16, 3], dtype=np.uint8)
    expected = []
    for outputs in pixels:
        distances = []
        for i in range(4):
            for j in range(4):
                if i < j:
                    distances.append(judge.distance(from_hwc(outputs[i : i + 1]), from_hwc(outputs[j : j + 1]))[0])
        assert len(distances) == 6
        expected.append(np.mean(distances))
    np.testing.assert_allclose(source_diversity(judge, pixels), expected, rtol=1e-4)


@pytest.mark.parametrize("num_each", [1, 4])
def test_what_is_kept_is_resampled_and_shuffled_by_source(num_each: int) -> None:
    rng = np.random.default_rng(1)
    own = rng.normal(size=12).round(1)  # with ties
    ids = [f"image{n:02d}" for n in range(12)]
    read = own[:, None] + rng.normal(size=[12, num_each])
    known = {"tone": Known(dict(zip(ids, own, strict=True)), True)}
    flat = [image_id for image_id in ids for _ in range(num_each)]
    found = kept_columns(known, flat, {"tone": read.ravel()}, 7, "twin")

    def correlation(sources, of):
        a = [own[o] for o in of for _ in range(num_each)]
        b = [read[s, k] for s in sources for k in range(num_each)]
        return spearmanr(a, b).statistic

    stream = numpy_stream(7, "bootstrap", "twin", "tone")
    resampled = []
    for _ in range(200):
        drawn = stream.integers(0, 12, 12)
        resampled.append(correlation(drawn, drawn))
    shuffled = numpy_stream(7, "twin", "tone", "shuffle").permutation(12)
    everyone = range(12)
    assert found["tone_kept"] == pytest.approx(correlation(everyone, everyone))
    assert found["tone_low"] == pytest.approx(np.quantile(resampled, 0.025))
    assert found["tone_high"] == pytest.approx(np.quantile(resampled, 0.975))
    assert found["tone_shuffled"] == pytest.approx(correlation(everyone, shuffled))
