"""A tiny family on disk (16 px): a parent, its exact copy, a child, a stranger; an untrained judge; chosen edits."""

import numpy as np
import pytest
import torch

from stylealign.boundaries import Boundaries, save_boundaries
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.tables import ATTRIBUTE_CHANNELS, write_table

ATTRIBUTES = ("yaw_deg", "smile")


@pytest.fixture(scope="session")
def family(make_family):
    return make_family(0.1)


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
