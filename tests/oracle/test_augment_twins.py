"""ADA's parts against slow, obvious twins: FIR resampling, wavelet facts, rotation of colours, plain crops."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.transform import Rotation

from stylealign.latents import torch_stream
from stylealign.ops.resample import upfirdn2d
from stylealign.training.augment import TRANSFORMS
from stylealign.training.augment_colour import COLOUR, recolour_images
from stylealign.training.augment_corruption import BAND_POWER, SYM2, cut_images, filter_bank, filter_images
from stylealign.training.augment_draws import Draws
from stylealign.training.augment_geometry import SYM6, affine, doubling, halving, sample_inverse, shift, warp_images

CPU = torch.device("cpu")


def _images(num=2, size=16, seed=0, dtype=torch.float64):
    return torch.randn([num, 3, size, size], generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.mark.parametrize(("taps", "moments"), [(SYM6, 6), (SYM2, 2)])
def test_wavelet_taps_are_orthonormal_with_vanishing_moments(taps, moments):
    taps = np.array(taps)
    assert taps.sum() == pytest.approx(math.sqrt(2), abs=1e-9)
    for lag in range(0, len(taps), 2):
        assert taps[lag:] @ taps[: len(taps) - lag] == pytest.approx(float(lag == 0), abs=1e-9)
    alternating = taps * (-1.0) ** np.arange(len(taps))
    for power in range(moments):
        assert alternating @ np.arange(len(taps), dtype=float) ** power == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("size", [8, 16])
def test_doubling_is_reflecting_and_upsampling(size):
    x, taps = _images(size=size), torch.tensor(SYM6, dtype=torch.float64) / sum(SYM6)
    expected = upfirdn2d(F.pad(x, [size - 1] * 4, mode="reflect"), taps, up=2, padding=(6, 5, 6, 5), gain=4)
    double = doubling(size, CPU, torch.float64)
    torch.testing.assert_close(double @ x @ double.T, expected)


@pytest.mark.parametrize("size", [8, 16])
def test_halving_is_filtering_and_downsampling(size):
    x, taps = _images(size=2 * size + 10), torch.tensor(SYM6, dtype=torch.float64) / sum(SYM6)
    halve = halving(size, CPU, torch.float64)
    torch.testing.assert_close(halve @ x @ halve.T, upfirdn2d(x, taps, down=2, flip=True))


def test_identity_and_whole_shifts_are_exact():
    """The wavelet is orthonormal: doubling and halving lose nothing, and neither does a shift by whole pixels."""
    x = _images()
    torch.testing.assert_close(warp_images(x, affine(torch.ones(2), 0, 0, 1)), x, atol=1e-7, rtol=0)
    shifted = warp_images(x, shift(torch.tensor([[3.0, -2.0], [0.0, 5.0]])))
    reflected = F.pad(x, [8] * 4, mode="reflect")
    torch.testing.assert_close(shifted[0], reflected[0, :, 6:22, 11:27], atol=1e-7, rtol=0)
    torch.testing.assert_close(shifted[1], reflected[1, :, 13:29, 8:24], atol=1e-7, rtol=0)


def test_a_smooth_image_is_scaled_as_the_formula_says():
    size = 64
    place = torch.arange(size, dtype=torch.float64) - (size - 1) / 2

    def wave(x, y):
        return torch.sin(x * 0.2)[None, :] * torch.cos(y * 0.15)[:, None]

    x = wave(place, place).expand(1, 3, size, size)
    zoomed = warp_images(x, affine(torch.tensor([0.8]), 0, 0, 0.8))
    torch.testing.assert_close(zoomed[0, 0, 4:-4, 4:-4], wave(place * 0.8, place * 0.8)[4:-4, 4:-4], atol=5e-3, rtol=0)


def test_hue_turns_colours_about_luma():
    sampler = dict(COLOUR)["hue"]
    for percentile in (0.1, 0.4, 0.7):
        axis = np.ones(3) / math.sqrt(3)
        expected = Rotation.from_rotvec(axis * (2 * percentile - 1) * math.pi).as_matrix()
        np.testing.assert_allclose(sampler(Draws(1, 1, None, percentile))[0, :3, :3], expected, atol=1e-12)


def test_saturation_keeps_luma_and_scales_chroma():
    pixel = np.array([0.3, -0.2, 0.7])
    colour = dict(COLOUR)["saturation"](Draws(1, 1, None, 0.8))[0, :3, :3].numpy()
    factor = 2 ** float(torch.tensor(0.6, dtype=torch.float64).erfinv())
    np.testing.assert_allclose(colour @ pixel, pixel.mean() + factor * (pixel - pixel.mean()))


def test_recolouring_is_the_matrix_times_each_pixel():
    x = _images(size=4)
    colour = torch.randn([2, 4, 4], generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ones = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
    expected = torch.einsum("nij,njhw->nihw", colour, ones)[:, :3]
    torch.testing.assert_close(recolour_images(x, colour), expected)


def test_bands_split_the_identity_into_octaves():
    bank = filter_bank().numpy()
    whole = np.zeros(bank.shape[1])
    whole[bank.shape[1] // 2] = 1
    np.testing.assert_allclose(bank.sum(0), whole, atol=1e-9)
    np.testing.assert_allclose(bank, bank[:, ::-1], atol=1e-12)
    response = np.abs(np.fft.rfft(bank, 1024, axis=1))
    peaks = response.argmax(1) / 1024  # cycles a pixel
    assert peaks[0] < 1 / 16
    assert list(peaks) == sorted(peaks)
    assert sum(BAND_POWER) == pytest.approx(1)


def test_filtering_with_equal_gains_only_scales():
    x = _images(size=32)
    torch.testing.assert_close(filter_images(x, torch.ones([2, 4], dtype=torch.float64)), x)
    torch.testing.assert_close(filter_images(x, 2 * torch.ones([2, 4], dtype=torch.float64)), 4 * x)


def test_a_hole_is_a_square_of_zeros():
    x = torch.ones([2, 3, 8, 8])
    holes = torch.tensor([[0.5, 0.25, 0.5], [0.5, 0.5, 0.0]], dtype=torch.float64)
    cut = cut_images(x, holes)
    assert (cut[0, :, 0:4, 2:6] == 0).all()
    assert cut[0].sum() == 3 * (64 - 16)
    assert (cut[1] == 1).all()


@pytest.mark.parametrize("size", [8, 16, 32])
def test_warping_is_padding_upsampling_sampling_and_downsampling(size):
    """The whole resampling from torch's own pad, FIR and ``grid_sample``, on random maps, in centred coordinates."""
    x, taps = _images(num=6, size=size), torch.tensor(SYM6, dtype=torch.float64) / sum(SYM6)
    everything = dict.fromkeys(TRANSFORMS, 1.0)
    inverse = sample_inverse(Draws(6, 1.0, torch_stream(1, "augment"), None), everything, size)
    doubled = upfirdn2d(F.pad(x, [size - 1] * 4, mode="reflect"), taps, up=2, padding=(6, 5, 6, 5), gain=4)
    samples = 2 * (size + 6)

    def zoom(factor):
        return torch.diag(torch.tensor([factor, factor, 1], dtype=torch.float64))

    half_sample = shift(torch.full([1, 2], 0.5))
    to_source = half_sample.inverse() @ zoom(2) @ inverse @ zoom(0.5) @ half_sample  # both grids centred, in samples
    to_source = zoom(2 / doubled.shape[-1]) @ to_source @ zoom(samples / 2)
    grid = F.affine_grid(to_source[:, :2], [6, 3, samples, samples], align_corners=False)
    read = F.grid_sample(doubled, grid, align_corners=False)
    expected = upfirdn2d(read, taps, down=2, padding=(-1, -1, -1, -1), flip=True)
    torch.testing.assert_close(warp_images(x, inverse), expected, atol=1e-9, rtol=0)
