"""Bytes of checkpoints, codes and boundaries: a whole one of each kind, and safetensors that lie."""

import functools
import hashlib
import json
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

SHAPE = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channel_base": 64, "channel_max": 8}
CARD = {
    "model": "ready", "domain": "face", "img_resolution": 16, "lineage": ["ready"], "kimg": 1.0, "total_kimg": 1.0,
    "seed": 0, "recipe": 1, "version": "0.1.0", "training": {}, "transfer": {}, "image_set": "",
}  # fmt: skip


def _bytes_of(write: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "x")
        return (Path(folder) / "x").read_bytes()


@functools.cache
def generator():
    from stylealign.networks.generator import Generator

    torch.manual_seed(0)
    return Generator(img_resolution=16, **SHAPE).eval()


@functools.cache
def model() -> bytes:
    """A whole checkpoint of this project's."""
    from stylealign.checkpoint import ModelCard, save_generator, state_digest

    G = generator()
    card = {**CARD, "architecture": G.init_kwargs, "lineage": ("ready",)}
    card["lineage_digests"] = (state_digest(G.state_dict()),)
    return _bytes_of(lambda path: save_generator(path, G, ModelCard(**card)))


def encoder() -> bytes:
    """A whole encoder of this project's."""
    from stylealign.encoders import EncoderCard, save_encoder
    from stylealign.networks.encoder import Encoder

    settings = {"space": "w", "img_resolution": 16, "num_ws": 6, "z_dim": 8, "w_dim": 8, "width": 4}
    card = {"space": "w", "start": "random", "model": "ready", "generator": "0" * 64, "truncation_psi": 1.0}
    card |= {"judge": "j", "img_resolution": 16, "settings": {}, "kimg": 1.0, "seed": 0, "recipe": 1, "version": "0"}
    return _bytes_of(
        lambda path: save_encoder(path, Encoder(**settings), EncoderCard(**card, network=settings, image_set="0"))
    )


def safetensors(header: Any, data: bytes = b"", length: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def unsealed(state: Mapping[str, torch.Tensor], card: Any, **meta: Any) -> bytes:
    """A file without a seal that holds these weights and whatever is said of them."""
    from safetensors.torch import save

    plain = {name: value.contiguous() for name, value in state.items()}
    return save(plain, {"stylealign": json.dumps({"kind": "generator", "card": card, **meta})})


def carded(state: Mapping[str, torch.Tensor] | None = None, **changed: Any) -> bytes:
    """Weights whose card has the right digest, and is changed otherwise."""
    from stylealign.checkpoint import state_digest

    state = generator().state_dict() if state is None else state
    card = {**CARD, "architecture": generator().init_kwargs, "lineage_digests": [state_digest(state)], **changed}
    return unsealed(state, {name: value for name, value in card.items() if value is not ...})


def state_with(value: float) -> dict[str, torch.Tensor]:
    """The model's weights, one of them ``value``."""
    state = {name: tensor.clone() for name, tensor in generator().state_dict().items()}
    next(iter(state.values())).view(-1)[0] = value
    return state


def codes(num: int = 3, **changed: Any) -> bytes:
    """A whole file of codes of the model."""
    from stylealign.codes import Codes, Passport, write_codes

    owner = hashlib.sha256(b"nobody").hexdigest()
    told = {"space": "w", "method": "w_opt", "shape": (8,), "generator": owner, "truncation_psi": 1.0, "judge": "j"}
    told |= {"settings": "{}", **changed}
    numbers = [np.zeros(num, np.float32)] * 3
    values = np.zeros([num, *told["shape"]], np.float32)
    ids = tuple(f"{n:064x}" for n in range(num))
    found = Codes(Passport(**told), ids, values, *numbers, np.zeros(num, np.int32), numbers[0])
    return _bytes_of(lambda path: write_codes(path, found))


def boundaries(**changed: Any) -> bytes:
    """A file of boundaries in W."""
    arrays = {
        "names": np.array(["yaw"]), "normals": np.eye(1, 8, dtype=np.float32),
        "intercepts": np.zeros(1, np.float32), "attribute": np.array(["yaw"]),
    } | changed  # fmt: skip
    return _bytes_of(lambda path: np.savez(open(path, "wb"), **arrays))
