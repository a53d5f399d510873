"""Published encoders and their bundles: what is read off names and shapes, and what is refused, in one line each."""

import argparse
import os
import zipfile

import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.errors import CheckpointError
from stylealign.formats.encoder_bundle import read_encoder_bundle


@pytest.fixture(scope="module")
def G(make_family):
    return load_generator(make_family(0.1)["parent"])[0]


def own_weights(encoder):
    return {
        name: value
        for name, value in encoder.state_dict().items()
        if name != "latent_avg" and not name.endswith("num_batches_tracked")
    }


def refusal(path):
    with pytest.raises(CheckpointError) as caught:
        read_encoder_bundle(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


def bundle_of(path):
    return torch.load(path, weights_only=True)


def changed(path, weights=None, dropped=(), **parts):
    """The bundle with some of its encoder's weights, or its other parts, replaced or left out."""
    content = bundle_of(path) | parts
    state = {name: value for name, value in content["state_dict"].items() if name not in dropped}
    torch.save(content | {"state_dict": state | (weights or {})}, path)
    return path


@pytest.mark.parametrize("kind", ["e4e", "psp"])
def test_a_bundle_gives_its_encoder_its_mean_and_its_decoder(G, make_bundle, kind):
    path, encoder = make_bundle(G, kind)
    found = read_encoder_bundle(path)
    shape = {"space": "wplus", "num_ws": 6, "img_resolution": 16, "width": 4, "w_dim": 8, "input_px": 32}
    assert (found.kind, found.architecture) == (kind, shape)
    assert found.encoder.keys() == own_weights(encoder).keys()
    assert all(torch.equal(found.encoder[name], value) for name, value in own_weights(encoder).items())
    assert torch.equal(found.latent_avg, encoder.latent_avg)
    assert found.starts_at_latent_avg
    assert torch.equal(found.decoder["style.1.weight"], G.state_dict()["mapping.fc0.weight"])


def test_an_encoder_into_w_is_told_by_its_single_row(G, make_bundle):
    path, encoder = make_bundle(G, "psp", space="w")
    found = read_encoder_bundle(path)
    assert (found.kind, found.architecture) == ("psp", {"space": "w", "width": 4, "w_dim": 8})
    assert torch.equal(found.latent_avg, encoder.latent_avg)
    changed(path, latent_avg=encoder.latent_avg.repeat(6, 1))  # as it lies in bundles of e4e's code
    assert torch.equal(read_encoder_bundle(path).latent_avg, encoder.latent_avg)


def test_options_are_a_dict_or_a_namespace_or_absent(G, make_bundle):
    options = argparse.Namespace(encoder_type="GradualStyleEncoder", start_from_latent_avg=False)
    found = read_encoder_bundle(make_bundle(G, "psp", opts=options)[0])
    assert (found.kind, found.starts_at_latent_avg) == ("psp", False)
    found = read_encoder_bundle(make_bundle(G, "psp", opts=None)[0])
    assert (found.kind, found.starts_at_latent_avg) == (None, True)
    hostile = {"encoder_type": ["e4e"], "start_from_latent_avg": "no", 3: torch.ones(2)}
    found = read_encoder_bundle(make_bundle(G, opts=hostile)[0])
    assert (found.kind, found.starts_at_latent_avg) == (None, True)


@pytest.mark.parametrize("is_zip", [True, False])
def test_the_encoders_state_dict_alone_is_read_too(G, make_bundle, is_zip):
    path, encoder = make_bundle(G)
    torch.save(own_weights(encoder), path, _use_new_zipfile_serialization=is_zip)
    found = read_encoder_bundle(path)
    assert found.architecture["num_ws"] == 6
    assert (found.kind, found.latent_avg, found.decoder) == (None, None, None)


def test_a_mean_of_w_stands_for_every_row_and_half_precision_is_single(G, make_bundle):
    path, encoder = make_bundle(G, latent_avg=torch.arange(8.0))
    assert torch.equal(read_encoder_bundle(path).latent_avg, torch.arange(8.0).expand(6, 8))
    half = {f"encoder.{name}": value.half() for name, value in own_weights(encoder).items()}
    found = read_encoder_bundle(changed(path, half))
    assert {value.dtype for value in found.encoder.values()} == {torch.float32}


@pytest.mark.parametrize(
    ("latent_avg", "message"),
    [(torch.ones(7), r"latent_avg is not \[8\] or \[6, 8\]"), (torch.ones(4, 8), "has 4 rows, its encoder 6"),
     (torch.tensor(1.0), "latent_avg is not"), ("mean", "latent_avg is not"),
     (torch.full([6, 8], torch.nan), "latent_avg holds what is no number")],
)  # fmt: skip
def test_a_mean_of_another_shape_is_refused(G, make_bundle, latent_avg, message):
    with pytest.raises(CheckpointError, match=message):
        read_encoder_bundle(make_bundle(G, latent_avg=latent_avg)[0])


def test_encoders_of_another_family_are_refused_by_what_they_are(G, make_bundle):
    path, _ = make_bundle(G)
    first = "encoder.input_layer.0.weight"
    for channels, message in ((6, "a ReStyle encoder"), (1, "images with 1 channels")):
        assert message in refusal(changed(path, {first: torch.ones(4, channels, 3, 3)}))
    changed(path, {first: torch.ones(4, 3, 3, 3)})
    assert "a network of another head" in refusal(changed(path, {"encoder.output_layer_2.0.weight": torch.ones(4)}))
    changed(path, dropped=["encoder.output_layer_2.0.weight"])
    body = {name: value for name, value in bundle_of(path)["state_dict"].items() if ".body.23." in name}
    assert "a trunk of 23 units, and IR-SE50 has 24" in refusal(changed(path, dropped=body))
    assert "'ResNetGradualStyleEncoder', which is not among Grad" in refusal(
        changed(path, body, opts={"encoder_type": "ResNetGradualStyleEncoder"})
    )
    resnet = {"encoder.conv1.weight": torch.ones(4, 3, 7, 7)}
    assert "another trunk than IR-SE50" in refusal(changed(path, resnet, dropped=[first]))


def test_what_holds_no_encoder_is_refused(G, make_bundle, tmp_path):
    path, _ = make_bundle(G)
    assert "holds no encoder" in refusal(changed(path, {"encoder.input_layer.0.weight": torch.ones(0, 3, 3, 3)}))
    decoder = {name: value for name, value in bundle_of(path)["state_dict"].items() if name.startswith("decoder.")}
    for content, message in (
        ({"g_ema": {"input.input": torch.ones(1)}}, "a generator; name it under models: `from`"),
        ({"state_dict": decoder}, "holds no encoder"),
        ({"state_dict": "weights"}, "holds no encoder"),
        ({}, "holds no encoder"),
        ([torch.ones(2)], "holds a list, no weights by name"),
        (torch.ones(2), "holds a Tensor, no weights by name"),
    ):
        torch.save(content, path)
        assert message in refusal(path)
    assert "there is no such file" in refusal(tmp_path / "absent.pt")


def test_numbers_of_styles_that_no_model_has_are_refused(G, make_bundle):
    path, _ = make_bundle(G)
    names = list(bundle_of(path)["state_dict"])
    assert "has 5 styles" in refusal(changed(path, dropped=[name for name in names if ".styles.5." in name]))
    assert "has 4 styles" in refusal(changed(path, dropped=[name for name in names if ".styles.1." in name]))
    many = {f"encoder.styles.{row}.linear.weight": torch.ones(8, 8) for row in range(400)}
    assert "has 400 styles" in refusal(changed(path, many))


def test_a_head_of_another_shape_is_refused(G, make_bundle):
    path, _ = make_bundle(G)
    head = "encoder.styles.0"
    assert "no styles.0.linear.weight" in refusal(changed(path, {f"{head}.linear.weight": torch.tensor(1.0)}))
    assert "no styles.0.linear.weight" in refusal(changed(path, {f"{head}.linear.weight": torch.ones(0, 8)}))
    deep = {f"{head}.convs.{number}.weight": torch.ones(8, 8, 3, 3) for number in range(2, 80, 2)}
    assert "head has 40 convolutions" in refusal(changed(path, deep))


class Touch:
    """What a hostile pickle holds: it would run a command when it is read."""

    def __init__(self, canary):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


@pytest.mark.parametrize("is_zip", [True, False])
def test_nothing_of_a_file_is_run(tmp_path, is_zip):
    torch.save({"state_dict": {}, "opts": Touch(tmp_path / "canary")}, tmp_path / "x.pt",
               _use_new_zipfile_serialization=is_zip)  # fmt: skip
    assert "asks for posix.system" in refusal(tmp_path / "x.pt")
    torch.save({"state_dict": torch.nn.Linear(2, 2)}, tmp_path / "x.pt", _use_new_zipfile_serialization=is_zip)
    assert "asks for torch.nn.modules.linear.Linear" in refusal(tmp_path / "x.pt")
    assert not (tmp_path / "canary").exists()


def test_damaged_files_and_numbers_are_refused(G, make_bundle):
    path, _ = make_bundle(G)
    content = path.read_bytes()
    for junk in (b"", b"PK\x03\x04" + bytes(99), content[: len(content) // 2], b"\x80\x02}q\x00.", bytes(999)):
        path.write_bytes(junk)
        refusal(path)
    path.write_bytes(content)
    changed(path, {"encoder.latlayer1.bias": torch.full([32], torch.inf)})
    assert "encoder.latlayer1.bias holds what is no number" in refusal(path)


def test_files_that_claim_more_than_they_have_are_refused(G, make_bundle, tmp_path):
    path, _ = make_bundle(G)
    repeated = torch.zeros(1).expand(10**6, 10**6)  # four terabytes out of one number
    assert "claim 4,000,0" in refusal(changed(path, {"encoder.latlayer1.weight": repeated}))
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(10**7))
    assert "unfolds to more than its size" in refusal(tmp_path / "bomb.pt")
