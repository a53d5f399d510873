"""Laws of channel maps: splitting changes no value, images are independent, demodulation, units, pooling first."""

import pytest
import torch

from stylealign.alignment.channel_derivatives import channel_maps
from stylealign.alignment.linear_synthesis import linearise
from stylealign.networks.generator import Generator


def _generator(resolution=16):
    torch.manual_seed(0)
    G = Generator(z_dim=4, w_dim=4, img_resolution=resolution, channel_base=96, channel_max=8, mapping_layers=1)
    with torch.no_grad():
        for name, parameter in G.named_parameters():
            if name.endswith(("noise_strength", "bias")) and "affine" not in name:
                parameter.normal_(std=0.3)
    return G.double().eval().requires_grad_(False)


G = _generator()


def _styles(num=1, seed=0):
    return 1 + 0.5 * torch.randn(
        [num, G.num_styles], generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def _columns():
    return [c for layer in G.style_layers if layer.kind != "torgb" for c in range(*layer.columns.indices(G.num_styles))]


@pytest.mark.parametrize("memory_budget_gb", [1e-9, 1e-4, 2e-3])
def test_a_small_budget_splits_the_work_and_changes_no_value(memory_budget_gb):
    s = _styles()
    (whole,), (split,) = channel_maps(G, s, grid=8), channel_maps(G, s, grid=8, memory_budget_gb=memory_budget_gb)
    torch.testing.assert_close(split, whole, rtol=1e-9, atol=1e-13)


def test_images_are_measured_alone():
    s = _styles(3)
    together = list(channel_maps(G, s, grid=8))
    alone = [next(channel_maps(G, one, grid=8)) for one in s.split(1)]
    assert len(together) == 3
    assert all(torch.equal(a, b) for a, b in zip(together, alone, strict=True))
    assert not torch.allclose(together[0], together[1])


def test_maps_say_what_a_small_step_does_to_the_image():
    """For a few channels of every layer: |G(s + e) - G(s)| / e, to first order."""
    s = _styles(seed=3)
    (maps,) = channel_maps(G, s, grid=16)
    for row, column in list(enumerate(_columns()))[::5]:
        moved = s.clone()
        moved[0, column] += 1e-6
        change = (G.synthesis(moved) - G.synthesis(s))[0].abs().mean(0) / 1e-6
        torch.testing.assert_close(maps[row], change, rtol=1e-3, atol=1e-5 * float(maps[row].max()))


def test_a_common_factor_of_a_layers_styles_changes_no_image():
    """Demodulation undoes it. So the changes of a layer's channels cancel, weighted by their styles."""
    layer = next(layer for layer in G.style_layers if layer.name == "b8.conv1")
    changes, s = _changes_of(layer), _styles(seed=4)[0, layer.columns]  # [n, Cout, H, W], [n]
    weighted = (changes * s[:, None, None, None]).sum(0)
    assert weighted.abs().max() < 1e-7 * changes.abs().max()


def _changes_of(layer):
    (linear,) = (each for each in linearise(G.synthesis, _styles(seed=4)) if each.layer == layer)
    return linear.conv.start(slice(0, layer.channels))


def test_maps_are_in_units_of_the_image():
    """Twice the weight of every toRGB: twice the image's contrast, twice every map."""
    s = _styles(seed=5)
    louder = _generator()
    with torch.no_grad():
        for resolution in louder.synthesis.resolutions:
            louder.synthesis.get_submodule(f"b{resolution}.torgb").weight.mul_(2)
    (maps,), (twice,) = channel_maps(G, s, grid=8), channel_maps(louder, s, grid=8)
    torch.testing.assert_close(twice, 2 * maps, rtol=1e-12, atol=0)


@pytest.mark.parametrize("grid", [16, 64])
def test_a_grid_beyond_the_image_is_the_image(grid):
    assert next(channel_maps(G, _styles(), grid=grid)).shape[1:] == (16, 16)


def test_pooling_comes_before_the_absolute_value():
    s = _styles()
    (fine,), (coarse,) = channel_maps(G, s, grid=16), channel_maps(G, s, grid=4)
    pooled = torch.nn.functional.avg_pool2d(fine, 4)
    assert (coarse <= pooled + 1e-12).all()
    assert (coarse < 0.9 * pooled).any()


def test_a_grid_that_does_not_divide_the_image_is_refused():
    with pytest.raises(ValueError, match="grid must divide the resolution 16, not 5"):
        next(channel_maps(G, _styles(), grid=5))


def test_half_precision_settings_change_nothing():
    s = _styles().float()
    G32 = _generator().float()
    (full,) = channel_maps(G32, s, grid=8)
    G32.synthesis.num_fp16_res = 2
    assert torch.equal(next(channel_maps(G32, s, grid=8)), full)
