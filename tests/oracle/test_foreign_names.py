"""The names that the readers return are the reference implementation's: its weights go through both kinds of file.

The reference's state dict (section 11 of the algorithms; ``sg2_r32.npz``) holds every parameter and buffer of NVIDIA's
PyTorch networks by name.
"""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.formats.nvidia_tf import read_nvidia_tf
from stylealign.formats.nvidia_torch import read_nvidia_torch
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

FOLDER = Path(os.environ.get("STYLEALIGN_REFERENCE", Path(__file__).parents[2] / ".." / "shared" / "reference"))
FILES = Path(__file__).parents[1] / "foreign_files.py"
FILTER = "resample_filter"

pytestmark = pytest.mark.skipif(
    not (FOLDER / "sg2_r32.npz").is_file(),
    reason=f"no sg2_r32.npz in {FOLDER.name}/; set STYLEALIGN_REFERENCE to the folder that holds it",
)


@pytest.fixture(scope="module")
def reference():
    with np.load(FOLDER / "sg2_r32.npz", allow_pickle=False) as arrays:
        return {key: torch.from_numpy(arrays[key]) for key in arrays.files}


@pytest.fixture(scope="module")
def foreign_files():
    spec = importlib.util.spec_from_file_location("foreign_files", FILES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def part(reference, prefix):
    return {name.removeprefix(prefix): value for name, value in reference.items() if name.startswith(prefix)}


def as_modules(foreign_files, state):
    """Nested persistent objects with exactly these tensors, buffers (the filters among them) included."""
    here = {name: value for name, value in state.items() if "." not in name}
    below = {name.split(".")[0] for name in state if "." in name}
    children = {name: as_modules(foreign_files, part(state, f"{name}.")) for name in sorted(below)}
    return foreign_files.Persistent("Module", {"_parameters": {}, "_buffers": here, "_modules": children})


@pytest.fixture(scope="module")
def snapshot(foreign_files, reference, tmp_path_factory):
    """A PyTorch snapshot with the reference's names, straight from its state dict."""
    path = tmp_path_factory.mktemp("reference") / "snapshot.pkl"
    networks = {"G_ema": part(reference, "G/"), "D": part(reference, "D/")}
    path.write_bytes(foreign_files.dump({key: as_modules(foreign_files, one) for key, one in networks.items()}))
    return read_nvidia_torch(path)


def test_every_name_of_the_reference_is_read_and_nothing_else(reference, snapshot):
    for found, prefix in ((snapshot.generator, "G/"), (snapshot.discriminator, "D/")):
        expected = {name: value for name, value in part(reference, prefix).items() if not name.endswith(FILTER)}
        assert found.keys() == expected.keys()
        assert all(torch.equal(found[name], value) for name, value in expected.items())


def assert_matches(ours, theirs, tolerance=1e-4):
    assert (ours - theirs).abs().max() < tolerance * theirs.abs().max()


def test_images_and_logits_are_the_reference_s(reference, snapshot):
    G = Generator(**snapshot.architecture)
    G.load_state_dict(snapshot.generator)
    sizes = ("img_resolution", "channel_base", "channel_max")
    D = Discriminator(**{name: snapshot.architecture[name] for name in sizes})
    D.load_state_dict(snapshot.discriminator)
    with torch.no_grad():
        assert_matches(G(reference["z"]), reference["img_const"])
        assert_matches(G(reference["z"], truncation_psi=0.7), reference["img_psi07_const"])
        assert_matches(D(reference["x"]), reference["logits_x"])


def test_architecture_is_the_reference_s(snapshot):
    sizes = json.loads((FOLDER / "sg2_r32.json").read_text())
    for name in ("img_resolution", "z_dim", "w_dim", "mapping_layers"):
        assert snapshot.architecture[name] == sizes[name]


def test_the_route_through_tensorflow_s_layout_gives_the_same_images(
    foreign_files, reference, snapshot, tmp_path_factory
):
    """Reference weights, written in TensorFlow's names and layout number by number, and read back."""
    G = Generator(**snapshot.architecture)
    G.load_state_dict(snapshot.generator)
    path = tmp_path_factory.mktemp("reference") / "tensorflow.pkl"
    path.write_bytes(foreign_files.dump(foreign_files.generator_network(G)))
    model = read_nvidia_tf(path)
    again = Generator(**model.architecture)
    again.load_state_dict(model.generator)
    with torch.no_grad():
        assert_matches(again(reference["z"]), reference["img_const"])
