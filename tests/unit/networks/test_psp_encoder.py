"""The published encoders' network: names and sizes as published, spaces, e4e's rows, input of any size."""

import numpy as np
import pytest
import torch
from PIL import Image

from stylealign.images import to_net
from stylealign.networks.psp_encoder import IMAGES_AT_ONCE, PspEncoder, scaled

PUBLISHED = {"img_resolution": 1024, "num_ws": 18, "w_dim": 512, "width": 64, "input_px": 256}
TINY = {"img_resolution": 16, "num_ws": 10, "w_dim": 8, "width": 4, "input_px": 32}


def tiny(kind="psp", space="wplus", **changed):
    torch.manual_seed(0)
    return PspEncoder(kind=kind, space=space, **(TINY | changed)).eval().requires_grad_(False)


def pictures(num, side=16):
    return torch.rand([num, 3, side, side], generator=torch.Generator().manual_seed(1)) * 2 - 1


def published(space="wplus"):
    with torch.device("meta"):
        return PspEncoder(kind="e4e", space=space, **PUBLISHED)


def test_the_published_network_has_the_published_names_and_shapes():
    """Facts of the files: IR-SE50's 24 units, the first of each stage widening; heads of 4, 5 and 6 convolutions."""
    shapes = {name: list(value.shape) for name, value in published().state_dict().items()}
    for name, shape in {
        "input_layer.0.weight": [64, 3, 3, 3],
        "input_layer.2.weight": [64],
        "body.0.res_layer.1.weight": [64, 64, 3, 3],
        "body.3.shortcut_layer.0.weight": [128, 64, 1, 1],
        "body.3.shortcut_layer.1.running_var": [128],
        "body.7.shortcut_layer.0.weight": [256, 128, 1, 1],
        "body.21.shortcut_layer.0.weight": [512, 256, 1, 1],
        "body.23.res_layer.0.weight": [512],
        "body.23.res_layer.2.weight": [512],
        "body.23.res_layer.5.fc1.weight": [32, 512, 1, 1],
        "body.23.res_layer.5.fc2.weight": [512, 32, 1, 1],
        "styles.0.convs.6.weight": [512, 512, 3, 3],
        "styles.3.convs.8.bias": [512],
        "styles.17.convs.10.weight": [512, 512, 3, 3],
        "styles.17.linear.weight": [512, 512],
        "styles.17.linear.bias": [512],
        "latlayer1.weight": [512, 256, 1, 1],
        "latlayer2.weight": [512, 128, 1, 1],
    }.items():
        assert shapes[name] == shape, name
    tops = {"input_layer", "body", "styles", "latlayer1", "latlayer2", "latent_avg"}
    assert {name.split(".")[0] for name in shapes} == tops
    assert {name.split(".")[1] for name in shapes if name.startswith("body.")} == {str(unit) for unit in range(24)}
    shortcuts = {name.split(".")[1] for name in shapes if "shortcut_layer" in name}
    assert shortcuts == {"3", "7", "21"}  # 64 -> 64 keeps every second position, without weights
    for absent in ("styles.2.convs.8.weight", "styles.6.convs.10.weight", "styles.18.linear.weight"):
        assert absent not in shapes


def test_the_published_network_has_the_published_size():
    """ArcFace's IR-SE50 of 43.8 million is this trunk and its own output: 2 x 512 normalised, 25088 x 512 and 512."""
    whole = sum(parameter.numel() for parameter in published().parameters())
    heads = 18 * (512 * 512 + 512) + (3 * 4 + 4 * 5 + 11 * 6) * (512 * 512 * 9 + 512)
    laterals = 512 * (256 + 1) + 512 * (128 + 1)
    trunk = whole - heads - laterals
    assert trunk + 2 * 512 + (512 * 7 * 7 + 1) * 512 + 2 * 512 == 43_797_696
    assert whole == 267_136_704
    assert sum(parameter.numel() for parameter in published("w").parameters()) == trunk + 512 * 512 + 512


def test_a_picture_of_1024_px_goes_through_the_published_size():
    torch.set_num_threads(1)
    encoder = published().to_empty(device="cpu").eval().requires_grad_(False)
    for value in encoder.state_dict().values():
        value.fill_(1 / value[0].numel() if value.ndim > 1 else 1)
    codes = encoder(pictures(1, 1024))
    assert codes.shape == (1, 18, 512)
    assert codes.isfinite().all()


@pytest.mark.parametrize(("space", "shape"), [("wplus", (3, 10, 8)), ("w", (3, 8))])
def test_codes_have_their_spaces_shape_and_the_mean_is_added(space, shape):
    encoder = tiny(space=space)
    before = encoder(pictures(3))
    encoder.latent_avg.copy_(torch.randn(encoder.latent_avg.shape))
    mean = encoder.latent_avg if space == "wplus" else encoder.latent_avg[0]
    assert before.shape == shape
    assert torch.allclose(encoder(pictures(3)), before + mean, atol=1e-6)


def test_e4es_rows_are_differences_from_the_first():
    rows, e4e = tiny("psp")(pictures(2)), tiny("e4e")(pictures(2))
    assert torch.equal(e4e[:, 0], rows[:, 0])
    assert torch.allclose(e4e[:, 1:], rows[:, 1:] + rows[:, :1], atol=1e-6)


def test_rows_read_levels_as_published():
    """Coarse rows see the smallest level alone, middle ones no more than the next."""
    for name, indifferent in (("latlayer1", 3), ("latlayer2", 7)):
        encoder = tiny()
        before = encoder(pictures(2))
        getattr(encoder, name).weight.add_(1.0)
        same = [torch.equal(before[:, row], encoder(pictures(2))[:, row]) for row in range(10)]
        assert same == [True] * indifferent + [False] * (10 - indifferent)


def test_an_image_is_encoded_alike_in_any_company():
    many = pictures(IMAGES_AT_ONCE + 3)
    together = tiny()(many)
    assert torch.allclose(tiny()(many[-1:]), together[-1:], atol=1e-5)
    assert torch.allclose(tiny()(many[:1]), together[:1], atol=1e-5)


@pytest.mark.parametrize(("side", "px"), [(64, 32), (40, 32), (16, 32)])
def test_pictures_are_scaled_as_pil_does_it(side, px):
    pixels = np.random.default_rng(0).integers(0, 256, [side, side, 3], dtype=np.uint8)
    asked = np.asarray(Image.fromarray(pixels).resize((px, px), Image.Resampling.BILINEAR))
    found = scaled(to_net(torch.from_numpy(pixels).permute(2, 0, 1)[None]), px)
    assert (found[0].permute(1, 2, 0).add(1).mul(127.5) - torch.tensor(asked)).abs().max() <= 1.01


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"images must be \[N, 3, 16, 16\], not \[1, 3, 32, 32\]"):
        tiny()(pictures(1, 32))
    with pytest.raises(ValueError, match="psp or e4e, into w or wplus; not e4e into z"):
        tiny("e4e", "z")
