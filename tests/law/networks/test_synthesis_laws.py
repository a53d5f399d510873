"""Identities of StyleGAN2: demodulation, resampling, truncation, batches, half precision, differentiability."""

import pytest
import torch
import torch.nn.functional as F

from stylealign.latents import sample_z, torch_stream
from stylealign.networks.discriminator import Discriminator, minibatch_std
from stylealign.networks.generator import Generator
from stylealign.ops.modulated_conv import modulated_conv, styled_activation
from stylealign.ops.resample import blur2d, downsample2d, setup_filter, upfirdn2d, upsample2d

SIZES = {"img_resolution": 16, "channel_base": 128, "channel_max": 16}


@pytest.fixture
def G():
    torch.manual_seed(0)
    return Generator(z_dim=8, w_dim=8, mapping_layers=2, **SIZES).requires_grad_(False)


def normal(*shape, purpose="x"):
    return torch.randn(shape, generator=torch_stream(0, purpose))


def test_demodulated_output_has_unit_variance_for_any_style():
    x, weight = normal(2, 64, 32, 32), normal(64, 64, 3, 3, purpose="weight")
    s = normal(2, 64, purpose="s") * torch.tensor([[0.1], [30.0]])
    y, d = modulated_conv(x, weight, s)
    inner = (y * d[:, :, None, None])[:, :, 1:-1, 1:-1]
    assert inner.var(dim=[1, 2, 3]).sub(1).abs().max() < 0.1


@pytest.mark.parametrize("up", [False, True])
def test_shared_convolution_equals_one_group_per_sample(up):
    x, weight = normal(3, 6, 8, 8), normal(5, 6, 3, 3, purpose="weight")
    s, f = normal(3, 6, purpose="s"), setup_filter()
    y, d = modulated_conv(x, weight, s, up=up, f=f)
    for n in range(3):
        w = weight * s[n][None, :, None, None]
        w = w * (w.square().sum([1, 2, 3]) + 1e-8).rsqrt()[:, None, None, None]
        if up:
            one = blur2d(F.conv_transpose2d(x[n : n + 1], w.transpose(0, 1), stride=2), f, padding=1, gain=4)
        else:
            one = F.conv2d(x[n : n + 1], w, padding=1)
        assert torch.allclose(one[0], y[n] * d[n][:, None, None], atol=1e-5)


def test_styled_activation_spelled_out():
    y, d, noise, bias = normal(2, 3, 4, 4), normal(2, 3).abs(), normal(4, 4, purpose="n"), normal(3, purpose="b")
    plain = F.leaky_relu(y * d[:, :, None, None] + noise + bias[:, None, None], 0.2) * 2**0.5
    assert torch.allclose(styled_activation(y, d, noise, bias, None), plain, atol=1e-6)
    assert torch.allclose(styled_activation(y, d, noise, bias, 0.5), plain.clamp(-0.5, 0.5), atol=1e-6)


@pytest.mark.parametrize(
    ("fast", "general"),
    [
        (lambda x, f: upsample2d(x, f), {"up": 2, "padding": (2, 1, 2, 1), "gain": 4}),
        (lambda x, f: downsample2d(x, f), {"down": 2, "padding": (1, 1, 1, 1)}),
        (lambda x, f: blur2d(x, f, padding=2), {"padding": (2, 2, 2, 2)}),
        (lambda x, f: blur2d(x, f, padding=1, gain=4), {"padding": (1, 1, 1, 1), "gain": 4}),
    ],
)
def test_resamplers_equal_upfirdn(fast, general):
    x, f = normal(2, 3, 8, 8), setup_filter()
    assert torch.allclose(fast(x, f), upfirdn2d(x, f, **general), atol=1e-6)


def test_resampling_keeps_constants_in_the_interior():
    x, f = torch.full([1, 2, 8, 8], 3.0), setup_filter()
    assert torch.allclose(upsample2d(x, f)[:, :, 2:-2, 2:-2], torch.tensor(3.0))
    assert torch.allclose(downsample2d(x, f)[:, :, 1:-1, 1:-1], torch.tensor(3.0))


@pytest.mark.parametrize("taps", [(1.0, 2.0, 5.0), (1.0, 3.0, 3.0, 1.0)])
def test_upfirdn_against_its_definition(taps):
    x, f = normal(1, 1, 5, 5), torch.tensor(taps)
    inserted = torch.zeros(1, 1, 10, 10)
    inserted[:, :, ::2, ::2] = x
    padded = F.pad(inserted, [2, 1, 3, 0])
    kernel = f.flip(0).outer(f.flip(0))
    expected = F.conv2d(padded, kernel[None, None])[:, :, ::3, ::3] * 2
    assert torch.allclose(upfirdn2d(x, f, up=2, down=3, padding=(2, 1, 3, 0), gain=2), expected, atol=1e-5)
    cropped = upfirdn2d(x, f, padding=(-1, 0, 0, -1))
    assert torch.allclose(cropped, upfirdn2d(x[:, :, :-1, 1:], f), atol=1e-6)


def test_truncation_zero_is_one_image_and_one_is_raw(G):
    z = sample_z(3, 8, 0, "test")
    G.mapping.w_avg.normal_(generator=torch_stream(0, "w_avg"))
    middle = G(z, truncation_psi=0)
    assert torch.equal(middle[0], middle[1])
    assert torch.equal(G(z, truncation_psi=1), G(z))
    rows = G.mapping(z, truncation_psi=0.5, truncation_cutoff=2)
    assert torch.equal(rows[:, 2:], G.mapping(z)[:, 2:])
    assert not torch.equal(rows[:, :2], G.mapping(z)[:, :2])


def test_a_sample_does_not_depend_on_its_batch(G):
    z = sample_z(5, 8, 0, "test")
    assert torch.allclose(G(z)[3:4], G(z[3:4]), atol=1e-5)


def test_no_step_of_the_staircase_accepts_anothers_input(G):
    z = sample_z(2, 8, 0, "test")
    ws = G.mapping(z)
    s = G.styles(ws)
    for step, wrong in ((G.mapping, ws), (G.styles, s), (G.styles, z), (G.synthesis, ws)):
        with pytest.raises(ValueError, match="must be"):
            step(wrong)
    with pytest.raises(ValueError, match="noise_mode"):
        G.synthesis(s, noise_mode="fixed")


def test_noise_modes(G):
    s = G.styles(G.mapping(sample_z(2, 8, 0, "test")))
    for resolution in (4, 8, 16):
        getattr(G.synthesis, f"b{resolution}").conv1.noise_strength.fill_(0.5)
    assert torch.equal(G.synthesis(s), G.synthesis(s, noise_mode="const"))
    assert not torch.allclose(G.synthesis(s, noise_mode="none"), G.synthesis(s))
    first, again = (G.synthesis(s, noise_mode="random", generator=torch_stream(0, "noise")) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, G.synthesis(s))


def test_half_precision_is_close_to_single(G):
    s = G.styles(G.mapping(sample_z(2, 8, 0, "test")))
    single = G.synthesis(s)
    G.synthesis.num_fp16_res = 2
    half = G.synthesis(s)
    assert half.dtype == torch.float32
    assert 0 < (half - single).abs().max() < 0.03 * single.abs().max()


def test_image_is_twice_differentiable_in_s():
    torch.manual_seed(0)
    G = Generator(z_dim=4, w_dim=4, mapping_layers=1, img_resolution=8, channel_base=32, channel_max=4).double()
    s = G.num_styles
    start = torch.randn([1, s], dtype=torch.float64, generator=torch_stream(0, "s"), requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: G.synthesis(x)[:, :, ::4, ::4], start, atol=1e-6)


def test_minibatch_std_is_the_mean_deviation_within_strided_groups():
    x = normal(4, 3, 2, 2)
    y = minibatch_std(x, 2)
    assert torch.equal(y[:, :3], x)
    for first in (0, 1):
        pair = torch.stack([x[first], x[first + 2]])
        expected = (pair.var(dim=0, unbiased=False) + 1e-8).sqrt().mean()
        assert torch.allclose(y[[first, first + 2], 3], expected.expand(2, 2, 2), atol=1e-6)
    with pytest.raises(ValueError, match="mbstd_group_size"):
        minibatch_std(normal(3, 1, 2, 2), 2)


def test_discriminator_refuses_other_sizes():
    D = Discriminator(**SIZES)
    with pytest.raises(ValueError, match="16"):
        D(torch.zeros(4, 3, 8, 8))
