"""How a launcher and its processes speak: files in a folder that both know. No pickle, no port.

job.json     what to do               launcher -> processes
stop         the signal to stop for   launcher -> processes
log          lines of JSON            process 0 -> launcher
end-N.json   how process N ended      process N -> launcher, where it did not end well
"""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from stylealign.signals import StopRequest
from stylealign.writing import write_text


@dataclass(frozen=True)
class End:
    """An error that ended a process: its class's name, its text, and its traceback."""

    kind: str
    message: str
    trace: str


@dataclass(frozen=True)
class Mailbox:
    folder: Path

    @property
    def job(self) -> Path:
        return self.folder / "job.json"

    @property
    def made(self) -> Path:
        return self.folder / "made.json"

    @property
    def stop(self) -> Path:
        return self.folder / "stop"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def ask_to_stop(self, signal_name: str) -> None:
        if not self.stop.exists():
            write_text(self.stop, signal_name)

    def write_end(self, rank: int, end: End) -> None:
        write_text(self.folder / f"end-{rank}.json", json.dumps(vars(end)))

    def ends(self) -> dict[int, End]:
        """How processes ended that did not end well, by rank."""
        found = {int(path.stem.removeprefix("end-")): path for path in self.folder.glob("end-*.json")}
        return {rank: End(**json.loads(path.read_text(encoding="utf-8"))) for rank, path in sorted(found.items())}


class PostedStop(StopRequest):
    """A stop request by a signal to this process, or by the launcher's letter."""

    def __init__(self, own: StopRequest, mailbox: Mailbox):
        self._own, self._mailbox = own, mailbox

    @property
    def signal_name(self) -> str:  # type: ignore[override]
        if not self._own.signal_name and self._mailbox.stop.exists():
            return self._mailbox.stop.read_text(encoding="utf-8")
        return self._own.signal_name


class PostingHandler(logging.Handler):
    """Log records into the mailbox."""

    def __init__(self, mailbox: Mailbox):
        super().__init__()
        self._file = mailbox.log.open("a", encoding="utf-8")

    def emit(self, record: logging.LogRecord) -> None:
        self._file.write(json.dumps([record.name, record.levelno, record.getMessage()]) + "\n")
        self._file.flush()


class PostedLog:
    """Log records out of the mailbox, each handed on once to this process's own handlers."""

    def __init__(self, mailbox: Mailbox):
        mailbox.log.touch()
        self._file = mailbox.log.open(encoding="utf-8")
        self._rest = ""

    def __enter__(self) -> "PostedLog":
        return self

    def __exit__(self, *error: object) -> None:
        self.hand_on()
        self._file.close()

    def hand_on(self) -> None:
        *lines, self._rest = (self._rest + self._file.read()).split("\n")
        for line in lines:
            name, level, message = json.loads(line)
            logging.getLogger(name).log(level, "%s", message)
