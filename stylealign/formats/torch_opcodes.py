"""What a file of ``torch.save`` asks for, looked at before torch reads it: each pickle's opcodes, nothing unpickled.

torch's restricted reader runs no code, but it calls more than weights need (``bytearray``, ``torch.FloatTensor``,
``_codecs.encode``), with which sixty bytes can ask for all memory there is. Files of weights ask for very little.
"""

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from stylealign.config.checkpoint_kind import kind_of
from stylealign.errors import CheckpointError

MAX_PICKLE_BYTES = 16 << 20  # a whole training checkpoint of 1024 px has half a million, in 40,000 opcodes
MAX_OPCODES = 500_000
MAX_LARGE_NUMBERS = 1000  # seeds, a magic number: as keys, a million of them can be made to collide
_LARGE = 2**60
_LEGACY_PICKLES = 5  # a magic number, the version, the system, the content, the names of its storages

_NUMBERS = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
_DTYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool")
ALLOWED = frozenset(
    {
        "collections OrderedDict",
        "collections Counter",
        "__builtin__ set",
        "builtins set",
        "argparse Namespace",
        "torch Size",
        "torch device",
        "torch._utils _rebuild_tensor",
        "torch._utils _rebuild_tensor_v2",
        "torch._utils _rebuild_parameter",
        *(f"torch {name}Storage" for name in _NUMBERS),
        *(f"torch {name}" for name in _DTYPES),
    }
)


def refuse_other_types(path: Path) -> None:
    """Refuse a file that asks for a type that no file of weights needs, by that type's name.

    Raises :class:`CheckpointError`, also for a file that is none of ``torch.save``'s, or whose pickle is damaged or far
    too long. Zip or legacy is told as torch tells it, by the first bytes: a file may be both at once.
    """
    try:
        kind = kind_of(path)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if kind not in _CHECKS:
        raise CheckpointError(f"{path}: is not a file of torch.save but of the kind {kind}; name another")
    try:
        _CHECKS[kind](path)
    except (ValueError, OverflowError, EOFError, MemoryError, NotImplementedError, zipfile.BadZipFile) as error:
        raise CheckpointError(f"{path}: not a file that torch.save wrote, or cut short; fetch it again") from error


def _check_zip(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        pickles = [one for one in archive.infolist() if one.filename.lower().rpartition("/")[2] == "data.pkl"]
        if len(pickles) != 1 or pickles[0].compress_type != zipfile.ZIP_STORED:
            raise CheckpointError(f"{path}: is a zip file that torch.save did not write; fetch it again")
        with archive.open(pickles[0]) as file:
            _check_pickle(_Bounded(file), path)


def _check_legacy(path: Path) -> None:
    with open(path, "rb") as file:
        bounded = _Bounded(file)
        for _ in range(_LEGACY_PICKLES):
            _check_pickle(bounded, path)


_CHECKS = {"torch_zip": _check_zip, "torch_legacy": _check_legacy}


def _check_pickle(file: "_Bounded", path: Path) -> None:
    num_large = 0
    for count, (name, argument) in enumerate(_opcodes(file)):
        num_large += isinstance(argument, int) and abs(argument) >= _LARGE
        if name in ("STACK_GLOBAL", "INST", "OBJ", "EXT1", "EXT2", "EXT4", "NEWOBJ_EX"):
            raise CheckpointError(
                f"{path}: asks for a type in a way that torch.save never does ({name}); nothing was run"
            )
        if name == "GLOBAL" and argument not in ALLOWED:
            asked = str(argument).replace(" ", ".")[:100]
            raise CheckpointError(
                f"{path}: asks for {asked}, which is neither a tensor nor plain data; nothing of it was run. Save the "
                "weights alone (torch.save of a state_dict)"
            )
        if count > MAX_OPCODES or num_large > MAX_LARGE_NUMBERS:
            raise CheckpointError(f"{path}: has a pickle of far too many parts, as no checkpoint has; take another one")


def _opcodes(file: "_Bounded") -> Iterator[tuple[str, object]]:
    for opcode, argument, _ in pickletools.genops(file):
        yield opcode.name, argument


class _Bounded:
    """A file of which no more than a pickle's usual length is read."""

    def __init__(self, file: BinaryIO):
        self._file, self._left = file, MAX_PICKLE_BYTES

    def read(self, size: int) -> bytes:
        return self._counted(self._file.read(min(size, self._left + 1)))

    def readline(self) -> bytes:
        return self._counted(self._file.readline(self._left + 1))

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise ValueError("a pickle longer than any checkpoint's")
        return data
