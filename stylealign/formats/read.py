"""Any checkpoint of another project, told by its content and read by the reader of its kind."""

import os
import pickletools
from collections.abc import Iterator

from stylealign.config.checkpoint_kind import kind_of
from stylealign.errors import CheckpointError
from stylealign.formats.foreign import ForeignModel
from stylealign.formats.nvidia_tf import read_nvidia_tf
from stylealign.formats.nvidia_torch import read_nvidia_torch
from stylealign.formats.rosinality import read_rosinality

PathLike = str | os.PathLike[str]

_LOOKED_AT = 1 << 20  # bytes in which a pickle has named its first class
_READERS = {b"dnnlib.tflib": read_nvidia_tf, b"torch_utils.persistence": read_nvidia_torch}


def read_foreign(path: PathLike) -> ForeignModel:
    """The model in a checkpoint of NVIDIA's (PyTorch or TensorFlow), rosinality's or an encoder bundle.

    The name of the file does not matter. Nothing of it is executed. Raises :class:`CheckpointError`, one line that
    names the file, what is wrong and the cure.
    """
    try:
        kind = kind_of(path)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    if kind == "safetensors":
        raise CheckpointError(f"{path}: is safetensors, and of those only this project's own models are known")
    return _read_pickle(path) if kind == "pickle" else read_rosinality(path)


def _read_pickle(path: PathLike) -> ForeignModel:
    with open(path, "rb") as file:
        start = file.read(_LOOKED_AT)
    places = {start.find(name): reader for name, reader in _READERS.items() if name in start}
    if not places:
        first = next(_types(start), None)
        asked = f"the first type it asks for is {first}" if first else "it names no network"
        raise CheckpointError(
            f"{path}: is a pickle of neither NVIDIA's PyTorch nor TensorFlow StyleGAN2 ({asked}); nothing of it "
            "was run. Save the weights alone (torch.save of a state_dict)"
        )
    return places[min(places)](path)


def _types(start: bytes) -> Iterator[str]:
    """Names of the types that a pickle asks for, as far as it can be followed; nothing is unpickled."""
    texts: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(start):
            if opcode.name == "GLOBAL":
                yield str(argument).replace(" ", ".")[:120]
            elif opcode.name == "STACK_GLOBAL":
                yield ".".join(texts[-2:])[:120]
            elif isinstance(argument, str):
                texts = [*texts[-1:], argument]
    except (ValueError, MemoryError, UnicodeError):
        return
