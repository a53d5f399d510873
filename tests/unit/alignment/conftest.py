"""A tiny family on disk (16 px): a parent, its child (every weight moved), a stranger, and an untrained judge."""

import pytest
import torch

from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary


@pytest.fixture(scope="session")
def family(make_family):
    return make_family(0.3)


@pytest.fixture(scope="session")
def judge():
    torch.manual_seed(7)
    vocabulary = Vocabulary(("face",), (Attribute("yaw_deg", "number", -30, 30, "deg"),), ())
    return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, vocabulary))
