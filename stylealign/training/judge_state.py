"""The private state of a judge's training: one lock, one checkpoint that is replaced whole, a history that survives.

    state/lock                       held (flock) while a process trains
    state/checkpoint.safetensors     weights, optimiser, step, fingerprint; removed after success
    state/history.jsonl              one line a checkpoint, over all attempts

A state whose fingerprint is another's is moved aside, never mixed in.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from stylealign.errors import ResumeError

log = logging.getLogger(__name__)

CHECKPOINT, HISTORY, LOCK = "checkpoint.safetensors", "history.jsonl", "lock"


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the state; :class:`ResumeError` when another process does."""
    state.mkdir(parents=True, exist_ok=True)
    with open(state / LOCK, "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ResumeError(
                f"{state}: another process is training this judge; wait for it, or end it and run again"
            ) from error
        yield


def save_checkpoint(state: Path, tensors: Mapping[str, torch.Tensor], step: int, fingerprint: str) -> None:
    """Replace the checkpoint, whole or not at all."""
    partial = state / f"{CHECKPOINT}.partial"
    held = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    save_file(held, partial, {"step": str(step), "fingerprint": fingerprint})
    with open(partial, "rb") as file:
        os.fsync(file.fileno())
    os.replace(partial, state / CHECKPOINT)


def load_checkpoint(state: Path, fingerprint: str) -> tuple[dict[str, torch.Tensor], int] | None:
    """The tensors and the step reached, or ``None`` to begin; another run's state is moved aside with a warning."""
    path = state / CHECKPOINT
    if not path.is_file():
        return None
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  not a dict
    except (SafetensorError, OSError) as error:
        _move_aside(state, f"it cannot be read ({error})")
        return None
    if metadata.get("fingerprint") != fingerprint:
        _move_aside(state, "it belongs to other settings or other images")
        return None
    return tensors, int(metadata["step"])


def _move_aside(state: Path, why: str) -> None:
    number = 1
    while (aside := state / f"stale-{number}").exists():
        number += 1
    aside.mkdir()
    for name in (CHECKPOINT, HISTORY):
        if (state / name).exists():
            os.replace(state / name, aside / name)
    log.warning("%s: the state found is not used because %s; moved to %s, training begins anew", state, why, aside)


def note(state: Path, line: Mapping[str, Any]) -> None:
    """Add a line to the history."""
    with open(state / HISTORY, "a", encoding="utf-8") as file:
        file.write(json.dumps(dict(line), sort_keys=True) + "\n")


def discard_checkpoint(state: Path) -> None:
    """After success: remove what is heavy, keep the history."""
    (state / CHECKPOINT).unlink(missing_ok=True)
