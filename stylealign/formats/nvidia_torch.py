"""NVIDIA's PyTorch pickles: stylegan2-ada-pytorch, and the StyleGAN2 configurations of stylegan3.

Such a file is a dict with ``G``, ``D`` and ``G_ema``, each pickled with the source code of its class, which the usual
loader executes. Here the code is dropped unread: parameters, buffers and submodules are taken out of the plain state.
Names need no change; the constant ``resample_filter`` buffers are checked and left out.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import Tensor

from stylealign.formats.foreign import ForeignModel
from stylealign.formats.inert_arrays import ARRAYS, finite_tensor, refuse_unfolding
from stylealign.formats.inert_machine import Constructor
from stylealign.formats.inert_pickle import CONTAINERS, Foreign, plain_dict, read_inert
from stylealign.formats.inert_torch import TENSORS, TorchTensor
from stylealign.formats.nvidia_model import (
    assemble,
    clamp_setting,
    if_usable,
    kimg_of,
    precision_said,
    with_training_pair,
)
from stylealign.formats.refusal import PathLike, Refusal, naming, shown

KIND = "nvidia_torch"
MAX_PARTS = 5000  # modules and tensors of one network; 1024 px has about 400
_MAX_NAME, _NAME = 100, re.compile(r"[\w.]+", re.ASCII)
_TAPS = np.array([1, 3, 3, 1], np.float32) / 8
_FILTER = np.outer(_TAPS, _TAPS)
_SETTINGS: Mapping[re.Pattern[str], Mapping[str, object]] = {
    re.compile(r"mapping\.fc\d+"): {"activation": "lrelu", "bias_gain": 0.01},
    re.compile(r"synthesis\.b\d+\.conv[01]"): {"activation": "lrelu"},
}


def _persistent(meta: object) -> Foreign:
    """An object that was pickled with its source: the class's name and the state stay, the source does not."""
    if not isinstance(meta, dict) or not isinstance(meta.get("state"), dict):
        raise Refusal("holds an object without a state; it is damaged, fetch it again")
    return Foreign(shown(meta.get("class_name")), state=meta["state"])


def _tensorflow(*_: object) -> Foreign:
    raise Refusal("is a pickle of NVIDIA's TensorFlow code (kind nvidia_tf), not of its PyTorch code; name that kind")


ALLOWED: Mapping[str, Constructor] = {
    **CONTAINERS,
    **ARRAYS,
    **TENSORS,
    "dnnlib.util.EasyDict": plain_dict,
    "dnnlib.EasyDict": plain_dict,
    "torch_utils.persistence._reconstruct_persistent_obj": _persistent,
    "dnnlib.tflib.network.Network": _tensorflow,
}


def read_nvidia_torch(path: PathLike) -> ForeignModel:
    """The generator of an NVIDIA PyTorch pickle (a snapshot, or ``G_ema`` alone) and the pair it was trained as.

    Raises :class:`CheckpointError`, one line that names the file, where it is damaged, asks for what is no part of such
    a file, or holds anything but an unconditional StyleGAN2 with skip connections (StyleGAN3, class-conditional, ...).
    """
    content = read_inert(path, ALLOWED)
    with naming(path):
        found, num_bytes = _networks(content), os.path.getsize(path)
        G_ema = _parts(found["G_ema"])
        _refuse_other_settings(G_ema)
        clamp = clamp_setting(G_ema.states.get("synthesis.b4.conv1", {}).get("conv_clamp"))
        num_half = sum(state.get("use_fp16") is True for state in G_ema.states.values())
        model = assemble(KIND, _weights(G_ema, num_bytes), clamp)
        raw = _weights(_parts(found["G"]), num_bytes) if "G" in found else None
        read, why = if_usable(_discriminator, found["D"], num_bytes) if "D" in found else (None, ())
        model = with_training_pair(model, raw, *(read or (None,)))
        said = (*model.said, *precision_said(num_half), *why)
        return replace(model, said=said, kimg=kimg_of(content, path))


@dataclass(frozen=True)
class Parts:
    """A network taken apart: tensors and modules' states by dotted name."""

    tensors: dict[str, TorchTensor] = field(default_factory=dict)
    states: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def is_full(self) -> bool:
        return len(self.tensors) + len(self.states) > MAX_PARTS


def _networks(content: Any) -> dict[str, Foreign]:
    """The networks by their key in a snapshot; an object that stands alone is the averaged generator."""
    if isinstance(content, Foreign):
        return {"G_ema": content}
    if not isinstance(content, dict) or not isinstance(content.get("G_ema"), Foreign):
        held = list(content)[:8] if isinstance(content, dict) else [type(content).__name__]
        names = ", ".join(map(shown, held)) or "nothing"
        raise Refusal(f"holds no G_ema (but {names}); it is no generator of NVIDIA's, take another file")
    return {key: content[key] for key in ("G_ema", "G", "D") if isinstance(content.get(key), Foreign)}


def _parts(network: Foreign) -> Parts:
    """Every tensor and module below ``network``; a module met again and again, or in itself, ends in a refusal."""
    parts, pending = Parts(), [("", network)]
    while pending:
        prefix, module = pending.pop()
        parts.states[prefix.removesuffix(".")] = module.state
        for kind in ("_parameters", "_buffers"):
            parts.tensors.update(_members(module, kind, prefix, TorchTensor))
        pending += [(f"{name}.", child) for name, child in _members(module, "_modules", prefix, Foreign).items()]
        if parts.is_full() or len(pending) > MAX_PARTS:
            raise Refusal(f"holds a network of more than {MAX_PARTS} parts, which is no StyleGAN2; take another one")
    return parts


def _members(module: Foreign, kind: str, prefix: str, expected: type[Any]) -> dict[str, Any]:
    members = module.state.get(kind) or {}
    if not isinstance(members, dict) or len(members) > MAX_PARTS:
        raise Refusal(f"has {kind} that are none; it is damaged, fetch it again")
    for name, value in members.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name) or len(prefix) + len(name) > _MAX_NAME:
            raise Refusal(f"has a name in {kind} that no network has; it is damaged, fetch it again")
        if value is not None and not isinstance(value, expected):
            raise Refusal(f"holds {shown(prefix + name)} as a {type(value).__name__}; it is damaged, fetch it again")
    return {f"{prefix}{name}": value for name, value in members.items() if value is not None}


def _weights(parts: Parts, num_bytes: int) -> dict[str, Tensor]:
    """Tensors in float32 by name, without the constant filters, of which any other than [1, 3, 3, 1] is refused."""
    refuse_unfolding(parts.tensors.values(), num_bytes)
    weights = {}
    for name, tensor in parts.tensors.items():
        values = tensor.floats()
        if name.rpartition(".")[2] != "resample_filter":
            weights[name] = finite_tensor(name, values)
        elif values.shape != _FILTER.shape or not np.allclose(values, _FILTER, atol=1e-4):
            raise Refusal(f"has another {name} than [1, 3, 3, 1], the only one known here; take another checkpoint")
    return weights


def _refuse_other_settings(G: Parts) -> None:
    """:class:`Refusal` for what no weight shows but what the images depend on."""
    for pattern, settings in _SETTINGS.items():
        for name in filter(pattern.fullmatch, G.states):
            for key, expected in settings.items():
                value = G.states[name].get(key, expected)
                if value != expected:
                    raise Refusal(f"has {key} {shown(value)} in {name}, and only {expected} is known; take another one")


def _discriminator(network: Foreign, num_bytes: int) -> tuple[dict[str, Tensor], object]:
    """The discriminator's weights, and the group size of its minibatch standard deviation."""
    parts = _parts(network)
    return _weights(parts, num_bytes), parts.states.get("b4.mbstd", {}).get("group_size")
