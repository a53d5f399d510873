"""Files of torch that ask for more than weights need: refused by name before torch reads them; nothing is run."""

import argparse
import io
import os
import pickle
import resource
import struct
import zipfile

import pytest
import torch

from stylealign.errors import CheckpointError
from stylealign.formats.torch_file import read_torch_file
from stylealign.formats.torch_opcodes import refuse_other_types

LEGACY = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
PROTO = b"\x80\x02"


def opcode(module, name):
    return b"c" + module.encode() + b"\n" + name.encode() + b"\n"


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value):
    return b"\x8a\x08" + value.to_bytes(8, "little")


def doubled(times):
    """A text of 4 KB, doubled so many times by writing it in hexadecimal."""
    made = opcode("_codecs", "encode") + text("a" * 4096) + text("latin1") + b"\x86R"
    for _ in range(times):
        made = opcode("_codecs", "encode") + made + text("hex") + b"\x86R"
    return PROTO + made + b"."


def colliding(count):
    """A dictionary whose keys all have one hash: filling it takes their number squared."""
    keys = (index * (2**61 - 1) for index in range(1, count))
    items = (b"\x8a" + bytes([16]) + key.to_bytes(16, "little") + b"N" for key in keys)
    return PROTO + b"}(" + b"".join(items) + b"u."


HOSTILE = {
    "posix.system": PROTO + opcode("posix", "system") + text("touch canary") + b"\x85R.",
    "builtins.eval": PROTO + opcode("builtins", "eval") + text("open('canary', 'w')") + b"\x85R.",
    "__builtin__.bytearray": PROTO + opcode("__builtin__", "bytearray") + number(10**10) + b"\x85R.",
    "torch.FloatTensor": PROTO + opcode("torch", "FloatTensor") + number(10**11) + b"\x85R.",
    "torch.storage.UntypedStorage": PROTO + opcode("torch.storage", "UntypedStorage") + number(10**11) + b"\x85R.",
    "_codecs.encode": doubled(25),
    "torch.jit._unpickle": PROTO + opcode("torch.jit", "_unpickle") + b")R.",
    "STACK_GLOBAL": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06canary\x85R.",
    "INST": b"(" + text("canary") + b"iposix\nsystem\n.",
    "too many parts, as no": colliding(100_000),
    "far too many parts": PROTO + b"]" + b"N0" * 300_000 + b".",
}


def as_zip(data, path, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("archive/data.pkl", data)
        archive.writestr("archive/version", "3\n")


def as_legacy(data, path):
    head = b"".join(pickle.dumps(part, 2) for part in LEGACY)
    path.write_bytes(head + data + pickle.dumps([], 2))


@pytest.mark.parametrize("write", [as_zip, as_legacy])
@pytest.mark.parametrize("named", HOSTILE)
def test_a_hostile_pickle_is_refused_by_name_and_costs_nothing(tmp_path, monkeypatch, named, write):
    monkeypatch.chdir(tmp_path)
    write(HOSTILE[named], tmp_path / "x.pt")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match=named.replace(".", r"\.")):
        read_torch_file(tmp_path / "x.pt")
    assert os.listdir(tmp_path) == ["x.pt"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_two_pickles_packed_pickles_and_endless_ones(tmp_path):
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        archive.writestr("archive/DATA.PKL", HOSTILE["posix.system"])
    with pytest.raises(CheckpointError, match=r"torch\.save did not write"):
        refuse_other_types(path)
    as_zip(pickle.dumps({}, 2), path, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match=r"torch\.save did not write"):
        refuse_other_types(path)
    as_zip(PROTO + opcode("x" * (17 << 20), "y") + b".", path)
    with pytest.raises(CheckpointError, match="cut short"):
        refuse_other_types(path)


@pytest.mark.parametrize("named", HOSTILE)
def test_a_legacy_file_with_a_harmless_archive_behind_it_is_read_as_what_torch_takes_it_for(tmp_path, named):
    as_legacy(HOSTILE[named], tmp_path / "x.pt")
    torch.save({"g_ema": torch.ones(1)}, tmp_path / "harmless.pt")
    with open(tmp_path / "x.pt", "ab") as file:
        file.write((tmp_path / "harmless.pt").read_bytes())
    assert zipfile.is_zipfile(tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=named.replace(".", r"\.")):
        read_torch_file(tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("signature", "field"),
    [
        (b"PK\x05\x06", 12),  # how long the list is, in the last record
        (b"PK\x05\x06", 16),  # where it is
        (b"PK\x06\x06", 48),  # the same in 64 bits
        (b"PK\x06\x07", 8),  # where those 64 bits are
    ],
)
def test_an_archive_whose_last_records_disagree_could_hold_two_lists_of_entries(tmp_path, signature, field):
    torch.save({"g_ema": torch.ones(1)}, tmp_path / "x.pt")
    data = bytearray((tmp_path / "x.pt").read_bytes())
    data[data.rindex(signature) + field] ^= 4
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(CheckpointError, match="contradict"):
        read_torch_file(tmp_path / "x.pt")


def test_an_archive_with_another_before_it_is_refused(tmp_path):
    as_zip(pickle.dumps({}, 2), tmp_path / "x.pt")
    as_zip(HOSTILE["_codecs.encode"], tmp_path / "hostile.pt")
    whole = (tmp_path / "hostile.pt").read_bytes() + (tmp_path / "x.pt").read_bytes()
    (tmp_path / "x.pt").write_bytes(whole)
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:  # Python looks at the harmless one
        assert archive.read("archive/data.pkl") == pickle.dumps({}, 2)
    with pytest.raises(CheckpointError, match="not where its end says"):
        read_torch_file(tmp_path / "x.pt")


NAMESPACES = {
    "a list": b"](K\x01K\x02e",
    "a number": b"K\x07",
    "its class": b"N}" + text("__class__") + opcode("collections", "OrderedDict") + b"s\x86",
    "slots": b"N}" + text("__dict__") + b"K\x01s\x86",
}


@pytest.mark.parametrize("state", NAMESPACES)
def test_options_with_a_hostile_state_are_refused_or_inert(tmp_path, state):
    data = PROTO + opcode("argparse", "Namespace") + b")\x81" + NAMESPACES[state] + b"b."
    as_zip(data, tmp_path / "x.pt")
    with pytest.raises(CheckpointError, match=r"x\.pt: "):
        read_torch_file(tmp_path / "x.pt")


@pytest.mark.parametrize("is_zip", [True, False])
def test_what_people_save_is_let_through(tmp_path, is_zip):
    layer = torch.nn.Conv2d(2, 3, 1)
    optimiser = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 2, 2, 2)).sum().backward()
    optimiser.step()
    content = {
        "g_ema": layer.state_dict(),
        "parameters": dict(layer.named_parameters()),
        "g_optim": optimiser.state_dict(),
        "args": argparse.Namespace(size=16, mean=(0.5,), device=torch.device("cpu")),
        "types": [torch.float16, torch.Size([1, 2]), {1, 2}, torch.ones(2).bfloat16(), torch.ones(2).bool()],
    }
    torch.save(content, tmp_path / "x.pt", _use_new_zipfile_serialization=is_zip)
    found = read_torch_file(tmp_path / "x.pt")
    assert torch.equal(found["g_ema"]["weight"], layer.weight)
    assert found["args"].mean == (0.5,)


def test_a_whole_network_is_refused_by_its_class(tmp_path):
    buffer = io.BytesIO()
    torch.save(torch.nn.Linear(1, 1), buffer)
    (tmp_path / "x.pt").write_bytes(buffer.getvalue())
    with pytest.raises(CheckpointError, match=r"asks for torch\.nn\.modules\.linear\.Linear.*Save the weights alone"):
        read_torch_file(tmp_path / "x.pt")
