"""Start the processes that train a model together with torch's elastic launcher (`torchrun`), and say how they ended.

An error of any of them is raised here again: one of the user's under its own class and text. The launcher itself
computes nothing; it hands on what process 0 logs, and a stop signal to all.
"""

import contextlib
import json
import logging
import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import torch
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from stylealign.config.models import ResolvedModel
from stylealign.devices import pick_device
from stylealign.errors import ConfigError, DeviceError, InterruptedRun, StyleAlignError, TrainingError
from stylealign.signals import SIGNALS, stop_on_signals
from stylealign.signature import signature
from stylealign.training.mailbox import End, Mailbox, PostedLog
from stylealign.training.team import LostTeam, backends
from stylealign.training.training_job import TrainingJob
from stylealign.writing import write_text

POLL_SEC = 0.1
TOGETHER_SEC = 2  # failures within it have one cause; the launcher gives the others longer before it kills them

_START = "import sys; sys.path.insert(0, sys.argv[1]); from stylealign.training import worker; "
_START += "worker.main(sys.argv[2], int(sys.argv[3]))"
_ROOT = Path(__file__).resolve().parents[2]
_RESUMES = "the others were ended, and the same command resumes from the last checkpoint"


def train_in_processes(job: TrainingJob, processes: int) -> None:
    """Train ``job`` with several processes, each a part of every batch; as :func:`stylealign.training.run.train_model`.

    Raises what a process raised; :class:`TrainingError` when one was killed or no longer heard of,
    :class:`ConfigError` for a batch that cannot be shared so, :class:`DeviceError` for fewer GPUs than processes.
    """
    refuse_correspondence(job.spec, processes)
    refuse_uneven_batch(job.spec, processes)
    refuse_missing_gpus(job.spec, processes)
    with tempfile.TemporaryDirectory(prefix="stylealign-") as folder, stop_on_signals() as stop:
        mailbox = Mailbox(Path(folder))
        write_text(mailbox.job, job.to_json())
        write_text(mailbox.made, json.dumps(signature()))
        with PostedLog(mailbox) as posted, ThreadPoolExecutor(1) as pool, _silent_elastic():
            launch = pool.submit(_launch, mailbox, processes)
            while not launch.done():
                wait([launch], timeout=POLL_SEC)
                posted.hand_on()
                if stop:
                    mailbox.ask_to_stop(stop.signal_name)
        refuse_failures(job.spec.name, mailbox.ends(), launch.result(), stop.signal_name)


def refuse_correspondence(spec: ResolvedModel, processes: int) -> None:
    """:class:`ConfigError` for a child of few images whose batches are compared as wholes."""
    if spec.training.correspondence is None:
        return
    cure = "compares the images of a whole batch, which one process trains; set the resource processes of its rule to 1"
    raise ConfigError([f"models.{spec.name}.training.correspondence: {cure}"], f"processes={processes}")


def refuse_uneven_batch(spec: ResolvedModel, processes: int) -> None:
    """:class:`ConfigError` unless each process gets equal parts, in whole groups of the minibatch deviation."""
    if _is_even(spec, processes):
        return
    batch, group = spec.training.batch_size, spec.architecture.mbstd_group_size
    good = [num for num in range(1, batch + 1) if _is_even(spec, num)]
    raise ConfigError(
        [
            f"models.{spec.name}.training.batch_size: {processes} processes cannot share {batch} images in whole "
            f"groups of architecture.mbstd_group_size ({group}); set the resource processes of rule train to "
            f"{' or '.join(map(str, good))}, or batch_size to a multiple of {processes * group}"
        ],
        f"processes={processes}",
    )


def _is_even(spec: ResolvedModel, processes: int) -> bool:
    batch, group = spec.training.batch_size, min(spec.architecture.mbstd_group_size, spec.training.batch_size)
    half_is_even = not spec.training.pl_weight or max(batch // 2, 1) % processes == 0  # of path length regularisation
    return batch % (group * processes) == 0 and half_is_even


def refuse_missing_gpus(spec: ResolvedModel, processes: int) -> None:
    """:class:`DeviceError` where there are fewer GPUs than processes, or nothing to speak through."""
    device = pick_device(spec.device)
    backends(device)
    if device.type == "cuda" and processes > torch.cuda.device_count():
        raise DeviceError(
            f"processes={processes}: each takes a GPU, and torch sees {torch.cuda.device_count()}; set the resource "
            f"processes of rule train to at most that, or ask for as many GPUs (the resource gpu)"
        )


def _launch(mailbox: Mailbox, processes: int) -> dict[int, ProcessFailure]:
    """Run the processes to their end; how they failed, by rank."""
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=processes,
        run_id=uuid.uuid4().hex,
        role="train",
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
        monitor_interval=POLL_SEC,
        logs_specs=DefaultLogsSpecs(log_dir=str(mailbox.folder / "elastic")),
    )
    try:
        elastic_launch(config, sys.executable)("-c", _START, str(_ROOT), str(mailbox.folder), str(os.getpid()))
    except ChildFailedError as error:
        return error.failures
    return {}


@contextlib.contextmanager
def _silent_elastic() -> Iterator[None]:
    """Torch's launcher tells of each process it ends; what happened is told once, by the error that is raised."""
    loggers = [logging.getLogger(name) for name in ("torch.distributed.elastic", "torchelastic-events-null")]
    before, nowhere = [logger.propagate for logger in loggers], logging.NullHandler()
    for logger in loggers:
        logger.addHandler(nowhere)
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.removeHandler(nowhere)
            logger.propagate = propagate


def refuse_failures(
    name: str, ends: Mapping[int, End], failures: Mapping[int, ProcessFailure], stopped_by: str
) -> None:
    """Raise what ended the processes of the training ``name``, if anything did: the cause, not what it led to.

    A killed process costs the others their team; and the launcher ends the others, by SIGTERM and then by SIGKILL.
    """
    kinds = _user_errors()
    for end in ends.values():
        if end.kind in kinds:
            raise kinds[end.kind].__new__(kinds[end.kind], end.message)
    for rank, end in ends.items():
        if end.kind != LostTeam.__name__:
            raise RuntimeError(f"{name}: process {rank} ended with\n{end.trace}")
    first = min((failure.timestamp for failure in failures.values()), default=0)
    silent = {rank: failure for rank, failure in sorted(failures.items()) if rank not in ends}
    causes = [rank for rank, failure in silent.items() if failure.timestamp <= first + TOGETHER_SEC]
    for rank in sorted(causes, key=lambda rank: failures[rank].exitcode == -signal.SIGTERM):
        raise _silent_end(name, rank, failures[rank], stopped_by)
    for end in ends.values():
        raise TrainingError(f"{name}: its processes lost each other ({end.message}); {_RESUMES}")


def _silent_end(name: str, rank: int, failure: ProcessFailure, stopped_by: str) -> StyleAlignError:
    """What is said of a process that ended without a word."""
    if failure.exitcode >= 0:
        return TrainingError(f"{name}: process {rank} ended with exit code {failure.exitcode}; {_RESUMES}")
    killer = signal.Signals(-failure.exitcode)
    if stopped_by and killer in SIGNALS:
        return InterruptedRun(f"{name}: stopped by {stopped_by} before its first step; the same command resumes")
    hint = " (as the system does when memory runs out)" if killer == signal.SIGKILL else ""
    return TrainingError(f"{name}: process {rank} (pid {failure.pid}) was killed by {killer.name}{hint}; {_RESUMES}")


def _user_errors() -> dict[str, type[StyleAlignError]]:
    """The tree of errors, by name."""
    found, waiting = dict[str, type[StyleAlignError]](), [StyleAlignError]
    while waiting:
        kind = waiting.pop()
        found[kind.__name__] = kind
        waiting += kind.__subclasses__()
    return found
