"""rosinality's files and their kin: what is read of each kind, what is left out and said, what is refused."""

import argparse
import re

import pytest
import torch

from stylealign.errors import CheckpointError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import read_rosinality, save_rosinality, to_rosinality
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

SHAPE = {"z_dim": 6, "w_dim": 8, "mapping_layers": 2, "img_resolution": 16, "channel_base": 64, "channel_max": 8}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    averaged, raw = Generator(**SHAPE), Generator(**SHAPE)
    D = Discriminator(img_resolution=16, channel_base=64, channel_max=8)
    averaged.mapping.w_avg.normal_()
    raw.mapping.w_avg.copy_(averaged.mapping.w_avg)
    return ForeignModel("ours", averaged.state_dict(), raw.state_dict(), D.state_dict(), SHAPE, has_w_avg=True)


@pytest.fixture
def content(model):
    return to_rosinality(model)


@pytest.fixture
def read(tmp_path):
    def read(content, **options):
        torch.save(content, tmp_path / "x.pt", **options)
        return read_rosinality(tmp_path / "x.pt")

    return read


@pytest.fixture
def refusal(read, tmp_path):
    def refusal(content):
        with pytest.raises(CheckpointError) as caught:
            read(content)
        text = str(caught.value)
        assert text.startswith(f"{tmp_path / 'x.pt'}: ")
        assert "\n" not in text
        return text

    return refusal


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_written_and_read_it_is_the_same_to_the_bit(model, tmp_path):
    save_rosinality(tmp_path / "x.pt", model)
    found = read_rosinality(tmp_path / "x.pt")
    assert (found.kind, found.architecture, found.has_w_avg, found.said) == ("rosinality", SHAPE, True, ())
    assert same(found.generator, model.generator)
    assert same(found.raw_generator, model.raw_generator)
    assert same(found.discriminator, model.discriminator)
    save_rosinality(tmp_path / "y.pt", found)
    assert (tmp_path / "x.pt").read_bytes() == (tmp_path / "y.pt").read_bytes()


def test_a_written_file_is_tensors_under_names_and_nothing_else(model, tmp_path):
    save_rosinality(tmp_path / "x.pt", model)
    content = torch.load(tmp_path / "x.pt", weights_only=True)
    assert sorted(content) == ["d", "g", "g_ema", "latent_avg"]
    assert all(type(value) is torch.Tensor for part in ("g_ema", "g", "d") for value in content[part].values())


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_training_checkpoint_with_its_optimisers_and_options(read, content, model, is_zip):
    optimiser = torch.optim.Adam([torch.nn.Parameter(torch.ones(3))])
    optimiser.param_groups[0]["params"][0].grad = torch.ones(3)
    optimiser.step()
    del content["latent_avg"]
    options = argparse.Namespace(size=16, n_mlp=2, path="faces", ckpt=None, betas=(0.0, 0.99), r1=10.0)
    more = {"g_optim": optimiser.state_dict(), "d_optim": optimiser.state_dict(), "args": options, "ada_aug_p": 0.0}
    found = read({**content, **more}, _use_new_zipfile_serialization=is_zip)
    assert not found.has_w_avg
    assert not found.generator["mapping.w_avg"].any()
    assert same({**found.discriminator}, model.discriminator)
    weights = {name: value for name, value in found.raw_generator.items() if name != "mapping.w_avg"}
    assert all(torch.equal(value, model.raw_generator[name]) for name, value in weights.items())


def test_what_nada_saves_is_the_averaged_generator_alone(read, content):
    found = read({"g_ema": content["g_ema"], "g_optim": {"state": {}, "param_groups": []}})
    assert (found.raw_generator, found.discriminator, found.has_w_avg) == (None, None, False)


def test_parameters_halves_and_names_of_several_gpus(read, content, model):
    state = {f"module.{name}": torch.nn.Parameter(value.half()) for name, value in content["g_ema"].items()}
    found = read({"g_ema": state})
    weight = found.generator["synthesis.b8.conv0.weight"]
    assert weight.dtype == torch.float32
    assert not weight.requires_grad
    assert torch.equal(weight, model.generator["synthesis.b8.conv0.weight"].half().float())


def test_a_generator_before_averaging_alone_is_taken_for_the_averaged_one(read, content, model):
    found = read({"g": content["g"]})
    assert torch.equal(found.generator["synthesis.b4.const"], model.raw_generator["synthesis.b4.const"])


@pytest.mark.parametrize("rows", [1, 6])
def test_the_decoder_of_an_encoders_bundle(read, content, model, rows):
    state = {f"decoder.{name}": value for name, value in content["g_ema"].items()}
    state["encoder.input_layer.0.weight"] = torch.zeros(4, 3, 3, 3)
    state["latent_avg"] = torch.ones(8)
    w_avg = content["latent_avg"]
    top = w_avg if rows == 1 else w_avg.repeat(rows, 1)
    found = read({"state_dict": state, "latent_avg": top, "opts": {"output_size": 16}})
    assert (found.kind, found.has_w_avg, found.architecture) == ("encoder_bundle", True, SHAPE)
    assert same(found.generator, model.generator)


def test_a_mean_that_differs_from_row_to_row_is_not_the_mean_of_w(read, content):
    rows = torch.randn(6, 8)
    found = read({"g_ema": content["g_ema"], "latent_avg": rows})
    assert not found.has_w_avg
    assert "differs from style to style" in " ".join(found.said)


def test_a_state_dict_alone_under_either_name(read, content, model):
    assert same({**read(content["g_ema"]).generator, "mapping.w_avg": model.generator["mapping.w_avg"]},
                dict(model.generator))  # fmt: skip
    filters = {"synthesis.b8.resample_filter": torch.tensor([1.0, 3, 3, 1]).outer(torch.tensor([1.0, 3, 3, 1])) / 64}
    found = read({**model.generator, **filters})
    assert (found.kind, found.has_w_avg) == ("state_dict", True)
    assert same(found.generator, model.generator)


def test_noise_that_an_early_file_lacks_is_drawn_anew_and_said(read, content, model):
    early = {name: value for name, value in content["g_ema"].items() if not name.startswith("noises.")}
    found, again = read({"g_ema": early}), read({"g_ema": early})
    assert "5 noise constants" in found.said[0]
    assert found.generator.keys() == model.generator.keys()
    assert same(found.generator, again.generator)
    assert not torch.equal(found.generator["synthesis.b16.conv0.noise_const"],
                           found.generator["synthesis.b16.conv1.noise_const"])  # fmt: skip


BROKEN_D = {
    "final_linear.2.weight, which no StyleGAN2 has": {"final_linear.2.weight": torch.ones(1)},
    "b16.fromrgb.weight is [9, 3, 1, 1], not [4, 3, 1, 1]": {"convs.0.0.weight": torch.ones(9, 3, 1, 1)},
    "final_linear.1.bias holds what is no number": {"final_linear.1.bias": torch.tensor([float("nan")])},
    "convs.1.skip.0.kernel is not the kernel": {"convs.1.skip.0.kernel": torch.ones(4, 4)},
}


@pytest.mark.parametrize("why", BROKEN_D)
def test_a_discriminator_that_does_not_fit_is_left_out_and_said(read, content, model, why):
    found = read({**content, "d": {**content["d"], **BROKEN_D[why]}})
    assert found.discriminator is None
    assert found.said[0].startswith("d was left out: ")
    assert why in found.said[0]
    assert same(found.generator, model.generator)


def test_a_raw_generator_of_another_size_is_left_out_and_said(read, content):
    with torch.no_grad():
        wide = Generator(**SHAPE | {"channel_max": 4}).state_dict()
    other = to_rosinality(ForeignModel("ours", wide, None, None, SHAPE, has_w_avg=True))["g_ema"]
    found = read({**content, "g": other})
    assert found.raw_generator is None
    assert "g was left out: it does not fit the averaged generator: " in found.said[0]


def changed(content, **values):
    return {"g_ema": {**content["g_ema"], **{name.replace("__", "."): value for name, value in values.items()}}}


def without(content, name):
    return {"g_ema": {key: value for key, value in content["g_ema"].items() if key != name}}


REFUSED = {
    "another kernel": (
        lambda c: changed(c, convs__0__conv__blur__kernel=torch.ones(4, 4) / 4),
        r"convs\.0\.conv\.blur\.kernel is not the kernel of \[1, 3, 3, 1\]",
    ),
    "unknown": (lambda c: changed(c, attention__weight=torch.ones(2)), r"has attention\.weight, which no StyleGAN2"),
    "missing": (lambda c: without(c, "convs.1.conv.weight"), r"has no convs\.1\.conv\.weight"),
    "no mapping": (lambda c: without(c, "style.1.weight"), r"has style\.1\.bias, which|no mapping network"),
    "misshapen": (
        lambda c: changed(c, convs__1__conv__weight=torch.ones(1, 8, 9, 3, 3)),
        r"synthesis\.b8\.conv1\.weight is \[8, 9, 3, 3\], not \[8, 8, 3, 3\]",
    ),
    "not numbers": (
        lambda c: changed(c, input__input=torch.full([1, 8, 4, 4], float("inf"))),
        r"input\.input holds what is no number",
    ),
    "whole numbers": (lambda c: changed(c, input__input=torch.ones([1, 8, 4, 4], dtype=torch.int64)), "whole numbers"),
    "grey": (
        lambda c: changed(c, to_rgb1__conv__weight=torch.ones(1, 1, 8, 1, 1), to_rgb1__bias=torch.ones(1, 1, 1, 1)),
        "images of 1 channels",
    ),
    "a mean of another size": (lambda c: {**c, "latent_avg": torch.ones(5)}, r"latent_avg is \[5\] and not 8 numbers"),
    "a mean of endless rows": (lambda c: {**c, "latent_avg": torch.ones(8).expand(10**9, 8)}, "latent_avg is|claim"),
    "endless weights": (lambda c: changed(c, input__input=torch.ones(1).expand(10**4, 10**4, 10**4)), "claim"),
    "a list": (lambda c: [1, 2], "holds a list, not named weights"),
    "nothing": (lambda c: {}, "holds nothing, and no generator"),
    "a classifier": (lambda c: {"fc.weight": torch.ones(2, 2)}, r"holds fc\.weight, and no generator"),
    "an encoder alone": (lambda c: {"state_dict": {"encoder.x": torch.ones(1)}}, "holds state_dict, and no generator"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_read_is_one_line(refusal, content, kind):
    make, message = REFUSED[kind]
    assert re.search(message, refusal(make(content)))
