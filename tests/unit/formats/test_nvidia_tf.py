"""TensorFlow pickles of NVIDIA's: our networks come back through a slow inverse that the tests spell out themselves."""

import pickle

import numpy as np
import pytest
import torch

from stylealign.errors import CheckpointError
from stylealign.formats.nvidia_tf import read_nvidia_tf
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def networks(make_generator, make_discriminator):
    return make_generator(0), make_discriminator(2), make_generator(1)


def refused(path):
    with pytest.raises(CheckpointError) as caught:
        read_nvidia_tf(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{path}: ")
    return message


def assert_same_images(model, G):
    found = Generator(**model.architecture)
    found.load_state_dict(model.generator)
    z = torch.randn(3, G.z_dim, generator=torch.Generator().manual_seed(5))
    assert torch.allclose(found(z, truncation_psi=0.7), G(z, truncation_psi=0.7), atol=1e-5)


@pytest.mark.parametrize(("protocol", "old_numpy"), [(2, False), (3, True), (4, False), (5, False)])
def test_a_snapshot_gives_back_the_same_networks(foreign_files, write, networks, protocol, old_numpy):
    G, D, Gs = networks
    content = foreign_files.nvidia_tf(G, D, Gs, protocol=protocol, old_numpy=old_numpy)
    assert (b"numpy.core." in content) == old_numpy
    model = read_nvidia_tf(write(content))
    assert_same_images(model, Gs)
    assert model.kind == "nvidia_tf"
    assert model.has_w_avg
    assert model.said == ()
    for found, expected in ((model.generator, Gs), (model.raw_generator, G), (model.discriminator, D)):
        assert found.keys() == expected.state_dict().keys()
        for name, value in expected.state_dict().items():
            assert torch.allclose(found[name], value, atol=1e-6), name
            assert found[name].is_contiguous()
    discriminator = Discriminator(img_resolution=16, channel_base=128, channel_max=16)
    discriminator.load_state_dict(model.discriminator)
    x = torch.randn(4, 3, 16, 16)
    assert torch.allclose(discriminator(x), D(x), atol=1e-5)


def test_every_resolution_finds_its_noise(foreign_files, write, make_generator, make_discriminator):
    G, D = make_generator(img_resolution=32), make_discriminator(img_resolution=32)
    variables = dict(foreign_files.generator_variables(G))
    shapes = [variables[f"synthesis/noise{number}"].shape[-1] for number in range(7)]
    assert shapes == [4, 8, 8, 16, 16, 32, 32]
    model = read_nvidia_tf(write(foreign_files.nvidia_tf(G, D, G)))
    assert_same_images(model, G)
    assert model.architecture["img_resolution"] == 32


def test_only_the_doubling_convolution_is_mirrored(foreign_files, write, networks):
    """What the usual mistake (no mirror, or a mirror of every convolution) would draw."""
    G, D, Gs = networks
    model = read_nvidia_tf(write(foreign_files.nvidia_tf(G, D, Gs)))
    for layer in ("b8.conv0", "b8.conv1"):
        wrong = Generator(**model.architecture)
        wrong.load_state_dict(model.generator)
        weight = wrong.get_parameter(f"synthesis.{layer}.weight")
        weight.data = weight.flip(2, 3)
        z = torch.randn(2, Gs.z_dim)
        assert not torch.allclose(wrong(z), Gs(z), atol=1e-3)


def test_the_averaged_generator_alone(foreign_files, write, networks):
    model = read_nvidia_tf(write(foreign_files.dump(foreign_files.generator_network(networks[2]))))
    assert_same_images(model, networks[2])
    assert (model.raw_generator, model.discriminator) == (None, None)


def test_settings_that_no_weight_shows(foreign_files, write, make_generator, make_discriminator):
    G, D = make_generator(conv_clamp=1.5), make_discriminator()
    content = foreign_files.nvidia_tf(G, D, G, conv_clamp=1.5, num_fp16_res=4, resample_kernel=[1, 3, 3, 1])
    model = read_nvidia_tf(write(content, "network-snapshot-000403.pkl"))
    assert model.architecture["conv_clamp"] == 1.5
    assert_same_images(model, G)
    assert model.said == ("resolutions in float16 when it was trained: 4; here they run as the study says",)
    assert model.kimg == 403


def test_a_setting_that_is_not_known_is_said(foreign_files, write, networks):
    model = read_nvidia_tf(write(foreign_files.nvidia_tf(*networks, freeze_layers=3)))
    assert "freeze_layers" in model.said[0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"architecture": "orig"}, "architecture orig, and only skip"),
        ({"nonlinearity": "relu"}, "nonlinearity relu, and only lrelu"),
        ({"mapping_lrmul": 1.0}, "mapping_lrmul 1.0, and only 0.01"),
        ({"normalize_latents": False}, "normalize_latents False"),
        ({"resample_kernel": [1, 2, 1]}, "resample_kernel"),
        ({"conv_clamp": float("nan")}, "conv_clamp that is no positive number"),
    ],
)
def test_another_setting_is_refused_by_its_name(foreign_files, write, networks, settings, expected):
    assert expected in refused(write(foreign_files.nvidia_tf(*networks, **settings)))


def with_variable(foreign_files, G, name, value):
    network = foreign_files.generator_network(G)
    network.state["variables"].append((name, value))
    return foreign_files.dump(network)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("synthesis/ToRGB_lod0/weight", "'orig'"),
        ("synthesis/8x8/Skip/weight", "'resnet'"),
        ("mapping/LabelConcat/weight", "class-conditional"),
        ("synthesis/8x16/Conv1/weight", "no StyleGAN2's"),
        ("synthesis/noise7/x", "no StyleGAN2's"),
        ("synthesis/8x8/two\nlines\x1b[2J", "no StyleGAN2's"),
        ("synthesis/noise9", "synthesis.b128.conv0.noise_const is not known"),
    ],
)
def test_other_networks_are_refused_by_name(foreign_files, write, networks, name, expected):
    content = with_variable(foreign_files, networks[0], name, np.zeros([3, 3], np.float32))
    message = refused(write(content))
    assert expected in message or "synthesis blocks for 4, 8, 16, 128 px" in message


@pytest.mark.parametrize("version", [1, 2, 3, None])
def test_early_versions_are_named(foreign_files, write, version):
    network = foreign_files.network("Gs", [], version=version)
    assert f"version {version}, as StyleGAN1 and earlier" in refused(write(foreign_files.dump((None, None, network))))


def test_a_missing_mean_of_w_is_said(foreign_files, write, networks):
    network = foreign_files.generator_network(networks[2])
    network.state["variables"] = []
    model = read_nvidia_tf(write(foreign_files.dump((None, None, network))))
    assert not model.has_w_avg
    assert torch.equal(model.generator["mapping.w_avg"], torch.zeros(10))


def test_a_discriminator_that_does_not_fit_is_left_out_and_said(foreign_files, write, networks):
    G, D, Gs = networks
    odd = foreign_files.discriminator_network(D)
    odd.state["variables"].append(("16x16/FromRGB_lod0/weight", np.zeros(3, np.float32)))
    found = tuple(map(foreign_files.generator_network, (G, Gs)))
    model = read_nvidia_tf(write(foreign_files.dump((found[0], odd, found[1]))))
    assert "FromRGB_lod0" in model.said[0]
    assert (model.discriminator, model.mbstd_group_size) == (None, None)


@pytest.mark.parametrize(("settings", "expected"), [({}, 4), ({"mbstd_group_size": 8}, 8)])
def test_the_group_size_of_the_discriminator_is_the_files(foreign_files, write, networks, settings, expected):
    G, D, Gs = networks
    found = tuple(map(foreign_files.generator_network, (G, Gs)))
    content = (found[0], foreign_files.discriminator_network(D, **settings), found[1])
    assert read_nvidia_tf(write(foreign_files.dump(content))).mbstd_group_size == expected


def test_the_source_in_the_file_is_not_run(foreign_files, write, networks, tmp_path):
    canary = tmp_path / "canary"
    content = foreign_files.nvidia_tf(*networks, source=f"open({str(canary)!r}, 'w').close()")
    assert_same_images(read_nvidia_tf(write(content)), networks[2])
    assert not canary.exists()
    with foreign_files.foreign_modules():
        pickle.loads(content)
    assert canary.exists()  # the usual loader runs it


def test_other_files_are_named_for_what_they_are(foreign_files, write, networks):
    assert "kind nvidia_torch" in refused(write(foreign_files.nvidia_torch(networks[0])))
    assert "holds a dict, not the networks" in refused(write(pickle.dumps({"a": 1})))
    assert "holds something else than networks" in refused(
        write(foreign_files.dump((1, 2, foreign_files.network("Gs", []))))
    )
    assert "holds no weights of a StyleGAN2" in refused(write(foreign_files.dump(foreign_files.network("vgg16", []))))
    text = foreign_files.network("Gs", [("dlatent_avg", "text")])
    assert "a str as variable dlatent_avg" in refused(write(foreign_files.dump(text)))


def test_files_cut_anywhere_end_in_one_line(foreign_files, write, networks):
    content = foreign_files.nvidia_tf(*networks)
    for length in range(2, len(content), len(content) // 60):
        refused(write(content[:length]))
