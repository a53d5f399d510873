"""The latent mapper: which rows each network moves, what it leaves alone, and the quirk of published checkpoints."""

import pytest
import torch

from stylealign.errors import CheckpointError, LineageError
from stylealign.networks.latent_mapper import (
    STEP,
    LatentMapper,
    MapperCard,
    from_published_names,
    load_mapper,
    row_groups,
    save_mapper,
)


def mapper(num_ws=10, w_dim=8, **options):
    torch.manual_seed(0)
    return LatentMapper(num_ws=num_ws, w_dim=w_dim, **options)


def ws_of(num_ws=10, w_dim=8):
    return torch.randn([3, num_ws, w_dim], generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("num_ws", "rows"),
    [
        (18, {"coarse": slice(0, 4), "medium": slice(4, 8), "fine": slice(8, 18)}),
        (10, {"coarse": slice(0, 4), "medium": slice(4, 8), "fine": slice(8, 10)}),
        (8, {"coarse": slice(0, 4), "medium": slice(4, 8)}),
        (6, {"coarse": slice(0, 4), "medium": slice(4, 6)}),
        (4, {"coarse": slice(0, 4)}),
    ],
)
def test_rows_of_any_resolution(num_ws, rows):
    assert row_groups(num_ws) == rows
    assert {name for name, _ in mapper(num_ws).named_children()} == set(rows)
    assert mapper(num_ws)(ws_of(num_ws)).shape == (3, num_ws, 8)


@torch.no_grad()
def test_networks_that_give_nothing_leave_codes_as_they_are():
    networks, ws = mapper(), ws_of()
    for name in ("coarse", "medium", "fine"):
        last = networks.get_submodule(f"{name}.fc3")
        last.weight.zero_()
        last.bias.zero_()
    assert torch.equal(networks(ws), ws)


@torch.no_grad()
def test_each_network_moves_its_own_rows():
    networks, ws = mapper(), ws_of()
    before = networks(ws)
    for name, rows in networks.groups.items():
        changed = mapper()
        changed.get_submodule(f"{name}.fc3").bias.add_(300)
        moved = (changed(ws) != before).any(dim=2).any(dim=0)  # [num_ws]
        assert moved.nonzero().flatten().tolist() == list(range(10))[rows]


@torch.no_grad()
def test_a_network_is_normalisation_and_four_layers():
    """Written out for one row: unit mean square, then sqrt(2) lrelu(x W^T 0.01 / sqrt(8) + 0.01 b), four times."""
    networks, ws = mapper(), ws_of()
    x = ws[0, 5] / (ws[0, 5].square().mean() + 1e-8).sqrt()
    for index in range(4):
        layer = networks.get_submodule(f"medium.fc{index}")
        x = torch.nn.functional.leaky_relu(x @ layer.weight.t() * 0.01 / 8**0.5 + 0.01 * layer.bias, 0.2) * 2**0.5
    torch.testing.assert_close(networks(ws)[0, 5], ws[0, 5] + STEP * x)


@torch.no_grad()
def test_published_networks_normalise_over_their_rows():
    ours, theirs = mapper(), mapper(published_norm=True)
    theirs.load_state_dict(ours.state_dict())
    ws = ws_of()
    others = ws.clone()
    others[:, 6] *= 3  # of the same network as row 5
    assert torch.equal(ours(ws)[:, 5], ours(others)[:, 5])
    assert not torch.allclose(theirs(ws)[:, 5], theirs(others)[:, 5])
    assert torch.equal(theirs(ws)[:, 9], theirs(others)[:, 9]), "rows of another network"
    rows = ws[:, 4:8] / (ws[:, 4:8].square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
    pretended = rows / (rows.square().mean(dim=2, keepdim=True) + 1e-8).sqrt()
    assert not torch.allclose(rows, pretended, atol=0.1), "else the two could not be told apart here"


def test_published_names_fit():
    ours = mapper()
    words = {"coarse": "course_mapping", "medium": "medium_mapping", "fine": "fine_mapping"}
    published = {}
    for key, value in ours.state_dict().items():
        name, layer, what = key.split(".")
        published[f"mapper.{words[name]}.mapping.{int(layer[2:]) + 1}.{what}"] = value
    found = from_published_names({**published, "decoder.input.input": torch.zeros(1)})
    assert set(found) == set(ours.state_dict())
    assert all(torch.equal(found[key], value) for key, value in ours.state_dict().items())


@pytest.fixture
def card():
    network = {"num_ws": 10, "w_dim": 8, "published_norm": True}
    return MapperCard("cat", "f" * 64, network, "a cat", {"clip": 1.0}, {"lr": 0.5}, 0, 1, "test")


def test_a_mapper_on_disk_is_the_same(tmp_path, card):
    networks = mapper(published_norm=True)
    save_mapper(tmp_path / "a.safetensors", networks, card)
    save_mapper(tmp_path / "b.safetensors", networks, card)
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    found, read = load_mapper(tmp_path / "a.safetensors", card.generator)
    assert read == card
    assert torch.equal(found(ws_of()), networks(ws_of()))
    assert not any(parameter.requires_grad for parameter in found.parameters())


def test_what_is_no_mapper_of_this_model_is_refused(tmp_path, card):
    path = tmp_path / "a.safetensors"
    save_mapper(path, mapper(), card)
    with pytest.raises(LineageError, match="of other weights of cat"):
        load_mapper(path, "0" * 64)
    save_mapper(path, mapper(num_ws=6), card)
    with pytest.raises(CheckpointError, match="not those of the network"):
        load_mapper(path, card.generator)
    path.write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="not a latent mapper"):
        load_mapper(path, card.generator)
    with pytest.raises(ValueError, match=r"\[N, 10, 8\]"):
        mapper()(ws_of(6))
