"""A tiny family on disk (16 px): a parent, its exact copy, a child, a stranger; an untrained judge; chosen edits."""

import copy

import numpy as np
import pytest
import torch

from stylealign.boundaries import Boundaries, save_boundaries
from stylealign.checkpoint import ModelCard, save_generator, state_digest
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.generator import Generator
from stylealign.tables import ATTRIBUTE_CHANNELS, write_table

TINY = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}
ATTRIBUTES = ("yaw_deg", "smile")


def build_generator(seed, **changed):
    torch.manual_seed(seed)
    G = Generator(**(TINY | changed)).eval().requires_grad_(False)
    G.mapping.w_avg.normal_()
    for name, parameter in G.named_parameters():
        if name.endswith("noise_strength"):
            parameter.fill_(0.1)
    return G


def _moved(parent, amount, seed):
    generator = torch.Generator().manual_seed(seed)
    child = copy.deepcopy(parent)
    for tensor in child.state_dict().values():
        tensor.add_(torch.randn(tensor.shape, generator=generator) * amount)
    return child


@pytest.fixture(scope="session")
def family(tmp_path_factory):
    """Paths of parent, copy, child, stranger (another seed) and foreigner (another architecture)."""
    folder = tmp_path_factory.mktemp("family")
    parent = build_generator(0)
    models = {
        "parent": parent,
        "copy": parent,
        "child": _moved(parent, 0.1, 1),
        "stranger": build_generator(2),
        "foreigner": build_generator(3, w_dim=12, channel_max=8),
    }
    paths = {}
    for name, G in models.items():
        digest = state_digest(G.state_dict())
        card = ModelCard(name, "face", G.init_kwargs, G.img_resolution, (name,), (digest,), 0, 0, 0, 1, "test")
        paths[name] = folder / f"{name}.safetensors"
        save_generator(paths[name], G, card)
    return paths


@pytest.fixture(scope="session")
def judge():
    torch.manual_seed(7)
    numbers = tuple(Attribute(name, "number", -30, 30, "deg") for name in ATTRIBUTES)
    classes = (Attribute("glasses", "class", 0, 1, "class", values=("no", "yes")),)
    return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), (*numbers, *classes), ())))


@pytest.fixture(scope="session")
def boundaries(tmp_path_factory):
    """Four directions: one for each number, one class, one conditional."""
    names = ("yaw_deg", "smile", "glasses:yes", "yaw_deg|smile")
    normals = np.random.default_rng(0).normal(size=[4, 8])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    attributes = ("yaw_deg", "smile", "glasses", "yaw_deg")
    path = tmp_path_factory.mktemp("boundaries") / "parent.npz"
    save_boundaries(path, Boundaries(names, normals, np.zeros(4), attributes))
    return path


@pytest.fixture(scope="session")
def channels(tmp_path_factory):
    """rows of attribute_channels: 5_3 clearest for yaw (at the low pole, negative), then 3_1; 3_1 alone for smile."""

    def row(attribute, pole, rank, paper_index, score, zscore):
        layer, channel = {"3": "b8.conv1", "4": "b8.torgb", "5": "b16.conv0"}[paper_index[0]], int(paper_index[2:])
        return (
            {"model": "parent", "attribute": attribute, "pole": pole, "rank": rank, "layer": layer}
            | {
                "channel": channel,
                "paper_index": paper_index,
                "signal_to_noise": score,
                "mean_zscore": zscore,
            }
            | {"num_positive": 5, "num_z": 100, "judge": "tiny", "judge_score": 0.9, "seed": 0}
        )

    rows = [row("yaw_deg", "high", 1, "3_1", 2.0, -1.0), row("yaw_deg", "high", 2, "5_3", 1.5, 0.4)]
    rows += [row("yaw_deg", "low", 1, "5_3", 4.0, -1.0), row("smile", "high", 1, "3_1", 1.0, 1.0)]
    path = tmp_path_factory.mktemp("channels") / "parent.parquet"
    write_table(path, ATTRIBUTE_CHANNELS, rows, {})
    return path
