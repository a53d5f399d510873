"""NVIDIA's names to rosinality's and back is the identity, for every size; some names as both projects publish them."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.formats.names import (
    discriminator_names,
    discriminator_resolution,
    generator_names,
    is_kernel,
    kernels,
    ours_of,
    renamed,
    rosinality_mapping_layers,
    rosinality_resolution,
)
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

PUBLISHED = {
    "mapping.fc7.bias": "style.8.bias",
    "synthesis.b4.const": "input.input",
    "synthesis.b4.conv1.affine.weight": "conv1.conv.modulation.weight",
    "synthesis.b4.conv1.noise_const": "noises.noise_0",
    "synthesis.b8.conv0.weight": "convs.0.conv.weight",
    "synthesis.b8.conv1.bias": "convs.1.activate.bias",
    "synthesis.b64.conv0.noise_strength": "convs.6.noise.weight",
    "synthesis.b64.conv0.noise_const": "noises.noise_7",
    "synthesis.b1024.conv1.noise_const": "noises.noise_16",
    "synthesis.b4.torgb.bias": "to_rgb1.bias",
    "synthesis.b1024.torgb.weight": "to_rgbs.7.conv.weight",
}
PUBLISHED_D = {
    "b1024.fromrgb.weight": "convs.0.0.weight",
    "b1024.conv0.weight": "convs.1.conv1.0.weight",
    "b8.conv1.bias": "convs.8.conv2.2.bias",
    "b8.skip.weight": "convs.8.skip.1.weight",
    "b4.conv.bias": "final_conv.1.bias",
    "b4.out.weight": "final_linear.1.weight",
}
SHAPES = {
    "input.input": [1, 512, 4, 4],
    "conv1.conv.weight": [1, 512, 512, 3, 3],
    "convs.0.noise.weight": [1],
    "convs.15.activate.bias": [32],
    "noises.noise_16": [1, 1, 1024, 1024],
    "to_rgbs.7.conv.weight": [1, 3, 32, 1, 1],
    "to_rgbs.7.bias": [1, 3, 1, 1],
    "to_rgbs.7.conv.modulation.bias": [32],
}

sizes = st.fixed_dictionaries(
    {
        "img_resolution": st.sampled_from([8, 16, 32, 64]),
        "channel_base": st.integers(64, 200),
        "channel_max": st.integers(1, 12),
        "mapping_layers": st.integers(1, 5),
        "z_dim": st.integers(1, 6),
        "w_dim": st.integers(1, 6),
    }
)


@settings(deadline=None, max_examples=30)
@given(sizes)
def test_there_and_back_is_the_identity_of_a_generator(shape):
    state = dict(Generator(**shape).state_dict())
    del state["mapping.w_avg"]
    names = generator_names(shape["img_resolution"], shape["mapping_layers"])
    theirs = renamed(state, names)
    assert len(theirs) == len(state) == len(set(names.values()))
    assert rosinality_resolution(theirs) == shape["img_resolution"]
    assert rosinality_mapping_layers(theirs) == shape["mapping_layers"]
    back = ours_of(theirs, names)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], value) and back[name].shape == value.shape for name, value in state.items())


@settings(deadline=None, max_examples=20)
@given(sizes)
def test_there_and_back_is_the_identity_of_a_discriminator(shape):
    state = Discriminator(**{k: shape[k] for k in ("img_resolution", "channel_base", "channel_max")}).state_dict()
    names = discriminator_names(shape["img_resolution"])
    theirs = renamed(state, names)
    assert discriminator_resolution(theirs) == shape["img_resolution"]
    back = ours_of(theirs, names)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[name], value) for name, value in state.items())


def test_names_are_the_published_ones():
    assert PUBLISHED.items() <= generator_names(1024, 8).items()
    assert PUBLISHED_D.items() <= discriminator_names(1024).items()


def test_shapes_are_the_published_ones():
    with torch.device("meta"):
        G = Generator(z_dim=512, w_dim=512, img_resolution=1024, channel_base=32768, channel_max=512, mapping_layers=8)
    theirs = renamed(G.state_dict(), generator_names(1024, 8))
    assert {name: list(theirs[name].shape) for name in SHAPES} == SHAPES


def test_kernels_are_four_times_the_filter_going_up_and_the_filter_going_down():
    up, down = kernels(16)
    assert sorted(up) == [
        "convs.0.conv.blur.kernel",
        "convs.2.conv.blur.kernel",
        "to_rgbs.0.upsample.kernel",
        "to_rgbs.1.upsample.kernel",
    ]
    assert sorted(down) == [f"convs.{i}.{part}.0.kernel" for i in (1, 2) for part in ("conv2", "skip")]
    row = torch.tensor([1.0, 3, 3, 1])
    assert torch.equal(up["convs.0.conv.blur.kernel"], torch.outer(row, row) / 16)
    assert torch.equal(down["convs.1.skip.0.kernel"], torch.outer(row, row) / 64)


@pytest.mark.parametrize(("change", "same"), [(0, True), (1e-6, True), (1e-2, False)])
def test_a_kernel_is_known_up_to_rounding(change, same):
    kernel = kernels(8)[1]["convs.1.skip.0.kernel"]
    assert is_kernel(kernel + change, kernel) is same
    assert not is_kernel(kernel[:2, :2], kernel)
