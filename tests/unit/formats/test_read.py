"""Any checkpoint by its content: each kind goes to its reader, and what is none of them is one line with the cure."""

import datetime
import pickle
import random
from collections import OrderedDict

import pytest
import torch

from stylealign.errors import CheckpointError, StyleAlignError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.read import read_foreign
from stylealign.formats.rosinality import save_rosinality, to_rosinality
from stylealign.networks.generator import Generator


@pytest.fixture
def networks(make_generator, make_discriminator):
    return make_generator(0), make_generator(1), make_discriminator(2)


def whole(networks):
    G_ema, G, D = networks
    settings = {name: value for name, value in G_ema.init_kwargs.items() if name not in ("conv_clamp", "img_channels")}
    return ForeignModel("ours", G_ema.state_dict(), G.state_dict(), D.state_dict(), settings, has_w_avg=True)


def write(kind, networks, files, path):
    G_ema, G, D = networks
    if kind == "rosinality":
        save_rosinality(path, whole(networks))
    elif kind == "encoder_bundle":
        content = to_rosinality(whole(networks))
        decoder = {f"decoder.{name}": value for name, value in content["g_ema"].items()}
        torch.save({"state_dict": decoder, "latent_avg": content["latent_avg"], "opts": {}}, path)
    elif kind == "nvidia_torch":
        path.write_bytes(files.nvidia_torch(G_ema, G, D))
    else:
        path.write_bytes(files.nvidia_tf(G, D, G_ema))


KINDS = ["rosinality", "encoder_bundle", "nvidia_torch", "nvidia_tf"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_our_images(networks, foreign_files, tmp_path, kind):
    path = tmp_path / "model.safetensors"  # a name that tells nothing
    write(kind, networks, foreign_files, path)
    found = read_foreign(path)
    assert (found.kind, found.has_w_avg) == (kind, True)
    theirs = Generator(**found.architecture).eval().requires_grad_(False)
    theirs.load_state_dict(dict(found.generator))
    z = torch.randn(2, theirs.z_dim)
    for psi in (1.0, 0.5):
        ours = networks[0](z, truncation_psi=psi)
        assert (ours - theirs(z, truncation_psi=psi)).abs().max() < 1e-5 * max(1.0, float(ours.abs().max()))
    assert (found.discriminator is None) == (kind == "encoder_bundle")


@pytest.mark.parametrize("kind", ["nvidia_torch", "nvidia_tf"])
def test_nvidias_names_to_rosinalitys_and_back(networks, foreign_files, tmp_path, kind):
    """Users' conversions, both ways: .pkl to .pt, and the .pt read again, is the same to the bit."""
    write(kind, networks, foreign_files, tmp_path / "a.pkl")
    first = read_foreign(tmp_path / "a.pkl")
    save_rosinality(tmp_path / "b.pt", first)
    second = read_foreign(tmp_path / "b.pt")
    for one, other in ((first.generator, second.generator), (first.discriminator, second.discriminator)):
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)


def refusal(path):
    with pytest.raises(StyleAlignError) as caught:
        read_foreign(path)
    assert isinstance(caught.value, CheckpointError)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text


OTHERS = {
    "datetime.date": lambda: pickle.dumps(datetime.date(2020, 1, 1), 2),
    "collections.OrderedDict": lambda: pickle.dumps(OrderedDict(a=1), 4),
    "it names no network": lambda: pickle.dumps({"a": 1}, 4),
}


@pytest.mark.parametrize("named", OTHERS)
def test_another_pickle_is_refused_by_the_type_it_asks_for(tmp_path, named):
    (tmp_path / "x.pkl").write_bytes(OTHERS[named]())
    assert named in refusal(tmp_path / "x.pkl")


def test_what_is_no_file_or_no_foreign_one(tmp_path):
    assert "no such file" in refusal(tmp_path / "nope.pt")
    assert "cannot be read" in refusal(tmp_path)
    (tmp_path / "x.pt").write_bytes((30).to_bytes(8, "little") + b'{"__metadata__":{"a":"b"}}    ')
    assert "safetensors" in refusal(tmp_path / "x.pt")
    (tmp_path / "x.pt").write_bytes(b"<!doctype html>")
    assert "web page" in refusal(tmp_path / "x.pt")


@pytest.mark.parametrize("is_zip", [True, False])
def test_a_file_cut_or_altered_anywhere_is_one_line_or_a_model(networks, tmp_path, is_zip):
    path = tmp_path / "x.pt"
    torch.save(to_rosinality(whole(networks)), path, _use_new_zipfile_serialization=is_zip)
    data, draws = path.read_bytes(), random.Random(0)
    for _ in range(25):
        path.write_bytes(data[: draws.randrange(len(data))])
        refusal(path)
    told, survived = [], 0
    for _ in range(60):
        altered = bytearray(data)
        for place in (draws.randrange(min(len(data), 40_000)), draws.randrange(len(data))):
            altered[place] ^= 1 << draws.randrange(8)
        path.write_bytes(bytes(altered))
        try:
            survived += isinstance(read_foreign(path), ForeignModel)
        except CheckpointError as error:
            told.append(str(error))
    assert len(told) + survived == 60
    assert told
    assert all(text.startswith(f"{path}: ") and "\n" not in text for text in told)
