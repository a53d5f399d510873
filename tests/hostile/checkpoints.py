"""Hostile checkpoints, weights, encoders, codes and boundaries, through every door by which a user lets one in."""

import contextlib
import importlib.util
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cases import ACCEPTED, EITHER, REFUSED, Case, Refused
from checkpoint_bytes import (
    SHAPE,
    boundaries,
    carded,
    codes,
    encoder,
    generator,
    model,
    safetensors,
    state_with,
    tensor,
    unsealed,
)

STUDY = {
    "resolution": 16,
    "architecture": SHAPE,
    "domains": {"face": {"source": "world", "world": "face"}},
    "models": {"ready": {"domain": "face", "from": "x.safetensors"}},
}
MODEL, CODES = "model.safetensors", "codes.parquet"


def cases() -> list[Case]:
    kinds = (
        _headers,
        _cards,
        _disguises,
        _damaged,
        _pickles,
        _torch_files,
        _encoders,
        _tables,
        _arrays,
        _image_sets,
        _states,
    )
    return [case for kind in kinds for case in kind()]


def read(case: Case, folder: Path) -> str:
    """Let the file in by the door that the case names."""
    from stylealign.errors import StyleAlignError

    with contextlib.chdir(folder):
        try:
            return f"{ACCEPTED}: {DOORS[case.settings['door']](Path(case.settings['file']))}"
        except StyleAlignError as error:
            raise Refused(str(error)) from error


def _adopt(path: Path) -> str:
    """`from:` of a study: looked at when the study is read, then taken over."""
    from stylealign.config.load import parse_study
    from stylealign.training.adopt import adopt_checkpoint

    models = {"ready": {"domain": "face", "from": str(path)}}
    spec = parse_study({**STUDY, "models": models}).resolved_model("ready")
    files = {name: Path("out") / f"{name}.file" for name in ("g_ema", "pair", "ticks", "cost", "samples")}
    adopt_checkpoint(spec, **files)
    return "a model"


def _command(*arguments: str) -> Callable[[Path], str]:
    """A command of the project's, with the file in the place of ``FILE``."""

    def run(path: Path) -> str:
        from typer.testing import CliRunner

        from stylealign.cli import app

        done = CliRunner().invoke(app, [one.replace("FILE", str(path)) for one in arguments])
        if done.exit_code == 0:
            return " ".join(done.stdout.split())[:200]
        if not isinstance(done.exception, SystemExit):
            raise done.exception
        raise Refused(done.stderr.strip())

    return run


def _weights(**spec: Any) -> Callable[[Path], str]:
    """`weights:` of a judge."""

    def run(path: Path) -> str:
        from pydantic import TypeAdapter

        from stylealign.config.judges import Judge
        from stylealign.judges.load import load_judge

        load_judge("probe", TypeAdapter(Judge).validate_python(spec), path)
        return "a judge"

    return run


def _encoder(path: Path) -> str:
    from stylealign.encoders import load_encoder, load_latent_discriminator

    load_encoder(path)
    load_latent_discriminator(path)
    return "an encoder"


def _image_set(path: Path) -> str:
    from stylealign.data.image_set import ImageSet, load_regions

    found = ImageSet.open(path / "images.zip", path / "index.parquet")
    found.all()
    load_regions(path / "regions.npz")
    return f"{found.num} images"


def _state(path: Path) -> str:
    """A state for resuming: what cannot be trusted is skipped, and the training starts anew."""
    from stylealign.resume import ResumeFolder

    with ResumeFolder(path, {"run": "mine"}) as folder:
        return "resumed" if folder.newest() else "started anew"


EDIT = "manipulate", MODEL, "--output", "out/edit.png", "--direction", "FILE:yaw", "--num", "1"
DOORS: dict[str, Callable[[Path], str]] = {
    "from": _adopt,
    "inspect": _command("inspect", "FILE"),
    "convert": _command("convert", "FILE", "out/converted.safetensors"),
    "translate": _command("translate", CODES, "FILE", "FILE", "--output", "out/images"),
    "codes": _command("translate", "FILE", MODEL, MODEL, "--output", "out/images"),
    "direction": _command(*EDIT),
    "encoder": _encoder,
    "torchvision": _weights(kind="torchvision", network="squeezenet1_1", input_px=64),
    "inception": _weights(kind="inception"),
    "embedded": _weights(kind="embedded"),
    "bisenet": _weights(kind="bisenet"),
    "image set": _image_set,
    "state": _state,
}


def warm_up() -> None:
    import pandas  # noqa: F401
    import torchvision  # noqa: F401
    import transformers  # noqa: F401

    import stylealign.cli
    import stylealign.training.adopt  # noqa: F401

    torch.set_num_threads(1)
    generator()(torch.zeros([1, 8]))


def _case(
    kind: str, name: str, content: Any, doors: str, expect: str = REFUSED, file="x.safetensors"
) -> Iterator[Case]:
    """A case for each door."""

    def make(folder: Path) -> None:
        (folder / "out").mkdir()
        (folder / MODEL).write_bytes(model())
        (folder / CODES).write_bytes(codes())
        place = folder / file
        content(place) if callable(content) else place.write_bytes(content)

    for door in doors.split(", "):
        yield Case(kind, f"{name} ({door})", make, expect, {"door": door, "file": file})


OURS = "from, inspect, convert, translate"
FOREIGN = "from, inspect, convert"


def _headers() -> Iterator[Case]:
    """safetensors that contradict themselves, or are large for nothing."""
    data = bytes(64)
    good = {"a": tensor("F32", [4], 0, 16), "b": tensor("F32", [4], 16, 32)}
    for name, content in {
        "no bytes": b"",
        "seven bytes": b"\x10\0\0\0\0\0\0",
        "length 0": struct.pack("<Q", 0) + data,
        "length 2^63": struct.pack("<Q", 2**63) + b"{" + data,
        "length 2^64 - 1": struct.pack("<Q", 2**64 - 1) + b"{" + data,
        "length of the file": struct.pack("<Q", 72) + b"{" + data[1:],
        "not JSON": safetensors(b"{hello}", data),
        "not UTF-8": safetensors(b'{"\xff": 1}', data),
        "a list": safetensors([1], data),
        "brackets": safetensors(b'{"a":' + b"[" * 100_000, data),
        "braces": safetensors(b'{"a":' * 100_000, data),
        "9000 digits": safetensors(b'{"a":' + b"9" * 9000 + b"}", data),
        "NaN": safetensors(b'{"__metadata__": NaN}', data),
        "nothing in it": safetensors({}),
        "20 MB of metadata": safetensors({"__metadata__": {"x": "y" * 20_000_000}}),
        "120 MB of spaces": struct.pack("<Q", 120_000_000) + b"{" + b" " * 120_000_000,
        "30000 tensors": safetensors({f"t{n}": tensor("F32", [0], 0, 0) for n in range(30_000)}),
        "metadata are a list": safetensors({"__metadata__": ["x"], **good}, data[:32]),
        "metadata of numbers": safetensors({"__metadata__": {"stylealign": 7}, **good}, data[:32]),
        "beyond the file": safetensors({"a": tensor("F32", [2**20], 0, 2**22)}, data),
        "below zero": safetensors({"a": tensor("F32", [4], -16, 0)}, data),
        "backwards": safetensors({"a": tensor("F32", [4], 16, 0)}, data),
        "overlapping": safetensors({**good, "c": tensor("F32", [4], 8, 24)}, data[:32]),
        "with holes": safetensors({"a": tensor("F32", [4], 0, 16), "b": tensor("F32", [4], 48, 64)}, data),
        "2^80 numbers": safetensors({"a": tensor("F32", [2**40, 2**40], 0, 16)}, data[:16]),
        "2^64 numbers": safetensors({"a": tensor("F32", [2**32, 2**32], 0, 0)}),
        "sizes below zero": safetensors({"a": tensor("F32", [-4], 0, 16)}, data[:16]),
        "of an unknown kind": safetensors({"a": tensor("F99", [4], 0, 16)}, data[:16]),
        "of eight bits": safetensors({"a": tensor("F8_E4M3", [16], 0, 16)}, data[:16]),
        "one name twice": safetensors(
            b'{"a":' + json.dumps(good["a"]).encode() + b',"a":' + json.dumps(good["b"]).encode() + b"}", data[:32]
        ),
        "names of control characters": safetensors({"\x1b[2J\n\u202e": tensor("F32", [4], 0, 16)}, data[:16]),
        "a name of a megabyte": safetensors({"n" * 1_000_000: tensor("F32", [4], 0, 16)}, data[:16]),
    }.items():
        valid = ("nothing in it", "20 MB of metadata", "30000 tensors", "of eight bits", "one name twice")
        shown = (*valid, "names of control characters", "a name of a megabyte", "2^64 numbers")
        yield from _case("safetensors", name, content, "from, translate")
        yield from _case("safetensors", name, content, "inspect", EITHER if name in shown else REFUSED)


def _cards() -> Iterator[Case]:
    """Whole weights under metadata that lie."""
    state, nested = generator().state_dict(), []
    for _ in range(800):
        nested = [nested]
    for name, content in {
        "no card": unsealed(state, None),
        "a card that is a list": unsealed(state, ["ready"]),
        "a card that is a text": unsealed(state, "ready"),
        "a card of one value": unsealed(state, {"model": "ready"}),
        "a card of unknown values": carded(canary="x"),
        "no lineage": carded(lineage=[], lineage_digests=[]),
        "a lineage that is a number": carded(lineage=7),
        "digests that are numbers": carded(lineage_digests=[7]),
        "a resolution that is a text": carded(img_resolution="\x1b[2J16"),
        "a resolution of 2^62": carded(img_resolution=2**62),
        "an architecture that is a list": carded(architecture=[1]),
        "an architecture of nothing": carded(architecture={}),
        "an architecture deep in itself": carded(architecture={"w_dim": nested}),
        "a seal that is a list": unsealed(state, {}, seal=["x"]),
        "a seal that is another's": unsealed(state, {}, seal={"tensors": "0", "metadata": "0"}),
        "weights that are not numbers": carded(state_with(float("nan"))),
        "weights without end": carded(state_with(float("inf"))),
        "another digest": carded(lineage_digests=["0" * 64]),
        "a weight too few": carded(dict(list(state.items())[1:])),
        "a weight too many": carded({**state, "canary": torch.zeros(1)}),
        "a weight of another shape": carded({**state, next(iter(state)): torch.zeros(3, 5)}),
        "whole numbers for weights": carded({key: value.long() for key, value in state.items()}),
        "half of a card's words hostile": carded(model="\x1b[2J\n", domain="../../canary", version="\u202e"),
    }.items():
        expect = EITHER if "hostile" in name else REFUSED
        yield from _case("cards", name, content, "from, translate", expect)
        yield from _case("cards", name, content, "inspect", EITHER)
    for key, value in (
        ("w_dim", 10**9), ("z_dim", 10**9), ("w_dim", 10**5), ("mapping_layers", 10**9), ("mapping_layers", 10**5),
        ("img_resolution", 2**60), ("img_resolution", 4096), ("channel_base", 2**40), ("channel_max", 0), ("w_dim", -8),
        ("w_dim", 8.5), ("w_dim", "8"), ("w_dim", None), ("img_resolution", 17), ("img_resolution", 0),
        ("conv_clamp", "x"),
        ("mapping_layers", True), ("channel_max", 10**30), ("canary", 1),
    ):  # fmt: skip
        architecture = {**generator().init_kwargs, key: value}
        expect = EITHER if key == "conv_clamp" or value is True else REFUSED
        content = carded(architecture=architecture)
        yield from _case("architectures", f"{key} of {value!r}", content, "from, translate", expect)


def _disguises() -> Iterator[Case]:
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("../../canary", "x")
        archive.writestr("a.png", "x")
    for name, content in {
        "HTML": b"<!doctype html><html>quota exceeded</html>",
        "git-lfs pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n",
        "text": b"hello\n" * 99,
        "zeros": bytes(10_000),
        "noise": random.Random(0).randbytes(10_000),
        "zip of other things": zipped.getvalue(),
        "gzip": b"\x1f\x8b\x08\0" + bytes(99),
        "HDF5": b"\x89HDF\r\n\x1a\n" + bytes(99),
        "ONNX": b"\x08\x07\x12\x07pytorch" + bytes(99),
        "numpy": b"\x93NUMPY\x01\0" + bytes(99),
        "parquet": b"PAR1" + bytes(99) + b"PAR1",
        "a program": b"\x7fELF" + bytes(99),
    }.items():
        yield from _case(
            "disguises", name, content, "from, convert, translate, encoder, torchvision, inception, embedded"
        )
        yield from _case("disguises", name, content, "inspect", EITHER)
    pipe = lambda place: __import__("os").symlink("/dev/zero", place)  # noqa: E731
    yield from _case(
        "disguises", "an endless device", pipe, f"{OURS}, encoder, torchvision, inception, embedded, codes, direction"
    )
    yield from _case(
        "disguises", "a folder", Path.mkdir, f"{OURS}, encoder, torchvision, inception, embedded, codes, direction"
    )
    nothing = lambda place: None  # noqa: E731
    yield from _case(
        "disguises", "not there", nothing, f"{OURS}, encoder, torchvision, inception, embedded, codes, direction"
    )
    yield from _case(
        "disguises", "not there, of a hostile name", nothing, "from, inspect, convert", file="a\n\x1b[2J.pkl"
    )


def _damaged() -> Iterator[Case]:
    whole = model()
    for part in range(1, 9):
        content = whole[: len(whole) * part // 9]
        yield from _case("cut", f"at {part} of 9", content, "from, convert, translate")
        yield from _case("cut", f"at {part} of 9", content, "inspect", EITHER)  # its card may be whole
    draw = random.Random("checkpoints")
    for number in range(16):
        content = bytearray(whole)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        yield from _case("flipped", f"bit {number}", bytes(content), "from, translate")


def _pickles() -> Iterator[Case]:
    """Those of tests/hostile_pickles.py, through every door that takes a file of torch's or NVIDIA's."""
    place = Path(__file__).parents[1] / "hostile_pickles.py"
    spec = importlib.util.spec_from_file_location("hostile_pickles", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name, content in module.hostile_pickles("canary"):
        yield from _case("pickles", name, content, "from, torchvision", file="x.pkl")
        yield from _case("pickles", name, content, "inspect", EITHER, file="x.pkl")


class _Canary:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        import os

        return os.system, ("touch canary",)


def _saved(value: Any, *, legacy: bool = False) -> bytes:
    stream = io.BytesIO()
    torch.save(value, stream, _use_new_zipfile_serialization=not legacy)
    return stream.getvalue()


def _packed(content: bytes, **replaced: bytes) -> bytes:
    """A torch archive packed again by deflate, which torch never does, with some entries replaced."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, replaced.get(entry.filename.split("/", 1)[1], old.read(entry)))
    return stream.getvalue()


class _Script(torch.nn.Module):
    """TorchScript that maps a file into memory, and makes it first: code, although no Python."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_file("canary", True, 10, dtype=torch.float32)

    @torch.jit.export
    def __getstate__(self):
        return (torch.zeros(1), self.training)

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]):
        torch.from_file("canary", True, 10, dtype=torch.float32)
        self.training = state[1]


class _PlainScript(torch.nn.Module):
    """TorchScript that makes a file when it is asked for features."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = _Maker()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class _Maker(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.from_file("canary", True, 10, dtype=torch.float32)


def _script(module: torch.nn.Module) -> bytes:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(module), stream)
    return stream.getvalue()


def _torch_files() -> Iterator[Case]:
    doors = "from, torchvision, inception"
    state = {"a": torch.zeros(1000)}
    zeros = _saved({"a": torch.zeros(25_000_000)})
    armed = _saved({"a": _Canary()})
    for name, content in {
        "armed": armed,
        "armed, legacy": _saved({"a": _Canary()}, legacy=True),
        "a whole network": _saved(torch.nn.Linear(2, 2)),
        "a list": _saved([torch.zeros(1)]),
        "a number": _saved(7),
        "a state dict of numbers": _saved({"a": 7}),
        "a state dict of no names": _saved({7: torch.zeros(1)}),
        "state dicts within": _saved({"state_dict": {"state_dict": {}}}),
        "nothing": _saved({}),
        "not finite": _saved({"a": torch.full([9], float("nan"))}),
        "sparse, of 2^40 numbers": _saved({"a": torch.sparse_coo_tensor(size=[2**40])}),
        "expanded to 2^40 numbers": _saved({"a": torch.zeros(1).expand(2**40)}),
        "on no device": _saved({"a": torch.empty([2**40], device="meta")}),
        "100 MB of zeros, packed": _packed(zeros),
        "packed, armed": _packed(_saved(state), **{"data.pkl": b"cos\nsystem\n(S'touch canary'\ntR."}),
        "packed, storage missing": _packed(_saved(state), **{"data/0": b""}),
        "packed, version of 2^99": _packed(_saved(state), version=b"9" * 99),
        "control characters": _saved({"\x1b[2J\n": torch.zeros(1)}),
        "3000 tensors": _saved({f"t{n}": torch.zeros(0) for n in range(3000)}),
        "cut in half": _saved(state)[:900],
        "cut in half, legacy": _saved(state, legacy=True)[:300],
        "TorchScript that writes when loaded": _script(_Script()),
        "TorchScript that writes when used": _script(_PlainScript()),
    }.items():
        yield from _case("torch files", name, content, doors, file="x.pt")
        yield from _case("torch files", name, content, "inspect", EITHER, file="x.pt")


def _encoders() -> Iterator[Case]:
    whole = encoder()
    yield from _case("encoders", "whole", whole, "encoder", ACCEPTED)
    yield from _case("encoders", "a model", model(), "encoder, embedded")
    yield from _case("encoders", "an encoder for a model", whole, "from, translate")
    for name, meta in {
        "no card": {"kind": "encoder"},
        "a card that is a list": {"kind": "encoder", "card": [1]},
        "a card of one value": {"kind": "encoder", "card": {"space": "w"}},
        "a judge of nothing": {"kind": "judge"},
        "a judge of a list": {"kind": "judge", "network": []},
        "a judge without words": {"kind": "judge", "network": {"resolution": 16, "width": 4, "vocabulary": {}}},
        "a judge of 2^40 channels": {
            "kind": "judge",
            "network": {
                "resolution": 16,
                "width": 2**40,
                "vocabulary": {"domains": ["a"], "attributes": [], "region_names": []},
            },
        },
        "a judge of 2^60 px": {
            "kind": "judge",
            "network": {
                "resolution": 2**60,
                "width": 4,
                "vocabulary": {"domains": ["a"], "attributes": [], "region_names": []},
            },
        },
    }.items():
        content = safetensors(
            {"__metadata__": {"stylealign": json.dumps(meta)}, "a": tensor("F32", [1], 0, 4)}, bytes(4)
        )
        yield from _case("encoders", name, content, "encoder, embedded")
    header = json.loads(whole[8 : 8 + struct.unpack("<Q", whole[:8])[0]])
    told = json.loads(header["__metadata__"]["stylealign"])
    told.pop("seal", None)
    for key, value in (
        ("width", 2**40),
        ("w_dim", 10**9),
        ("img_resolution", 2**60),
        ("w_dim", "x"),
        ("w_dim", None),
        ("canary", 1),
    ):
        card = {**told["card"], "network": {**told["card"]["network"], key: value}}
        changed = {**header, "__metadata__": {"stylealign": json.dumps({**told, "card": card})}}
        start = 8 + struct.unpack("<Q", whole[:8])[0]
        yield from _case("encoders", f"network of {key} {value!r}", safetensors(changed, whole[start:]), "encoder")


def _tables() -> Iterator[Case]:
    """Files of codes, which are Parquet, and other Parquet."""
    whole = codes()
    yield from _case("codes", "of another model", whole, "codes", file="x.parquet")
    for part in range(1, 7):
        yield from _case(
            "codes", f"cut at {part} of 7", whole[: len(whole) * part // 7], "codes, inspect", file="x.parquet"
        )
    draw = random.Random("codes")
    for number in range(12):
        content = bytearray(whole)
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        yield from _case("codes", f"bit {number} flipped", bytes(content), "codes", file="x.parquet")
        yield from _case("codes", f"bit {number} flipped", bytes(content), "inspect", EITHER, file="x.parquet")
    for name, passport in {
        "no passport": None,
        "a passport that is a list": b"[1]",
        "a passport that is no JSON": b"{",
        "a passport of brackets": b"[" * 100_000,
        "a passport of one value": b'{"space": "w"}',
        "a shape of 2^99": json.dumps({**_passport(), "shape": [2**99]}).encode(),
        "a shape below zero": json.dumps({**_passport(), "shape": [-8]}).encode(),
        "a shape of a text": json.dumps({**_passport(), "shape": "8"}).encode(),
        "a space that is none": json.dumps({**_passport(), "space": "\x1b[2J"}).encode(),
        "a generator that is a number": json.dumps({**_passport(), "generator": 7}).encode(),
    }.items():
        yield from _case("codes", name, _parquet(passport), "codes", file="x.parquet")
        yield from _case("codes", name, _parquet(passport), "inspect", EITHER, file="x.parquet")


def _passport() -> dict[str, Any]:
    settings = {"space": "w", "method": "w_opt", "shape": [8], "generator": "0", "truncation_psi": 1.0}
    return {**settings, "judge": "j", "settings": "{}"}


def _parquet(passport: bytes | None) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    found = pq.read_table(io.BytesIO(codes()))
    metadata = {} if passport is None else {b"stylealign.codes": passport, b"stylealign.provenance": passport}
    pq.write_table(found.replace_schema_metadata(metadata or None), stream)
    assert isinstance(found, pa.Table)
    return stream.getvalue()


def _npy(header: bytes, data: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data


def _npz(**entries: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(f"{name}.npy", content)
    return stream.getvalue()


def _arrays() -> Iterator[Case]:
    armed = np.empty(1, dtype=object)
    armed[0] = _Canary()
    text = b"{'descr': '<U9', 'fortran_order': False, 'shape': (1,)}"
    plain = {"intercepts": np.zeros(1, np.float32), "attribute": np.array(["yaw"])}
    huge = _npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d)}" % (2**30, 2**30))
    ten = _npy(b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,)}" % (3 * 10**9))
    for name, content in {
        "whole": boundaries(),
        "objects that are armed": boundaries(names=armed),
        "no normals": _npz(names=_npy(text, bytes(36))),
        "2^60 numbers": _npz(names=_npy(text, bytes(36)), normals=huge, intercepts=huge, attribute=huge),
        "12 GB that are not there": _npz(names=_npy(text, bytes(36)), normals=ten, intercepts=ten, attribute=ten),
        "a header that is code": _npz(names=_npy(b"__import__('os').system('touch canary')")),
        "a header of brackets": _npz(names=_npy(b"(" * 9000)),
        "a header of another kind": _npz(names=_npy(b"{'descr': 'x' * 9, 'fortran_order': 0, 'shape': None}")),
        "normals of another size": boundaries(normals=np.eye(1, 3, dtype=np.float32)),
        "normals that are texts": boundaries(normals=np.array([["a"] * 8])),
        "normals that are not numbers": boundaries(normals=np.full((1, 8), np.nan, np.float32)),
        "normals that are few": boundaries(normals=np.zeros((0, 8), np.float32)),
        "100 MB of zeros": boundaries(normals=np.zeros((10**5, 300), np.float32)),
        "names of control characters": boundaries(names=np.array(["\x1b[2J\n"])),
        "cut": boundaries()[:400],
        "an archive of nothing": _npz(),
        "an array alone": _npy(text, bytes(36)),
    }.items():
        expect = ACCEPTED if name == "whole" else EITHER if "not numbers" in name else REFUSED
        yield from _case("boundaries", name, content, "direction", expect, file="x.npz")
        yield from _case("boundaries", name, content, "inspect", EITHER, file="x.npz")
    assert plain


def _image_sets() -> Iterator[Case]:
    """A finished image set whose files were altered."""
    from importing import FILES
    from picture_bytes import encoded, picture

    from stylealign.config.domains import FolderDomain
    from stylealign.data.build import build_image_set

    def make(place: Path, **changed: Callable[[bytes], bytes]) -> None:
        photos = place.with_name("photos")
        photos.mkdir()
        for seed in range(3):
            (photos / f"{seed}.png").write_bytes(encoded(picture(seed), "PNG"))
        files = {name.split(".")[0]: place / name for name in FILES}
        domain = FolderDomain(source="folder", path=photos, min_images=1)
        build_image_set(domain, name="pets", resolution=16, seed=0, num_threads=1, **files)
        for name, change in changed.items():
            files[name].write_bytes(change(files[name].read_bytes()))

    bomb = struct.pack(">II", 60_000, 60_000)
    size = struct.pack(">II", 16, 16)
    many = b"'shape': (%d, 16, 16)}" % 10**12
    for name, changed in {
        "whole": {},
        "pictures that are bombs": {"images": lambda content: content.replace(size, bomb)},
        "pictures that are noise": {"images": lambda content: content.replace(b"IDAT", b"IDAX")},
        "zip cut": {"images": lambda content: content[:-30]},
        "zip of nothing": {"images": lambda content: b""},
        "index cut": {"index": lambda content: content[:300]},
        "index of other columns": {"index": lambda content: codes()},
        "index of noise": {"index": lambda content: bytes(300)},
        "regions of 10^12 images": {
            "regions": lambda content: _npz(
                ids=_npy(b"{'descr': '|u1', 'fortran_order': False, " + many),
                names=_npy(b"{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", b"a\0\0\0"),
            )
        },
        "regions that are armed": {"regions": lambda content: boundaries(names=np.array([_Canary()], dtype=object))},
        "regions cut": {"regions": lambda content: content[:-40]},
    }.items():
        fill = lambda place, changed=changed: make(place, **changed)  # noqa: E731
        yield from _case("image sets", name, fill, "image set", REFUSED if changed else ACCEPTED, file="set")


def _states() -> Iterator[Case]:
    """States for resuming; those that cannot be trusted are skipped, which is not an error."""
    state = {"a": torch.zeros(1)}
    for name, content in {
        "cut": model()[:-9],
        "another's": unsealed(state, {}, identity={"run": "other"}),
        "an identity that is a list": unsealed(state, {}, identity=["run"]),
        "an identity that is a number": unsealed(state, {}, identity=7),
        "metadata are a list": safetensors({"__metadata__": {"stylealign": "[1]"}}),
        "metadata are a number": safetensors({"__metadata__": {"stylealign": "7"}}),
        "armed": _saved({"a": _Canary()}),
        "nothing": b"",
    }.items():

        def fill(place: Path, content: bytes = content) -> None:
            place.mkdir()
            (place / "state-000000001.safetensors").write_bytes(content)

        yield from _case("states", name, fill, "state", ACCEPTED, file="out/resume")
