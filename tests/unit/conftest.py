"""A tiny family on disk (16 px), for the rooms that compare or edit models."""

import copy

import pytest
import torch

from stylealign.checkpoint import ModelCard, save_generator, state_digest
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.generator import Generator

TINY = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}


@pytest.fixture(scope="session")
def make_family(tmp_path_factory):
    """Paths of parent, its exact copy, child (each weight moved by so much), stranger (another seed) and foreigner
    (another architecture)."""

    def make(amount):
        folder = tmp_path_factory.mktemp("family")
        parent = _generator(0)
        models = {
            "parent": parent,
            "copy": parent,
            "child": _moved(parent, amount, 1),
            "stranger": _generator(2),
            "foreigner": _generator(3, w_dim=12, channel_max=8),
        }
        return {name: _save(folder, name, G) for name, G in models.items()}

    return make


@pytest.fixture(scope="session")
def make_judge():
    """An untrained judge for 16 px that reads ``attributes`` (numbers, but for those given whole) and ``regions``."""

    def make(attributes=(), regions=()):
        torch.manual_seed(7)
        read = [Attribute(one, "number", -30, 30, "deg") if isinstance(one, str) else one for one in attributes]
        return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), tuple(read), tuple(regions))))

    return make


def _generator(seed, **changed):
    torch.manual_seed(seed)
    G = Generator(**(TINY | changed))
    with torch.no_grad():
        G.mapping.w_avg.normal_()
        for name, parameter in G.named_parameters():
            if name.endswith("noise_strength"):
                parameter.fill_(0.1)
    return G


def _moved(parent, amount, seed):
    generator = torch.Generator().manual_seed(seed)
    child = copy.deepcopy(parent)
    with torch.no_grad():
        for tensor in child.state_dict().values():
            tensor.add_(torch.randn(tensor.shape, generator=generator) * amount)
    return child


def _save(folder, name, G):
    digest = state_digest(G.state_dict())
    card = ModelCard(name, "face", G.init_kwargs, G.img_resolution, (name,), (digest,), 0, 0, 0, 1, "test")
    path = folder / f"{name}.safetensors"
    save_generator(path, G, card)
    return path
