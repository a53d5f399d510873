"""StyleSpace numbering against the published layouts (algorithms: index formulas, totals of config-e and config-f)."""

import math

import pytest

from stylealign.networks.generator import Generator
from stylealign.networks.stylespace import channel_name, column_of, style_layers


@pytest.mark.parametrize(
    ("base", "resolution", "total", "convs"),
    [
        (32768, 64, 7168, 4608),
        (32768, 128, 8192, 5376),
        (32768, 256, 8704, 5760),
        (32768, 512, 8960, 5952),
        (32768, 1024, 9088, 6048),
        (16384, 256, 7424, 4928),
        (16384, 512, 7552, 5024),
        (16384, 1024, 7616, 5072),
    ],
)
def test_published_totals(base, resolution, total, convs):
    layers = style_layers(resolution, base, 512)
    assert sum(layer.channels for layer in layers) == total
    assert sum(layer.channels for layer in layers if layer.kind != "torgb") == convs


@pytest.mark.parametrize("resolution", [32, 64, 128, 256, 512, 1024])
def test_index_and_row_formulas(resolution):
    offset = {"conv0": -7, "conv1": -6, "torgb": -5}
    for layer in style_layers(resolution, 32768, 512):
        level = int(math.log2(layer.resolution))
        assert layer.index == 3 * level + offset[layer.kind]
        assert layer.ws_index == 2 * level + {"conv0": -5, "conv1": -4, "torgb": -3}[layer.kind]


@pytest.mark.parametrize(("base", "resolution", "num_ws"), [(1024, 16, 6), (1024, 32, 8), (32768, 64, 10)])
def test_generator_agrees_with_the_table(base, resolution, num_ws):
    G = Generator(z_dim=8, w_dim=8, img_resolution=resolution, channel_base=base, channel_max=16, mapping_layers=1)
    assert G.num_ws == num_ws == 2 * math.log2(resolution) - 2
    layers = style_layers(resolution, base, 16)
    assert G.num_styles == layers[-1].offset + layers[-1].channels


def test_channel_names_round_trip():
    layers = style_layers(1024, 32768, 512)
    for name in ("0_0", "6_501", "9_409", "12_479", "15_45", "25_31"):
        assert channel_name(layers, column_of(layers, name)) == name
    with pytest.raises(ValueError, match="256 channels"):
        column_of(layers, "15_256")
    with pytest.raises(ValueError, match="layer_channel"):
        column_of(layers, "26_0")


@pytest.mark.parametrize(
    ("base", "resolution", "g_total", "d_total"),
    [(32768, 256, 30_034_338, 28_864_129), (32768, 1024, 30_370_060, 29_012_513), (16384, 256, 24_767_458, 24_001_089)],
)
def test_published_parameter_counts(base, resolution, g_total, d_total):
    import torch

    from stylealign.networks.discriminator import Discriminator

    with torch.device("meta"):
        G = Generator(
            z_dim=512, w_dim=512, img_resolution=resolution, channel_base=base, channel_max=512, mapping_layers=8
        )
        D = Discriminator(img_resolution=resolution, channel_base=base, channel_max=512)
    assert sum(p.numel() for p in G.parameters()) == g_total
    assert sum(p.numel() for p in D.parameters()) == d_total
