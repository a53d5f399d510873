"""What is hostile ends in one line and runs nothing; what is plain is read as Python's own unpickler reads it."""

import pickle
import pickletools
import sys
import tracemalloc
from collections import OrderedDict
from contextlib import suppress

import pytest
import torch

from stylealign.errors import CheckpointError
from stylealign.formats.inert_arrays import ARRAYS
from stylealign.formats.inert_machine import MAX_STEPS
from stylealign.formats.inert_pickle import CONTAINERS, Foreign, foreign, read_inert
from stylealign.formats.inert_torch import TENSORS
from stylealign.formats.nvidia_tf import read_nvidia_tf
from stylealign.formats.nvidia_torch import read_nvidia_torch

SHORT = 100_000  # bytes: longer ones take their time by design, and one reader is enough


@pytest.fixture
def write(tmp_path):
    def put(content):
        (tmp_path / "file.pkl").write_bytes(content)
        return tmp_path / "file.pkl"

    return put


def message_of(read, path, *rest):
    with pytest.raises(CheckpointError) as caught:
        read(path, *rest)
    message = str(caught.value)
    assert message.isprintable(), message
    assert message.startswith(f"{path}: ")
    assert len(message) < len(str(path)) + 400
    return message


@pytest.fixture(scope="module")
def armed(foreign_files, tmp_path_factory):
    canary = tmp_path_factory.mktemp("armed") / "canary"
    return canary, foreign_files.beside("hostile_pickles").armed_pickles(canary)


def test_files_that_run_code_when_python_reads_them_run_none_here(armed, write):
    canary, pickles = armed
    assert len(pickles) >= 50
    for name, content in pickles:
        for read in (read_nvidia_torch, read_nvidia_tf):
            message_of(read, write(content))
            assert not canary.exists(), name


@pytest.mark.filterwarnings("ignore")  # Python's own unpickler leaves open what it was made to open
def test_the_canary_is_alive(armed, foreign_files):
    """Python's own unpickler makes the canary file of each of them: the test above could fail."""
    canary, pickles = armed
    for name, content in pickles:
        if "Popen" in name:  # returns before it has run
            continue
        with foreign_files.foreign_modules(), suppress(EOFError):  # what comes after the call is cut short
            pickle.loads(content)
        assert canary.exists(), name
        canary.unlink()


def test_damaged_and_exhausting_files_end_in_one_line(foreign_files, write):
    for _, content in foreign_files.beside("hostile_pickles").exhausting_pickles():
        path = write(content)
        message_of(read_nvidia_torch, path)
        if len(content) < SHORT:
            message_of(read_nvidia_tf, path)


EXPECTED = {
    "2**62 bytes are promised": "promises more bytes than it has",
    "a tuple of 2**64 leaves as a key": "the type tuple as key",
    "2**64 modules": "a name in _modules that no network has",
    "a module inside itself": "a name in _modules that no network has",
    "one text encoded 20,000 times": "unfolds to more bytes than it has",
    "keys that collide": "the type int as key",
    "220,000 dictionaries": "takes more steps to read",
    "EXT1": "the pickle opcode EXT1",
    "BINPERSID": "refers to data outside of the pickle",
    "a control sequence as a name": r"asks for \x1b[2J\n.\u202eevil, which is not read here",
    "a tensor of 10**12 numbers of one": "unfolds to 4,000,000,000,000 bytes",
    "a tensor of past its storage": "reaches past its storage",
    "a tensor of far offset": "reaches past its storage",
    "a tensor of a storage cut short": "not as many as it says",
    "a tensor of a storage of whole numbers": "torch.LongStorage",
    "a tensor of a view of another storage": "described as none is",
    "a tensor of what is no number": "synthesis.b4.const holds what is no number",
}


def test_each_is_refused_for_its_own_reason(foreign_files, write):
    hostile = dict(foreign_files.beside("hostile_pickles").exhausting_pickles())
    for name, expected in EXPECTED.items():
        assert expected in message_of(read_nvidia_torch, write(hostile[name])), name
    assert "type O8" in message_of(read_nvidia_tf, write(hostile["an array of objects"]))
    assert "shape [549755813888] with 4 bytes" in message_of(
        read_nvidia_tf, write(hostile["an array of a shape of 2**39 numbers"])
    )


@pytest.mark.parametrize("step", [b"]", b"}", b"\x8f", b"("])
def test_memory_is_a_multiple_of_the_steps(write, step):
    path = write(b"\x80\x04" + step * 20_000)
    peak = peak_bytes(message_of, read_nvidia_torch, path)
    assert 20_000 < peak < 20_000 * 300


@pytest.mark.parametrize("name", ["one text encoded 20,000 times", "4 GiB of text are promised"])
def test_memory_is_a_multiple_of_the_bytes(foreign_files, write, name):
    content = dict(foreign_files.beside("hostile_pickles").exhausting_pickles())[name]
    path = write(content)
    assert peak_bytes(message_of, read_nvidia_torch, path) < 4 * len(content) + 2**20


def peak_bytes(function, *arguments):
    tracemalloc.start()
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_honest_file_takes_little_more_memory_than_its_size(write):
    content = pickle.dumps({"weights": [torch.randn(2**18) for _ in range(16)]}, 4)
    path = write(content)
    peak = peak_bytes(read_inert, path, CONTAINERS | TENSORS)
    assert peak < 1.2 * len(content)


def test_nothing_is_imported(write):
    asked = [b"\x80\x02cantigravity\nfly\n.", b"\x80\x04\x8c\x04this\x8c\x01s\x93."]
    before = set(sys.modules)
    for content in asked:
        message_of(read_inert, write(content), CONTAINERS)
    assert set(sys.modules) == before


def test_a_stub_keeps_name_arguments_and_state(write):
    content = b"\x80\x02cshop\nBasket\nK\x05\x85R}X\x05\x00\x00\x00itemsK\x03sb."
    assert message_of(read_inert, write(content), {}).startswith(f"{write(content)}: asks for shop.Basket, ")
    assert read_inert(write(content), {"shop.Basket": foreign("shop.Basket")}) == Foreign(
        "shop.Basket", (5,), {"items": 3}
    )


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_plain_data_is_read_as_it_is(write, protocol):
    value = {
        "numbers": [0, -1, 255, 2**31, -(2**70), 1.5, float("inf"), True, None],
        "texts": ("", "ü", "\U0001f600", "a" * 300),
        "bytes": [b"", b"\0\xff", bytes(range(256)) * 2],
        "sets": [{1, "a"}, frozenset({2})] if protocol >= 4 else [{1, "a"}],
        "ordered": OrderedDict(b=1, a=2),
        "shared": [shared := [1, 2], shared],
    }
    found = read_inert(write(pickle.dumps(value, protocol)), CONTAINERS)
    assert found == value
    assert found["shared"][0] is found["shared"][1]


def test_the_steps_allowed_are_many_times_what_a_large_model_takes(foreign_files, make_generator, make_discriminator):
    wide = {"img_resolution": 256, "channel_base": 1024, "channel_max": 4}
    G, D = make_generator(**wide, mapping_layers=8), make_discriminator(**wide)
    steps = sum(1 for _ in pickletools.genops(foreign_files.nvidia_torch(G, G, D)))
    assert 10_000 < steps < MAX_STEPS / 5


def test_every_allowed_name_is_listed_here():
    """A list that may only shrink: what a file may ask for."""
    both = {f"numpy.{core}.{rest}" for core in ("core", "_core") for rest in
            ("multiarray._reconstruct", "multiarray.scalar", "numeric._frombuffer")}  # fmt: skip
    assert set(ARRAYS) == both | {"numpy.ndarray", "numpy.dtype"}
    assert set(CONTAINERS) == {
        "collections.OrderedDict",
        "builtins.set",
        "__builtin__.set",
        "builtins.bytes",
        "__builtin__.bytes",
        "_codecs.encode",
    }
    assert set(TENSORS) == {
        "torch.storage._load_from_bytes",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_parameter_with_state",
        "torch.Size",
        "torch.device",
    }
