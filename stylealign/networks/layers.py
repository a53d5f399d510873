"""Layers with run-time weight scaling: parameters are N(0, 1) and scaled when used (equalised learning rate)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from stylealign.ops.modulated_conv import LRELU_GAIN, leaky_relu_
from stylealign.ops.resample import blur2d, downsample2d, setup_filter


class FullyConnected(nn.Module):
    """``y = x (W lr_mul / sqrt(in))^T + b lr_mul``, optionally followed by ``sqrt(2) lrelu``; [N, in] -> [N, out]."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activate: bool = False,
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn([out_features, in_features]) / lr_multiplier)
        self.bias = nn.Parameter(torch.full([out_features], float(bias_init)))
        self.activate = activate
        gain = LRELU_GAIN if activate else 1.0
        self.weight_gain = gain * lr_multiplier / math.sqrt(in_features)
        self.bias_gain = gain * lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        bias = self.bias if self.bias_gain == 1 else self.bias * self.bias_gain
        y = torch.addmm(bias, x, self.weight.t(), alpha=self.weight_gain)
        return leaky_relu_(y) if self.activate else y


class Conv2d(nn.Module):
    """A convolution of D: optional halving, bias and ``sqrt(2) lrelu``; [N, in, H, W] -> [N, out, H', W']."""

    filter: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        bias: bool = True,
        activate: bool = True,
        down: bool = False,
        conv_clamp: float | None = None,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn([out_channels, in_channels, kernel_size, kernel_size]))
        self.bias = nn.Parameter(torch.zeros([out_channels])) if bias else None
        self.weight_gain = 1 / math.sqrt(in_channels * kernel_size**2)
        self.activate, self.down, self.conv_clamp = activate, down, conv_clamp
        self.register_buffer("filter", setup_filter(), persistent=False)

    def forward(self, x: Tensor, gain: float = 1.0) -> Tensor:
        factor = gain * LRELU_GAIN if self.activate else gain
        weight = (self.weight * (self.weight_gain * factor)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * factor).to(x.dtype)
        y = self._convolve(x, weight, bias)
        y = leaky_relu_(y) if self.activate else y
        return y if self.conv_clamp is None else y.clamp(-self.conv_clamp * gain, self.conv_clamp * gain)

    def _convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        kernel_size = weight.shape[2]
        if not self.down:
            return F.conv2d(x, weight, bias, padding=kernel_size // 2)
        if kernel_size == 1:
            return F.conv2d(downsample2d(x, self.filter), weight, bias)
        return F.conv2d(blur2d(x, self.filter, padding=2), weight, bias, stride=2)
