"""From dominant regions to localized channels: the rule of StyleAlign (A.9), for all channels and resamples at once.

    rate(channel, region) = images where the region dominates / images that show the region

A channel is localized where its highest rate exceeds one threshold, and the next highest by another. The rates of a
channel do not sum to 1: regions are shown in different numbers of images, and a channel may overlap none. A region that
few images show has no rate (the paper's are in nearly all): one pixel that a parser takes for a region in one image of
hundreds would be a rate of 1, and it would outbid the region that the channel acts in.

Legend: n images, C channels, K regions, B bootstrap resamples.
"""

from dataclasses import dataclass

import numpy as np

from stylealign.alignment.region_overlap import NOWHERE

DECIMALS = 12  # of a difference of rates: 11 / 20 - 6 / 20 is no more than 0.25


@dataclass(frozen=True)
class Leading:
    """The two regions with the highest rates of each channel (NOWHERE: no rate above 0)."""

    first: np.ndarray  # int16 [B, C]
    rate: np.ndarray  # float64 [B, C]
    second: np.ndarray  # int16 [B, C]
    second_rate: np.ndarray  # float64 [B, C]

    def localized(self, min_rate: float, min_lead: float) -> np.ndarray:
        """The region, int16 [B, C], that a channel is localized to; NOWHERE where it is not."""
        lead = np.round(self.rate - self.second_rate, DECIMALS)
        clear = (self.rate > min_rate) & (lead > min_lead)
        return np.where(clear, self.first, NOWHERE).astype(np.int16)


def leading_regions(
    dominant: np.ndarray, present: np.ndarray, min_shown: float, weights: np.ndarray | None = None
) -> Leading:
    """The leading regions of ``dominant`` [n, C] and ``present`` [n, K], for each row of ``weights`` [B, n].

    A weight says how often the image counts; without weights B is 1 and each counts once. Regions in less than the
    share ``min_shown`` of the images have rate 0. Of equal rates the first region leads.
    """
    weights = np.ones([1, len(dominant)], np.float32) if weights is None else weights
    shown = (weights @ present.astype(np.float32)).astype(np.float64)  # [B, K]
    too_few = shown / weights.sum(1, keepdims=True, dtype=np.float64) < min_shown
    shown = np.where(too_few, np.inf, np.maximum(shown, 1))
    shape = len(weights), dominant.shape[1]
    first, second = np.full(shape, NOWHERE, np.int16), np.full(shape, NOWHERE, np.int16)
    rate, second_rate = np.zeros(shape), np.zeros(shape)
    for k in range(present.shape[1]):
        of_region = (weights @ (dominant == k).astype(np.float32)) / shown[:, k : k + 1]  # [B, C]
        leads, follows = of_region > rate, of_region > second_rate
        second = np.where(leads, first, np.where(follows, k, second)).astype(np.int16)
        second_rate = np.where(leads, rate, np.where(follows, of_region, second_rate))
        first, rate = np.where(leads, k, first).astype(np.int16), np.where(leads, of_region, rate)
    return Leading(first, rate, second, second_rate)
