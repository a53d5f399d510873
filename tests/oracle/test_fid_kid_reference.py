"""FID and KID against clean-fid on the same features and the same images, and against loops."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.images import from_hwc
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.metrics.cleanfid import FeatureExtractor, keep_size
from stylealign.metrics.fid import feature_moments, fid, frechet_distance
from stylealign.metrics.kid import kid, kid_of_subsets, random_subsets

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def two_sets(num_real: int, num_generated: int, num_features: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Correlated, skewed features, as networks give."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(num_features, num_features)) / np.sqrt(num_features)
    real = np.abs(rng.normal(size=(num_real, num_features)) @ mix)
    return real, np.abs(rng.normal(0.2, 1.2, size=(num_generated, num_features)) @ mix)


@pytest.mark.parametrize("shape", [(300, 200, 16), (1000, 700, 128)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_fid_equals_cleanfid(shape: tuple[int, int, int], dtype: type) -> None:
    from cleanfid.fid import fid_from_feats

    real, generated = (features.astype(dtype) for features in two_sets(*shape))
    assert fid(real, generated) == pytest.approx(fid_from_feats(real, generated), rel=1e-6, abs=1e-6)


def test_frechet_distance_of_diagonal_gaussians_is_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    mean_a, mean_b, std_a, std_b = rng.uniform(0.1, 2, size=(4, 20))
    expected = np.sum((mean_a - mean_b) ** 2 + (std_a - std_b) ** 2)
    assert frechet_distance(mean_a, np.diag(std_a**2), mean_b, np.diag(std_b**2)) == pytest.approx(expected, rel=1e-10)


def test_flat_directions_need_no_added_diagonal() -> None:
    real, generated = two_sets(400, 300, 16)
    dead = [np.concatenate([features, np.zeros([len(features), 5])], 1) for features in (real, generated)]
    assert fid(*dead) == pytest.approx(fid(real, generated), rel=1e-9)


def test_moments_are_numpys() -> None:
    real, _ = two_sets(50, 2, 7)
    mean, cov = feature_moments(real.astype(np.float32))
    np.testing.assert_allclose(mean, real.mean(0), rtol=1e-6)
    np.testing.assert_allclose(cov, np.cov(real, rowvar=False), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("sizes", [(300, 200, 500), (150, 260, 64)])
def test_kid_of_the_same_subsets_equals_cleanfid(sizes: tuple[int, int, int]) -> None:
    from cleanfid.fid import kernel_distance

    num_real, num_generated, max_size = sizes
    real, generated = two_sets(num_real, num_generated, 24)
    np.random.seed(7)  # noqa: NPY002  clean-fid draws from the global stream
    theirs = kernel_distance(real, generated, num_subsets=10, max_subset_size=max_size)
    stream, subsets = np.random.RandomState(7), []
    size = min(num_real, num_generated, max_size)
    for _ in range(10):
        other = stream.choice(num_generated, size, replace=False)
        subsets.append((stream.choice(num_real, size, replace=False), other))
    assert kid_of_subsets(real, generated, subsets) == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_kid_equals_the_double_loop() -> None:
    real, generated = two_sets(12, 9, 5)

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (sum(float(u) * float(v) for u, v in zip(a, b, strict=True)) / 5 + 1) ** 3

    xx = np.mean([k(a, b) for i, a in enumerate(real) for j, b in enumerate(real) if i != j])
    yy = np.mean([k(a, b) for i, a in enumerate(generated) for j, b in enumerate(generated) if i != j])
    xy = np.mean([k(a, b) for a in real for b in generated])
    assert kid(real, generated) == pytest.approx(xx + yy - 2 * xy, rel=1e-10)


def test_kid_of_subsets_estimates_the_same_as_kid() -> None:
    real, generated = two_sets(600, 500, 16)
    custom = kid_of_subsets(real, generated, random_subsets(600, 500, seed=0, num_subsets=400, max_size=100))
    assert custom == pytest.approx(kid(real, generated), rel=0.1)


def test_cleanfid_measures_folders_with_our_judge(tmp_path: Path) -> None:
    from cleanfid.fid import compute_fid

    torch.manual_seed(0)
    judge = EmbeddedJudge("mine", EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())))
    rng, sets = np.random.default_rng(0), []
    for name, high in (("a", 256), ("b", 180)):
        images = rng.integers(0, high, size=(150, 16, 16, 3), dtype=np.uint8)
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / name / f"{number:03d}.png")
        sets.append(judge.features(from_hwc(images)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = compute_fid(
            str(tmp_path / "a"),
            str(tmp_path / "b"),
            custom_feat_extractor=FeatureExtractor(judge),
            custom_fn_resize=keep_size,
            num_workers=0,
            device=torch.device("cpu"),
            verbose=False,
        )
    assert fid(*sets) == pytest.approx(theirs, rel=1e-6, abs=1e-6)
