"""Laws of blending: a model with itself is itself, the two ways mirror each other, one step changes one unit."""

import copy

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.editing.blend import COARSE_FIRST, FINE_FIRST, METHODS, Blender
from stylealign.networks.generator import Generator


def _generator(seed):
    torch.manual_seed(seed)
    shape = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16}
    return Generator(**shape, mapping_layers=2).eval().requires_grad_(False)


A, B = _generator(0), _generator(1)
GRANULARITIES = st.sampled_from(["block", "layer"])


def _state(G):
    return {name: value.clone() for name, value in G.synthesis.state_dict().items()}


def _equal(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


@given(GRANULARITIES, st.integers(0, 3), st.sampled_from([0, 1]))
@settings(max_examples=15, deadline=None)
def test_the_two_ways_mirror_each_other(granularity, cut, coarse):
    """``swap(B, A)`` of a pair is ``swap`` of the pair turned round."""
    one = _state(Blender(A, B, granularity=granularity).swap(cut, coarse))
    other = _state(Blender(B, A, granularity=granularity).swap(cut, 1 - coarse))
    assert _equal(one, other)


@given(GRANULARITIES, st.sampled_from(METHODS), st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_a_model_blended_with_itself_is_itself(granularity, method, part):
    blender = Blender(A, copy.deepcopy(A), granularity=granularity)
    assert _equal(_state(blender.step(method, round(part * blender.num_steps))), A.synthesis.state_dict())


@given(GRANULARITIES, st.sampled_from([FINE_FIRST, COARSE_FIRST]), st.integers(1, 3))
@settings(max_examples=15, deadline=None)
def test_a_step_of_swapping_changes_one_unit_from_the_first_model_to_the_second(granularity, method, place):
    blender = Blender(A, B, granularity=granularity)
    before, after = _state(blender.step(method, place - 1)), _state(blender.step(method, place))
    unit = blender.units[-place if method == FINE_FIRST else place - 1]
    first, second = A.synthesis.state_dict(), B.synthesis.state_dict()
    for name in before:
        if name in unit.names:
            assert torch.equal(before[name], first[name])
            assert torch.equal(after[name], second[name])
        else:
            assert torch.equal(before[name], after[name])


@given(GRANULARITIES, st.sampled_from(METHODS))
@settings(max_examples=6, deadline=None)
def test_a_way_begins_with_the_first_model_and_ends_with_the_second(granularity, method):
    blender = Blender(A, B, granularity=granularity)
    assert _equal(_state(blender.step(method, 0)), A.synthesis.state_dict())
    assert _equal(_state(blender.step(method, blender.num_steps)), B.synthesis.state_dict())


@given(st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_interpolation_backwards_is_interpolation_from_the_other_end(ratio):
    forth, back = _state(Blender(A, B).interpolate(ratio)), _state(Blender(B, A).interpolate(1 - ratio))
    assert all(torch.allclose(value, back[name], atol=1e-5) for name, value in forth.items())
