"""Arrays of numbers as numpy pickles them, rebuilt by hand: a type of plain numbers, a shape, and bytes of the file.

Neither numpy's nor the file's own way of rebuilding is called, so that no array of Python objects, no type with fields
and no shape without its bytes can come of a file. Both spellings of numpy's inner names are read (1.x and 2.x).
"""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylealign.formats.inert_machine import Built, Constructor
from stylealign.formats.refusal import Refusal, shown

MAX_DIMENSIONS = 8
_MAX_SIZE = 2**40
_PLAIN_TYPE = re.compile(r"[<>|=]?(f[248]|[iu][1248]|b1)")
_UNFOLDED = 2  # times a file's size that its weights take in float32: some are float16


class Numbers:
    """Numbers that lie in the file: their shape, and an array of them made on demand."""

    shape: tuple[int, ...]

    def floats(self) -> np.ndarray:
        """A float32 copy in C order; :class:`Refusal` where the bytes do not hold such an array."""
        raise NotImplementedError


class NumpyType(Built):
    """``numpy.dtype``: only plain numbers, with a byte order."""

    def __init__(self, code: object = "", *_: object):
        if not isinstance(code, str) or not _PLAIN_TYPE.fullmatch(code):
            raise Refusal(f"holds an array of type {shown(code)}, and only plain numbers are read; fetch it again")
        self.type = np.dtype(code)

    def build(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
            raise Refusal("holds an array of a type with fields, and only plain numbers are read; fetch it again")
        if state[1] not in ("<", ">", "|", "="):
            raise Refusal(f"holds an array of byte order {shown(state[1])}, which is none; fetch it again")
        self.type = self.type.newbyteorder(state[1])


class NumpyArray(Built, Numbers):
    """``numpy.ndarray``: its bytes are checked against its shape when they are set, and copied when they are wanted."""

    def __init__(self, *_: object):
        self.shape, self._type, self._order, self._raw = (0,), np.dtype("f4"), "C", b""

    def build(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5:
            raise Refusal("holds an array without shape, type or bytes; it is damaged, fetch it again")
        _, shape, kind, in_fortran_order, raw = state
        self.fill(raw, kind, shape, "F" if in_fortran_order else "C")

    def fill(self, raw: object, kind: object, shape: object, order: object) -> None:
        if not isinstance(kind, NumpyType) or not isinstance(raw, bytes | bytearray) or order not in ("C", "F"):
            raise Refusal("holds an array that is not of plain numbers; it is damaged, fetch it again")
        self.shape, self._type, self._order, self._raw = checked_sizes(shape), kind.type, order, raw
        if math.prod(self.shape) * kind.type.itemsize != len(raw):
            raise Refusal(f"holds an array of shape {list(self.shape)} with {len(raw)} bytes; fetch it again")

    def floats(self) -> np.ndarray:
        return to_float32(np.frombuffer(self._raw, self._type).reshape(self.shape, order=self._order))

    def item(self) -> Any:
        """The number of an array that has one."""
        return np.frombuffer(self._raw, self._type).item()


def to_float32(array: np.ndarray) -> np.ndarray:
    """A copy in C order; what float32 cannot hold becomes infinite, which :func:`finite_tensor` refuses."""
    with np.errstate(all="ignore"):
        return np.array(array, dtype=np.float32, order="C")


def checked_sizes(sizes: object) -> tuple[int, ...]:
    """A shape, or strides: a few whole numbers that are not negative."""
    if not isinstance(sizes, tuple) or len(sizes) > MAX_DIMENSIONS:
        raise Refusal("holds an array whose shape is none; it is damaged, fetch it again")
    if not all(isinstance(size, int) and 0 <= size < _MAX_SIZE for size in sizes):
        raise Refusal("holds an array whose shape is none; it is damaged, fetch it again")
    return sizes


def _from_buffer(raw: object, kind: object, shape: object, order: object) -> NumpyArray:
    array = NumpyArray()
    array.fill(raw, kind, shape, order)
    return array


def _scalar(kind: object, raw: object) -> Any:
    array = NumpyArray()
    array.fill(raw, kind, (), "C")
    return array.item()


def _class_of_arrays(*_: object) -> NumpyArray:
    raise Refusal("calls numpy.ndarray, which no such file does; it is made to harm, fetch it again")


ARRAYS: Mapping[str, Constructor] = {
    "numpy.ndarray": _class_of_arrays,
    "numpy.dtype": NumpyType,
    **{f"numpy.{core}.multiarray._reconstruct": NumpyArray for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _scalar for core in ("core", "_core")},
    **{f"numpy.{core}.numeric._frombuffer": _from_buffer for core in ("core", "_core")},
}


def refuse_unfolding(arrays: Iterable[Numbers], num_bytes: int) -> None:
    """:class:`Refusal` where arrays together hold more numbers than a file of ``num_bytes`` can."""
    unfolded = 4 * sum(math.prod(array.shape) for array in arrays)
    if unfolded > _UNFOLDED * num_bytes:
        raise Refusal(f"unfolds to {unfolded:,} bytes of weights, more than it has; it is made to harm, fetch it again")


def finite_tensor(name: str, array: np.ndarray) -> Tensor:
    """A float32 array as tensor; :class:`Refusal` where it holds what is no number."""
    if not np.isfinite(array).all():
        raise Refusal(f"{shown(name)} holds what is no number; take another checkpoint")
    return torch.from_numpy(np.ascontiguousarray(array).reshape(array.shape))
