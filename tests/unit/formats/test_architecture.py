"""What a generator is, read off its shapes: the same network again, or one line that names what does not fit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.errors import CheckpointError
from stylealign.formats.architecture import (
    architecture_of,
    discriminator_problem,
    discriminator_shapes,
    generator_problem,
    generator_shapes,
    same_widths,
)
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

TINY = {"z_dim": 6, "w_dim": 8, "mapping_layers": 2, "img_resolution": 16, "channel_base": 64, "channel_max": 8}


def shapes(**changed):
    """A generator's weights as shapes alone."""
    with torch.device("meta"):
        return dict(Generator(**(TINY | changed)).state_dict())


@settings(deadline=None, max_examples=40)
@given(
    log_resolution=st.integers(3, 7),
    channel_base=st.integers(128, 5000),
    channel_max=st.integers(1, 600),
    mapping_layers=st.integers(1, 9),
    dims=st.tuples(st.integers(1, 512), st.integers(1, 512)),
)
def test_a_generator_of_what_was_read_has_the_same_weights(
    log_resolution, channel_base, channel_max, mapping_layers, dims
):
    base = max(channel_base, 2**log_resolution)
    given_shape = {"img_resolution": 2**log_resolution, "channel_base": base, "channel_max": channel_max}
    given_shape |= {"mapping_layers": mapping_layers, "z_dim": dims[0], "w_dim": dims[1]}
    state = shapes(**given_shape)
    found = architecture_of(state)
    assert generator_problem(state, found) is None
    assert {name: tuple(value.shape) for name, value in state.items()} == generator_shapes(given_shape)
    assert same_widths(found, given_shape)
    assert found["channel_base"] <= base
    assert found["channel_max"] <= channel_max


@pytest.mark.parametrize("resolution", [64, 256, 512, 1024])
@pytest.mark.parametrize("base", [32768, 16384])
def test_published_configurations_are_read_as_published(resolution, base):
    shape = {"img_resolution": resolution, "channel_base": base, "channel_max": 512, "z_dim": 512, "w_dim": 512}
    assert architecture_of(shapes(**shape, mapping_layers=8)) == {**shape, "mapping_layers": 8}


def test_config_e_and_f_are_one_network_up_to_32_px_and_two_above():
    e, f = ({"img_resolution": 32, "channel_base": base, "channel_max": 512} for base in (16384, 32768))
    assert architecture_of(shapes(**e)) == architecture_of(shapes(**f))
    assert same_widths(e, f)
    assert not same_widths(e | {"img_resolution": 64}, f | {"img_resolution": 64})
    assert not same_widths(e, f | {"img_resolution": 64})


def test_w_avg_and_noise_may_be_missing():
    state = {name: value for name, value in shapes().items() if not name.endswith(("w_avg", "noise_const"))}
    assert architecture_of(state) == architecture_of(shapes())


def changed(name, value):
    return {**shapes(), name: torch.empty(value, device="meta")}


def without(prefix):
    return {name: value for name, value in shapes().items() if not name.startswith(prefix)}


REFUSED = {
    "nothing": ({}, r"no weights of a StyleGAN2 generator"),
    "conditional": (changed("mapping.embed.weight", [8, 3]), r"mapping\.embed\.weight.*class-conditional"),
    "alias-free": (changed("synthesis.L0_36_512.weight", [1]), r"L0_36_512.*StyleGAN3's alias-free"),
    "resnet": (changed("synthesis.b8.skip.weight", [8, 8, 1, 1]), r"b8\.skip\.weight.*'resnet'"),
    "unknown layer": (changed("synthesis.b8.attention", [1]), r"b8\.attention is not known"),
    "missing layer": (without("synthesis.b8.torgb.weight"), r"b8\.torgb\.weight is missing"),
    "missing block": (without("synthesis.b8."), r"blocks for 4, 16 px"),
    "no mapping": (without("mapping."), r"no mapping network"),
    "grey": (changed("synthesis.b4.torgb.weight", [1, 8, 1, 1]), r"1 channels, and only RGB"),
    "flat": (changed("synthesis.b4.conv1.weight", [8]), r"b4\.conv1\.weight is \[8\]"),
    "empty": (changed("synthesis.b4.conv1.weight", [0, 8, 3, 3]), r"not 4 sizes above 0"),
    "widening": (changed("synthesis.b8.conv1.weight", [12, 12, 3, 3]), r"no channel_base and channel_max explain"),
    "misshapen": (changed("synthesis.b8.conv1.affine.weight", [8, 9]), r"affine\.weight is \[8, 9\], not \[8, 8\]"),
    "huge": (changed("synthesis.b99999999999999999999.conv1.weight", [1]), r"blocks for 4, 8, 16, 999999 px"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_such_generator_is_refused_by_name(kind):
    state, message = REFUSED[kind]
    with pytest.raises(CheckpointError, match=message) as caught:
        architecture_of(state)
    assert "\n" not in str(caught.value)
    assert "take another" in str(caught.value)


@pytest.mark.parametrize("shape", [(1024, 32768, 512), (64, 500, 9), (8, 8, 3)])
def test_shapes_of_a_discriminator_are_our_networks(shape):
    sizes = dict(zip(("img_resolution", "channel_base", "channel_max"), shape, strict=True))
    with torch.device("meta"):
        D = Discriminator(**sizes)
    assert {name: tuple(value.shape) for name, value in D.state_dict().items()} == discriminator_shapes(sizes)


def test_a_discriminator_fits_or_is_told_apart():
    D = Discriminator(img_resolution=16, channel_base=64, channel_max=8)
    architecture = architecture_of(shapes())
    assert discriminator_problem(D.state_dict(), architecture) is None
    wider = Discriminator(img_resolution=16, channel_base=128, channel_max=8)
    assert "b16.fromrgb.weight is [8, 3, 1, 1], not [4, 3, 1, 1]" in discriminator_problem(
        wider.state_dict(), architecture
    )
    assert "b4.mapping is not known" in discriminator_problem(
        {**D.state_dict(), "b4.mapping": torch.ones(1)}, architecture
    )
