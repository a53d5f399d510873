"""Converting there and back is the identity, to the bit; the source is never written over; every failure is a line."""

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from stylealign.checkpoint import ModelCard, load_generator, load_tensors, save_generator, state_digest
from stylealign.cli import app
from stylealign.errors import CheckpointError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import read_rosinality, save_rosinality
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.training.convert import convert_checkpoint

SHAPE = {"z_dim": 5, "w_dim": 4, "mapping_layers": 2, "img_resolution": 16, "channel_base": 32, "channel_max": 4}


def foreign(shape, *, raw=True, discriminator=True):
    torch.manual_seed(0)
    averaged, other = Generator(**shape), Generator(**shape)
    averaged.mapping.w_avg.normal_()
    other.mapping.w_avg.copy_(averaged.mapping.w_avg)
    sizes = {name: shape[name] for name in ("img_resolution", "channel_base", "channel_max")}
    D = Discriminator(**sizes).state_dict() if discriminator else None
    return ForeignModel("ours", averaged.state_dict(), other.state_dict() if raw else None, D, shape, has_w_avg=True)


@pytest.mark.parametrize(("raw", "discriminator"), [(True, True), (True, False), (False, True), (False, False)])
def test_a_pt_to_ours_and_back_is_the_same_file(tmp_path, raw, discriminator):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE, raw=raw, discriminator=discriminator))
    written = convert_checkpoint(tmp_path / "a.pt", tmp_path / "m/face.safetensors")
    names = ["face.safetensors", "pair.safetensors"] if raw or discriminator else ["face.safetensors"]
    assert [path.name for path in written] == sorted(path.name for path in (tmp_path / "m").iterdir()) == names
    assert convert_checkpoint(tmp_path / "m/face.safetensors", tmp_path / "b.pt") == [tmp_path / "b.pt"]
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "b.pt").read_bytes()


@settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    log_resolution=st.integers(3, 5),
    channel_base=st.integers(32, 90),
    channel_max=st.integers(1, 6),
    mapping_layers=st.integers(1, 4),
)
def test_ours_to_a_pt_and_back_is_the_same_weights(tmp_path, log_resolution, channel_base, channel_max, mapping_layers):
    shape = {"img_resolution": 2**log_resolution, "channel_base": channel_base, "channel_max": channel_max}
    G = Generator(**shape, z_dim=3, w_dim=4, mapping_layers=mapping_layers)
    digest = state_digest(G.state_dict())
    card = ModelCard("face", "face", G.init_kwargs, G.img_resolution, ("face",), (digest,), 1.0, 1.0, 0, 1, "0")
    save_generator(tmp_path / "a.safetensors", G, card)
    convert_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.pt")
    convert_checkpoint(tmp_path / "b.pt", tmp_path / "c.safetensors")
    back, card = load_generator(tmp_path / "c.safetensors")
    assert state_digest(back.state_dict()) == card.digest == digest


def test_ours_to_ours_keeps_the_card_and_the_pair(tmp_path):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    convert_checkpoint(tmp_path / "a.pt", tmp_path / "m/face.safetensors")
    convert_checkpoint(tmp_path / "m/face.safetensors", tmp_path / "n/other.safetensors")
    assert load_generator(tmp_path / "m/face.safetensors")[1] == load_generator(tmp_path / "n/other.safetensors")[1]
    one, other = (load_tensors(tmp_path / name / "pair.safetensors")[0] for name in "mn")
    assert state_digest(one) == state_digest(other)


def test_the_card_says_where_it_comes_from(tmp_path):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    convert_checkpoint(tmp_path / "a.pt", tmp_path / "m/face.safetensors")
    _, card = load_generator(tmp_path / "m/face.safetensors")
    assert (card.model, card.recipe, card.transfer["adopted"]) == ("face", 0, "a.pt")


def test_a_mean_that_is_missing_is_written(tmp_path):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    content = torch.load(tmp_path / "a.pt", weights_only=True)
    del content["latent_avg"]
    torch.save(content, tmp_path / "b.pt")
    convert_checkpoint(tmp_path / "b.pt", tmp_path / "c.pt")
    found = read_rosinality(tmp_path / "c.pt")
    assert found.has_w_avg
    assert found.generator["mapping.w_avg"].abs().max() > 0.01


def test_a_clamp_that_a_pt_has_no_place_for_is_warned_of(tmp_path, caplog):
    G = Generator(**SHAPE, conv_clamp=256.0)
    digests = (state_digest(G.state_dict()),)
    save_generator(
        tmp_path / "a.safetensors", G, ModelCard("a", "b", G.init_kwargs, 16, ("a",), digests, 0.0, 0.0, 0, 0, "0")
    )
    convert_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert "conv_clamp" not in caplog.text
    assert load_generator(tmp_path / "b.safetensors")[0].synthesis.b16.conv1.conv_clamp == 256
    convert_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.pt")
    assert "no place for the conv_clamp of 256" in caplog.text


REFUSED = {
    "itself": ("a.pt", "would overwrite the source"),
    "another suffix": ("b.pkl", "name a file that ends in .safetensors"),
    "a folder": ("folder.pt", "is a folder"),
    "the pair's name": ("m/pair.safetensors", "that name is for the training pair"),
    "another model's folder": ("taken/face.safetensors", "is another model's training pair"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_do_harm_is_refused(tmp_path, kind):
    name, message = REFUSED[kind]
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    (tmp_path / "folder.pt").mkdir()
    save_rosinality(tmp_path / "other.pt", foreign(SHAPE | {"z_dim": 6}))
    convert_checkpoint(tmp_path / "other.pt", tmp_path / "taken/other.safetensors")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError, match=message):
        convert_checkpoint(tmp_path / "a.pt", tmp_path / name)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_source_under_another_name_is_the_source_too(tmp_path):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    (tmp_path / "b.pt").symlink_to(tmp_path / "a.pt")
    with pytest.raises(CheckpointError, match="would overwrite the source"):
        convert_checkpoint(tmp_path / "a.pt", tmp_path / "b.pt")


def test_the_command_says_what_it_wrote_or_one_line(tmp_path):
    save_rosinality(tmp_path / "a.pt", foreign(SHAPE))
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "a.pt"), str(tmp_path / "m/face.safetensors")])
    assert result.exit_code == 0
    assert result.stdout.split() == [str(tmp_path / "m/face.safetensors"), str(tmp_path / "m/pair.safetensors")]
    result = CliRunner().invoke(app, ["convert", str(tmp_path / "nope.pt"), str(tmp_path / "b.pt")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"{tmp_path / 'nope.pt'}: there is no such file\n"
