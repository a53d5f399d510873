"""The published encoders written out, layer by layer, from nothing but names and weights: a slow, obvious twin."""

import pytest
import torch
import torch.nn.functional as F

from stylealign.networks.psp_encoder import PspEncoder

STARTS_A_STAGE = (0, 3, 7, 21)


def normalised(x, w, name):
    shape = (1, -1, 1, 1)
    mean, var = w[f"{name}.running_mean"].reshape(shape), w[f"{name}.running_var"].reshape(shape)
    return (x - mean) / (var + 1e-5).sqrt() * w[f"{name}.weight"].reshape(shape) + w[f"{name}.bias"].reshape(shape)


def prelu(x, w, name):
    return torch.where(x > 0, x, x * w[f"{name}.weight"].reshape(1, -1, 1, 1))


def unit(x, w, name, stride):
    if f"{name}.shortcut_layer.0.weight" in w:
        shortcut = F.conv2d(x, w[f"{name}.shortcut_layer.0.weight"], stride=stride)
        shortcut = normalised(shortcut, w, f"{name}.shortcut_layer.1")
    else:
        shortcut = x[:, :, ::stride, ::stride]
    y = F.conv2d(normalised(x, w, f"{name}.res_layer.0"), w[f"{name}.res_layer.1.weight"], padding=1)
    y = F.conv2d(prelu(y, w, f"{name}.res_layer.2"), w[f"{name}.res_layer.3.weight"], stride=stride, padding=1)
    y = normalised(y, w, f"{name}.res_layer.4")
    squeezed = torch.einsum("nc,dc->nd", y.mean((2, 3)), w[f"{name}.res_layer.5.fc1.weight"][:, :, 0, 0]).clamp(min=0)
    gate = torch.einsum("nd,cd->nc", squeezed, w[f"{name}.res_layer.5.fc2.weight"][:, :, 0, 0])
    return y / (1 + torch.exp(-gate))[:, :, None, None] + shortcut


def linear(x, w, name):
    return x @ w[f"{name}.weight"].t() / w[f"{name}.weight"].shape[1] ** 0.5 + w[f"{name}.bias"]


def head(x, w, name):
    number = 0
    while x.shape[2] > 1:
        x = F.conv2d(x, w[f"{name}.convs.{number}.weight"], w[f"{name}.convs.{number}.bias"], stride=2, padding=1)
        x, number = torch.where(x > 0, x, 0.01 * x), number + 2
    assert f"{name}.convs.{number}.weight" not in w
    return linear(x[:, :, 0, 0], w, f"{name}.linear")


def upsampled(x):
    """Twice as large, the corners on the corners: a weighted mean of the two nearest, along each axis."""
    size = x.shape[2]
    at = torch.arange(2 * size, dtype=x.dtype) * (size - 1) / (2 * size - 1)
    low = at.floor().long().clamp(max=max(size - 2, 0))
    high, share = (low + 1).clamp(max=size - 1), at - low
    rows = x[:, :, low] * (1 - share)[:, None] + x[:, :, high] * share[:, None]
    return rows[..., low] * (1 - share) + rows[..., high] * share


def codes(x, w, kind, num_ws):
    x = F.conv2d(x, w["input_layer.0.weight"], padding=1)
    x = prelu(normalised(x, w, "input_layer.1"), w, "input_layer.2")
    seen = []
    for number in range(24):
        x = unit(x, w, f"body.{number}", 2 if number in STARTS_A_STAGE else 1)
        seen.append(x)
    if "linear.weight" in w:
        return linear(x.mean((2, 3)), w, "linear") + w["latent_avg"]
    c1, c2, c3 = seen[6], seen[20], seen[23]
    p2 = upsampled(c3) + F.conv2d(c2, w["latlayer1.weight"], w["latlayer1.bias"])
    p1 = upsampled(p2) + F.conv2d(c1, w["latlayer2.weight"], w["latlayer2.bias"])
    rows = [head(c3 if row < 3 else p2 if row < 7 else p1, w, f"styles.{row}") for row in range(num_ws)]
    if kind == "e4e":
        rows = [rows[0], *(rows[0] + row for row in rows[1:])]
    return torch.stack(rows, 1) + w["latent_avg"]


@pytest.mark.parametrize(("kind", "space"), [("psp", "wplus"), ("e4e", "wplus"), ("psp", "w")])
def test_the_network_is_its_slow_twin(kind, space):
    torch.manual_seed(3)
    encoder = PspEncoder(kind=kind, space=space, img_resolution=64, num_ws=10, w_dim=8, width=16, input_px=64)
    encoder = encoder.double().eval().requires_grad_(False)
    for name, value in encoder.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 2)
        elif value.is_floating_point() and (value.ndim == 1 or name == "latent_avg"):
            value.add_(torch.randn_like(value) * 0.3)
    x = torch.rand([2, 3, 64, 64], dtype=torch.double) * 2 - 1
    assert torch.allclose(encoder(x), codes(x, encoder.state_dict(), kind, 10), atol=1e-9)
