"""Files as NVIDIA's code writes them, made of small networks of ours; builders are in ``tests/foreign_files.py``."""

import importlib.util
from pathlib import Path

import pytest
import torch

from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

TESTS = Path(__file__).resolve().parents[2]
TINY = {"z_dim": 12, "w_dim": 10, "mapping_layers": 3, "img_resolution": 16, "channel_base": 128, "channel_max": 16}


@pytest.fixture(scope="session")
def foreign_files():
    spec = importlib.util.spec_from_file_location("foreign_files", TESTS / "foreign_files.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_generator():
    """Generators in which every weight matters: noise, biases and the mean of w are not zero."""

    def make(seed=0, **changed):
        torch.manual_seed(seed)
        return moved(Generator(**TINY | changed)).eval().requires_grad_(False)

    return make


@pytest.fixture(scope="session")
def make_discriminator():
    def make(seed=0, **changed):
        torch.manual_seed(seed)
        names = ("img_resolution", "channel_base", "channel_max")
        D = Discriminator(**{name: TINY[name] for name in names} | changed)
        return moved(D).eval().requires_grad_(False)

    return make


@pytest.fixture
def write(tmp_path):
    def put(content, name="network.pkl"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return put


def moved(network):
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor.add_(torch.randn(tensor.shape) * 0.3)
    return network
