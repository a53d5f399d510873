"""PyTorch pickles of NVIDIA's: our networks come back out of them, and everything else is turned down by its name."""

import pickle
import re

import pytest
import torch

from stylealign.errors import CheckpointError
from stylealign.formats.nvidia_torch import read_nvidia_torch
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def networks(make_generator, make_discriminator):
    return make_generator(0), make_generator(1), make_discriminator(2)


def assert_same_images(model, G, **expected):
    found = Generator(**model.architecture)
    found.load_state_dict(model.generator)
    z = torch.randn(3, G.z_dim, generator=torch.Generator().manual_seed(5))
    for psi in (1, 0.5):
        assert torch.allclose(found(z, truncation_psi=psi), G(z, truncation_psi=psi), atol=1e-5)


def refused(path):
    with pytest.raises(CheckpointError) as caught:
        read_nvidia_torch(path)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{path}: ")
    return message


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_snapshot_gives_back_the_same_networks(foreign_files, write, networks, protocol):
    G_ema, G, D = networks
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G_ema, G, D, protocol=protocol)))
    assert_same_images(model, G_ema)
    assert model.kind == "nvidia_torch"
    assert model.has_w_avg
    assert model.said == ()
    for found, expected in ((model.generator, G_ema), (model.raw_generator, G), (model.discriminator, D)):
        assert found.keys() == expected.state_dict().keys()
        assert all(torch.equal(found[name], value) for name, value in expected.state_dict().items())
    discriminator = Discriminator(img_resolution=16, channel_base=128, channel_max=16)
    discriminator.load_state_dict(model.discriminator)
    x = torch.randn(4, 3, 16, 16)
    assert torch.allclose(discriminator(x), D(x), atol=1e-5)


def test_the_averaged_generator_alone(foreign_files, write, networks):
    G_ema, _, _ = networks
    contents = [foreign_files.nvidia_torch(G_ema), foreign_files.dump(foreign_files.persistent(G_ema))]
    for content in contents:
        model = read_nvidia_torch(write(content))
        assert_same_images(model, G_ema)
        assert model.raw_generator is None
        assert model.discriminator is None


@pytest.mark.parametrize(("resolution", "layers"), [(8, 1), (32, 8)])
def test_size_and_depth_are_read_off_shapes(foreign_files, write, make_generator, resolution, layers):
    G = make_generator(img_resolution=resolution, mapping_layers=layers)
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G)))
    assert_same_images(model, G)
    assert model.architecture["img_resolution"] == resolution
    assert model.architecture["mapping_layers"] == layers


def test_mixed_precision_sets_the_clamp_and_is_said(foreign_files, write, make_generator):
    G = make_generator(conv_clamp=1.5)  # low enough to be seen in the images
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G, use_fp16=True)))
    assert model.architecture["conv_clamp"] == 1.5
    assert_same_images(model, G)
    assert "float16" in model.said[0]
    without = Generator(**model.architecture | {"conv_clamp": None})
    without.load_state_dict(model.generator)
    z = torch.randn(3, G.z_dim)
    assert not torch.allclose(without(z), G(z), atol=1e-3)


def test_float16_weights_in_channels_last_order(foreign_files, write, make_generator):
    G = make_generator()
    stored = make_generator().half()
    with torch.no_grad():
        for parameter in stored.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.to(memory_format=torch.channels_last)
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(stored)))
    assert all(value.dtype == torch.float32 for value in model.generator.values())
    expected = {name: value.float() for name, value in stored.state_dict().items()}
    assert all(torch.equal(model.generator[name], value) for name, value in expected.items())
    assert model.generator.keys() == G.state_dict().keys()


def test_a_missing_mean_of_w_is_zero_and_said(foreign_files, write, make_generator):
    G, raw = make_generator(0), make_generator(1)
    del G.mapping._buffers["w_avg"], raw.mapping._buffers["w_avg"]
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G, raw)))
    assert not model.has_w_avg
    assert torch.equal(model.generator["mapping.w_avg"], torch.zeros(10))
    assert "w_avg" in model.said[0]
    Generator(**model.architecture).load_state_dict(model.raw_generator)


def test_what_the_file_or_its_name_says_of_its_training(foreign_files, write, networks):
    content = foreign_files.nvidia_torch(networks[0])
    assert read_nvidia_torch(write(content)).kimg is None
    assert read_nvidia_torch(write(content, "network-snapshot-025000.pkl")).kimg == 25_000
    told = foreign_files.dump({"G_ema": foreign_files.persistent(networks[0]), "cur_nimg": 1_234_500})
    assert read_nvidia_torch(write(told, "network-snapshot-025000.pkl")).kimg == 1234.5


def test_the_source_in_the_file_is_not_run(foreign_files, write, networks, tmp_path):
    canary = tmp_path / "canary"
    content = foreign_files.nvidia_torch(*networks, source=f"open({str(canary)!r}, 'w').close()")
    assert_same_images(read_nvidia_torch(write(content)), networks[0])
    assert not canary.exists()
    with foreign_files.foreign_modules():
        pickle.loads(content)
    assert canary.exists()  # the usual loader runs it


def test_a_discriminator_that_does_not_fit_is_left_out_and_said(foreign_files, write, networks, make_discriminator):
    G = networks[0]
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G, None, make_discriminator(img_resolution=8))))
    assert model.discriminator is None
    assert "the discriminator is left out" in model.said[0]
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(G, G, make_discriminator(mbstd_group_size=8))))
    assert model.discriminator is not None
    assert (model.mbstd_group_size, model.said) == (8, ())


def test_a_trained_generator_of_another_size_is_left_out_and_said(foreign_files, write, networks, make_generator):
    model = read_nvidia_torch(write(foreign_files.nvidia_torch(networks[0], make_generator(img_resolution=32))))
    assert model.raw_generator is None
    assert "the generator that was trained is left out" in model.said[0]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"activation": "relu"}, r"activation relu in \S+, and only lrelu"),
        ({"bias_gain": 1}, r"bias_gain 1 in mapping\.fc\d, and only 0\.01"),
        ({"conv_clamp": -1}, "conv_clamp that is no positive number"),
        ({"conv_clamp": "256"}, "conv_clamp that is no positive number"),
    ],
)
def test_another_setting_is_refused_by_its_name(foreign_files, write, networks, settings, expected):
    assert re.search(expected, refused(write(foreign_files.nvidia_torch(networks[0], **settings))))


def changed_parameters(foreign_files, G, name, value):
    root = foreign_files.persistent(G)
    *path, last = name.split(".")
    module = root
    for part in path:
        module = module.meta["state"]["_modules"].setdefault(part, foreign_files.Persistent("Layer", {}))
    module.meta["state"].setdefault("_parameters", {})[last] = value
    return foreign_files.dump({"G_ema": root})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("synthesis.L0_36_512.weight", "StyleGAN3"),
        ("mapping.embed.weight", "class-conditional"),
        ("synthesis.b16.skip.weight", "resnet"),
        ("synthesis.b16.conv1.extra", "synthesis.b16.conv1.extra is not known"),
        ("synthesis.b16.conv1.two\nlines\x1b[2J", "a name in _parameters that no network has"),
        ("mapping.fc1.weight", "mapping.fc1.weight is [3, 3], not [10, 10]"),
    ],
)
def test_other_networks_are_refused_by_name(foreign_files, write, networks, name, expected):
    assert expected in refused(write(changed_parameters(foreign_files, networks[0], name, torch.zeros(3, 3))))


def test_what_is_missing_is_named(foreign_files, write, make_generator):
    without_torgb, without_noise = make_generator(), make_generator()
    del without_torgb.synthesis.b8.torgb
    del without_noise.synthesis.b8.conv0._buffers["noise_const"]
    assert "synthesis.b8.torgb.weight is missing" in refused(write(foreign_files.nvidia_torch(without_torgb)))
    assert "holds no synthesis.b8.conv0.noise_const" in refused(write(foreign_files.nvidia_torch(without_noise)))


def test_another_filter_is_refused(foreign_files, write, networks):
    root = foreign_files.persistent(networks[0])
    synthesis = root.meta["state"]["_modules"]["synthesis"].meta["state"]
    block = synthesis["_modules"]["b8"].meta["state"]
    assert block["_buffers"]["resample_filter"].shape == (4, 4)
    block["_buffers"]["resample_filter"] = torch.eye(4) / 4
    assert "another synthesis.b8.resample_filter than [1, 3, 3, 1]" in refused(write(foreign_files.dump(root)))


def test_numbers_that_float32_cannot_hold_are_refused(foreign_files, write, make_generator):
    G = make_generator().double()
    G.mapping.fc1.weight.data[0, 0] = 1e300
    assert "mapping.fc1.weight holds what is no number" in refused(write(foreign_files.nvidia_torch(G)))


def test_other_files_are_named_for_what_they_are(foreign_files, write, networks, tmp_path):
    G, _, D = networks
    assert "kind nvidia_tf" in refused(write(foreign_files.nvidia_tf(G, D, G)))
    assert "holds no G_ema (but g, training)" in refused(write(pickle.dumps({"g": 1, "training": 2})))
    torch.save({"g_ema": G.state_dict()}, tmp_path / "zip.pt")
    torch.save({"g_ema": G.state_dict()}, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert "archive of torch.save" in refused(tmp_path / "zip.pt")
    assert "old file of torch.save" in refused(tmp_path / "old.pt")
    assert "no such file" in refused(tmp_path / "nothing.pkl")
    assert "web page" in refused(write(b"<!DOCTYPE html><html>quota exceeded</html>"))
    assert "is empty" in refused(write(b""))


def test_files_cut_anywhere_end_in_one_line(foreign_files, write, networks):
    content = foreign_files.nvidia_torch(networks[0])
    for length in range(2, len(content), len(content) // 60):
        refused(write(content[:length]))
