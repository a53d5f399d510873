"""One process at a time in a folder: a lock that a killed process leaves open, whatever the file system.

``flock`` where there is one: the system gives it back with the process. Some network file systems have none (they
answer ENOLCK, ENOTSUP or ENOSYS); there, a file that only one process can make says who holds the folder, and its
modification time is the holder's heartbeat. Such a file is taken over, with a line that says so, when its process is
no more (on this machine) or its heart has not beaten for :data:`STALE_SEC` (on another). Ages are differences of
times that the file system itself wrote: the clocks of two machines are never compared.
"""

import errno
import fcntl
import json
import logging
import os
import platform
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from stylealign.errors import ResumeError
from stylealign.writing import disk_errors_told

log = logging.getLogger(__name__)

HEARTBEAT_SEC = 30.0
STALE_SEC = 600.0
FLOCK_NAME, FILE_NAME = "lock", "lock.held"

_NO_FLOCK = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class FolderLock:
    """Holds ``folder``, which is made if need be, from ``with`` to its end.

    Raises :class:`ResumeError` where another process holds it, naming that process.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._flock: BinaryIO | None = None
        self._file: _LockFile | None = None

    def __enter__(self) -> "FolderLock":
        with disk_errors_told(self.folder):
            lock = self._open()
            try:
                has_flock = self._try_flock(lock)
                if has_flock and not self._is_gone(lock):
                    self._say_who(lock)
                    self._flock = lock
                    return self
            except BaseException:
                lock.close()
                raise
            lock.close()
            if has_flock:  # its holder removed the folder between our two calls
                return self.__enter__()
            log.info("%s: this file system has no flock; a file with a heartbeat stands for it", self.folder)
            self._file = _LockFile(self.folder)
            self._file.take()
            return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.release()
        if self._flock is not None:
            self._flock.close()

    def check(self) -> None:
        """:class:`ResumeError` when the lock was lost: this process slept so long that another took it for dead."""
        if self._file is not None and not self._file.is_ours():
            raise ResumeError(
                f"{self.folder}: another process took the lock over while this one stood still; nothing more is "
                "written here, let the other one finish"
            )

    def _open(self) -> BinaryIO:
        self.folder.mkdir(parents=True, exist_ok=True)
        return open(self.folder / FLOCK_NAME, "ab+", buffering=0)

    def _try_flock(self, lock: BinaryIO) -> bool:
        """Whether there is flock here; :class:`ResumeError` where another process has it."""
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                lock.seek(0)
                owner = lock.read(200).decode(errors="replace").strip()
                raise _busy(self.folder, owner or "unknown") from error
            if error.errno in _NO_FLOCK:
                return False
            raise
        return True

    def _is_gone(self, lock: BinaryIO) -> bool:
        try:
            return not os.path.samestat(os.fstat(lock.fileno()), os.stat(self.folder / FLOCK_NAME))
        except FileNotFoundError:
            return True

    def _say_who(self, lock: BinaryIO) -> None:
        lock.truncate(0)
        lock.write(_told(_owner()).encode())


class _LockFile:
    """A file that only one process can make, and the thread that keeps its time fresh."""

    def __init__(self, folder: Path):
        self.folder, self.path = folder, folder / FILE_NAME
        self.owner = _owner()
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, name=f"heartbeat of {self.path}", daemon=True)

    def take(self) -> None:
        if not self._make():
            self._take_over()
        self._heart.start()

    def release(self) -> None:
        self._stop.set()
        self._heart.join()
        if self.is_ours():
            self.path.unlink(missing_ok=True)

    def is_ours(self) -> bool:
        return _read_owner(self.path) == self.owner

    def _make(self) -> bool:
        """Whether the file could be made: written beside and linked, so that nobody reads half an owner."""
        beside = self.path.with_name(f"{FILE_NAME}.{self.owner['host']}.{self.owner['pid']}")
        beside.write_text(json.dumps(self.owner), encoding="utf-8")
        try:
            os.link(beside, self.path)
        except FileExistsError:
            return False
        except OSError:  # no hard links here
            return self._make_alone()
        finally:
            beside.unlink(missing_ok=True)
        return True

    def _make_alone(self) -> bool:
        try:
            with open(self.path, "x", encoding="utf-8") as file:
                file.write(json.dumps(self.owner))
        except FileExistsError:
            return False
        return True

    def _take_over(self) -> None:
        """In the place of a holder that is no more; of two that try at once, one is refused."""
        owner, age_sec = _read_owner(self.path), self._age_sec()
        if not _is_dead(owner, age_sec):
            raise _busy(self.folder, f"{_told(owner)}, last seen {max(age_sec, 0):.0f} s ago", self.path)
        log.warning(
            "%s: taking over from %s, which is no more (last seen %.0f s ago)", self.folder, _told(owner), age_sec
        )
        aside = self.path.with_name(f"{FILE_NAME}.stale.{self.owner['host']}.{self.owner['pid']}")
        try:
            os.rename(self.path, aside)
        except FileNotFoundError:
            pass  # another one was quicker, or its holder has just ended
        else:
            if _read_owner(aside) != owner:  # another one had taken over already: what was moved is its lock
                os.rename(aside, self.path)
                raise _busy(self.folder, _told(_read_owner(self.path)), self.path)
            aside.unlink(missing_ok=True)
        if not self._make():
            raise _busy(self.folder, _told(_read_owner(self.path)), self.path)

    def _age_sec(self) -> float:
        """Since the last heartbeat, by the file system's own clock; 0 where the file is gone."""
        probe = self.path.with_name(f"{FILE_NAME}.now.{self.owner['host']}.{self.owner['pid']}")
        try:
            probe.touch()
            return probe.stat().st_mtime - self.path.stat().st_mtime
        except FileNotFoundError:
            return 0.0
        finally:
            probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SEC):
            try:
                os.utime(self.path)
            except OSError as error:
                log.warning("%s: the heartbeat failed (%s)", self.path, error)


def _owner() -> dict[str, Any]:
    """This process, as others may look for it."""
    owner = {"pid": os.getpid(), "host": platform.node(), "machine": _machine(), "begun": _begun(os.getpid())}
    job = os.environ.get("SLURM_JOB_ID")
    return {**owner, "job": job} if job else owner


def _told(owner: dict[str, Any]) -> str:
    job = f", SLURM job {owner['job']}" if "job" in owner else ""
    return f"pid {owner['pid']} on {owner['host']}{job}" if owner else "an unknown process"


def _read_owner(path: Path) -> dict[str, Any]:
    """Whose lock a file is; empty when it cannot be read."""
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return owner if isinstance(owner, dict) and {"pid", "host"} <= owner.keys() else {}
    except (OSError, ValueError):
        return {}


def _is_dead(owner: dict[str, Any], age_sec: float) -> bool:
    """Whether the holder is no more: known at once of a process of this machine, else by its heart."""
    machine = _machine()
    if machine and owner.get("machine") == machine:
        return bool(_begun(owner["pid"]) != owner.get("begun"))
    return age_sec > STALE_SEC


def _machine() -> str:
    """This boot of this machine, and this container's own numbering of processes; empty where it cannot be told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""


def _begun(pid: int) -> str:
    """When a process of this machine began, in its kernel's ticks; empty when it has ended.

    A number that was given to another process since has another beginning.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = status.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _busy(folder: Path, owner: str, file: Path | None = None) -> ResumeError:
    cure = f"; if it is surely gone, delete {file}" if file is not None else ""
    return ResumeError(
        f"{folder}: another process ({owner}) is working here; wait for it, or stop it and run again{cure}"
    )
