"""`from:` is looked at before any job: real checkpoints of this shape, another shape, another size, and junk."""

import dataclasses

import pytest

from stylealign.checkpoint import ModelCard, save_generator
from stylealign.config.checkpoint_header import read_card_values, read_shape
from stylealign.config.load import parse_study
from stylealign.errors import CheckpointError, ConfigError
from stylealign.networks.generator import Generator

SHAPE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channel_base": 64, "channel_max": 8}


@pytest.fixture
def checkpoint(tmp_path):
    G = Generator(img_resolution=16, **SHAPE)
    card = ModelCard("ready", "face", G.init_kwargs, 16, ("ready",), ("0" * 64,), 1.5, 1.5, 0, 1, "0.1.0")
    save_generator(tmp_path / "ready.safetensors", G, card)
    return tmp_path / "ready.safetensors", card


def study(path, **changes):
    models = {
        "ready": {"domain": "face", "from": str(path)},
        "child": {"domain": "face", "parent": "ready", "total_kimg": 1},
    }
    domains = {"face": {"source": "world", "world": "face"}}
    return parse_study({"resolution": 16, "architecture": SHAPE, "domains": domains, "models": models, **changes})


def test_a_checkpoint_of_the_studys_shape_may_be_a_parent(checkpoint):
    found = study(checkpoint[0])
    assert (found.adopted(), found.trained()) == (["ready"], ["child"])
    assert found.resolved_model("ready").checkpoint == str(checkpoint[0])
    assert read_card_values(checkpoint[0])["kimg"] == dataclasses.asdict(checkpoint[1])["kimg"]


def test_another_resolution_is_refused(checkpoint):
    with pytest.raises(ConfigError, match="is a checkpoint of 16 px and the study has 32"):
        study(checkpoint[0], resolution=32)


def test_another_architecture_is_refused_with_what_differs(checkpoint):
    with pytest.raises(
        ConfigError, match=r"another architecture \(w_dim 8, channel_max 8\); the study has w_dim 16, channel"
    ):
        study(checkpoint[0], architecture={**SHAPE, "w_dim": 16, "channel_max": 4})


@pytest.mark.parametrize(
    "junk", [b"", b"short", b"\xff" * 64, (5).to_bytes(8, "little") + b"{", b"PK\x03\x04" + b"0" * 99]
)
def test_what_is_not_safetensors_is_refused(tmp_path, junk):
    (tmp_path / "x.safetensors").write_bytes(junk)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        read_shape(tmp_path / "x.safetensors")
