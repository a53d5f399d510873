"""Laws of the inert reader: Python's own answer on honest files, one line or a model on files tampered with."""

import importlib.util
import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stylealign.errors import CheckpointError
from stylealign.formats.inert_arrays import ARRAYS
from stylealign.formats.inert_pickle import CONTAINERS, read_inert
from stylealign.formats.inert_torch import TENSORS
from stylealign.formats.nvidia_tf import read_nvidia_tf
from stylealign.formats.nvidia_tf_names import torch_layout
from stylealign.formats.nvidia_torch import read_nvidia_torch
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

FILES = Path(__file__).parents[2] / "foreign_files.py"
PROTOCOLS = st.sampled_from([2, 3, 4, 5])
KEYS = st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=8) | st.binary(max_size=8)
LEAVES = KEYS | st.integers() | st.floats(allow_nan=False) | st.binary(max_size=300) | st.sets(KEYS, max_size=4)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
        | inner.map(lambda value: [value, value])
    ),
    max_leaves=12,
)


def many(count):
    relaxed = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(deadline=None, max_examples=count, suppress_health_check=relaxed)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.pkl"


@many(60)
@given(tree=TREES, protocol=PROTOCOLS)
def test_plain_data_as_python_reads_it(path, tree, protocol):
    path.write_bytes(pickle.dumps(tree, protocol))
    assert repr(read_inert(path, CONTAINERS)) == repr(pickle.loads(path.read_bytes()))


@many(80)
@given(
    shape=st.lists(st.integers(0, 4), max_size=4),
    kind=st.sampled_from(["<f4", ">f4", "<f2", "<f8", "<i4", ">i2", "|u1", "|b1"]),
    order=st.sampled_from("CF"),
    old=st.booleans(),
    protocol=PROTOCOLS,
)
def test_arrays_as_numpy_reads_them(path, shape, kind, order, old, protocol):
    count = int(np.prod(shape))
    array = np.asarray(np.arange(count).reshape(shape) % 200, np.dtype(kind), order=order)
    content = pickle.dumps(array, protocol)
    path.write_bytes(content.replace(b"cnumpy._core.", b"cnumpy.core.") if old else content)
    found = read_inert(path, CONTAINERS | ARRAYS)
    assert found.shape == array.shape
    assert np.array_equal(found.floats(), array.astype(np.float32))
    assert found.floats().flags.c_contiguous


@many(80)
@given(
    shape=st.lists(st.integers(0, 4), max_size=4),
    dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]),
    swap=st.booleans(),
    start=st.integers(0, 3),
    is_parameter=st.booleans(),
    protocol=PROTOCOLS,
)
def test_tensors_as_torch_reads_them(path, shape, dtype, swap, start, is_parameter, protocol):
    count = int(np.prod(shape))
    tensor = torch.arange(count + start, dtype=dtype)[start:].reshape(shape)
    tensor = tensor.transpose(0, -1) if swap and shape else tensor
    path.write_bytes(pickle.dumps(torch.nn.Parameter(tensor) if is_parameter else tensor, protocol))
    found = read_inert(path, CONTAINERS | TENSORS)
    assert found.shape == tuple(tensor.shape)
    assert np.array_equal(found.floats(), tensor.float().numpy())


@many(60)
@given(module=st.text(min_size=1, max_size=20), name=st.text(min_size=1, max_size=20))
def test_any_other_name_is_refused_in_one_line(path, module, name):
    names = b"".join(b"X" + len(text).to_bytes(4, "little") + text for text in (module.encode(), name.encode()))
    path.write_bytes(b"\x80\x04" + names + b"\x93)R.")
    with pytest.raises(CheckpointError, match="asks for") as caught:
        read_inert(path, CONTAINERS | ARRAYS | TENSORS)
    assert str(caught.value).isprintable()


@pytest.fixture(scope="module")
def genuine(tmp_path_factory):
    """One small file of each kind, whose sources would make the canary file, with the reader that reads it."""
    spec = importlib.util.spec_from_file_location("foreign_files", FILES)
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    canary = tmp_path_factory.mktemp("laws") / "canary"
    source = f"open({str(canary)!r}, 'w').close()"
    torch.manual_seed(0)
    size = {"img_resolution": 8, "channel_base": 16, "channel_max": 2}
    G, D = Generator(z_dim=2, w_dim=2, mapping_layers=1, **size), Discriminator(**size)
    contents = files.nvidia_torch(G, G, D, source=source), files.nvidia_tf(G, D, G, source=source)
    return canary, list(zip(contents, (read_nvidia_torch, read_nvidia_tf), strict=True))


@many(80)
@given(
    which=st.integers(0, 1),
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=4),
    inserted=st.binary(max_size=4),
    removed=st.integers(0, 4),
)
def test_tampered_files_are_a_model_or_one_line(path, genuine, which, places, inserted, removed):
    canary, kinds = genuine
    content, read = kinds[which]
    for place in places:
        at = int(place * len(content))
        content = content[:at] + inserted + content[at + removed :]
    path.write_bytes(content)
    found = model_or_message(read, path)
    if isinstance(found, str):
        assert found.isprintable()
        assert found.startswith(f"{path}: ")
    else:
        assert all(value.dtype == torch.float32 for value in found.generator.values())
    assert not canary.exists()


def model_or_message(read, path):
    try:
        return read(path)
    except CheckpointError as error:
        return str(error)


@many(40)
@given(
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    layer=st.sampled_from(["8x8/Conv0_up", "8x8/Conv1", "8x8/ToRGB", "4x4/Conv"]),
)
def test_only_the_order_of_numbers_changes(sizes, layer):
    array = np.arange(np.prod(sizes), dtype=np.float32).reshape(sizes)
    found = torch_layout(f"synthesis/{layer}/weight", array)
    assert found.shape == (sizes[3], sizes[2], sizes[0], sizes[1])
    assert sorted(found.ravel()) == sorted(array.ravel())
    first = found[0, 0, 0, 0]
    assert first == (array[-1, -1, 0, 0] if layer.endswith("Conv0_up") else array[0, 0, 0, 0])
