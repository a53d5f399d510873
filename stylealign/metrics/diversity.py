"""Diversity of images: mean pairwise perceptual distances, within a source's translations or within clusters.

:func:`source_diversity` is StarGAN v2's LPIPS (StyleAlign, Table 6): the judge's distance over all pairs of the K
outputs of one source. Nothing if a reference changes nothing.

:func:`intra_cluster_diversity` is StyleGAN-NADA's (5.3, Figure 12, after Ojha et al.): images are clustered around k of
themselves, the mean pairwise distance is taken within each cluster, and the mean over clusters. A model that repeats
a few pictures has many clusters and nothing within them. From images: ``intra_cluster_diversity(pairwise_distances(
judge, pixels), k, seed)``.

Legend: N sources or images, K outputs of each source (one a reference), k clusters, R pixels a side.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import JudgeError
from stylealign.intervals import mean_interval, percentile_interval, resample_weights
from stylealign.metrics.k_medoids import Distances, k_medoids

if TYPE_CHECKING:
    import torch

    from stylealign.judges.judge import Judge

SOURCES_AT_ONCE = 64  # the judge keeps what it saw of so many
MAX_SEEN = 2**25  # numbers that it keeps of a block of images
SMALLEST_BLOCK, LARGEST_BLOCK = 8, 1024


def source_diversity(judge: "Judge", pixels: np.ndarray) -> np.ndarray:
    """Mean distance over the K (K - 1) / 2 pairs of outputs of each source, float64 [N], of uint8 [N, K, R, R, 3].

    Raises:
        JudgeError: the judge measures no distance, or there is but one output of a source.
    """
    num, num_outputs = pixels.shape[:2]
    if num_outputs < 2:
        raise JudgeError("diversity needs two outputs of each source or more; raise num_references")
    starts = range(0, num, SOURCES_AT_ONCE)
    return np.concatenate([_mean_over_pairs(judge, pixels[start : start + SOURCES_AT_ONCE]) for start in starts])


def _mean_over_pairs(judge: "Judge", pixels: np.ndarray) -> np.ndarray:
    from stylealign.images import from_hwc

    outputs: list[torch.Tensor] = [from_hwc(pixels[:, k]) for k in range(pixels.shape[1])]  # K of [n, 3, R, R]
    total, num_pairs = np.zeros(len(pixels)), 0
    for k, base in enumerate(outputs[:-1]):
        for distance in judge.distances(base, outputs[k + 1 :]):
            total += distance
            num_pairs += 1
    return total / num_pairs


def diversity_columns(judge: "Judge", pixels: np.ndarray, seed: int, *purpose: str) -> dict[str, float]:
    """``diversity`` with its bootstrap interval over sources; raises as :func:`source_diversity`."""
    values = source_diversity(judge, pixels)
    low, high = mean_interval(values, seed, *purpose, "diversity")
    return {"diversity": float(values.mean()), "diversity_low": low, "diversity_high": high}


@dataclass(frozen=True)
class Diversity:
    """Mean distance within clusters, the ends of its interval (95 %), clusters of two images or more, images."""

    mean: float
    low: float
    high: float
    num_clusters: int
    n: int


def pairwise_distances(judge: "Judge", pixels: "torch.Tensor") -> Distances:
    """The judge's distance of each two of uint8 ``pixels`` [N, 3, R, R], float64 [N, N]; of an image to itself 0.

    Raises:
        JudgeError: the judge measures no distance, or cannot take images of this size.
    """
    distances = cross_distances(judge, pixels, pixels)
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0)
    return distances


def cross_distances(judge: "Judge", a: "torch.Tensor", b: "torch.Tensor") -> Distances:
    """The judge's distance of each of uint8 ``a`` [N, 3, R, R] to each of ``b`` [M, 3, R, R], float64 [N, M].

    In blocks, so that memory does not grow with N and M; errors as :func:`pairwise_distances`.
    """
    num_seen = sum(part.numel() for part in judge.perceive(a[:1]))  # numbers that one image leaves behind
    size = int(np.clip(MAX_SEEN // max(num_seen, 1), SMALLEST_BLOCK, LARGEST_BLOCK))
    rows = []
    for some in a.split(size):
        seen = judge.perceive(some)
        blocks = [judge.perceptual_distances(seen, judge.perceive(other)).double().cpu() for other in b.split(size)]
        rows.append(np.concatenate([block.numpy() for block in blocks], axis=1))
    return np.concatenate(rows)


def intra_cluster_diversity(distances: Distances, k: int, seed: int, *purpose: str | int) -> Diversity:
    """Mean over clusters of the mean pairwise distance within one, from ``distances`` [N, N] (symmetric).

    Clusters are those of :func:`stylealign.metrics.k_medoids.k_medoids`; one of a single image has no pair and is left
    out. The interval is a bootstrap over images (named by ``purpose``) in the clusters that were found: it does not say
    how much the clusters themselves would change with other images. An image drawn twice is no pair with itself.

    Raises:
        JudgeError: fewer images than k, no cluster of two, or a distance that is not a number.
    """
    labels = k_medoids(distances, k).labels
    members = [np.flatnonzero(labels == cluster) for cluster in range(k)]
    members = [some for some in members if len(some) > 1]
    if not members:
        raise JudgeError(f"{len(distances)} images in {k} clusters leave no two together; raise num_images")
    weights = resample_weights(len(distances), seed, *purpose, "intra_cluster_diversity")  # [num_resamples, N]
    everyone = np.ones([1, len(distances)])
    within = np.stack([_within(distances, some, weights) for some in members])  # [clusters, num_resamples]
    resampled = np.nanmean(within[:, np.isfinite(within).any(0)], axis=0)
    mean = np.mean([_within(distances, some, everyone) for some in members])
    low, high = percentile_interval(resampled)
    return Diversity(float(mean), float(low), float(high), len(members), len(distances))


def _within(distances: Distances, members: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean distance of pairs of different members, each as often as drawn, [num_resamples]; NaN where none were."""
    among, drawn = distances[np.ix_(members, members)], weights[:, members].astype(np.float64)  # [m, m], [resamples, m]
    totals = np.einsum("rm,mn,rn->r", drawn, among, drawn, optimize=True)
    pairs = drawn.sum(1) ** 2 - (drawn**2).sum(1)  # ordered ones
    return np.divide(totals, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
