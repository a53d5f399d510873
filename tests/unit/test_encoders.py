"""Encoders on disk: what is kept, and what is refused."""

import dataclasses

import pytest
import torch

from stylealign.checkpoint import load_tensors, save_tensors
from stylealign.encoders import EncoderCard, PublishedCard, load_encoder, load_latent_discriminator, save_encoder
from stylealign.errors import CheckpointError
from stylealign.networks.encoder import Encoder, LatentDiscriminator
from stylealign.networks.psp_encoder import PspEncoder

NETWORK = {"space": "wplus", "img_resolution": 16, "width": 4, "num_ws": 6, "z_dim": 8, "w_dim": 8}
CARD = EncoderCard(
    space="wplus",
    start="random",
    model="face",
    generator="abc",
    truncation_psi=1.0,
    judge="embedded",
    img_resolution=16,
    network=NETWORK,
    settings={"lr": 0.001},
    kimg=0.5,
    seed=3,
    recipe=1,
    version="test",
    image_set="def",
)


def encoder():
    torch.manual_seed(0)
    network = Encoder(**NETWORK)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network


@pytest.fixture
def saved(tmp_path):
    save_encoder(tmp_path / "encoder.safetensors", encoder(), CARD, LatentDiscriminator(8))
    return tmp_path / "encoder.safetensors"


def test_an_encoder_comes_back_with_its_card(saved):
    network, card = load_encoder(saved)
    assert dataclasses.replace(card, digest="", discriminator="") == CARD
    x = torch.rand([2, 3, 16, 16]) * 2 - 1
    assert torch.allclose(network(x), encoder()(x), atol=1e-6)
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_equal_encoders_give_equal_bytes(saved, tmp_path):
    save_encoder(tmp_path / "again.safetensors", load_encoder(saved)[0], CARD, load_latent_discriminator(saved))
    assert (tmp_path / "again.safetensors").read_bytes() == saved.read_bytes()


def test_the_latent_discriminator_lies_beside_it_where_there_was_one(saved, tmp_path):
    assert load_latent_discriminator(saved).out.weight.shape == (1, 8)
    save_encoder(tmp_path / "alone.safetensors", encoder(), CARD)
    assert load_latent_discriminator(tmp_path / "alone.safetensors") is None


def test_the_digest_is_of_the_encoders_own_weights(saved, tmp_path):
    save_encoder(tmp_path / "alone.safetensors", encoder(), dataclasses.replace(CARD, seed=4))
    assert load_encoder(tmp_path / "alone.safetensors")[1].digest == load_encoder(saved)[1].digest
    other = encoder()
    other.w_avg += 1
    save_encoder(tmp_path / "other.safetensors", other, CARD)
    assert load_encoder(tmp_path / "other.safetensors")[1].digest != load_encoder(saved)[1].digest


def test_files_cut_short_or_changed_are_refused(saved):
    content = saved.read_bytes()
    saved.write_bytes(content[:-100])
    with pytest.raises(CheckpointError, match=r"encoder\.safetensors: not a stylealign checkpoint, or cut short"):
        load_encoder(saved)
    saved.write_bytes(content)
    tensors, meta = load_tensors(saved)
    tensors["encoder/stem.bias"] = tensors["encoder/stem.bias"] + 1
    save_tensors(saved, tensors, meta)
    with pytest.raises(CheckpointError, match="the weights do not match the digest"):
        load_encoder(saved)


def test_a_damaged_latent_discriminator_is_refused_and_the_encoder_beside_it_is_not(saved):
    tensors, meta = load_tensors(saved)
    tensors["latent_discriminator/out.bias"] = tensors["latent_discriminator/out.bias"] + 1
    save_tensors(saved, tensors, meta)
    load_encoder(saved)
    with pytest.raises(CheckpointError, match="the weights do not match the digest"):
        load_latent_discriminator(saved)


def test_what_is_no_encoder_is_refused(saved, tmp_path, make_family):
    with pytest.raises(CheckpointError, match="holds a generator, not an encoder"):
        load_encoder(make_family(0.1)["parent"])
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        load_encoder(tmp_path / "absent.safetensors")
    tensors, meta = load_tensors(saved)
    save_tensors(saved, tensors, {**meta, "card": {"space": "w"}})
    with pytest.raises(CheckpointError, match="no readable card"):
        load_encoder(saved)


def test_an_architecture_from_elsewhere_is_refused(saved):
    tensors, meta = load_tensors(saved)
    for network, message in (({"depth": 3}, "that this version does not know"), ({"width": 8}, "does not fit")):
        save_tensors(saved, tensors, {**meta, "card": {**meta["card"], "network": NETWORK | network}})
        with pytest.raises(CheckpointError, match=message):
            load_encoder(saved)


def test_a_published_encoder_comes_back_with_its_source(tmp_path):
    shape = {"kind": "e4e", "space": "wplus", "img_resolution": 16, "num_ws": 6, "w_dim": 8, "width": 4, "input_px": 32}
    theirs = PspEncoder(**shape).eval()
    source = {"file": "e4e.pt", "sha256": "0" * 64, "kind": "e4e", "said": ["has no latent_avg"]}
    values = dataclasses.asdict(CARD) | {"start": "published", "network": shape, "source": source}
    save_encoder(tmp_path / "published.safetensors", theirs, PublishedCard(**values))
    network, card = load_encoder(tmp_path / "published.safetensors")
    assert (card.source, card.network) == (source, shape)
    x = torch.rand([2, 3, 16, 16]) * 2 - 1
    assert torch.allclose(network(x), theirs(x), atol=1e-5)
    assert not network.training
    tensors, meta = load_tensors(tmp_path / "published.safetensors")
    for wrong, message in (
        ({"width": 8}, "does not fit"),
        ({"kind": "restyle"}, "does not know"),
        ({"width": 10**9}, "not know"),
    ):
        other = {**meta, "card": {**meta["card"], "network": shape | wrong}}
        save_tensors(tmp_path / "wrong.safetensors", tensors, other)
        with pytest.raises(CheckpointError, match=message):
            load_encoder(tmp_path / "wrong.safetensors")


def test_a_trained_encoders_card_says_nothing_of_a_source(saved):
    """Files that were written before there were published encoders are the same bytes now."""
    card = load_tensors(saved)[1]["card"]
    assert "source" not in card
    assert type(load_encoder(saved)[1]) is EncoderCard
