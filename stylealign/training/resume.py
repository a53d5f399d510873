"""The private folder that lets a killed job resume: a lock, a fingerprint, and the newest two whole checkpoints.

It lives outside every declared output, since Snakemake deletes those before a job and after a failed one. A state
that belongs to another run (another config, other images, another recipe) is set aside with a line that names both, and
never used; when the old config comes back, so does its state.
"""

import fcntl
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from torch import Tensor

from stylealign.checkpoint import load_tensors, save_tensors
from stylealign.errors import CheckpointError, ResumeError

log = logging.getLogger(__name__)

KEEP = 2


class ResumeFolder:
    """A locked folder of checkpoints; use it as a context manager.

    ``identity`` names what the state belongs to, part by part; a state with another identity is never loaded.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]):
        self.folder = folder
        self.identity = dict(identity)
        self._lock: IO[str] | None = None

    def __enter__(self) -> "ResumeFolder":
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = open(self.folder / "lock", "a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            owner = self._lock.read().strip() or "unknown"
            raise ResumeError(
                f"{self.folder}: another process ({owner}) is working here; wait for it, or stop it and run again"
            ) from error
        self._lock.truncate(0)
        self._lock.write(f"pid {os.getpid()} on {os.uname().nodename}")
        self._lock.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._lock is not None
        self._lock.close()

    def save(self, step: int, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """Keep a checkpoint and drop all but the newest two."""
        stamp = {"step": step, "identity": self.identity}
        save_tensors(self.folder / f"state-{step:09d}.safetensors", tensors, {**meta, **stamp})
        for old in self._checkpoints()[KEEP:]:
            old.unlink()

    def newest(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """The newest whole checkpoint of this very run, or None; a damaged one is skipped with a warning."""
        self._bring_back()
        for path in self._checkpoints():
            try:
                tensors, meta = load_tensors(path)
            except CheckpointError as error:
                log.warning("skipping a damaged checkpoint: %s", error)
                continue
            if meta.get("identity") == self.identity:
                return tensors, meta
            self._set_aside(meta.get("identity") or {})
            return None
        return None

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

    def _set_aside(self, other: Mapping[str, str]) -> None:
        stale = self._stale(other)
        stale.mkdir(parents=True, exist_ok=True)
        for path in self._checkpoints():
            path.replace(stale / path.name)
        changed = [key for key in self.identity | dict(other) if self.identity.get(key) != other.get(key)]
        theirs, ours = ({key: value.get(key) for key in changed} for value in (other, self.identity))
        log.warning(
            "%s: the saved state belongs to another run (%s; this run: %s); set aside in stale/, starting anew",
            self.folder,
            json.dumps(theirs),
            json.dumps(ours),
        )


def _identity_of(path: Path) -> dict[str, str]:
    """Whose checkpoint a file is; empty when it cannot be read."""
    try:
        return dict(load_tensors(path)[1].get("identity") or {})
    except CheckpointError:
        return {}
