"""Pickles made to run code, or to take more memory and time than their size warrants.

Those that run code really do: Python's own unpickler makes the canary file of every one of them.
"""

import functools
import importlib.util
import io
import operator
import os
import pathlib
import pickle
import runpy
import shutil
import struct
import subprocess
import timeit
from code import InteractiveInterpreter

import numpy as np
import torch
from torch.storage import _load_from_bytes

_SPEC = importlib.util.spec_from_file_location("foreign_files", pathlib.Path(__file__).with_name("foreign_files.py"))
foreign_files = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(foreign_files)
Network, Persistent = foreign_files.Network, foreign_files.Persistent
dump, legacy_storage, network = foreign_files.dump, foreign_files.legacy_storage, foreign_files.network


def legacy(inner):
    """Bytes of torch's legacy format around the pickle ``inner``."""
    return b"".join(pickle.dumps(value, 2) for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})) + inner


def object_array_file(value):
    """Bytes of a numpy file that holds ``value`` as a Python object."""
    buffer = io.BytesIO()
    np.save(buffer, np.array([value, 1], dtype=object), allow_pickle=True)
    return buffer.getvalue()


class Call:
    """Pickles as the call of ``function`` with ``arguments``."""

    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced

    def __call__(self):
        """Never called; only what can be may stand as a function in a pickle."""


class Stated(Call):
    """The same, with a state to be set on what comes of it."""

    def __init__(self, function, arguments, state):
        self.reduced = (function, arguments, state)


def armed_pickles(canary):
    """(name, bytes) of pickles that make the file ``canary`` when Python's own unpickler reads them."""
    touch, code = f"touch '{canary}'", f"open({str(canary)!r}, 'w').close()"
    inner, imported = pickle.dumps(Call(os.system, touch)), Call(importlib.import_module, "os")
    load = functools.partial(torch.load, weights_only=False)
    calls = {
        "os.system": Call(os.system, touch),
        "builtins.eval": Call(eval, code),
        "builtins.exec": Call(exec, code),
        "builtins.open": Call(open, str(canary), "w"),
        "subprocess.check_call": Call(subprocess.check_call, ["touch", str(canary)]),
        "subprocess.Popen": Call(subprocess.Popen, ["touch", str(canary)]),
        "importlib.import_module, then its system": Call(Call(getattr, imported, "system"), touch),
        "functools.partial": Call(Call(functools.partial, os.system, touch)),
        "operator.attrgetter": Call(Call(Call(operator.attrgetter, "system"), imported), touch),
        "operator.methodcaller": Call(Call(operator.methodcaller, "touch"), pathlib.PosixPath(canary)),
        "pathlib.Path.touch": Call(pathlib.Path.touch, pathlib.PosixPath(canary)),
        "shutil.copy": Call(shutil.copy, __file__, str(canary)),
        "timeit.timeit": Call(timeit.timeit, code, "pass", timeit.default_timer, 1),
        "runpy._run_code": Call(runpy._run_code, code, {}),
        "code.InteractiveInterpreter": Call(Call(getattr, Call(InteractiveInterpreter), "runsource"), code),
        "map, and list of it": Call(list, Call(map, os.system, [touch])),
        "pickle.loads of another": Call(pickle.loads, inner),
        "torch.load of another": Call(load, Call(io.BytesIO, legacy(inner))),
        "torch.storage._load_from_bytes of another": Call(_load_from_bytes, legacy(inner)),
        "numpy.load of another": Call(np.load, Call(io.BytesIO, object_array_file(Call(os.system, touch))), None, True),
        "an array of objects that reduce": np.array([Call(os.system, touch), 1], dtype=object),
        "a set that holds a call": {Call(os.system, touch)},
        "a key that is a call": {Call(os.system, touch): 1},
        "the source of a class that is executed": Persistent("Generator", {}, code),
        "the source of a TensorFlow network": network("G", [], source=code),
        "a state that is executed": Stated(Network, (), {"build_module_src": code}),
    }  # fmt: skip
    found = [
        (f"{name}, protocol {protocol}", dump(call, protocol)) for name, call in calls.items() for protocol in (2, 4)
    ]
    return [*found, *_spelled_out(touch)]


def _spelled_out(touch):
    """Opcodes that no pickler of today writes, and a call whose value is thrown away."""
    text = touch.encode()
    unicode = b"X" + struct.pack("<I", len(text)) + text
    dotted = b"\x8c\x07pathlib\x8c\x09os.system\x93"
    return [
        ("opcode INST", b"\x80\x02(" + unicode + b"ios\nsystem\n."),
        ("opcode OBJ", b"\x80\x02(cos\nsystem\n" + unicode + b"o."),
        ("a dotted name", b"\x80\x04" + dotted + unicode + b"\x85R."),
        ("posix.system", b"\x80\x02cposix\nsystem\n" + unicode + b"\x85R."),
        ("a value thrown away", b"\x80\x02cposix\nsystem\n" + unicode + b"\x85R0N."),
    ]


PROTOCOL, DOUBLINGS = b"\x80\x04", 64


def unicode(text):
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def name(module, member):
    return unicode(module) + unicode(member) + b"\x93"


def doubled(start, pair):
    """``start``, then a pair of it, a pair of that, ...: as many leaves as no machine can visit, in a few bytes."""
    found = start
    for index in range(DOUBLINGS):
        again = b"h" + bytes([index])
        found += b"q" + bytes([index]) + b"0" + pair(again)
    return found


def persistent_bytes(state):
    """A persistent object whose state is what the opcodes ``state`` make."""
    meta = b"}(" + unicode("class_name") + unicode("Generator") + unicode("state") + state + b"u"
    return name("torch_utils.persistence", "_reconstruct_persistent_obj") + meta + b"\x85R"


def _array(kind="f4", shape=b"K\x01\x85", raw=b"C\x04abcd", fields=b"N"):
    made = name("numpy.core.multiarray", "_reconstruct") + name("numpy", "ndarray") + b"K\x00\x85C\x01b\x87R"
    dtype = name("numpy", "dtype") + unicode(kind) + b"\x89\x88\x87R(K\x03" + unicode("<") + b"NN" + fields + b"tb"
    return b"(K\x01".join([made, shape + dtype + b"\x89" + raw + b"tb"])


def _tensor(size, stride, offset=0, storage=None):
    raw = legacy_storage(torch.zeros(4)) if storage is None else storage
    stored = name("torch.storage", "_load_from_bytes") + b"B" + struct.pack("<I", len(raw)) + raw + b"\x85R"
    window = b"".join(pickle.dumps(value, 2)[2:-1].replace(b"q\x00", b"") for value in (offset, size, stride))
    return name("torch._utils", "_rebuild_tensor_v2") + b"(" + stored + window + b"\x89}tR"


def _model(tensor):
    state = b"}(" + unicode("_parameters") + b"}" + unicode("synthesis.b4.const") + tensor + b"su"
    return PROTOCOL + b"}" + unicode("G_ema") + persistent_bytes(state) + b"s."


def _tf_model(array):
    state = (
        b"}(" + unicode("version") + b"K\x04" + unicode("variables") + b"]" + unicode("dlatent_avg") + array + b"\x86au"
    )
    return PROTOCOL + name("dnnlib.tflib.network", "Network") + b")\x81" + state + b"b."


def exhausting_pickles():
    """(name, bytes) of pickles that are damaged, or made to take more memory or time than their size warrants."""
    nested_modules = doubled(
        persistent_bytes(b"}"),
        lambda again: persistent_bytes(
            b"}" + unicode("_modules") + b"}(" + unicode("a") + again + unicode("b") + again + b"us"
        ),
    )
    own = persistent_bytes(b"}q\x01") + b"q\x02h\x01" + unicode("_modules") + b"}" + unicode("a") + b"h\x02ss0"
    leaves = doubled(b"]", lambda again: b"](" + again * 2 + b"e")
    collide = b"".join(b"\x8a\x0c" + ((2**61 - 1) * n).to_bytes(12, "little") + b"N" for n in range(1, 99))
    encode = name("_codecs", "encode") + b"q\x00" + unicode("x" * 100_000) + b"q\x01" + unicode("latin1") + b"q\x02"
    other_view = legacy_storage(torch.zeros(4)).replace(b"Ntq\x04Q", b"K\x01tq\x04Q")
    bodies = {
        "2**62 bytes are promised": b"\x8e" + struct.pack("<Q", 2**62) + b"abc",
        "a number of 2**31 bytes is promised": b"\x8b" + struct.pack("<i", 2**31 - 1) + b"abc",
        "4 GiB of text are promised": b"X" + struct.pack("<I", 2**32 - 1) + b"abc",
        "a frame of 2**63 bytes": b"\x95" + struct.pack("<Q", 2**63) + b"N.",
        "the last place of the memo": b"Nr\xff\xff\xff\xff.",
        "70,000 nested lists": b"]" * 70_000 + b"a" * 69_999 + b".",
        "120,000 nested tuples": b")" + b"\x85" * 120_000 + b".",
        "60,000 nested dictionaries": b"}" + b"N}" * 60_000 + b"s" * 60_000 + b".",
        "220,000 dictionaries": b"}" * 220_000 + b".",
        "220,000 marks": b"(" * 220_000 + b".",
        "a tuple of 2**64 leaves as a key": b"}" + doubled(b")", lambda again: again * 2 + b"\x86") + b"Ns.",
        "a list of 2**64 leaves as a name": leaves + unicode("a") + b"\x93.",
        "a list of 2**64 leaves as G_ema": b"}" + unicode("G_ema") + leaves + b"s.",
        "2**64 modules": b"}" + unicode("G_ema") + nested_modules + b"s.",
        "a module inside itself": b"}" + unicode("G_ema") + own + b"s.",
        "one text encoded 20,000 times": encode + b"000" + b"h\x00h\x01h\x02\x86R0" * 20_000 + b"N.",
        "keys that collide": b"}(" + collide + b"u.",
        "EXT1": b"\x82\x01.",
        "PERSID": b"Pone\n.",
        "BINPERSID": unicode("one") + b"Q.",
        "NEXT_BUFFER": b"\x97.",
        "nothing on the stack": b"0.",
        "nothing to call": b")R.",
        "a mark that is missing": b"Nt.",
        "a memo that is missing": b"h\x09.",
        "no end": b"N",
        "an unknown opcode": b"\xff.",
        "a value without its key": b"}(Nu.",
        "a state for a number": b"K\x01}b.",
        "items for a list": b"]NNs.",
        "a control sequence as a name": name("\x1b[2J\n", "\u202eevil") + b".",
        "a name of a megabyte": name("a" * 2**20, "b") + b".",
    }  # fmt: skip
    arrays = {
        "objects": _array("O8"),
        "fields": _array(fields=b"}"),
        "a void type": _array("V4"),
        "a text type": _array("U1"),
        "a shape of 2**39 numbers": _array(shape=b"\x8a\x08" + (2**39).to_bytes(8, "little") + b"\x85"),
        "a shape below zero": _array(shape=b"J\xff\xff\xff\xff\x85"),
        "a shape of huge numbers": _array(shape=b"\x8a\xff" + b"\x7f" * 255 + b"q\x07h\x07h\x07\x87"),
        "a shape that is none": _array(shape=b"N"),
        "text for bytes": _array(raw=unicode("abcd")),
        "what is no number": _array(raw=b"C\x04\x00\x00\xc0\x7f"),
    }
    tensors = {
        "10**12 numbers of one": _tensor((10**6, 10**6), (0, 0)),
        "past its storage": _tensor((2, 2), (2, 7)),
        "before its storage": _tensor((4,), (1,), offset=-1),
        "far offset": _tensor((4,), (1,), offset=10**9),
        "more strides than sizes": _tensor((4,), (1, 1)),
        "a storage cut short": _tensor((4,), (1,), storage=legacy_storage(torch.zeros(4))[:-3]),
        "a storage of whole numbers": _tensor((4,), (1,), storage=legacy_storage(torch.arange(4))),
        "a view of another storage": _tensor((4,), (1,), storage=other_view),
        "a storage that is a pickle alone": _tensor((4,), (1,), storage=pickle.dumps([1, 2, 3])),
        "what is no number": _tensor((4,), (1,), storage=legacy_storage(torch.full([4], float("nan")))),
    }
    found = [(name, PROTOCOL + body) for name, body in bodies.items()]
    found += [(f"an array of {name}", _tf_model(array)) for name, array in arrays.items()]
    return found + [(f"a tensor of {name}", _model(tensor)) for name, tensor in tensors.items()]


def hostile_pickles(canary):
    """Every (name, bytes) made to harm; none may make the file ``canary``, nor end but in one line that says why."""
    return armed_pickles(canary) + exhausting_pickles()
