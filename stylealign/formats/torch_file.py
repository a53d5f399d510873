"""A file that ``torch.save`` wrote, read without running anything of it: tensors, plain containers, lists of options.

torch's restricted reader does it. Beside what that lets through, ``argparse.Namespace`` is allowed: a bag of values, in
which older files keep their options. A file that asks for any other type is refused by that type's name.
"""

import argparse
import os
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from stylealign.errors import CheckpointError
from stylealign.formats.torch_opcodes import refuse_other_types

PathLike = str | os.PathLike[str]

_FOREIGN_TYPE = re.compile(r"(?:GLOBAL|class|function) ([\w.<>' -]+?)(?: was not| whose|, |$)", re.MULTILINE)
_SHARED = 4  # times a file's own size that its tensors may take together: some share their numbers


def read_torch_file(path: PathLike) -> Any:
    """What the file holds, on the CPU.

    Raises :class:`CheckpointError` where there is none, it is damaged, unfolds to more than its size, or asks for a
    type that is neither a tensor nor plain data.
    """
    refuse_other_types(Path(path))
    try:
        with torch.serialization.safe_globals([argparse.Namespace]), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about how old or damaged the file is
            with open(path, "rb") as file:  # of a path, torch would go by its suffix
                return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle can raise anything
        raise CheckpointError(_refusal(path, error)) from error


def plain_options(options: Any) -> dict[str, Any]:
    """Options as a dict, whichever way the file keeps them; empty where it keeps none."""
    if isinstance(options, argparse.Namespace):
        options = vars(options)
    return {str(name): value for name, value in options.items()} if isinstance(options, Mapping) else {}


def named_tensors(mapping: Any, path: PathLike) -> dict[str, Tensor]:
    """The tensors of a state dict by name, float32 where they are real numbers; anything else in it is left out.

    Raises :class:`CheckpointError` where tensors claim more numbers than the file has, or numbers are not finite.
    """
    found = {str(name): value for name, value in mapping.items() if isinstance(value, Tensor)}
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in found.values())
    if claimed > _SHARED * Path(path).stat().st_size:
        raise CheckpointError(f"{path}: its tensors claim {claimed:,} bytes, more than the file has; fetch it again")
    tensors = {name: _single(tensor, name, path) for name, tensor in found.items()}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise CheckpointError(f"{path}: {name} holds what is no number; take another checkpoint")
    return tensors


def _single(tensor: Tensor, name: str, path: PathLike) -> Tensor:
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex() or tensor.device.type != "cpu":
        raise CheckpointError(f"{path}: {name} is no plain array of numbers; save the weights as dense tensors")
    tensor = tensor.detach()
    return tensor.float().contiguous() if tensor.is_floating_point() else tensor.contiguous()


def _refusal(path: PathLike, error: Exception) -> str:
    asked = _FOREIGN_TYPE.search(str(error))
    if asked is not None:
        return f"{path}: asks for {asked[1].strip()}, which is neither a tensor nor plain data; nothing of it was run"
    return f"{path}: not a file that torch.save wrote, or cut short; fetch it again"
