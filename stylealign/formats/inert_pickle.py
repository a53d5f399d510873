"""Pickle files read as data: nothing that a file asks for is imported, looked up or run.

A name is looked up in an explicit list of inert constructors alone, whatever else a file asks for is refused by its
name, and a class that is not here becomes a :class:`Foreign` stub that keeps name and state.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stylealign.config.checkpoint_kind import kind_of
from stylealign.errors import CheckpointError
from stylealign.formats.inert_machine import Built, Constructor, Machine, WholeReads, checked_key
from stylealign.formats.refusal import PathLike, Refusal, naming, shown

_OTHER_KINDS = {
    "safetensors": "is a safetensors file",
    "torch_zip": "is an archive of torch.save (a .pt of rosinality's kind?)",
    "torch_legacy": "is an old file of torch.save (a .pt of rosinality's kind?)",
}


@dataclass
class Foreign(Built):
    """An object of a class that is not here: its name, the arguments it was made of, and its state as plain data."""

    name: str
    args: tuple[object, ...] = ()
    state: Any = field(default_factory=dict)

    def build(self, state: object) -> None:
        self.state = state


def foreign(name: str) -> Constructor:
    """A constructor of stubs for the class ``name``."""
    return lambda *args: Foreign(name, args)


def plain_dict(*args: object) -> dict[object, object]:
    """An OrderedDict or EasyDict as a plain dictionary; its entries follow in the pickle."""
    if args:
        raise Refusal("builds a dictionary from arguments, which no such file does")
    return {}


def plain_set(items: list[object] | tuple[object, ...] = ()) -> set[object]:
    """A set of texts and numbers, as protocols 2 and 3 write it."""
    return {checked_key(item) for item in items}


def latin1_bytes(text: str, encoding: str) -> bytes:
    """Bytes as protocols 0 to 2 write them: a text of the characters 0 to 255."""
    if encoding not in ("latin1", "latin-1"):
        raise Refusal(f"encodes bytes as {shown(encoding)}, which no such file does")
    return text.encode("latin-1")


CONTAINERS: Mapping[str, Constructor] = {
    "collections.OrderedDict": plain_dict,
    "builtins.set": plain_set,
    "__builtin__.set": plain_set,
    "builtins.bytes": lambda: b"",
    "__builtin__.bytes": lambda: b"",
    "_codecs.encode": latin1_bytes,
}


def read_inert(path: PathLike, allowed: Mapping[str, Constructor]) -> Any:
    """The value of a pickle file as plain data and objects of ``allowed``'s constructors (keys ``module.name``).

    Nothing is imported, looked up or called but those. :class:`CheckpointError`, one line, when the file asks for
    anything else, is of another kind, damaged, cut short or made to exhaust memory.
    """
    with naming(path):
        _refuse_other_kinds(path)
        with open(path, "rb") as file:
            num_bytes = os.fstat(file.fileno()).st_size
            return Machine(allowed, num_bytes=num_bytes).run(WholeReads(file, num_bytes))


def _refuse_other_kinds(path: PathLike) -> None:
    if not Path(path).is_file():
        raise Refusal("there is no such file; check the path")
    try:
        kind = kind_of(path)
    except CheckpointError as error:
        raise Refusal(str(error)) from error
    if kind != "pickle":
        raise Refusal(f"{_OTHER_KINDS[kind]}, not a pickle of NVIDIA's; name it with its own kind")
