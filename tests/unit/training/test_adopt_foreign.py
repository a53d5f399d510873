"""Another project's checkpoint in a study: the five files of a model, its card, what was missing and what differs."""

import dataclasses
import logging

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator, load_tensors, save_generator, state_digest
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.editing.translate import check_crossing
from stylealign.errors import CheckpointError, LineageError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.rosinality import save_rosinality, to_rosinality
from stylealign.latents import sample_z
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.provenance import file_sha256
from stylealign.training.adopt import adopt_checkpoint, fitted
from stylealign.training.foreign import NUM_Z, foreign_card, mean_w
from stylealign.training.run import inherit
from stylealign.training.state import build_state

SHAPE = {"z_dim": 8, "w_dim": 6, "mapping_layers": 2, "img_resolution": 16, "channel_base": 64, "channel_max": 8}


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    averaged, raw = Generator(**SHAPE), Generator(**SHAPE)
    averaged.mapping.w_avg.normal_()
    D = Discriminator(img_resolution=16, channel_base=64, channel_max=8)
    return ForeignModel("ours", averaged.state_dict(), raw.state_dict(), D.state_dict(), SHAPE, has_w_avg=True)


def spec(path, **architecture):
    names = ("z_dim", "w_dim", "mapping_layers", "channel_base", "channel_max")
    return ResolvedModel(
        name="ffhq",
        domain="face",
        checkpoint=str(path),
        resolution=16,
        architecture=Architecture(**{**{name: SHAPE[name] for name in names}, **architecture}),
        training=Training(batch_size=4, ada_kimg=500),
        seed=0,
        study_seed=3,
        samples=Samples(num=4),
    )


def adopt(settings, folder, **beside):
    names = {"g_ema": "g_ema.safetensors", "pair": "pair.safetensors", "ticks": "t.parquet", "cost": "c.parquet"}
    paths = {key: folder / name for key, name in {**names, "samples": "samples.npz"}.items()}
    adopt_checkpoint(settings, **paths, **beside)
    return paths


@pytest.fixture
def source(model, tmp_path):
    save_rosinality(tmp_path / "ffhq.pt", model)
    return tmp_path / "ffhq.pt"


def part(tensors, prefix):
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def test_it_becomes_a_model_with_a_card_and_a_training_pair(model, source, tmp_path):
    paths = adopt(spec(source), tmp_path / "out")
    G, card = load_generator(paths["g_ema"])
    assert state_digest(G.state_dict()) == state_digest(model.generator)
    assert (card.model, card.domain, card.lineage, card.kimg) == ("ffhq", "face", ("ffhq",), 0.0)
    assert card.lineage_digests == (state_digest(model.generator),)
    told = {"adopted": "ffhq.pt", "kind": "rosinality", "source_sha256": file_sha256(source), "kimg": "unknown"}
    assert told.items() <= card.transfer.items()
    assert (card.transfer["generator"], card.transfer["discriminator"]) == ("its own", "kept")
    tensors, _ = load_tensors(paths["pair"])
    raw = {**model.raw_generator, "mapping.w_avg": model.generator["mapping.w_avg"]}
    assert state_digest(part(tensors, "G/")) == state_digest(raw)
    assert state_digest(part(tensors, "D/")) == state_digest(model.discriminator)
    with np.load(paths["samples"]) as samples:
        assert samples["pixels"].shape == (1, 4, 16, 16, 3)
        assert samples["pixels"].std() > 5


def test_equal_files_give_equal_models(source, tmp_path):
    one, other = (adopt(spec(source), tmp_path / name) for name in ("one", "other"))
    for name in ("g_ema", "pair", "samples"):
        assert one[name].read_bytes() == other[name].read_bytes()


def test_a_child_trains_from_it(model, source, tmp_path):
    paths = adopt(spec(source), tmp_path / "out")
    child = build_state(spec(source), torch.device("cpu"), augment=False)
    inherit(child, paths["pair"], paths["g_ema"])
    assert state_digest(child.D.state_dict()) == state_digest(model.discriminator)
    assert state_digest(child.g_ema.state_dict()) == state_digest(model.generator)


def test_without_a_discriminator_it_is_random_and_said(model, tmp_path, caplog):
    torch.save({"g_ema": to_rosinality(model)["g_ema"]}, tmp_path / "nada.pt")
    paths = adopt(spec(tmp_path / "nada.pt"), tmp_path / "out")
    assert "random discriminator" in caplog.text
    _, card = load_generator(paths["g_ema"])
    assert (card.transfer["generator"], card.transfer["discriminator"]) == ("averaged", "random")
    tensors, _ = load_tensors(paths["pair"])
    averaged, _ = load_generator(paths["g_ema"])
    assert state_digest(part(tensors, "G/")) == state_digest(averaged.state_dict())


def test_a_missing_mean_of_w_is_measured_and_said(model, tmp_path, caplog):
    torch.save({"g_ema": to_rosinality(model)["g_ema"]}, tmp_path / "nada.pt")
    with caplog.at_level(logging.INFO):
        paths = adopt(spec(tmp_path / "nada.pt"), tmp_path / "out")
    G, card = load_generator(paths["g_ema"])
    assert "measured over 100,000 z" in caplog.text
    assert "measured over 100,000 z" in " ".join(card.transfer["said"])
    with torch.no_grad():
        w = G.mapping.w(sample_z(20_000, 8, 1, "another stream"))
    error = (w.std(0) / 20_000**0.5) * 5
    assert ((G.mapping.w_avg - w.mean(0)).abs() < error).all()
    assert G.mapping.w_avg.abs().max() > 0.01


def test_the_mean_of_w_is_over_as_many_z_as_it_says(model, monkeypatch):
    drawn = []
    monkeypatch.setattr("stylealign.training.foreign.sample_z", lambda n, *rest: drawn.append(n) or sample_z(n, *rest))
    first, again = mean_w(model.generator, SHAPE), mean_w(model.generator, SHAPE)
    assert sum(drawn) == 2 * NUM_Z == 200_000
    assert torch.equal(first, again)


def test_each_setting_that_differs_is_named_with_what_to_set(source, tmp_path):
    wrong = spec(source, z_dim=16, mapping_layers=8).model_copy(update={"resolution": 32})
    with pytest.raises(CheckpointError) as caught:
        adopt(wrong, tmp_path / "out")
    text = str(caught.value)
    assert text.startswith(f"models.ffhq.from: {source}: z_dim is 8, the study's 16; ")
    for cure in ("resolution: 16", "architecture.z_dim: 8", "architecture.mapping_layers: 2"):
        assert cure in text.partition("; set ")[2]
    assert not list((tmp_path / "out").glob("*"))


def test_another_name_for_the_same_widths_is_the_same_network(source, tmp_path):
    """At 16 px channels are 8, 8, 4 with a base of 64, and also with one of 79."""
    paths = adopt(spec(source, channel_base=79), tmp_path / "out")
    _, card = load_generator(paths["g_ema"])
    assert card.architecture["channel_base"] == 79
    with pytest.raises(
        CheckpointError, match=r"channel_base is 64, the study's 80; set architecture\.channel_base: 64"
    ):
        adopt(spec(source, channel_base=80), tmp_path / "other")


def test_a_clamp_is_the_studys_where_the_file_has_none(source, tmp_path):
    paths = adopt(spec(source, conv_clamp=256.0), tmp_path / "out")
    G, card = load_generator(paths["g_ema"])
    assert G.synthesis.b16.conv1.conv_clamp == 256
    assert "conv_clamp is the study's (256)" in " ".join(card.transfer["said"])


def test_another_group_size_of_the_discriminator_is_said(model, source):
    """D goes on with the study's: groups are a setting of the training, which no weight depends on."""
    found, G = dataclasses.replace(model, kind="nvidia_torch", mbstd_group_size=8), Generator(**SHAPE)
    assert not fitted(spec(source, mbstd_group_size=8), G, found).said
    (line,) = fitted(spec(source), G, found).said
    assert line == "D was trained with an mbstd_group_size of 8, and is trained on with the study's 4"
    card = foreign_card(found, source, G, name="ffhq", domain="face", seed=0)
    assert card.transfer["mbstd_group_size"] == 8


@pytest.fixture
def dog(model, tmp_path):
    """A model that was trained from the other one elsewhere."""
    moved = {name: value * 1.01 for name, value in model.generator.items()}
    save_rosinality(tmp_path / "dog.pt", dataclasses.replace(model, generator=moved))
    return spec(tmp_path / "dog.pt").model_copy(update={"name": "dog", "parent": "ffhq"})


def test_two_published_models_are_relatives_where_the_user_says_so(source, dog, tmp_path):
    parent = adopt(spec(source), tmp_path / "ffhq")["g_ema"]
    paths = adopt(dog, tmp_path / "dog", parent=parent)
    (_, above), (_, card) = load_generator(parent), load_generator(paths["g_ema"])
    assert card.lineage == ("ffhq", "dog")
    assert card.lineage_digests[0] == above.digest != card.digest
    assert (card.transfer["parent"], card.transfer["descent"]) == ("ffhq", "declared")
    _, meta = load_tensors(paths["pair"])
    assert tuple(meta["card"]["lineage_digests"]) == card.lineage_digests
    check_crossing(above, card, "ffhq to dog")
    _, alone = load_generator(adopt(dog, tmp_path / "alone")["g_ema"])
    with pytest.raises(LineageError):
        check_crossing(above, alone, "ffhq to dog")


def test_a_model_of_ours_knows_its_parent(source, dog, tmp_path):
    parent, child = (adopt(one, tmp_path / one.name)["g_ema"] for one in (spec(source), dog))
    (_, above), (G, card) = load_generator(parent), load_generator(child)
    own = tmp_path / "own.safetensors"
    again = dog.model_copy(update={"checkpoint": str(own)})
    trained = dataclasses.replace(card, recipe=1, lineage=("x", "y"), lineage_digests=(above.digest, card.digest))
    save_generator(own, G, trained)
    _, found = load_generator(adopt(again, tmp_path / "known", parent=parent)["g_ema"])
    assert (found.lineage, found.lineage_digests) == (("ffhq", "dog"), trained.lineage_digests)
    assert found.transfer["descent"] == "known"
    save_generator(own, G, dataclasses.replace(trained, lineage_digests=("0" * 64, card.digest)))
    with pytest.raises(LineageError, match=r"models\.dog\.parent: .* was not trained from ffhq; drop the parent"):
        adopt(again, tmp_path / "unknown", parent=parent)


def test_truncation_is_towards_the_files_mean(model, source, tmp_path):
    paths = adopt(spec(source), tmp_path / "out")
    G, _ = load_generator(paths["g_ema"])
    z = sample_z(2, 8, 0, "truncated")
    ws = G.mapping(z, truncation_psi=0.25)
    w_avg = model.generator["mapping.w_avg"]
    assert torch.allclose(ws[:, 0], w_avg + 0.25 * (G.mapping.w(z) - w_avg), atol=1e-6)
    assert torch.allclose(G.mapping(z, truncation_psi=0.0)[0, 0], w_avg)
