"""FIR resampling (upfirdn): zero-insert, pad, filter, keep every n-th pixel. Plain torch, twice differentiable.

StyleGAN2 resamples everything with the separable low-pass filter [1, 3, 3, 1] (Karras et al. 2020; Zhang 2019). The
three resamplers that the networks call are one depthwise convolution each, which oneDNN and cuDNN both run well in
channels-last; :func:`upfirdn2d` is the general form, for the augmentation pipe and as their oracle.

    x  [N, C, H, W]      f  [taps] (separable, along both axes) or [fh, fw]
"""

import torch
import torch.nn.functional as F
from torch import Tensor

RESAMPLE_TAPS = (1.0, 3.0, 3.0, 1.0)


def setup_filter(taps: tuple[float, ...] = RESAMPLE_TAPS) -> Tensor:
    """The 2-D kernel of separable ``taps``, normalised to sum 1: ``[len(taps), len(taps)]``."""
    f = torch.tensor(taps, dtype=torch.float32)
    f = f.outer(f)
    return f / f.sum()


def _depthwise(f: Tensor, num_channels: int, gain: float, like: Tensor) -> Tensor:
    return (f * gain).to(like.dtype).expand(num_channels, 1, *f.shape)  # [C, 1, fh, fw]


def upsample2d(x: Tensor, f: Tensor) -> Tensor:
    """Twice the size: ``[N, C, H, W] -> [N, C, 2H, 2W]``; ``f`` is a symmetric [4, 4] kernel."""
    assert f.shape == (4, 4), f.shape
    return F.conv_transpose2d(x, _depthwise(f, x.shape[1], 4, x), stride=2, padding=1, groups=x.shape[1])


def downsample2d(x: Tensor, f: Tensor) -> Tensor:
    """Half the size: ``[N, C, H, W] -> [N, C, H/2, W/2]``; ``f`` is a symmetric [4, 4] kernel."""
    assert f.shape == (4, 4), f.shape
    return F.conv2d(x, _depthwise(f, x.shape[1], 1, x), stride=2, padding=1, groups=x.shape[1])


def blur2d(x: Tensor, f: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """Filter with ``padding`` zeros on every side: ``[N, C, H, W] -> [N, C, H + 2 padding - 3, ...]``."""
    assert f.shape == (4, 4), f.shape
    return F.conv2d(x, _depthwise(f, x.shape[1], gain, x), padding=padding, groups=x.shape[1])


def _zero_insert(x: Tensor, up: int) -> Tensor:
    n, c, h, w = x.shape
    x = x.reshape(n, c, h, 1, w, 1)
    x = F.pad(x, [0, up - 1, 0, 0, 0, up - 1])
    return x.reshape(n, c, h * up, w * up)


def _pad_or_crop(x: Tensor, padding: tuple[int, int, int, int]) -> Tensor:
    x0, x1, y0, y1 = padding
    x = F.pad(x, [max(x0, 0), max(x1, 0), max(y0, 0), max(y1, 0)])
    height, width = x.shape[2:]
    return x[:, :, max(-y0, 0) : height - max(-y1, 0), max(-x0, 0) : width - max(-x1, 0)]


def upfirdn2d(
    x: Tensor,
    f: Tensor,
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
    gain: float = 1.0,
    flip: bool = False,
) -> Tensor:
    """Zero-insert by ``up``, pad (left, right, top, bottom; negative crops), filter, keep every ``down``-th pixel.

    ``f`` is [taps] (applied along both axes) or [fh, fw]; a true convolution unless ``flip`` (then a correlation);
    ``gain`` scales the output once.
    """
    channels = x.shape[1]
    x = _pad_or_crop(_zero_insert(x, up) if up > 1 else x, padding)
    f = f.to(x.dtype)
    kernel = f if flip else f.flip(list(range(f.ndim)))
    if f.ndim == 2:
        x = F.conv2d(x, (kernel * gain).expand(channels, 1, *f.shape), groups=channels)
    else:
        x = F.conv2d(x, (kernel * gain).view(1, 1, -1, 1).expand(channels, 1, -1, 1), groups=channels)
        x = F.conv2d(x, kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1), groups=channels)
    return x[:, :, ::down, ::down]
