"""Blends: exact ends, what travels together, one working copy, nobody but relatives."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.editing.blend import (
    METHODS,
    Blender,
    blend_pictures,
    blend_sequence,
    first_ws,
    open_pair,
    render_pixels,
    swap,
    units,
)
from stylealign.errors import LineageError
from stylealign.networks.generator import Generator

GRANULARITIES = ("block", "layer")


@pytest.fixture(scope="module")
def pair(relatives):
    return [load_generator(relatives[name])[0] for name in ("parent", "child")]


@pytest.fixture(scope="module")
def z():
    return torch.randn([3, 8], generator=torch.Generator().manual_seed(1))


def image(G, z):
    with torch.inference_mode():
        return G(z, truncation_psi=0.7)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_every_tensor_of_synthesis_travels_once(pair, granularity):
    names = [name for unit in units(pair[0], granularity) for name in unit.names]
    assert sorted(names) == sorted(pair[0].synthesis.state_dict())
    assert len(set(names)) == len(names)


def test_what_travels_together(pair):
    assert [unit.label for unit in units(pair[0])] == ["b4", "b8", "b16"]
    layers = {unit.label: set(unit.names) for unit in units(pair[0], "layer")}
    assert list(layers) == ["b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0", "b16.conv1"]
    assert {"b4.const", "b4.torgb.weight", "b4.torgb.affine.bias"} < layers["b4.conv1"]
    assert {"b8.conv1.affine.weight", "b8.conv1.noise_const", "b8.torgb.bias"} < layers["b8.conv1"]
    assert all(name.startswith("b8.conv0.") for name in layers["b8.conv0"])


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_at_the_top_it_is_the_first_model_bit_for_bit(pair, z, granularity):
    A, B = pair
    assert torch.equal(image(swap(A, B, 16, granularity), z), image(A, z))
    assert not torch.equal(image(swap(A, B, 8, granularity), z), image(A, z))


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_below_four_it_is_the_second_models_synthesis_on_the_firsts_w(pair, z, granularity):
    A, B = pair
    hybrid = swap(A, B, 2, granularity)
    with torch.inference_mode():
        ws = A.mapping(z, truncation_psi=0.7)
        assert torch.equal(image(hybrid, z), B.synthesis(B.styles(ws)))


def test_mapping_comes_with_the_coarse_layers(pair, z):
    A, B = pair
    blender = Blender(A, B)
    for coarse, model in ((0, A), (1, B), (0, A)):
        own = blender.swap(1, coarse).mapping.state_dict()
        assert all(torch.equal(own[name], value) for name, value in model.mapping.state_dict().items())
    assert torch.equal(image(blender.swap(3, 1), z), image(B, z))


def test_ratios_zero_and_one_are_exact_and_half_is_the_mean(pair):
    A, B = (G.synthesis.state_dict() for G in pair)
    blender = Blender(*pair)
    for ratio, expected in ((0, A), (1, B)):
        own = blender.interpolate(ratio).synthesis.state_dict()
        assert all(torch.equal(own[name], expected[name]) for name in own)
    own = blender.interpolate(0.5).synthesis.state_dict()
    assert all(torch.allclose(own[name], (A[name] + B[name]) / 2, atol=1e-6) for name in own)


def test_one_working_copy_serves_every_blend_and_no_model_is_changed(pair):
    before = [{name: value.clone() for name, value in G.state_dict().items()} for G in pair]
    blender = Blender(*pair, granularity="layer")
    first = blender.interpolate(0.3)
    places = [value.data_ptr() for value in first.state_dict().values()]
    for method in METHODS:
        for place in range(blender.num_steps + 1):
            G = blender.step(method, place)
            assert G is first
            assert [value.data_ptr() for value in G.state_dict().values()] == places, "a tensor was replaced"
    for G, state in zip(pair, before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in G.state_dict().items())


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_all_ways_have_the_models_for_ends_and_as_many_steps(pair, z, granularity):
    blender = Blender(*pair, granularity=granularity)
    ws = first_ws(pair[0], 3, 0.7, 0)
    ways = [blend_sequence(blender, ws, method) for method in METHODS]
    assert {len(way) for way in ways} == {len(units(pair[0], granularity)) + 1}
    for way in ways:
        for place, G in ((0, pair[0]), (-1, pair[1])):
            assert torch.equal(way[place], render_pixels(G, ws))
        assert all(not torch.equal(before, after) for before, after in pairwise(way))


def test_blends_are_called_by_the_finest_unit_of_the_coarse_model(pair):
    blender = Blender(*pair)
    names = {method: [blender.name(method, place) for place in range(4)] for method in METHODS}
    assert names["swap_fine_first"] == ["b16", "b8", "b4", ""]
    assert names["swap_coarse_first"] == ["", "b4", "b8", "b16"]
    assert names["interpolation"] == ["0", "0.333333", "0.666667", "1"]
    with pytest.raises(ValueError, match="method must be one of"):
        blender.step("mixing", 0)


def test_strangers_and_other_architectures_are_refused(relatives):
    with pytest.raises(LineageError, match="no common ancestor"):
        open_pair("p", [relatives["parent"], relatives["stranger"]], "block")
    G, foreigner = (load_generator(relatives[name])[0] for name in ("parent", "foreigner"))
    with pytest.raises(LineageError, match=r"p2f: .*w_dim"):
        Blender(G, foreigner, "p2f")


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_pictures_hold_every_swap_and_the_ratios_asked_for(relatives, granularity):
    paths = [relatives[name] for name in ("parent", "child")]
    shown = blend_pictures(
        "parent2child",
        ["parent", "child"],
        paths,
        ratios=(0.5,),
        num_shown=2,
        granularity=granularity,
        truncation_psi=0.7,
        seed=0,
    )
    inner = len(units(load_generator(paths[0])[0], granularity)) - 1
    assert shown["swap_fine_first"].shape == shown["swap_coarse_first"].shape == (2, inner, 16, 16, 3)
    assert shown["interpolation"].shape == (2, 1, 16, 16, 3)
    assert shown["names_interpolation"].tolist() == ["0.5"]
    assert shown["names_swap_fine_first"].tolist() == shown["names_swap_coarse_first"].tolist()[::-1]
    A = load_generator(paths[0])[0]
    expected = render_pixels(A, first_ws(A, 2, 0.7, 0)).movedim(1, -1).numpy()
    assert np.array_equal(shown["first"], expected)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_a_clamp_travels_with_what_is_swapped_and_the_ends_are_exact(pair, z, granularity):
    parent, child = pair
    tight = Generator(**child.init_kwargs | {"conv_clamp": 0.1}).eval().requires_grad_(False)
    tight.load_state_dict(child.state_dict())
    assert not torch.equal(image(tight, z), image(child, z))
    blender = Blender(parent, tight, granularity=granularity)
    ws = first_ws(parent, len(z), 0.7, seed=0)
    for method in METHODS:
        assert torch.equal(render_pixels(blender.step(method, blender.num_steps), ws), render_pixels(tight, ws))
        assert torch.equal(render_pixels(blender.step(method, 0), ws), render_pixels(parent, ws))
    swapped = blender.swap(blender.cut_at(8)).synthesis
    assert swapped.b8.conv1.conv_clamp is swapped.b8.torgb.conv_clamp is None
    assert swapped.b16.conv0.conv_clamp == swapped.b16.torgb.conv_clamp == 0.1
