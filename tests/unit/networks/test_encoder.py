"""The encoder: shapes in every space and size, where it starts, rows let in, and independence of batch mates."""

import pytest
import torch

from stylealign.latents import sample_z, torch_stream
from stylealign.networks.encoder import (
    Encoder,
    LatentDiscriminator,
    level_resolutions,
    level_widths,
    read_resolutions,
    rows_read,
)
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import code_shape, ws_of

SPACES = ("z", "zplus", "w", "wplus")


def generator(resolution=16):
    torch.manual_seed(0)
    G = Generator(
        z_dim=8, w_dim=12, img_resolution=resolution, channel_base=1024, channel_max=8, mapping_layers=2
    ).requires_grad_(False)
    G.mapping.w_avg.copy_(G.mapping.w(sample_z(512, 8, 0, "average")).mean(0))
    return G


def encoder_of(G, space, *, is_trained=False, width=4):
    torch.manual_seed(1)
    sizes = {"img_resolution": G.img_resolution, "num_ws": G.num_ws, "z_dim": G.z_dim, "w_dim": G.w_dim}
    encoder = Encoder(space=space, width=width, **sizes)
    encoder.stand_at(G.mapping, sample_z(256, G.z_dim, 0, "test"))
    if is_trained:
        with torch.no_grad():
            for parameter in encoder.parameters():
                parameter.add_(torch.randn(parameter.shape) * 0.05)
    return encoder.eval()


def images(num, resolution=16):
    return torch.rand([num, 3, resolution, resolution], generator=torch_stream(0, "images")) * 2 - 1


@pytest.mark.parametrize("resolution", [16, 32, 64, 256])
@pytest.mark.parametrize("space", SPACES)
def test_codes_have_the_shape_of_their_space(space, resolution):
    G = generator(resolution)
    with torch.no_grad():
        code = encoder_of(G, space)(images(2, resolution))
    assert code.shape == (2, *code_shape(G, space))
    assert ws_of(G, space, code, 0.7).shape == (2, G.num_ws, G.w_dim)


def test_at_256_px_rows_are_read_where_psp_reads_them():
    assert read_resolutions(256) == (16, 32, 64)
    assert [list(rows) for rows in rows_read(14)] == [[0, 1, 2], [3, 4, 5, 6], [7, 8, 9, 10, 11, 12, 13]]
    assert [len(rows) for rows in rows_read(18)] == [3, 4, 11]  # 1024 px
    assert read_resolutions(1024) == read_resolutions(256)


@pytest.mark.parametrize(("resolution", "num_ws"), [(16, 6), (32, 8), (64, 10), (128, 12)])
def test_at_small_sizes_every_row_is_read_once_and_coarse_rows_from_small_levels(resolution, num_ws):
    coarse, middle, fine = rows_read(num_ws)
    assert [*coarse, *middle, *fine] == list(range(num_ws))
    assert 1 <= len(coarse) <= len(middle) <= len(fine)
    assert read_resolutions(resolution)[0] >= 4
    assert set(read_resolutions(resolution)) <= set(level_resolutions(resolution))


def test_the_trunk_halves_down_to_4_px_and_doubles_up_to_eight_times_its_width():
    assert level_resolutions(256) == [256, 128, 64, 32, 16, 8, 4]
    assert level_widths(256, 32) == [32, 64, 128, 256, 256, 256, 256]
    assert level_widths(16, 32) == [32, 64, 128]
    trunk = encoder_of(generator(32), "w")._trunk(images(1, 32))
    assert {px: tuple(level.shape[1:]) for px, level in trunk.items()} == {
        32: (4, 32, 32),
        16: (8, 16, 16),
        8: (16, 8, 8),
        4: (32, 4, 4),
    }


@pytest.mark.parametrize("space", ["w", "wplus"])
def test_an_untrained_encoder_in_w_gives_the_average_w(space):
    G = generator()
    ws = ws_of(G, space, encoder_of(G, space)(images(3)))
    assert torch.allclose(ws, G.mapping.w_avg.expand_as(ws))


@pytest.mark.parametrize("space", ["z", "zplus"])
def test_an_untrained_encoder_in_z_stands_nearest_to_the_average_w(space):
    G = generator()
    ws = ws_of(G, space, encoder_of(G, space)(images(3)))
    off = (G.mapping.w(sample_z(256, G.z_dim, 0, "test")) - G.mapping.w_avg).square().sum(1)
    found = (ws - G.mapping.w_avg).square().sum(2)
    assert torch.allclose(found, off.min().expand_as(found), rtol=1e-4)


@pytest.mark.parametrize("space", ["z", "zplus"])
def test_z_has_the_norm_of_its_space(space):
    G = generator()
    z = encoder_of(G, space, is_trained=True)(images(3))
    assert torch.allclose(z.square().sum(-1), torch.tensor(float(G.z_dim)), rtol=1e-4)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_the_code_of_an_image_does_not_depend_on_its_batch(space, mode):
    encoder, x = encoder_of(generator(), space, is_trained=True), images(6)
    getattr(encoder, mode)()
    together = encoder(x)
    assert torch.allclose(encoder(x[2:3]), together[2:3], atol=1e-5)
    others = torch.cat([x[2:3], -x[3:]])
    assert torch.allclose(encoder(others)[:1], together[2:3], atol=1e-5)
    assert (together[0] - together[1]).abs().max() > 1e-3  # and it does depend on the image


def test_rows_that_are_not_free_follow_the_first():
    encoder, x = encoder_of(generator(), "wplus", is_trained=True), images(2)
    everything = encoder(x)
    for num_free in (1, 2, 4, 6):
        encoder.num_rows_free = num_free
        ws = encoder(x)
        assert torch.equal(ws[:, :num_free], everything[:, :num_free])
        assert torch.equal(ws[:, num_free:], ws[:, :1].expand(-1, 6 - num_free, -1))


def test_a_row_learns_from_its_own_head_alone():
    encoder = encoder_of(generator(), "wplus", is_trained=True)
    encoder(images(2))[:, 5].square().sum().backward()
    fine = encoder.heads["16"]  # rows 3, 4, 5
    assert fine.weight.grad[2].abs().max() > 0
    assert fine.weight.grad[:2].abs().max() == 0
    assert encoder.heads["4"].weight.grad.abs().max() > 0  # the base, to which row 5 is an offset
    assert encoder.heads["8"].weight.grad is None or encoder.heads["8"].weight.grad.abs().max() == 0


def test_every_parameter_learns():
    for space in SPACES:
        encoder = encoder_of(generator(), space, is_trained=True)
        (encoder(images(4)) ** 3).sum().backward()
        assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"\[N, 3, 16, 16\], not \[1, 3, 32, 32\]"):
        encoder_of(generator(), "w")(images(1, 32))


def test_large_images_are_averaged_to_256_px():
    encoder = encoder_of(generator(512), "w", is_trained=True)
    x = images(1, 512)
    flat = torch.nn.functional.avg_pool2d(x, 2).repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.allclose(encoder(x), encoder(flat), atol=1e-5)


def test_the_latent_discriminator_judges_each_w():
    torch.manual_seed(0)
    discriminator = LatentDiscriminator(12)
    w = torch.randn([5, 12])
    logits = discriminator(w)
    assert logits.shape == (5, 1)
    assert torch.allclose(discriminator(w[3:4]), logits[3:4], atol=1e-6)
