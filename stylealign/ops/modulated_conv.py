"""Modulated convolution and the activation after it (StyleGAN2, section 2.2; algorithms of both official code bases).

The style scales the input channels, the weights are shared by the whole batch, and demodulation scales the output:
one dense convolution instead of one group per sample, which is what makes training on a CPU possible.

    x  [N, Cin, H, W]     weight  [Cout, Cin, k, k]     s  [N, Cin] style     d  [N, Cout] demodulation
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.ops.resample import blur2d

LRELU_SLOPE = 0.2
LRELU_GAIN = math.sqrt(2)


def demodulation(weight: Tensor, s: Tensor) -> Tensor:
    """``rsqrt(sum_{i,k} (W s)^2 + 1e-8)``: [N, Cout], so that unit-variance input gives unit-variance output."""
    energy = weight.square().sum([2, 3])  # [Cout, Cin]
    return (s.square() @ energy.t() + 1e-8).rsqrt()  # [N, Cout]


def _normalise_for_half(weight: Tensor, s: Tensor) -> tuple[Tensor, Tensor]:
    """Scale weights and styles to at most 1 so that float16 does not overflow; demodulation undoes it."""
    fan_in = weight.shape[1] * weight.shape[2] * weight.shape[3]
    largest = weight.norm(float("inf"), dim=[1, 2, 3], keepdim=True)  # [Cout, 1, 1, 1]
    return weight / (math.sqrt(fan_in) * largest), s / s.norm(float("inf"), dim=1, keepdim=True)


def modulated_conv(
    x: Tensor, weight: Tensor, s: Tensor, *, up: bool = False, f: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Convolve with modulated weights; returns ``y`` [N, Cout, H', W'] *before* demodulation, and ``d`` [N, Cout].

    The caller multiplies (:func:`styled_activation` folds it into the activation). ``up`` doubles the size: a
    transposed convolution of stride 2, then the low-pass filter ``f``.
    """
    if x.dtype == torch.float16:
        weight, s = _normalise_for_half(weight, s)
    d = demodulation(weight, s)
    x = x * s.to(x.dtype)[:, :, None, None]
    weight = weight.to(x.dtype)
    if not up:
        return F.conv2d(x, weight, padding=weight.shape[2] // 2), d
    assert f is not None
    y = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [N, Cout, 2H+1, 2W+1]
    return blur2d(y, f, padding=1, gain=4), d


def leaky_relu_(x: Tensor) -> Tensor:
    """Leaky ReLU in place, without its gain: callers fold sqrt(2) into the weights or scales before it.

    ``x`` must be a fresh result that nothing else reads; writing in place halves the memory traffic, which is what
    element-wise steps cost on a CPU.
    """
    return F.leaky_relu(x, LRELU_SLOPE, inplace=True)


def styled_activation(y: Tensor, d: Tensor, noise: Tensor | None, bias: Tensor, clamp: float | None) -> Tensor:
    """``sqrt(2) lrelu(y d + noise + bias)``, clamped: [N, Cout, H, W].

    ``noise`` is [H, W] or [N, 1, H, W], already scaled by its strength. The gain is folded into the factors, since
    leaky ReLU is positively homogeneous.
    """
    scale = (d * LRELU_GAIN).to(y.dtype)[:, :, None, None]
    shift = (bias * LRELU_GAIN)[None, :, None, None]
    if noise is not None:
        shift = shift + noise * LRELU_GAIN  # [1 or N, Cout, H, W]
        if len(shift) == 1:  # the result takes the layout of its first operand: constant noise must not set it
            shift = shift.contiguous(memory_format=torch.channels_last)
    x = leaky_relu_(torch.addcmul(shift.to(y.dtype), y, scale))
    return x if clamp is None else x.clamp(-clamp, clamp)
