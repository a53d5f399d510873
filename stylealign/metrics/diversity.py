"""Diversity of a source's translations: their mean pairwise perceptual distance (StarGAN v2's LPIPS; Table 6).

The judge's distance over all pairs of the K outputs of one source. Nothing if a reference changes nothing.

Legend: N sources, K outputs of each (one a reference), R pixels a side.
"""

from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import JudgeError
from stylealign.intervals import mean_interval

if TYPE_CHECKING:
    import torch

    from stylealign.judges.judge import Judge

SOURCES_AT_ONCE = 64  # the judge keeps what it saw of so many


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
