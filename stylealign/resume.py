"""The private folder that lets a killed job resume: a lock, a fingerprint, and the newest two whole checkpoints.

It lives outside every declared output, since Snakemake deletes those before a job and after a failed one. A state
that belongs to another run (another config, other images, another recipe) is set aside with a line that names both, and
never used; when the old config comes back, so does its state.
"""

import hashlib
import json
import logging
import platform
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import Tensor

from stylealign.checkpoint import load_tensors, save_tensors
from stylealign.errors import CheckpointError
from stylealign.locks import FolderLock

log = logging.getLogger(__name__)

KEEP = 2
FORMAT = 1  # of a checkpoint's names; a state of another one is never loaded


class ResumeFolder:
    """A locked folder of checkpoints; use it as a context manager.

    ``identity`` names what the state belongs to, part by part; a state with another identity is never loaded.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]):
        self.folder = folder
        self.identity = dict(identity)
        self._lock = FolderLock(folder)

    def __enter__(self) -> "ResumeFolder":
        self._lock.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.__exit__(kind, error, trace)

    def save(self, step: int, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Keep a checkpoint and drop all but the newest two.

        Raises :class:`StorageError` where the disk is full, and then drops none.
        """
        self._lock.check()
        stamp = {"step": step, "identity": self.identity, "format": FORMAT, "machine": platform.machine()}
        save_tensors(self.folder / f"state-{step:09d}.safetensors", tensors, {**meta, **stamp})
        for old in self._checkpoints()[KEEP:]:
            old.unlink()

    def newest(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The newest whole checkpoint of this very run, or None.

        One that is damaged, of another format, or holds what is no number is skipped with a warning.
        """
        self._bring_back()
        for path in self._checkpoints():
            try:
                tensors, meta = _read(path)
            except CheckpointError as error:
                log.warning("skipping a checkpoint, which is put into stale/: %s", error)
                self._put(path, "unreadable")  # else it would count as one of the newest two
                continue
            if meta.get("identity") == self.identity:
                self._tell_of_another_machine(meta)
                return tensors, meta
            self._set_aside(meta.get("identity") or {})
            return None
        return None

    def _tell_of_another_machine(self, meta: Mapping[str, Any]) -> None:
        there, here = meta.get("machine"), platform.machine()
        if there != here:
            log.warning(
                "%s: the saved state is of a machine of another kind (%s; this one: %s); it is gone on with, but the "
                "result will differ in its last bits from that of one machine",
                *(self.folder, there or "unknown", here),
            )

    def clear(self) -> None:
        """Remove the heavy part after success."""
        for path in [*self._checkpoints(), *self.folder.glob("state-*.partial")]:
            path.unlink()
        shutil.rmtree(self.folder / "stale", ignore_errors=True)

    def _checkpoints(self) -> list[Path]:
        return sorted(self.folder.glob("state-*.safetensors"), reverse=True)

    def _stale(self, identity: Mapping[str, str]) -> Path:
        """Where the state of one identity is set aside."""
        text = json.dumps(dict(identity), sort_keys=True)
        return self.folder / "stale" / hashlib.sha256(text.encode()).hexdigest()[:12]

    def _bring_back(self) -> None:
        """Take this run's own state out of ``stale``, where an earlier change of the config had put it."""
        stale = self._stale(self.identity)
        if not stale.is_dir():
            return
        others = [path for path in self._checkpoints() if _identity_of(path) != self.identity]
        if others:
            self._set_aside(_identity_of(others[0]))
        for path in stale.glob("state-*.safetensors"):
            path.replace(self.folder / path.name)
        stale.rmdir()

    def _put(self, path: Path, name: str) -> None:
        (self.folder / "stale" / name).mkdir(parents=True, exist_ok=True)
        path.replace(self.folder / "stale" / name / path.name)

    def _set_aside(self, other: Mapping[str, str]) -> None:
        for path in self._checkpoints():
            self._put(path, self._stale(other).name)
        changed = [key for key in self.identity | dict(other) if self.identity.get(key) != other.get(key)]
        theirs, ours = ({key: value.get(key) for key in changed} for value in (other, self.identity))
        log.warning(
            "%s: the saved state belongs to another run (%s; this run: %s); set aside in stale/, starting anew",
            self.folder,
            json.dumps(theirs),
            json.dumps(ours),
        )


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A checkpoint; :class:`CheckpointError` where it cannot be gone on from."""
    tensors, meta = load_tensors(path)
    if meta.get("format") != FORMAT:
        raise CheckpointError(
            f"{path}: a state of format {meta.get('format')}, and this version of stylealign goes on from format "
            f"{FORMAT}; resume with the version that wrote it, or let this one start anew"
        )
    broken = [name for name, tensor in tensors.items() if not bool(tensor.isfinite().all())]
    if broken:
        raise CheckpointError(f"{path}: {broken[0]} holds what is no number; an earlier state is gone on from")
    return tensors, meta


def _identity_of(path: Path) -> dict[str, str]:
    """Whose checkpoint a file is; empty when it cannot be read."""
    try:
        return dict(load_tensors(path)[1].get("identity") or {})
    except CheckpointError:
        return {}
