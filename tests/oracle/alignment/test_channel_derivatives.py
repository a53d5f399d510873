"""Channel maps against four twins: torch's own forward mode, reverse mode, central differences, and the published way.

The networks are random ones of 16 px, in float64, with noise, biases and (where said) a clamp that bites.
"""

import pytest
import torch
import torch.nn.functional as F

from stylealign.alignment.channel_derivatives import channel_maps
from stylealign.alignment.linear_synthesis import MergedLayer, linearise
from stylealign.networks.generator import Generator

EXACT = {"rtol": 1e-9, "atol": 1e-12}


def _generator(*, resolution=16, conv_clamp=None, seed=0, channel_base=96, channel_max=8):
    torch.manual_seed(seed)
    G = Generator(
        z_dim=4,
        w_dim=4,
        img_resolution=resolution,
        channel_base=channel_base,
        channel_max=channel_max,
        mapping_layers=1,
        conv_clamp=conv_clamp,
    )
    with torch.no_grad():
        for name, parameter in G.named_parameters():
            if name.endswith(("noise_strength", "bias")) and "affine" not in name:
                parameter.normal_(std=0.3)
    return G.double().eval().requires_grad_(False)


def _styles(G, num=1):
    generator = torch.Generator().manual_seed(5)
    return 1 + 0.5 * torch.randn([num, G.num_styles], generator=generator, dtype=torch.float64)


def _columns(G):
    return [c for layer in G.style_layers if layer.kind != "torgb" for c in range(*layer.columns.indices(G.num_styles))]


def _pooled(G, s, grid):
    x = G.synthesis(s, noise_mode="const")  # [N, 3, R, R]
    return F.adaptive_avg_pool2d(x, grid)


def _maps(jacobian):
    """d pooled / d s, [3, g, g, C], to maps [C, g, g]."""
    return jacobian.abs().mean(0).permute(2, 0, 1)


def _forward(G, s, grid):
    """torch.func's forward mode, one style at a time."""
    tangents = torch.eye(G.num_styles, dtype=s.dtype)[_columns(G)]
    changes = [torch.func.jvp(lambda s: _pooled(G, s, grid), (s,), (t[None],))[1][0] for t in tangents]
    return _maps(torch.stack(changes, -1))


def _reverse(G, s, grid):
    """torch.func's reverse mode: a backward pass per pooled output, all layers at once."""
    return _maps(torch.func.jacrev(lambda s: _pooled(G, s, grid)[0])(s)[..., 0, _columns(G)])


def _differences(G, s, grid, step=1e-5):
    shifts = torch.eye(G.num_styles, dtype=s.dtype)[_columns(G)] * step
    above, below = (torch.cat([_pooled(G, s + sign * shift, grid) for shift in shifts]) for sign in (1, -1))
    return _maps(((above - below) / (2 * step)).permute(1, 2, 3, 0))


TWINS = {"forward": (_forward, 1e-9), "reverse": (_reverse, 1e-9), "differences": (_differences, 1e-5)}


@pytest.mark.parametrize("grid", [16, 4])
@pytest.mark.parametrize("conv_clamp", [None, 0.4])
@pytest.mark.parametrize("twin", TWINS)
def test_equals_every_other_way_to_differentiate(twin, conv_clamp, grid):
    G = _generator(conv_clamp=conv_clamp)
    s = _styles(G)
    expected, tolerance = TWINS[twin][0](G, s, grid), TWINS[twin][1]
    (found,) = channel_maps(G, s, grid=grid)
    assert found.shape == (len(_columns(G)), grid, grid)
    assert (expected.amax((1, 2)) > 0).all()
    error = (found - expected).abs().amax((1, 2)) / expected.amax((1, 2))  # [C] of each map's own maximum
    assert error.max() < tolerance


def test_the_clamp_bites_in_convolutions_and_in_torgb():
    """Else the test above would say nothing of clamping."""
    G = _generator(conv_clamp=0.4)
    first, *_, last = linearise(G.synthesis, _styles(G))
    for slope in (first.conv.slope, first.torgb.slope, last.conv.slope, last.torgb.slope):
        assert 0 < (slope == 0).double().mean() < 0.9


def test_the_published_way_layer_by_layer():
    """One backward pass per output and per layer's style, as StyleSpace's code has it, in float32."""
    G = _generator().float()
    s = _styles(G).float()
    parts = [part.clone().requires_grad_() for part in s.split([layer.channels for layer in G.style_layers], 1)]
    outputs = _pooled(G, torch.cat(parts, 1), 4)[0].flatten()
    layers = [index for index, layer in enumerate(G.style_layers) if layer.kind != "torgb"]
    rows = [[torch.autograd.grad(y, parts[i], retain_graph=True)[0][0] for y in outputs] for i in layers]
    expected = _maps(torch.cat([torch.stack(layer) for layer in rows], 1).unflatten(0, (3, 4, 4)))
    (found,) = channel_maps(G, s, grid=4)
    assert found.dtype == torch.float32
    assert (found - expected).abs().max() < 1e-5 * expected.max()


@pytest.mark.parametrize("conv_clamp", [None, 0.4])
def test_the_merged_layer_is_the_last_layer(conv_clamp):
    G = _generator(conv_clamp=conv_clamp)
    last = linearise(G.synthesis, _styles(G))[-1]
    generator = torch.Generator().manual_seed(1)
    dx = torch.randn([5, *last.conv.x.shape[1:]], generator=generator, dtype=torch.float64)
    for below in (None, torch.randn([5, 3, 8, 8], generator=generator, dtype=torch.float64)):
        torch.testing.assert_close(MergedLayer.of(last).carry(dx, below)[1], last.carry(dx, below)[1], **EXACT)


def test_the_linearised_network_has_the_networks_own_features():
    G = _generator()
    s = _styles(G)
    network = linearise(G.synthesis, s)
    seen = []
    blocks = [G.synthesis.get_submodule(f"b{resolution}") for resolution in G.synthesis.resolutions]
    hooks = [b.torgb.register_forward_hook(lambda _, inputs, out: seen.append(inputs[0])) for b in blocks]
    G.synthesis(s)
    for hook in hooks:
        hook.remove()
    inputs = [layer.conv.x for layer in network if layer.layer.kind == "conv0"]  # of the block above
    for ours, theirs in zip(inputs, seen[:-1], strict=True):
        torch.testing.assert_close(ours, theirs, **EXACT)


@pytest.mark.parametrize("resolution", [4, 8, 32])
def test_every_size_of_network(resolution):
    G = _generator(resolution=resolution, channel_base=64, channel_max=4)
    s = _styles(G)
    grid = min(resolution, 8)
    (found,) = channel_maps(G, s, grid=8)
    torch.testing.assert_close(found, _forward(G, s, grid), rtol=1e-7, atol=1e-10)
