"""One of the processes that train a model together: what :mod:`stylealign.training.launch` starts.

It meets the others, trains its part of every batch, and ends at once when the launcher is no more. Only process 0
logs. How it ended, where not well, goes into the mailbox under the name of the error.
"""

import ctypes
import json
import logging
import os
import signal
import socket
import sys
import traceback
from pathlib import Path

import torch

from stylealign.devices import pick_device
from stylealign.errors import InterruptedRun
from stylealign.signals import stop_on_signals
from stylealign.signature import sign
from stylealign.training.mailbox import End, Mailbox, PostedStop, PostingHandler
from stylealign.training.run import train
from stylealign.training.team import join_team, leave_team
from stylealign.training.training_job import TrainingJob
from stylealign.writing import storage_cure

PR_SET_PDEATHSIG = 1  # of Linux's prctl: the signal a process gets when the one that started it ends


def main(folder: str, launcher_pid: int) -> None:
    """Train as process ``RANK`` of ``WORLD_SIZE`` the job in a mailbox; ends the process."""
    rank, mailbox = int(os.environ["RANK"]), Mailbox(Path(folder))
    die_with(launcher_pid)
    logging.basicConfig(level=logging.INFO, handlers=[PostingHandler(mailbox) if rank == 0 else logging.NullHandler()])
    logging.captureWarnings(True)
    try:
        sign(json.loads(mailbox.made.read_text(encoding="utf-8")))
        with stop_on_signals() as own:
            _train(TrainingJob.from_json(mailbox.job.read_text(encoding="utf-8")), PostedStop(own, mailbox))
    except BaseException as error:
        mailbox.write_end(rank, end_of(error))
        _exit(0 if isinstance(error, InterruptedRun) else 1)  # all of a team are interrupted at once: no failure
    _exit(0)


def _train(job: TrainingJob, stop: PostedStop) -> None:
    device = pick_device(job.spec.device)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    speak_over_loopback()
    team = join_team(device, job.spec.architecture.mbstd_group_size)
    try:
        train(job, stop, team, device)
    except InterruptedRun:
        leave_team()
        raise
    leave_team()


def end_of(error: BaseException) -> End:
    """An error as a letter; one of the disk's under the name of the error that tells its cure."""
    cure = storage_cure(error)
    kind, message = ("StorageError", f"{error}: {cure}") if cure else (type(error).__name__, str(error))
    return End(kind, message, "".join(traceback.format_exception(error)))


def speak_over_loopback() -> None:
    """All processes are on this machine: the messages need neither its network nor its name."""
    name = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)
    if name is not None:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", name)


def die_with(launcher_pid: int) -> None:
    """Be killed when the launcher ends, however it ends (on Linux; elsewhere the loss of the team ends it)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != launcher_pid:
        os._exit(1)


def _exit(code: int) -> None:
    """End without waiting for threads that may wait for a process that is no more."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)
