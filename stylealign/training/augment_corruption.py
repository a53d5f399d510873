"""ADA's image-space filtering and cutout (Karras et al. 2020, appendix B). Neither is part of "bgc".

Filtering amplifies or damps four octaves, split by the sym2 wavelet's filters, and keeps the power that images of a
1/f spectrum are expected to have.
"""

import functools
from collections.abc import Mapping

import numpy as np
import torch

from stylealign.training.augment_draws import Draws
from stylealign.training.augment_geometry import reflected

# The low-pass filter of the wavelet "sym2".
SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
BAND_STD = 1.0  # log2 of a band's amplification
BAND_POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)  # expected share of an image's power, lowest octave first
CUTOUT_SIZE = 0.5  # of the image's size


@functools.cache
def filter_bank() -> torch.Tensor:
    """The zero-phase band filters, lowest octave first, that together are the identity; -> float64 [4, taps]."""
    low = np.array(SYM2)
    high = low * (-1.0) ** np.arange(len(low))
    halve, detail = np.convolve(low, low[::-1]) / 2, np.convolve(high, high[::-1]) / 2
    num_bands = len(BAND_POWER)
    bank = np.eye(num_bands, 1)
    for band in range(1, num_bands):
        spread = np.zeros([num_bands, 2 * bank.shape[1] - 1])
        spread[:, ::2] = bank
        bank = np.stack([np.convolve(row, halve) for row in spread])
        start = (bank.shape[1] - len(detail)) // 2
        bank[band, start : start + len(detail)] += detail
    return torch.from_numpy(bank)


def sample_gains(draws: Draws, multipliers: Mapping[str, float]) -> torch.Tensor:
    """One gain an octave and image, 1 where nothing happens; -> float64 [N, 4]."""
    power = torch.tensor(BAND_POWER, dtype=torch.float64)
    gains = torch.ones([draws.num, len(power)], dtype=torch.float64)
    for band in range(len(power)):
        amplification = torch.exp2(draws.normal()[:, 0] * BAND_STD)
        chosen = draws.happens(multipliers["imgfilter"])
        one_band = torch.ones_like(gains)
        one_band[:, band] = torch.where(chosen, amplification, one_band[:, band])
        balanced = one_band / (power * one_band.square()).sum(1, keepdim=True).sqrt()
        gains = torch.where(chosen[:, None], gains * balanced, gains)
    return gains


def filter_images(x: torch.Tensor, gains: torch.Tensor) -> torch.Tensor:
    """``x`` [N, C, R, R] with its octaves amplified by ``gains`` [N, 4] (on the CPU); -> [N, C, R, R].

    Pixels beyond the border are the image's reflection, as often as a small image needs it.
    """
    taps = (gains @ filter_bank()).to(device=x.device, dtype=x.dtype)  # [N, taps]
    size, reach = x.shape[-1], taps.shape[-1] // 2
    places = torch.arange(size)[:, None] + torch.arange(-reach, reach + 1)  # [R, taps]
    source = reflected(places, size).to(x.device).expand(len(x), -1, -1)  # [N, R, taps]
    matrix = x.new_zeros([len(x), size, size]).scatter_add(2, source, taps[:, None].expand(-1, size, -1))
    return torch.einsum("nyh,nchw,nxw->ncyx", matrix, x, matrix)


def sample_holes(draws: Draws, multipliers: Mapping[str, float]) -> torch.Tensor:
    """A hole an image: its centre (x, y) and size, of the image's size, size 0 for no hole; -> float64 [N, 3]."""
    centre = draws.uniform(2)
    chosen = draws.happens(multipliers["cutout"])
    return torch.cat([centre, chosen[:, None] * CUTOUT_SIZE], dim=1)


def cut_images(x: torch.Tensor, holes: torch.Tensor) -> torch.Tensor:
    """``x`` [N, C, R, R] with its ``holes`` [N, 3] (on the CPU) set to 0; -> [N, C, R, R]."""
    place = (torch.arange(x.shape[-1], dtype=holes.dtype) + 0.5) / x.shape[-1]  # [R]
    covered = (place[None, None] - holes[:, :2, None]).abs() < holes[:, 2:, None] / 2  # [N, 2, R]
    keep = ~(covered[:, 1, :, None] & covered[:, 0, None, :])  # [N, R, R]
    return x * keep[:, None].to(device=x.device, dtype=x.dtype)
