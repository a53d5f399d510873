"""Laws of resetting: components partition a generator; all of them together are the parent, none is the child."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.alignment.component_reset import COMPONENTS, component_parts
from stylealign.alignment.layer_reset import layer_parts
from stylealign.alignment.reset import relative_weight_change, render, reset
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator


def _generator(seed, resolution=16):
    torch.manual_seed(seed)
    G = Generator(z_dim=8, w_dim=8, img_resolution=resolution, channel_base=128, channel_max=8, mapping_layers=2).eval()
    with torch.no_grad():
        for tensor in G.state_dict().values():
            tensor.add_(torch.randn_like(tensor) * 0.1)
    return G


PARENT, CHILD = _generator(0), _generator(1)


def _same(a, b, names=None):
    a, b = a.state_dict(), b.state_dict()
    return all(torch.equal(a[name], b[name]) for name in (a if names is None else names))


@pytest.mark.parametrize("resolution", [8, 16, 64])
def test_components_partition_every_tensor(resolution):
    G = _generator(0, resolution)
    names = [name for part in component_parts(G).values() for name in part]
    assert len(names) == len(set(names))
    assert set(names) == set(G.state_dict())
    assert all(component_parts(G).values())


def test_components_are_what_the_paper_calls_them():
    parts = component_parts(CHILD)
    assert all(name.startswith("mapping.") for name in parts["mapping"])
    assert "mapping.w_avg" in parts["mapping"]
    assert "synthesis.b8.torgb.affine.weight" in parts["affine"]
    assert {"synthesis.b4.const", "synthesis.b8.conv0.noise_strength"} <= set(parts["feature_conv"])
    assert sorted(parts["torgb"])[:2] == ["synthesis.b16.torgb.bias", "synthesis.b16.torgb.weight"]


def test_resolutions_are_disjoint_parts_of_feature_conv():
    names = [name for part in layer_parts(CHILD).values() for name in part]
    assert len(names) == len(set(names))
    feature_conv = component_parts(CHILD)["feature_conv"]
    assert set(names) == {name for name in feature_conv if name.endswith(".weight")}


def test_resetting_everything_is_the_parent_bit_for_bit():
    changed = CHILD
    for part in component_parts(CHILD).values():
        changed = reset(changed, PARENT, part)
    assert _same(changed, PARENT)
    z = sample_z(3, 8, 0, "law")
    for psi in (1.0, 0.7):
        assert torch.equal(render(changed, z, psi), render(PARENT, z, psi))


@settings(max_examples=16, deadline=None)
@given(chosen=st.sets(st.sampled_from(COMPONENTS)))
def test_a_reset_touches_its_parts_and_nothing_else(chosen):
    parts = component_parts(CHILD)
    before = copy.deepcopy(CHILD.state_dict())
    inside = [name for component in chosen for name in parts[component]]
    outside = [name for component in set(COMPONENTS) - chosen for name in parts[component]]
    changed = reset(CHILD, PARENT, inside)
    assert _same(changed, PARENT, inside)
    assert _same(changed, CHILD, outside)
    assert all(torch.equal(before[name], tensor) for name, tensor in CHILD.state_dict().items())


def test_the_order_of_resets_does_not_matter():
    parts = component_parts(CHILD)
    one = reset(reset(CHILD, PARENT, parts["mapping"]), PARENT, parts["torgb"])
    other = reset(reset(CHILD, PARENT, parts["torgb"]), PARENT, parts["mapping"])
    assert _same(one, other)


def test_weight_changes_of_the_parts_add_up_to_the_whole():
    """Squares of norms add over a partition."""
    parts, theirs = component_parts(CHILD), dict(PARENT.named_parameters())

    def norm2(names):
        return sum(float(theirs[name].detach().double().square().sum()) for name in names if name in theirs)

    moved = sum(relative_weight_change(CHILD, PARENT, part) ** 2 * norm2(part) for part in parts.values())
    whole = relative_weight_change(CHILD, PARENT, CHILD.state_dict()) ** 2 * norm2(theirs)
    assert moved == pytest.approx(whole)
    assert relative_weight_change(CHILD, CHILD, CHILD.state_dict()) == 0


def test_mapping_reset_gives_the_parents_w():
    changed = reset(CHILD, PARENT, component_parts(CHILD)["mapping"])
    z = sample_z(3, 8, 0, "law")
    for psi in (1.0, 0.7):
        assert torch.equal(changed.mapping(z, truncation_psi=psi), PARENT.mapping(z, truncation_psi=psi))
