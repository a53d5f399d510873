"""Tensors and what is to be known of them in one safetensors file, sealed: a flipped bit is refused, not read.

safetensors notices a file that was cut short, but not one whose bytes were altered. The seal is two digests among the
metadata: over the tensors, and over the metadata themselves, so that a card can be trusted without reading the weights.
A file without a seal (of an earlier version, or another's) is read as it is. No code is ever executed.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from stylealign.signature import signature
from stylealign.writing import whole_file

KEY = "stylealign"  # one metadata key: safetensors writes several in no fixed order
SEAL = "seal"

UNREADABLE = (SafetensorError, KeyError, TypeError, ValueError, OSError, RecursionError)
"""What :func:`read_sealed` and :func:`read_sealed_meta` raise for a file that is foreign, cut short or damaged."""

PathLike = str | os.PathLike[str]

Module = TypeVar("Module", bound=nn.Module)

MAX_SIZE = 2**16  # of a network that a file describes: channels, layers, pixels a side


def state_digest(state: Mapping[str, Tensor]) -> str:
    """sha256 over names, shapes, types and bytes of a state dict, in the order of its names."""
    sha = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name].detach().cpu().contiguous()
        sha.update(f"{name}|{tuple(tensor.shape)}|{tensor.dtype}|".encode())
        sha.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return sha.hexdigest()


def write_sealed(path: PathLike, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Tensors and JSON metadata to safetensors, sealed, whole or not at all; equal contents give equal bytes."""
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    sealed = {**signed(), **meta, SEAL: {"tensors": state_digest(plain)}}
    sealed[SEAL] |= {"metadata": _digest(json.loads(json.dumps(sealed)))}
    with whole_file(path) as partial:
        save_file(plain, partial, metadata={KEY: json.dumps(sealed, sort_keys=True)})


def described(build: Callable[..., Module], settings: Mapping[str, Any], state: Mapping[str, Tensor]) -> Module:
    """``build(**settings)`` as a file describes it, on torch's device ``meta``: shapes without memory.

    A few bytes may describe a network that no memory holds: compare its shapes with the file's ``state`` before it is
    built in earnest. Raises ``ValueError`` where the settings make no network.
    """
    try:
        settings = dict(settings)
        too_large = [key for key, value in settings.items() if isinstance(value, int) and abs(value) > MAX_SIZE]
        if too_large or settings.get("mapping_layers", 0) > len(state):
            raise ValueError(f"{(too_large or ['mapping_layers'])[0]} is larger than any")
        with torch.device("meta"):
            return build(**settings)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RuntimeError) as error:
        raise ValueError(str(error) or type(error).__name__) from error


def signed() -> dict[str, Any]:
    """How this process makes its files, among a file's metadata; nothing where nobody said."""
    made = signature()
    return {"provenance": made} if made else {}


def read_sealed(path: PathLike) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`write_sealed` wrote, without the seal; one of :data:`UNREADABLE` where it is broken."""
    with safe_open(os.fspath(path), framework="pt") as file:
        meta, seal = _opened(file.metadata())
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if seal and state_digest(tensors) != seal.get("tensors"):
        raise ValueError("its tensors do not match its seal: it is damaged")
    return tensors, meta


def read_sealed_meta(path: PathLike) -> dict[str, Any]:
    """The metadata alone, without reading a tensor; errors as :func:`read_sealed`."""
    with safe_open(os.fspath(path), framework="pt") as file:
        return _opened(file.metadata())[0]


def _opened(metadata: Mapping[str, str] | None) -> tuple[dict[str, Any], dict[str, str]]:
    """The metadata without their seal, and the seal; ``ValueError`` where they do not match it."""
    meta: dict[str, Any] = dict(json.loads((metadata or {})[KEY]))
    seal = dict(meta.get(SEAL, {}))
    told = seal.pop("metadata", None)
    if seal and _digest({**meta, SEAL: seal}) != told:
        raise ValueError("its metadata do not match their seal: it is damaged")
    meta.pop(SEAL, None)
    return meta, seal


def _digest(meta: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(meta, sort_keys=True).encode()).hexdigest()
