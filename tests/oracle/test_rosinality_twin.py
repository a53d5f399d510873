"""A generator and a discriminator of rosinality's, run slowly from nothing but the names and numbers of a ``.pt``.

Written from the description of its layers: grouped convolutions, kernels as stored, one image at a time. Images must
be ours to 1e-5 with the weights that were converted.
"""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import read_rosinality, save_rosinality, to_rosinality
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

FOLDER = Path(os.environ.get("STYLEALIGN_REFERENCE", Path(__file__).parents[2] / ".." / "shared" / "reference"))
SHAPE = {"z_dim": 12, "w_dim": 10, "mapping_layers": 3, "img_resolution": 32, "channel_base": 256, "channel_max": 24}


def lrelu(x):
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def spread(x, up, kernel, pad):
    """Zeros between pixels, padding (before, after), then a true convolution with ``kernel``."""
    channels, height, width = x.shape
    wide = torch.zeros(channels, height * up, width * up)
    wide[:, ::up, ::up] = x
    wide = F.pad(wide, [pad[0], pad[1], pad[0], pad[1]])
    return F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0]


def mapped(state, z):
    x = z * (z.square().mean() + 1e-8).rsqrt()
    index = 1
    while f"style.{index}.weight" in state:
        weight, bias = state[f"style.{index}.weight"], state[f"style.{index}.bias"]
        x = lrelu(weight @ x * (0.01 / math.sqrt(weight.shape[1])) + bias * 0.01)
        index += 1
    return x


def modulated(state, layer, x, w, demodulate=True):
    weight, affine = state[f"{layer}.conv.weight"][0], state[f"{layer}.conv.modulation.weight"]
    style = affine @ w / math.sqrt(len(w)) + state[f"{layer}.conv.modulation.bias"]
    weight = weight * style[None, :, None, None] / math.sqrt(weight[0].numel())
    return weight * (weight.square().sum([1, 2, 3], keepdim=True) + 1e-8).rsqrt() if demodulate else weight


def styled(state, layer, x, w, noise, up=False):
    weight = modulated(state, layer, x, w)
    if up:
        x = F.conv_transpose2d(x[None], weight.transpose(0, 1), stride=2)[0]
        x = spread(x, 1, state[f"{layer}.conv.blur.kernel"], (1, 1))
    else:
        x = F.conv2d(x[None], weight, padding=1)[0]
    x = x + state[f"{layer}.noise.weight"] * state[f"noises.noise_{noise}"][0]
    return lrelu(x + state[f"{layer}.activate.bias"][:, None, None])


def to_rgb(state, layer, x, w, rgb=None):
    y = F.conv2d(x[None], modulated(state, layer, x, w, demodulate=False))[0] + state[f"{layer}.bias"][0]
    return y if rgb is None else y + spread(rgb, 2, state[f"{layer}.upsample.kernel"], (2, 1))


def image(state, z, latent_avg=None, psi=1.0):
    w = mapped(state, z)
    w = w if latent_avg is None else latent_avg + psi * (w - latent_avg)
    x = styled(state, "conv1", state["input.input"][0], w, 0)
    rgb = to_rgb(state, "to_rgb1", x, w)
    k = 0
    while f"to_rgbs.{k}.bias" in state:
        x = styled(state, f"convs.{2 * k}", x, w, 2 * k + 1, up=True)
        x = styled(state, f"convs.{2 * k + 1}", x, w, 2 * k + 2)
        rgb = to_rgb(state, f"to_rgbs.{k}", x, w, rgb)
        k += 1
    return rgb


def convolved(state, weight, x, stride=1, padding=0):
    kernel = state[weight]
    return F.conv2d(x, kernel / math.sqrt(kernel[0].numel()), stride=stride, padding=padding)


def blurred(x, kernel, pad):
    return torch.stack([spread(one, 1, kernel, pad) for one in x])


def logits(state, x):
    x = lrelu(convolved(state, "convs.0.0.weight", x) + state["convs.0.1.bias"][:, None, None])
    i = 1
    while f"convs.{i}.conv1.0.weight" in state:
        y = convolved(state, f"convs.{i}.conv1.0.weight", x, padding=1)
        y = lrelu(y + state[f"convs.{i}.conv1.1.bias"][:, None, None])
        y = blurred(y, state[f"convs.{i}.conv2.0.kernel"], (2, 2))
        y = convolved(state, f"convs.{i}.conv2.1.weight", y, stride=2)
        y = lrelu(y + state[f"convs.{i}.conv2.2.bias"][:, None, None])
        skip = blurred(x, state[f"convs.{i}.skip.0.kernel"], (1, 1))
        x = (y + convolved(state, f"convs.{i}.skip.1.weight", skip, stride=2)) / math.sqrt(2)
        i += 1
    spread_of_batch = (x.var(0, unbiased=False) + 1e-8).sqrt().mean()
    x = torch.cat([x, spread_of_batch.expand(len(x), 1, 4, 4)], 1)
    x = lrelu(convolved(state, "final_conv.0.weight", x, padding=1) + state["final_conv.1.bias"][:, None, None])
    for layer in ("final_linear.0", "final_linear.1"):
        weight = state[f"{layer}.weight"]
        x = x.flatten(1) @ weight.t() / math.sqrt(weight.shape[1]) + state[f"{layer}.bias"]
        x = lrelu(x) if layer.endswith("0") else x
    return x


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(3)
    G = Generator(**SHAPE).eval().requires_grad_(False)
    D = Discriminator(img_resolution=32, channel_base=256, channel_max=24, mbstd_group_size=4).requires_grad_(False)
    for network in (G, D):
        for name, value in network.named_parameters():
            if name.endswith(("bias", "noise_strength")):
                value.add_(torch.randn(value.shape) * 0.3)
    G.mapping.w_avg.normal_()
    return G, D


@pytest.fixture
def content(pair, tmp_path):
    G, D = pair
    model = ForeignModel("ours", G.state_dict(), None, D.state_dict(), G.init_kwargs, has_w_avg=True)
    save_rosinality(tmp_path / "model.pt", model)
    return torch.load(tmp_path / "model.pt", weights_only=True)


def test_images_of_a_written_file_are_ours(pair, content):
    G, _ = pair
    z = torch.randn(2, 12)
    ours = G(z, noise_mode="const")
    theirs = torch.stack([image(content["g_ema"], one) for one in z])
    assert ours.std() > 0.3
    assert (ours - theirs).abs().max() < 1e-5 * max(1.0, float(ours.abs().max()))
    truncated = torch.stack([image(content["g_ema"], one, content["latent_avg"], 0.6) for one in z])
    assert (G(z, truncation_psi=0.6) - truncated).abs().max() < 1e-5 * max(1.0, float(ours.abs().max()))


def test_logits_of_a_written_file_are_ours(pair, content):
    x = torch.randn(4, 3, 32, 32)
    ours, theirs = pair[1](x), logits(content["d"], x)
    assert ours.std() > 1e-3
    assert torch.allclose(ours, theirs, atol=1e-5, rtol=1e-5)


def test_images_of_a_file_read_are_its_own(content, tmp_path):
    """A file with other numbers than ours ever had: read, then drawn by our generator."""
    torch.manual_seed(5)
    state = {
        name: value if name.endswith("kernel") else value + 0.1 * torch.randn(value.shape)
        for name, value in content["g_ema"].items()
    }
    torch.save({"g_ema": state}, tmp_path / "other.pt")
    found = read_rosinality(tmp_path / "other.pt")
    G = Generator(**found.architecture).requires_grad_(False)
    G.load_state_dict(dict(found.generator))
    z = torch.randn(1, 12)
    ours, theirs = G(z)[0], image(state, z[0])
    assert (ours - theirs).abs().max() < 1e-5 * max(1.0, float(ours.abs().max()))


@pytest.mark.skipif(
    not (FOLDER / "sg2_r32.npz").is_file(), reason="no sg2_r32.npz; set STYLEALIGN_REFERENCE to its folder"
)
def test_images_of_the_reference_implementation_are_drawn_under_rosinalitys_names(tmp_path):
    with np.load(FOLDER / "sg2_r32.npz", allow_pickle=False) as arrays:
        kept = {name: torch.from_numpy(arrays[name]) for name in arrays.files if name.startswith("G/")}
        z, expected, truncated = (torch.from_numpy(arrays[name]) for name in ("z", "img_const", "img_psi07_const"))
    torch.save({name.removeprefix("G/"): value for name, value in kept.items()}, tmp_path / "G_ema.pt")
    content = to_rosinality(read_rosinality(tmp_path / "G_ema.pt"))
    state, tolerance = content["g_ema"], 1e-5 * float(expected.abs().max())
    for index, one in enumerate(z):
        assert (image(state, one) - expected[index]).abs().max() < tolerance
        assert (image(state, one, content["latent_avg"], 0.7) - truncated[index]).abs().max() < tolerance
