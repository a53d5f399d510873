"""Where a judge's weights come from: a local file, or a download whose address and checksum the config names.

Nothing here unpickles code: state dicts are read with ``weights_only=True``, safetensors hold no code, and the
Inception network of clean-fid is TorchScript, which ``torch.jit.load`` runs as a restricted program and never as
Python pickle.
"""

import hashlib
import logging
import os
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file

from stylealign.errors import JudgeError
from stylealign.provenance import file_sha256

log = logging.getLogger(__name__)

CHUNK_BYTES = 1 << 20
TIMEOUT_SEC = 60
PARALLEL = "module."  # what DataParallel puts before every name


def require_weights(name: str, weights: Path | None, cure: str, key: str | None = None) -> Path:
    """``weights`` if it is a file, else a :class:`JudgeError` that names the config key and the cure.

    ``key`` is that of a network that is not under ``judges``.
    """
    key = key or f"judges.{name}.weights"
    if weights is None:
        raise JudgeError(f"{key}: not given; {cure}")
    if not Path(weights).is_file():
        raise JudgeError(f"{key}: no file {weights}; {cure}")
    return Path(weights)


def fetch_weights(name: str, url: str, sha256: str, target: Path) -> Path:
    """Download ``url`` to ``target`` unless it is there; only a file whose SHA-256 is ``sha256`` ever gets that name.

    :class:`JudgeError` when the address cannot be read or the bytes are not those that the config names.
    """
    target = Path(target)
    if target.is_file() and file_sha256(target) == sha256.lower():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    log.info("judge %s: fetching %s", name, url)
    try:
        found = _download(url, partial)
        if found != sha256.lower():
            raise JudgeError(
                f"judges.{name}.download.sha256: {url} gave {found}, the config names {sha256}; "
                "check the address, and correct the checksum only if you trust the new file"
            )
        os.replace(partial, target)
    except OSError as error:
        raise JudgeError(
            f"judges.{name}.download.url: cannot read {url} ({error}); fetch the file elsewhere and name it in "
            f"judges.{name}.weights"
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def _download(url: str, target: Path) -> str:
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=TIMEOUT_SEC) as answer, open(target, "wb") as file:
        while chunk := answer.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest()


def load_state_dict(name: str, path: Path) -> dict[str, torch.Tensor]:
    """A plain state dict: safetensors, or a torch file read with ``weights_only=True``; else a JudgeError."""
    key = f"judges.{name}.weights"
    try:
        refuse_packed(path)
        state = load_file(path) if _is_safetensors(path) else torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's readers raise nearly every built-in exception on hostile bytes
        raise JudgeError(
            f"{key}: {path} is not a state dict that can be read without running code ({_said(error)}); save "
            "model.state_dict() alone"
        ) from error
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(_is_weight(*entry) for entry in state.items()):
        raise JudgeError(f"{key}: {path} does not hold a state dict (names to tensors); save model.state_dict() alone")
    is_parallel = bool(state) and all(key.startswith(PARALLEL) for key in state)
    return {key.removeprefix(PARALLEL) if is_parallel else key: value for key, value in state.items()}


def refuse_packed(path: Path) -> None:
    """``ValueError`` for a zip that unpacks to far more than it is: torch packs no numbers, bombs are little else."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            num_bytes = sum(entry.file_size for entry in archive.infolist())
        if num_bytes > 2 * os.path.getsize(path) + CHUNK_BYTES:
            raise ValueError(f"an archive that unpacks to {num_bytes:,} bytes, more than it has")


def _is_weight(name: object, value: object) -> bool:
    """Whether it is a name and a tensor of numbers in memory."""
    is_plain = isinstance(value, torch.Tensor) and value.layout is torch.strided and not value.is_meta
    return isinstance(name, str) and is_plain


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


def _is_safetensors(path: Path) -> bool:
    """By its content, since a download has no suffix: eight bytes of length, then a JSON object."""
    with open(path, "rb") as file:
        return file.read(9)[8:] == b"{"


def unfilled(build: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """What ``build`` makes, without the initial weights that :func:`fit_state_dict` replaces: they cost seconds."""
    with torch.device("meta"):
        module = build()
    module.to_empty(device="cpu")
    for name, buffer in module.named_buffers():
        if name.endswith(COUNTERS):
            buffer.zero_()
    return module


COUNTERS = ("num_batches_tracked", "_tmp_running_mean", "_tmp_running_var", "_running_iter")
"""What batch norms of different versions keep of their training; no inference reads it."""


def fit_state_dict(
    name: str, module: torch.nn.Module, state: Mapping[str, torch.Tensor], what: str, *, cure: str | None = None
) -> None:
    """Load ``state`` into ``module`` whole; :class:`JudgeError` naming the first keys that do not fit.

    Only counters of batch norms may be absent or too many.
    """
    own = _without_counters(module.state_dict())
    state = _without_counters(state)
    missing = [key for key in own if key not in state]
    extra = [key for key in state if key not in own]
    shapes = [key for key in own if key in state and own[key].shape != state[key].shape]
    if missing or extra or shapes:
        raise JudgeError(
            f"judges.{name}.weights: not the weights of {what}: missing {missing[:3]}, unknown {extra[:3]}, "
            f"other shape {shapes[:3]}; {cure or f'name weights that fit judges.{name}.network'}"
        )
    module.load_state_dict(state, strict=False)


def _without_counters(state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value for key, value in state.items() if not key.endswith(COUNTERS)}
