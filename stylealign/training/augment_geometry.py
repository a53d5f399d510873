"""ADA's geometric augmentations (Karras et al. 2020, appendix B): one affine map an image, resampled without aliasing.

A transform is kept as its inverse, the 3 x 3 matrix that takes an output position to the input position it shows;
positions are pixels from the image's centre. The images are reflected outwards as far as the maps reach, doubled in
size with the sym6 wavelet's low-pass filter, read bilinearly at double rate, and halved with the same filter turned.

Legend: N images, R their size in pixels.
"""

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

from stylealign.ops.resample import upfirdn2d
from stylealign.ops.warp import affine_positions, bilinear_warp
from stylealign.training.augment_draws import Draws

# The low-pass filter of the wavelet "sym6": twelve taps, orthonormal, six vanishing moments.
SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)
_REACH = len(SYM6) // 4  # input pixels that the filter at double rate reaches to either side

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


def _margins(inverse: torch.Tensor, size: int) -> tuple[int, int, int, int]:
    """Pixels to reflect outwards (left, right, top, bottom) so that no map reads beyond them, less than the image."""
    edge = (size - 1) / 2
    corners = torch.tensor(
        [[-edge, -edge, 1], [edge, -edge, 1], [edge, edge, 1], [-edge, edge, 1]], dtype=inverse.dtype
    )
    reached = (inverse[:, :2] @ corners.T).transpose(1, 2).flatten(0, 1)  # [N*4, 2]
    room = 2 * _REACH - edge
    low = (room - reached).amax(0).clamp(0, size - 1).ceil().int().tolist()
    high = (room + reached).amax(0).clamp(0, size - 1).ceil().int().tolist()
    return low[0], high[0], low[1], high[1]


def _reading(inverse: torch.Tensor, size: int, left: int, top: int) -> torch.Tensor:
    """Indices into the doubled output to indices into the doubled, padded input; -> [N, 2, 3].

    In a doubled image sample 2k sits on pixel k (the filter's delay is 5 samples of its 12 taps), and the output
    carries 5 more samples at its start for the filter that halves it.
    """
    centre = (size - 1) / 2
    before = torch.tensor([[0.5, 0, -2.5 - centre], [0, 0.5, -2.5 - centre], [0, 0, 1]], dtype=inverse.dtype)
    after = torch.tensor([[2, 0, 2 * (centre + left)], [0, 2, 2 * (centre + top)], [0, 0, 1]], dtype=inverse.dtype)
    return (after @ inverse @ before)[:, :2]


def warp_images(x: torch.Tensor, inverse: torch.Tensor) -> torch.Tensor:
    """``x`` [N, C, R, R] seen through ``inverse`` [N, 3, 3] (on the CPU); -> [N, C, R, R], twice differentiable."""
    size = x.shape[-1]
    taps = torch.tensor(SYM6, dtype=x.dtype, device=x.device) / sum(SYM6)  # [12]
    left, right, top, bottom = _margins(inverse, size)
    reading = _reading(inverse, size, left, top).to(device=x.device, dtype=x.dtype)
    x = F.pad(x, [left, right, top, bottom], mode="reflect")
    x = upfirdn2d(x, taps, up=2, padding=(6, 5, 6, 5), gain=4)  # [N, C, 2 (R+top+bottom), 2 (R+left+right)]
    samples = 2 * size + len(SYM6) - 2
    x = bilinear_warp(x, affine_positions(reading, samples, samples))  # [N, C, 2R+10, 2R+10]
    return upfirdn2d(x, taps, down=2, flip=True)
