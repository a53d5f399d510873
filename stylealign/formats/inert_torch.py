"""Tensors as torch pickles them inside a plain pickle, rebuilt by hand from bytes of the file.

Such a tensor is ``_rebuild_tensor_v2(storage, offset, size, stride, ...)``, and its storage is bytes of torch's legacy
format: four small pickles (a magic number, a version, the machine, one persistent id that names type and length), the
list of keys, a length, and the numbers. Device, gradients and hooks are left out.
"""

import io
import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

from stylealign.formats.inert_arrays import Numbers, checked_sizes, to_float32
from stylealign.formats.inert_machine import Constructor, Machine, WholeReads
from stylealign.formats.refusal import Refusal, shown

LEGACY_MAGIC, LEGACY_VERSION = 0x1950A86A20F9469CFC6C, 1001
_HEADER_BYTES, _HEADER_STEPS = 4096, 500  # about 220 and 50 as torch writes them
_FLOATS = {"FloatStorage": "<f4", "HalfStorage": "<f2", "DoubleStorage": "<f8"}
_NO_FLOATS = ("BFloat16Storage", "LongStorage", "IntStorage", "ShortStorage", "CharStorage", "ByteStorage")
_STORAGES: Mapping[str, Constructor] = {
    f"torch.{name}": lambda: None for name in (*_FLOATS, *_NO_FLOATS, "BoolStorage")
}


class LegacyStorage:
    """Bytes that hold one storage; they are taken apart when its numbers are wanted."""

    def __init__(self, raw: bytes):
        if not isinstance(raw, bytes):
            raise Refusal("holds a tensor without bytes; it is damaged, fetch it again")
        self._raw = raw

    def flat(self) -> np.ndarray:
        """The storage's floating-point numbers, as they lie in the file."""
        header = WholeReads(io.BytesIO(self._raw[:_HEADER_BYTES]), min(len(self._raw), _HEADER_BYTES))
        machine = Machine(_STORAGES, num_bytes=_HEADER_BYTES, persistent=_reference, max_steps=_HEADER_STEPS)
        magic, version, system, (kind, key, count), keys = (machine.run(header) for _ in range(5))
        if (magic, version, keys) != (LEGACY_MAGIC, LEGACY_VERSION, [key]) or not system["little_endian"]:
            raise Refusal("holds a tensor that is not in torch's format of little-endian bytes; save it again")
        (written,) = struct.unpack("<q", header.read(8))
        if kind not in _FLOATS:
            raise Refusal(f"holds weights of torch.{kind}, and only floating point of 16 to 64 bits is read")
        start, dtype = header.tell(), np.dtype(_FLOATS[kind])
        if count != written or len(self._raw) - start != count * dtype.itemsize:
            raise Refusal("holds a tensor whose bytes are not as many as it says; it is damaged, fetch it again")
        return np.frombuffer(self._raw, dtype, count, start)


def _reference(key: Any) -> tuple[str, object, object]:
    """Kind, key and count of ``('storage', type, key, device, count, view)``; no storage is a view of another."""
    word, kind, name, _, count, *view = key
    if word != "storage" or kind.name not in _STORAGES or view not in ([], [None]) or not isinstance(name, str):
        raise Refusal("holds a tensor whose storage is described as none is; it is damaged, fetch it again")
    return kind.name.removeprefix("torch."), name, count


class TorchTensor(Numbers):
    """A tensor's window on its storage; nothing is read before its numbers are wanted."""

    def __init__(self, storage: object, offset: object, size: object, stride: object, *_: object):
        if not isinstance(storage, LegacyStorage):
            raise Refusal(f"holds a tensor of a {shown(type(storage).__name__)}; it is damaged, fetch it again")
        self.shape, self._stride = checked_sizes(size), checked_sizes(stride)
        ((self._offset,), self._storage) = (checked_sizes((offset,)), storage)
        if len(self.shape) != len(self._stride):
            raise Refusal("holds a tensor of as many sizes as it has not strides; it is damaged, fetch it again")

    def floats(self) -> np.ndarray:
        flat = self._storage.flat()[self._offset :]
        last = sum((size - 1) * stride for size, stride in zip(self.shape, self._stride, strict=True))
        count = math.prod(self.shape)
        if count > len(flat) or (count and last >= len(flat)):
            raise Refusal("holds a tensor that reaches past its storage; it is damaged, fetch it again")
        window = np.lib.stride_tricks.as_strided(flat, self.shape, [flat.itemsize * step for step in self._stride])
        return to_float32(window)


def _parameter(tensor: object, *_: object) -> object:
    if not isinstance(tensor, TorchTensor):
        raise Refusal(f"holds a parameter that is a {type(tensor).__name__}; it is damaged, fetch it again")
    return tensor


TENSORS: Mapping[str, Constructor] = {
    "torch.storage._load_from_bytes": LegacyStorage,
    "torch._utils._rebuild_tensor": TorchTensor,
    "torch._utils._rebuild_tensor_v2": TorchTensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch.Size": lambda sizes=(): sizes,
    "torch.device": lambda name, *_: name,
}
