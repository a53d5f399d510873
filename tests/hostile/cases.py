"""What a hostile case is, how it may end, and how a process attempts many of them and lives to tell.

A worker (``python tests/hostile/worker.py GROUP``) attempts the cases of one group one after the other, under a limit
of its address space, and prints one JSON line for each. A case that kills the worker is ``crashed``.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ACCEPTED, REFUSED, EITHER = "accepted", "refused", "either"  # what a case should come to
CRASHED = "crashed"  # and what it must never come to
LIMIT_BYTES = 6 * 2**30  # of address space: torch alone maps some of it
LIMIT_CPU_SEC, LIMIT_SEC = 20, 120  # of one case: its own time, and the time that passes


@dataclass(frozen=True)
class Case:
    """One hostile thing: ``make`` puts it into a folder; ``settings`` go to whoever reads it."""

    kind: str
    name: str
    make: Callable[[Path], None]
    expect: str = REFUSED
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """How a case ended. ``line`` is what the user reads; ``wrong`` says what must not have happened, if it did."""

    kind: str
    name: str
    expect: str
    ended: str
    line: str
    seconds: float  # of its own time: what others do on the machine does not count
    memory_mb: float  # above what the process held before
    wrong: tuple[str, ...] = ()

    @property
    def is_as_expected(self) -> bool:
        return not self.wrong and self.ended != CRASHED and self.expect in (EITHER, self.ended)


class Refused(Exception):
    """Raised by an attempt that ended in a clear line, which it holds."""


def attempt(case: Case, folder: Path, read: Callable[[Case, Path], str]) -> Outcome:
    """``case`` made in ``folder`` and read; ``read`` says what it accepted, or raises :class:`Refused`."""
    case.make(folder)
    before = snapshot(folder)
    base, start = _reset_peak(), time.process_time()
    try:
        ended, line = ACCEPTED, read(case, folder)
    except Refused as refused:
        ended, line = REFUSED, str(refused)
    except BaseException as error:  # whatever else happens is what is looked for
        ended, line = CRASHED, f"{type(error).__name__}: {error}"[:300]
    seconds, memory_mb = time.process_time() - start, (_peak_bytes() - base) / 2**20
    wrong = [] if ended == CRASHED else unclear(line)
    wrong += [f"wrote {name}" for name in changed(before, snapshot(folder))]
    return Outcome(case.kind, case.name, case.expect, ended, line, seconds, memory_mb, tuple(wrong))


def unclear(line: str) -> list[str]:
    """Why a message cannot be read by a person; messages of several lines are those of a study, indented."""
    lines = line.split("\n  ")
    wrong = [f"unprintable {one[:80]!r}" for one in lines if not one.isprintable()]
    wrong += [f"a line of {len(one)} characters" for one in lines if len(one) > 2000]
    return wrong + (["no message"] if not line.strip() else [])


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file around the output folder ``out``: size and time of change."""
    found = {}
    for root, folders, files in os.walk(os.fsencode(folder)):
        if root == os.fsencode(folder) and b"out" in folders:
            folders.remove(b"out")
        for name in files:
            status = os.lstat(os.path.join(root, name))
            found[repr(os.path.join(root, name))] = (status.st_size, status.st_mtime_ns)
    return found


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def run_group(group: str, *, timeout_sec: float = 300) -> list[Outcome]:
    """Every case of ``group`` attempted in a process of its own; a case that ends the process is ``crashed``."""
    found: list[Outcome] = []
    while True:
        command = [sys.executable, str(HERE / "worker.py"), group, str(len(found))]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_sec, env=environment)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found += [Outcome(**{**one, "wrong": tuple(one["wrong"])}) for one in lines if "ended" in one]
        started = [one for one in lines if "ended" not in one]
        if done.returncode == 0:
            return found
        if len(started) <= len(lines) - len(started):
            raise RuntimeError(f"{group}: {done.stderr[-2000:]}")
        line = f"the process ended with {done.returncode}: {done.stderr[-200:]}"
        found.append(Outcome(**started[-1], expect="", ended=CRASHED, line=line, seconds=0, memory_mb=0))


def say(outcome: Outcome) -> None:
    print(json.dumps(asdict(outcome)), flush=True)


def table(groups: Mapping[str, Iterable[Outcome]]) -> str:
    """The outcomes as a Markdown table, a row a kind."""
    lines = [
        "| bad input | tried | refused in a clear line | read as harmless | crashed | wrote or ran anything | slowest "
        "| peak memory |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for group, outcomes in groups.items():
        some = list(outcomes)
        lines += [_row(kind, [one for one in some if one.kind == kind]) for kind in dict.fromkeys(o.kind for o in some)]
        lines.append(_row(f"**{group}**", some))
    return "\n".join(lines)


def _row(name: str, some: list[Outcome]) -> str:
    ended = [one.ended for one in some]
    wrong = sum(bool(one.wrong) for one in some)
    slowest, memory = max(one.seconds for one in some), max(one.memory_mb for one in some)
    counts = " | ".join(str(ended.count(how)) for how in (REFUSED, ACCEPTED, CRASHED))
    return f"| {name} | {len(some)} | {counts} | {wrong} | {slowest:.1f} s | {memory:.0f} MB |"


def _reset_peak() -> int:
    """Forget the peak so far; the bytes held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return _status_bytes("VmRSS")


def _peak_bytes() -> int:
    return _status_bytes("VmHWM")


def _status_bytes(key: str) -> int:
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{key}:"))
