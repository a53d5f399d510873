"""Blends against slow twins: a state dict built name by name, loaded into a new model."""

import pytest
import torch

from stylealign.editing.blend import Blender, swap
from stylealign.networks.generator import Generator

SHAPE = {"z_dim": 8, "w_dim": 8, "img_resolution": 32, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}
LAYERS = ["4.conv1", "8.conv0", "8.conv1", "16.conv0", "16.conv1", "32.conv0", "32.conv1"]


def generator(seed):
    torch.manual_seed(seed)
    G = Generator(**SHAPE).eval().requires_grad_(False)
    G.mapping.w_avg.normal_()
    for name, value in G.named_parameters():
        if name.endswith("noise_strength"):
            value.fill_(0.2)
    return G


A, B = generator(0), generator(1)
Z = torch.randn([2, 8], generator=torch.Generator().manual_seed(3))


def twin(state):
    G = Generator(**SHAPE).eval()
    G.load_state_dict(state)
    return G


def layer_of(name):
    """``synthesis.b8.torgb.weight`` to ``8.conv1``."""
    _, block, part = name.split(".")[:3]
    return f"{block[1:]}.{'conv0' if part == 'conv0' else 'conv1'}"


def swapped(coarse, fine, is_coarse):
    """Mapping from ``coarse``, and each tensor of synthesis from whom it belongs to."""
    state, other = coarse.state_dict(), fine.state_dict()
    return twin(
        {
            name: value if name.startswith("mapping.") or is_coarse(name) else other[name]
            for name, value in state.items()
        }
    )


def same_images(G, other):
    with torch.inference_mode():
        return torch.equal(G(Z, truncation_psi=0.7), other(Z, truncation_psi=0.7))


@pytest.mark.parametrize("resolution", [2, 4, 8, 16, 32])
def test_swapping_blocks(resolution):
    expected = swapped(A, B, lambda name: int(name.split(".")[1][1:]) <= resolution)
    assert same_images(swap(A, B, resolution), expected)
    blender = Blender(A, B)
    other_way = swapped(B, A, lambda name: int(name.split(".")[1][1:]) <= resolution)
    assert same_images(blender.swap(blender.cut_at(resolution), coarse=1), other_way)


@pytest.mark.parametrize("cut", range(len(LAYERS) + 1))
def test_swapping_layers(cut):
    expected = swapped(A, B, lambda name: LAYERS.index(layer_of(name)) < cut)
    assert same_images(Blender(A, B, granularity="layer").swap(cut), expected)


@pytest.mark.parametrize("ratio", [0, 0.25, 0.5, 0.9, 1])
def test_interpolating(ratio):
    state, other = A.state_dict(), B.state_dict()
    mixed = {
        name: value if name.startswith("mapping.") else (1 - ratio) * value + ratio * other[name]
        for name, value in state.items()
    }
    with torch.inference_mode():
        found, expected = Blender(A, B).interpolate(ratio)(Z), twin(mixed)(Z)
    assert torch.allclose(found, expected, atol=1e-4)
