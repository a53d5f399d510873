"""ADA's geometric augmentations (Karras et al. 2020, appendix B): one affine map an image, resampled without aliasing.

A transform is kept as its inverse, the 3 x 3 matrix that takes an output position to the input position it shows;
positions are pixels from the image's centre. The images are reflected outwards, doubled in size with the sym6
wavelet's low-pass filter, read bilinearly at double rate, and halved with the same filter turned.

Reflecting and doubling are one matrix along each axis, and each image takes only the rows its map reads: a few small
matrix products, several times faster than filtering the padded batch.

Legend: N images, R their size in pixels, S the size of the window of the doubled image that is computed.
"""

import functools
import math
from collections.abc import Callable, Mapping

import torch

from stylealign.ops.warp import affine_positions, bilinear_warp
from stylealign.training.augment_draws import Draws

# The low-pass filter of the wavelet "sym6": twelve taps, orthonormal, six vanishing moments.
SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)

XINT_MAX = 0.125  # integer shift, of the image's size
SCALE_STD = 0.2  # log2 of the isotropic scale
ANISO_STD = 0.2  # log2 of the anisotropic scale
XFRAC_STD = 0.125  # fractional shift, of the image's size


def affine(
    xx: torch.Tensor | float, xy: torch.Tensor | float, yx: torch.Tensor | float, yy: torch.Tensor | float
) -> torch.Tensor:
    """The maps (x, y) -> (xx x + xy y, yx x + yy y) from numbers or tensors [N], at least one; -> [N, 3, 3]."""
    parts = torch.broadcast_tensors(*[torch.as_tensor(part, dtype=torch.float64) for part in (xx, xy, yx, yy)])
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(parts[0]), 1, 1)
    matrix[:, :2, :2] = torch.stack(parts, dim=1).unflatten(1, (2, 2))
    return matrix


def shift(offset: torch.Tensor) -> torch.Tensor:
    """The maps that add ``offset`` [N, 2]; -> [N, 3, 3]."""
    matrix = torch.eye(3, dtype=torch.float64).repeat(len(offset), 1, 1)
    matrix[:, :2, 2] = offset
    return matrix


def rotation(theta: torch.Tensor) -> torch.Tensor:
    """The maps that turn by ``theta`` [N] radians (x towards y); -> [N, 3, 3]."""
    return affine(theta.cos(), -theta.sin(), theta.sin(), theta.cos())


def _xflip(draws: Draws, size: int) -> torch.Tensor:
    return affine(1 - 2 * (draws.uniform()[:, 0] * 2).floor(), 0, 0, 1)


def _rotate90(draws: Draws, size: int) -> torch.Tensor:
    quarter = (draws.uniform()[:, 0] * 4).floor()
    cos, sin = (quarter * (math.pi / 2)).cos().round(), (quarter * (math.pi / 2)).sin().round()
    return affine(cos, -sin, sin, cos)


def _xint(draws: Draws, size: int) -> torch.Tensor:
    return shift(-((draws.uniform(2) * 2 - 1) * XINT_MAX * size).round())


def _scale(draws: Draws, size: int) -> torch.Tensor:
    shrink = torch.exp2(-draws.normal()[:, 0] * SCALE_STD)
    return affine(shrink, 0, 0, shrink)


def _rotate(draws: Draws, size: int) -> torch.Tensor:
    return rotation((draws.uniform()[:, 0] * 2 - 1) * math.pi)


def _aniso(draws: Draws, size: int) -> torch.Tensor:
    stretch = torch.exp2(draws.normal()[:, 0] * ANISO_STD)
    return affine(1 / stretch, 0, 0, stretch)


def _xfrac(draws: Draws, size: int) -> torch.Tensor:
    return shift(-draws.normal(2) * XFRAC_STD * size)


Sampler = Callable[[Draws, int], torch.Tensor]

# In the order that they are applied to an image; the rotation comes before and after the stretching.
GEOMETRY: tuple[tuple[str, Sampler], ...] = (
    ("xflip", _xflip),
    ("rotate90", _rotate90),
    ("xint", _xint),
    ("scale", _scale),
    ("rotate", _rotate),
    ("aniso", _aniso),
    ("rotate", _rotate),
    ("xfrac", _xfrac),
)


def sample_inverse(draws: Draws, multipliers: Mapping[str, float], size: int) -> torch.Tensor:
    """One composed inverse map an image, exactly the identity where nothing happens; -> float64 [N, 3, 3].

    A transform whose multiplier is 0 still takes its draws, so that leaving it out moves no other.
    """
    inverse = torch.eye(3, dtype=torch.float64).repeat(draws.num, 1, 1)
    seen: set[str] = set()
    for name, sampler in GEOMETRY:
        step = sampler(draws, size)
        happens = draws.half_happens if name == "rotate" else draws.happens
        chosen = happens(multipliers[name])
        if name in seen and draws.percentile is not None:
            chosen = torch.zeros_like(chosen)
        seen.add(name)
        inverse = torch.where(chosen[:, None, None], inverse @ step, inverse)
    return inverse


def reflected(places: torch.Tensor, size: int) -> torch.Tensor:
    """Which of ``size`` pixels in a row is seen at ``places`` (whole numbers) where both ends reflect."""
    period = 2 * (size - 1)
    places = places % period
    return torch.minimum(places, period - places)


@functools.lru_cache(maxsize=8)
@torch.inference_mode(False)
def doubling(size: int, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """The matrix that reflects ``size`` pixels by size - 1 on both sides and doubles them; -> [2 (3R - 2), R].

    Row 2 k shows padded pixel k, for the filter's delay is 5 of its 12 taps (upfirdn with up 2 and padding (6, 5)).
    """
    source = reflected(torch.arange(1 - size, 2 * size - 1), size)  # [3R - 2], the pixel seen at each place
    taps = torch.tensor(SYM6, dtype=torch.float64) * (2 / sum(SYM6))
    padded = torch.arange(len(source))
    matrix = torch.zeros([2 * len(source), size], dtype=torch.float64)
    for delay, tap in enumerate(taps, start=-5):
        row = 2 * padded + delay
        inside = (row >= 0) & (row < len(matrix))
        matrix.index_put_((row[inside], source[inside]), tap, accumulate=True)
    return matrix.to(device=device, dtype=dtype)


@functools.lru_cache(maxsize=8)
@torch.inference_mode(False)
def halving(size: int, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """The matrix that filters and halves 2R + 10 samples, the turned filter of :func:`doubling`; -> [R, 2R + 10]."""
    taps = torch.tensor(SYM6, dtype=torch.float64) / sum(SYM6)
    matrix = torch.zeros([size, 2 * size + len(SYM6) - 2], dtype=torch.float64)
    for row in range(size):
        matrix[row, 2 * row : 2 * row + len(SYM6)] = taps
    return matrix.to(device=device, dtype=dtype)


def _reading(inverse: torch.Tensor, size: int) -> torch.Tensor:
    """Indices into the doubled output to rows of :func:`doubling`; -> [N, 2, 3].

    The output carries 5 more samples before its first pixel's, for the filter that halves it.
    """
    centre, first = (size - 1) / 2, 2 * (size - 1)
    before = torch.tensor([[0.5, 0, -2.5 - centre], [0, 0.5, -2.5 - centre], [0, 0, 1]], dtype=inverse.dtype)
    after = torch.tensor([[2, 0, 2 * centre + first], [0, 2, 2 * centre + first], [0, 0, 1]], dtype=inverse.dtype)
    return (after @ inverse @ before)[:, :2]


def _windows(reading: torch.Tensor, samples: int, size: int) -> tuple[torch.Tensor, int]:
    """The square windows of the doubled images that are read: their first (x, y), int64 [N, 2], and their size S."""
    last = samples - 1
    corners = torch.tensor([[0, last, 0, last], [0, 0, last, last], [1, 1, 1, 1]], dtype=reading.dtype)
    reached = reading @ corners  # [N, 2, 4]
    end = 2 * (3 * size - 2)
    low = reached.amin(2).floor().clamp(0, end - 1).long()
    high = (reached.amax(2).floor() + 1).clamp(0, end - 1).long()
    extent = int((high - low).max()) + 1
    return low.clamp(max=end - extent), extent


def warp_images(x: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
    """``x`` [N, C, R, R] seen through ``inverse`` [N, 3, 3] (on the CPU); -> [N, C, R, R].

    Differentiable any number of times.
    """
    size = x.shape[-1]
    samples = 2 * size + len(SYM6) - 2
    reading = _reading(inverse, size)
    first, extent = _windows(reading, samples, size)
    reading[:, :, 2] -= first
    rows = first[:, :, None] + torch.arange(extent)  # [N, 2, S]
    double = doubling(size, x.device, x.dtype)[rows.to(x.device)]  # [N, 2, S, R]
    x = torch.einsum("nchw,nxw->nchx", x, double[:, 0])  # [N, C, R, S]
    x = torch.einsum("nyh,nchx->ncyx", double[:, 1], x)  # [N, C, S, S]
    positions = affine_positions(reading.to(device=x.device, dtype=x.dtype), samples, samples)
    x = bilinear_warp(x, positions)  # [N, C, 2R+10, 2R+10]
    halve = halving(size, x.device, x.dtype)
    return halve @ x @ halve.T
