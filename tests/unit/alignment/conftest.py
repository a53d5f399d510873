"""A tiny family on disk (16 px): a parent, its child (every weight moved), a stranger, and an untrained judge."""

import copy

import pytest
import torch

from stylealign.checkpoint import ModelCard, save_generator, state_digest
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.generator import Generator

TINY = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}


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


@pytest.fixture(scope="session")
def family(tmp_path_factory):
    """Paths of parent, child, stranger (another seed) and foreigner (another architecture)."""
    folder = tmp_path_factory.mktemp("family")
    parent = _generator(0)
    models = {
        "parent": parent,
        "child": _moved(parent, 0.3, 1),
        "stranger": _generator(2),
        "foreigner": _generator(3, w_dim=12, channel_max=8),
    }
    return {name: _save(folder, name, G) for name, G in models.items()}


@pytest.fixture(scope="session")
def judge():
    torch.manual_seed(7)
    vocabulary = Vocabulary(("face",), (Attribute("yaw_deg", "number", -30, 30, "deg"),), ())
    return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, vocabulary))
