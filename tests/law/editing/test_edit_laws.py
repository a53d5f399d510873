"""Laws of edits: none is nothing, there and back is nothing, a copy answers alike, strangers answer at random."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.editing.channel_effects import conv_edits, odd_changes
from stylealign.editing.effect_agreement import agreements, measured_changes, pooled_agreement
from stylealign.editing.manipulate import DIRECTION, Edit, manipulate, manipulated_styles, measure_deviations
from stylealign.images import to_pixels
from stylealign.judges.colour import ColourJudge
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator


def _generator(seed):
    torch.manual_seed(seed)
    settings = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16}
    return Generator(**settings, mapping_layers=2).eval().requires_grad_(False)


G = _generator(0)
WS = G.mapping(sample_z(3, 8, 0, "law"), truncation_psi=0.7)
STEPS = measure_deviations(G, truncation_psi=0.7, seed=0, num=500)
DIRECTIONS = [
    Edit(f"n{row}", DIRECTION, direction=n)
    for row, n in enumerate(np.linalg.qr(np.random.default_rng(0).normal(size=[8, 8]))[0])
]
EDITS = [*conv_edits(G), *DIRECTIONS]
JUDGE = ColourJudge("colour")


@pytest.mark.parametrize("edit", [EDITS[0], EDITS[30], EDITS[-1]], ids=lambda edit: edit.title)
def test_no_strength_is_the_image_itself_bit_for_bit(edit):
    plain = to_pixels(G.synthesis(G.styles(WS)))
    assert torch.equal(manipulated_styles(G, WS, edit, 0.0, STEPS), G.styles(WS))
    assert torch.equal(manipulate(G, WS, [edit], [0, 2], STEPS)[0, :, 0], plain)


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, len(EDITS) - 1), strength=st.floats(-8, 8))
def test_steps_are_straight_and_there_and_back_is_nothing(place, strength):
    plain = G.styles(WS)
    there, back = (manipulated_styles(G, WS, EDITS[place], sign * strength, STEPS) for sign in (1, -1))
    half = manipulated_styles(G, WS, EDITS[place], strength / 2, STEPS)
    torch.testing.assert_close((there + back) / 2, plain, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close((there + plain) / 2, half, atol=1e-4, rtol=1e-4)


def test_an_edit_leaves_the_model_and_the_codes_alone():
    before, codes = copy.deepcopy(G.state_dict()), WS.clone()
    manipulate(G, WS, [EDITS[3], EDITS[-1]], [-3, 3], STEPS)
    assert all(torch.equal(before[name], tensor) for name, tensor in G.state_dict().items())
    assert torch.equal(WS, codes)


def test_turning_an_edit_round_turns_its_change_round():
    edit = DIRECTIONS[0]
    opposite = Edit("-n0", DIRECTION, direction=-edit.direction)
    forth, back = odd_changes(G, WS, [edit, opposite], 3, STEPS, JUDGE, JUDGE.attribute_names)
    np.testing.assert_allclose(forth, -back, atol=1e-9)


def _agreement(other, seed):
    protocol = {"num_z": 4, "strength": 3.0, "truncation_psi": 0.7, "seed": seed}
    changes = measured_changes(G, other, EDITS, STEPS, JUDGE, JUDGE.attribute_names[:1], **protocol)
    return changes.parent[..., 0], changes.child[..., 0]


def test_a_copy_answers_alike():
    parent, child = _agreement(copy.deepcopy(G), 0)
    moved = np.abs(parent).max(axis=1) > 0
    assert moved.mean() > 0.9
    np.testing.assert_allclose(agreements(parent, child)[moved], 1)


def test_strangers_answer_at_random():
    """Single edits agree or disagree, often wholly; their mean over many edits is about zero, in every stranger."""
    pooled = []
    for seed in (1, 2):
        parent, child = _agreement(_generator(seed), seed)
        each = agreements(parent, child)
        assert np.nanstd(each) > 0.4
        assert abs(pooled_agreement(parent, child)) < 4 * np.nanstd(each) / np.sqrt(len(each))
        pooled.append(pooled_agreement(parent, child))
    assert abs(np.mean(pooled)) < 0.15
