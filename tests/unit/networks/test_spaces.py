"""The landings of the staircase: where a code of each space enters, and what truncation does to it."""

import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.networks.spaces import code_shape, styles_of, ws_of

SPACES = ("z", "zplus", "w", "wplus", "s")


@pytest.fixture(scope="module")
def G(make_family):
    return load_generator(make_family(0.1)["parent"])[0]


def _code(G, space, num=3, seed=0):
    return torch.randn([num, *code_shape(G, space)], generator=torch.Generator().manual_seed(seed))


def test_shapes_of_codes(G):
    shapes = {"z": (8,), "zplus": (6, 8), "w": (8,), "wplus": (6, 8), "s": (G.num_styles,)}
    assert {space: code_shape(G, space) for space in SPACES} == shapes


@pytest.mark.parametrize("psi", [0.0, 0.7, 1.0])
def test_z_climbs_the_whole_staircase(G, psi):
    z = _code(G, "z")
    assert torch.equal(ws_of(G, "z", z, psi), G.mapping(z, truncation_psi=psi))
    assert torch.equal(styles_of(G, "z", z, psi), G.styles(G.mapping(z, truncation_psi=psi)))


@pytest.mark.parametrize("psi", [0.0, 0.7, 1.0])
def test_every_row_of_zplus_is_mapped_as_a_z_of_its_own(G, psi):
    code = _code(G, "zplus")
    ws = ws_of(G, "zplus", code, psi)
    for row in range(G.num_ws):
        torch.testing.assert_close(ws[:, row], G.mapping(code[:, row], truncation_psi=psi)[:, row])


def test_equal_rows_of_zplus_are_a_z(G):
    z = _code(G, "z")
    torch.testing.assert_close(ws_of(G, "zplus", z[:, None].repeat(1, G.num_ws, 1), 0.7), ws_of(G, "z", z, 0.7))


@pytest.mark.parametrize("space", ["z", "zplus"])
def test_psi_0_is_the_average_whatever_the_code(G, space):
    ws = ws_of(G, space, _code(G, space), 0.0)
    torch.testing.assert_close(ws, G.mapping.w_avg.expand_as(ws))


def test_codes_after_the_mapping_are_not_truncated(G):
    w, wplus, s = (_code(G, space) for space in ("w", "wplus", "s"))
    assert torch.equal(ws_of(G, "w", w, 0.3), w[:, None].repeat(1, G.num_ws, 1))
    assert torch.equal(ws_of(G, "wplus", wplus, 0.3), wplus)
    assert torch.equal(styles_of(G, "s", s, 0.3), s)


def test_a_code_of_s_has_no_ws_and_an_unknown_space_none_either(G):
    for space in ("s", "x"):
        with pytest.raises(ValueError, match=f"^{space} is not a space before styles"):
            ws_of(G, space, _code(G, "z"))


@pytest.mark.parametrize("space", SPACES)
def test_gradients_reach_the_code(G, space):
    code = _code(G, space).requires_grad_()
    G.synthesis(styles_of(G, space, code, 0.7)).square().sum().backward()
    assert code.grad.isfinite().all()
    assert (code.grad.flatten(1).abs().amax(dim=1) > 0).all()
