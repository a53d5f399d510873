"""Noise maps: one for every layer and image, in place of the constant noise, normalised, uncorrelated."""

import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.inversion.noise_maps import autocorrelation, draw_noise_maps, normalised, synthesise
from stylealign.networks.spaces import styles_of

IDS = ["one", "two", "three"]


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


def test_there_is_a_map_for_every_convolution_drawn_for_the_image(G) -> None:
    maps = draw_noise_maps(G, IDS, 5)
    assert {name: tuple(noise.shape) for name, noise in maps.items()} == {
        "b4.conv1.noise_const": (3, 1, 4, 4),
        "b8.conv0.noise_const": (3, 1, 8, 8),
        "b8.conv1.noise_const": (3, 1, 8, 8),
        "b16.conv0.noise_const": (3, 1, 16, 16),
        "b16.conv1.noise_const": (3, 1, 16, 16),
    }
    alone, other_seed = draw_noise_maps(G, ["two"], 5), draw_noise_maps(G, IDS, 6)
    for name, noise in maps.items():
        torch.testing.assert_close(noise[1:2], alone[name])
        assert (noise[0] - noise[1]).abs().max() > 0.1
        assert (noise - other_seed[name]).abs().max() > 0.1


def test_the_constant_noise_as_maps_gives_the_same_images_and_no_maps_too(G) -> None:
    s = styles_of(G, "z", torch.randn([3, G.z_dim], generator=torch.Generator().manual_seed(0)))
    expected = G.synthesis(s, noise_mode="const")
    buffers = {name: noise for name, noise in G.synthesis.named_buffers() if name.endswith("noise_const")}
    own = {name: noise.expand(3, 1, -1, -1) for name, noise in buffers.items()}
    torch.testing.assert_close(synthesise(G, s, own), expected)
    assert torch.equal(synthesise(G, s, {}), expected)
    drawn = synthesise(G, s, draw_noise_maps(G, IDS, 0))
    assert (drawn - expected).abs().amax([1, 2, 3]).min() > 0.01
    assert torch.equal(G.synthesis(s, noise_mode="const"), expected)  # the model is as before


def test_an_image_s_noise_reaches_its_own_image_only(G) -> None:
    s = styles_of(G, "z", torch.zeros([3, G.z_dim]))
    maps = {name: noise.requires_grad_() for name, noise in draw_noise_maps(G, IDS, 0).items()}
    synthesise(G, s, maps)[1].square().sum().backward()
    for name, noise in maps.items():
        moved = noise.grad.abs().amax([1, 2, 3])
        assert moved[1] > 0, name
        assert moved[[0, 2]].max() == 0, name


def test_the_regularisation_is_the_published_sum_written_slowly() -> None:
    noise = torch.randn([2, 1, 32, 32], dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    small = torch.randn([2, 1, 4, 4], dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    expected = torch.zeros([2], dtype=torch.float64)
    for image in range(2):
        for grid in (noise[image, 0], small[image, 0]):
            while True:
                side = len(grid)
                right = sum(grid[i, j] * grid[i, j - 1] for i in range(side) for j in range(side)) / side**2
                below = sum(grid[i, j] * grid[i - 1, j] for i in range(side) for j in range(side)) / side**2
                expected[image] += right**2 + below**2
                if side <= 8:
                    break
                grid = grid.reshape(side // 2, 2, side // 2, 2).mean([1, 3])
    torch.testing.assert_close(autocorrelation({"a": noise, "b": small}), expected)


def test_a_picture_is_correlated_and_noise_is_not() -> None:
    ramp = torch.linspace(-1, 1, 16).expand(1, 1, 16, 16)
    noise = torch.randn([1, 1, 16, 16], generator=torch.Generator().manual_seed(0))
    assert autocorrelation(normalised({"a": ramp})) > 20 * autocorrelation(normalised({"a": noise}))


def test_normalised_maps_have_mean_zero_and_mean_square_one() -> None:
    noise = (
        torch.rand([3, 1, 8, 8], generator=torch.Generator().manual_seed(0))
        * torch.tensor([1, 5, 9])[:, None, None, None]
    )
    found = normalised({"a": noise})["a"]
    torch.testing.assert_close(found.mean([1, 2, 3]), torch.zeros([3]), atol=1e-6, rtol=0)
    torch.testing.assert_close(found.square().mean([1, 2, 3]), torch.ones([3]))
