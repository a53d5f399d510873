"""Published encoders as encoders of a model: taken over weight by weight, looked at, and used like any other."""

import hashlib
import logging

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator, read_card
from stylealign.codes import read_codes
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard, load_encoder, load_latent_discriminator
from stylealign.errors import CheckpointError, CodesError, LineageError
from stylealign.images import to_net
from stylealign.inversion.adopt_encoder import adopt_encoder
from stylealign.inversion.encode import encode
from stylealign.inversion.invert import invert
from stylealign.inversion.own_images import invert_folder
from stylealign.latents import torch_stream
from stylealign.training.encoder_state import refuse_foreign_parent


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


@pytest.fixture
def adopt(family, tmp_path, caplog):
    """Take an encoder over; returns it, its card and what was warned of."""

    def adopted(file, model="parent", space="wplus", name="published"):
        output = tmp_path / f"{name}.safetensors"
        with caplog.at_level(logging.WARNING):
            adopt_encoder(file, space=space, model=model, g_ema=family[model], output=output, seed=0)
        return *load_encoder(output), caplog.text

    return adopted


def x_of(num, side=16):
    pixels = torch.randint(0, 256, [num, 3, side, side], generator=torch_stream(0, "pictures"), dtype=torch.uint8)
    return to_net(pixels)


@pytest.mark.parametrize(("kind", "space"), [("e4e", "wplus"), ("psp", "wplus"), ("psp", "w")])
def test_its_codes_are_those_of_the_published_network(G, make_bundle, adopt, kind, space):
    file, theirs = make_bundle(G, kind, space=space)
    ours, card, _ = adopt(file, space=space)
    assert torch.allclose(ours(x_of(3)), theirs(x_of(3)), atol=1e-5)
    assert (card.space, card.start, card.model, card.truncation_psi) == (space, "published", "parent", 1.0)
    assert card.network == theirs.init_kwargs
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert {key: card.source[key] for key in ("file", "sha256", "kind")} == {
        "file": "e4e.pt", "sha256": sha256, "kind": kind}  # fmt: skip
    assert not ours.training


def test_it_is_written_the_same_twice(G, make_bundle, adopt, tmp_path):
    file, _ = make_bundle(G)
    for name in ("once", "again"):
        adopt(file, name=name)
    assert (tmp_path / "once.safetensors").read_bytes() == (tmp_path / "again.safetensors").read_bytes()
    assert load_latent_discriminator(tmp_path / "once.safetensors") is None


def test_its_own_generator_is_recognised_and_another_is_warned_of(G, make_bundle, adopt, family):
    file, _ = make_bundle(G)
    assert "another generator" not in adopt(file, "copy")[2]
    _, card, said = adopt(file, "child")
    assert f"{file}: was trained for another generator than child (they differ in " in said
    assert any("another generator" in line for line in card.source["said"])
    assert card.generator == read_card(family["child"]).digest


def test_an_encoder_that_finds_nothing_is_warned_of(G, make_bundle, adopt):
    far = make_bundle(G, latent_avg=torch.full([6, 8], 50.0))[0]
    assert "no better than its mean image would" in adopt(far)[2]


def test_without_a_mean_the_models_own_is_taken(G, make_bundle, adopt):
    file, theirs = make_bundle(G, latent_avg=None)
    ours, _, said = adopt(file)
    assert "has no latent_avg; the model's own mean of w stands for it" in said
    assert torch.allclose(ours.latent_avg, G.mapping.w_avg.expand(6, -1))
    difference = ours(x_of(2)) - theirs(x_of(2))
    assert torch.allclose(difference, (G.mapping.w_avg - theirs.latent_avg).expand_as(difference), atol=1e-5)


def test_an_encoder_that_starts_at_zero_has_no_mean_added(G, make_bundle, adopt):
    options = {"encoder_type": "GradualStyleEncoder", "start_from_latent_avg": False}
    ours, _, said = adopt(make_bundle(G, "psp", opts=options, latent_avg=None)[0])
    assert "latent_avg" not in said
    assert not ours.latent_avg.any()


@pytest.mark.parametrize(("meant", "others"), [("e4e", -30.0), ("psp", 0.0)])
def test_a_file_that_does_not_say_whose_it_is_is_read_as_what_gives_samples_back(G, make_bundle, adopt, meant, others):
    """The first row far off, and the others at the mean: as differences from the first, or as they are."""
    file, _ = make_bundle(G, opts=None, latent_avg=None)
    content = torch.load(file, weights_only=True)
    for row in range(6):
        linear = f"encoder.styles.{row}.linear"
        content["state_dict"][f"{linear}.weight"] = torch.zeros(8, 8)
        content["state_dict"][f"{linear}.bias"] = torch.full([8], others if row else 30.0)
    torch.save(content, file)
    ours, card, said = adopt(file)
    assert card.source["kind"] == ours.kind == meant
    assert "does not say whether it is pSp's or e4e's (opts.encoder_type)" in said
    assert f"{meant} is taken, for it gives back its samples better (" in said
    assert torch.allclose(ours(x_of(1))[0, 1:], G.mapping.w_avg.expand(5, -1), atol=1e-5)


def test_another_space_or_shape_is_refused(G, make_bundle, adopt):
    with pytest.raises(CheckpointError, match=r"for parent: is an encoder into wplus, not w; name it for wplus"):
        adopt(make_bundle(G)[0], space="w")
    with pytest.raises(CheckpointError, match="is an encoder into w, not wplus; name it for w"):
        adopt(make_bundle(G, "psp", space="w")[0])
    with pytest.raises(CheckpointError, match="models with w_dim 8, the model's is 12; name one for this model"):
        adopt(make_bundle(G)[0], "foreigner")


def test_weights_that_are_no_such_network_are_refused_before_they_are_loaded(G, make_bundle, adopt):
    file, _ = make_bundle(G)
    content = torch.load(file, weights_only=True)
    state = dict(content["state_dict"])
    for changes, message in (
        ({"encoder.latlayer1.weight": torch.ones(3, 3)}, r"latlayer1.weight is \[3, 3\], not \[32, 16, 1, 1\]"),
        ({"encoder.attention.weight": torch.ones(3)}, "unexpected attention.weight"),
        (
            {"encoder.input_layer.0.weight": torch.ones(50_000, 3, 3, 3)},
            "; and [0-9]+ more; it is damaged or of another",
        ),
    ):
        torch.save(content | {"state_dict": state | changes}, file)
        with pytest.raises(CheckpointError, match=message):
            adopt(file)
    del state["encoder.body.5.res_layer.4.running_mean"]
    torch.save(content | {"state_dict": state}, file)
    with pytest.raises(CheckpointError, match=r"missing body\.5\.res_layer\.4\.running_mean"):
        adopt(file)


def test_images_are_inverted_by_it_as_by_any_encoder(
    G, make_bundle, adopt, import_folder, family, judge, settings, tmp_path
):
    file, theirs = make_bundle(G)
    adopt(file)
    files = import_folder(3)
    common = {"judge": judge, "encoder": tmp_path / "published.safetensors", "seed": 0}
    for steps in (0, 2):
        how = settings(encoders={"refine_steps": steps})
        output = tmp_path / f"{steps}.parquet"
        where = {"cache": tmp_path / f"cache{steps}", "method": "wplus_enc", "settings": how}
        invert(family["parent"], files["images"], files["index"], output, **where, **common)
    codes, refined = (read_codes(tmp_path / f"{steps}.parquet") for steps in (0, 2))
    assert codes.values.shape == (3, 6, 8)
    assert (refined.distance <= codes.distance).all()
    assert (codes.steps.tolist(), refined.steps.tolist()) == ([0] * 3, [2] * 3)
    found = encode(G, judge, read_pixels(files), theirs, truncation_psi=1)
    np.testing.assert_allclose(codes.values, found.code, atol=1e-5)
    other = {"cache": tmp_path / "other", "method": "wplus_enc", "settings": settings()}
    with pytest.raises(CodesError, match=r"finds codes of parent as it was .*; take it over again"):
        invert(family["child"], files["images"], files["index"], tmp_path / "x.parquet", **other, **common)


def read_pixels(files):
    images = ImageSet.open(files["images"], files["index"], "test")
    return images.read(range(images.num))


def test_no_encoder_is_trained_on_from_it(G, make_bundle, adopt, tmp_path):
    _, card, _ = adopt(make_bundle(G)[0])
    network = {"space": "wplus", "img_resolution": 16, "width": 4, "num_ws": 6, "z_dim": 8, "w_dim": 8}
    child = EncoderCard("wplus", "parent", "child", "b" * 64, 1.0, "tiny", 16, network, {}, 1, 0, 1, "test", "")
    with pytest.raises(LineageError, match="cannot start from"):
        refuse_foreign_parent(child, (card.generator,), tmp_path / "published.safetensors")


def test_the_command_takes_a_published_file_as_it_is(G, make_bundle, import_folder, family, judge, settings, tmp_path):
    file, _ = make_bundle(G)
    import_folder(2)
    how = {"method": "wplus_enc", "settings": settings(), "judge": judge, "seed": 0, "device": "cpu"}
    for _ in range(2):
        invert_folder(family["parent"], tmp_path / "pets", tmp_path / "my.parquet", encoder=file, **how)
        codes = read_codes(tmp_path / "my.parquet")
        assert codes.values.shape == (2, 6, 8)
    assert len(list((tmp_path / "my.images/.cache/wplus_enc").iterdir())) == 1  # nothing was inverted twice
    with pytest.raises(CheckpointError, match="is an encoder into wplus, not w; name it for wplus"):
        invert_folder(
            family["parent"], tmp_path / "pets", tmp_path / "w.parquet", encoder=file, **how | {"method": "w_enc"}
        )
