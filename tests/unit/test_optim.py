"""EMA and Adam as StyleGAN2 has them."""

import pytest
import torch
from torch import nn

from stylealign.optim import ema_beta, lazy_adam, sanitise_gradients, update_ema


def test_lazy_adam_scales_rate_and_memory():
    optimiser = lazy_adam([nn.Parameter(torch.zeros(1))], lr=0.002, interval=4)
    group = optimiser.param_groups[0]
    assert group["lr"] == pytest.approx(0.002 * 4 / 5)
    assert group["betas"] == (0.0, pytest.approx(0.99**0.8))
    assert lazy_adam([nn.Parameter(torch.zeros(1))], lr=0.002, interval=0).param_groups[0]["lr"] == 0.002


@pytest.mark.parametrize(
    ("nimg", "rampup", "beta"), [(0, 0.05, 0.0), (20_000, 0.05, 0.5 ** (32 / 1000)), (0, None, 0.5 ** (32 / 10_000))]
)
def test_half_life_and_ramp_up(nimg, rampup, beta):
    assert ema_beta(batch_size=32, ema_kimg=10, cur_nimg=nimg, rampup=rampup) == pytest.approx(beta)


def test_parameters_are_averaged_and_buffers_copied():
    averaged, current = nn.BatchNorm1d(2), nn.BatchNorm1d(2)
    nn.init.constant_(current.weight, 3.0)
    current.running_mean.fill_(7)
    update_ema(averaged, current, 0.75)
    assert averaged.weight.tolist() == [1.5, 1.5]
    assert averaged.running_mean.tolist() == [7, 7]


def test_gradients_become_finite():
    parameter = nn.Parameter(torch.zeros(4))
    parameter.grad = torch.tensor([float("nan"), float("inf"), -float("inf"), 2.0])
    sanitise_gradients([parameter, nn.Parameter(torch.zeros(1))])
    assert parameter.grad.tolist() == [0.0, 1e5, -1e5, 2.0]
