"""Fréchet distance between the Gaussians fitted to two sets of features (FID, Heusel et al. 2017, equation 6).

Equal to clean-fid's ``fid_from_feats`` on the same features, with the trace of the matrix square root taken from
singular values: symmetric roots of both covariances, so that flat directions (dead features, fewer images than
features) need no added diagonal and give no imaginary part. FID is biased upwards at small n: compare values of equal
n only.

Legend: N images, F features.
"""

import numpy as np

from stylealign.errors import JudgeError


def frechet_distance(mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray) -> float:
    """|mean_a - mean_b|^2 + tr(cov_a + cov_b - 2 (cov_a cov_b)^(1/2)), for means [F] and covariances [F, F]."""
    from scipy.linalg import svdvals

    cross = svdvals(_symmetric_root(cov_a) @ _symmetric_root(cov_b)).sum()
    difference = mean_a - mean_b
    return float(difference @ difference + np.trace(cov_a) + np.trace(cov_b) - 2 * cross)


def _symmetric_root(cov: np.ndarray) -> np.ndarray:
    from scipy.linalg import eigh

    values, vectors = eigh(cov)
    return (vectors * np.sqrt(values.clip(min=0))) @ vectors.T


def feature_moments(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [F] and unbiased covariance [F, F] of ``features`` [N, F], in float64."""
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2 or features.shape[1] < 1:
        raise JudgeError(f"FID needs features [N, F] of two images or more, got {list(features.shape)}")
    return features.mean(0), np.atleast_2d(np.cov(features, rowvar=False))


def fid(real: np.ndarray, generated: np.ndarray) -> float:
    """FID of features [N, F] and [M, F].

    Raises:
        JudgeError: fewer than two images on a side, or features of different lengths.
    """
    if real.shape[1:] != generated.shape[1:]:
        raise JudgeError(f"FID of features of different judges: {real.shape[1:]} and {generated.shape[1:]} an image")
    return frechet_distance(*feature_moments(real), *feature_moments(generated))
