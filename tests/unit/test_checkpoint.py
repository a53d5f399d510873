"""A generator on disk explains itself; damaged, foreign and misfitting files are refused with the name and the cure."""

import json

import pytest
import torch
from safetensors.torch import save_file

from stylealign.checkpoint import (
    ModelCard,
    load_generator,
    load_strictly,
    load_tensors,
    read_card,
    save_generator,
    save_tensors,
    state_digest,
)
from stylealign.errors import CheckpointError
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator

SIZES = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    G = Generator(**SIZES)
    card = ModelCard(
        model="dog",
        domain="dogs",
        architecture=G.init_kwargs,
        img_resolution=16,
        lineage=("face", "dog"),
        lineage_digests=("0" * 64, state_digest(G.state_dict())),
        kimg=20.0,
        total_kimg=20.0,
        seed=1,
        recipe=1,
        version="0",
    )
    save_generator(tmp_path / "g.safetensors", G, card)
    return tmp_path / "g.safetensors", G, card


def test_one_file_rebuilds_the_model(saved):
    path, G, card = saved
    loaded, read = load_generator(path)
    assert read == card == read_card(path)
    z = sample_z(2, 8, 0, "test")
    with torch.no_grad():
        assert torch.equal(loaded(z), G(z))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


def test_equal_weights_give_equal_bytes(saved, tmp_path):
    path, G, card = saved
    save_generator(tmp_path / "again.safetensors", G, card)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    assert not list(tmp_path.glob("*.partial"))


def test_digest_sees_every_bit_and_name(saved):
    _, G, _ = saved
    state = G.state_dict()
    digest = state_digest(state)
    name = "synthesis.b8.conv1.noise_strength"
    assert state_digest({**state, name: state[name] + 1e-7}) != digest
    assert state_digest({f"x{key}": value for key, value in state.items()}) != digest
    assert state_digest(dict(reversed(state.items()))) == digest


@pytest.mark.parametrize("kept", [0, 7, 100, -1000, -1])
def test_a_file_cut_short_is_refused(saved, kept):
    path, _, _ = saved
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match=r"g\.safetensors: not a stylealign checkpoint"):
        load_generator(path)


def test_a_flipped_bit_in_the_weights_is_noticed(saved):
    path, _, _ = saved
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged"):
        load_generator(path)


def test_a_pickle_is_not_loaded(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"g_ema": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match=r"model\.pt"):
        load_generator(path)


def test_a_foreign_safetensors_file_is_refused(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="foreign"):
        load_tensors(tmp_path / "foreign.safetensors")
    save_file(
        {"x": torch.zeros(1)}, tmp_path / "pair.safetensors", metadata={"stylealign": json.dumps({"kind": "generator"})}
    )
    with pytest.raises(CheckpointError, match="card"):
        load_generator(tmp_path / "pair.safetensors")


def test_a_pair_is_not_taken_for_a_model(tmp_path):
    save_tensors(tmp_path / "pair.safetensors", {"x": torch.zeros(1)}, {"kind": "pair"})
    with pytest.raises(CheckpointError, match=r"name the g_ema\.safetensors beside it"):
        load_generator(tmp_path / "pair.safetensors")


def test_no_such_file(tmp_path):
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_generator(tmp_path / "absent.safetensors")


def test_misfits_are_listed(saved):
    _, G, _ = saved
    other = Generator(**{**SIZES, "mapping_layers": 3, "channel_base": 128})
    with pytest.raises(CheckpointError, match=r"set architecture.*missing mapping\.fc2\.weight.*and \d+ more"):
        load_strictly(other, G.state_dict(), "g.safetensors")


def test_a_failed_write_leaves_the_old_file(saved):
    path, _, _ = saved
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save_tensors(path, {"x": torch.zeros(1)}, {"card": object()})
    assert path.read_bytes() == before
