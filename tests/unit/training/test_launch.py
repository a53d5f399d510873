"""What the launcher refuses before it starts, how it and its processes speak, and which of many ends is told."""

import errno
import logging
import signal
from pathlib import Path

import pytest
import torch
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.errors import ConfigError, DeviceError, InterruptedRun, ResumeError, StorageError, TrainingError
from stylealign.signals import StopRequest
from stylealign.training.launch import refuse_failures, refuse_missing_gpus, refuse_uneven_batch
from stylealign.training.mailbox import End, Mailbox, PostedLog, PostedStop, PostingHandler
from stylealign.training.training_job import TrainingJob
from stylealign.training.worker import end_of


def spec(batch_size=16, mbstd_group_size=4, device="cpu", **training):
    return ResolvedModel(
        name="face",
        domain="face",
        resolution=16,
        architecture=Architecture(mbstd_group_size=mbstd_group_size),
        training=Training(batch_size=batch_size, **training),
        seed=0,
        study_seed=0,
        samples=Samples(),
        device=device,
    )


@pytest.mark.parametrize(("batch", "group", "processes"), [(16, 4, 2), (16, 4, 4), (32, 8, 4), (4, 1, 2), (24, 3, 4)])
def test_a_batch_that_splits_into_whole_groups_is_shared(batch, group, processes):
    refuse_uneven_batch(spec(batch, group), processes)


def test_a_batch_that_does_not_is_refused_with_what_would_do():
    with pytest.raises(ConfigError) as refused:
        refuse_uneven_batch(spec(), 3)
    (line,) = refused.value.problems
    assert line.startswith("models.face.training.batch_size: 3 processes cannot share 16 images in whole groups of ")
    assert "architecture.mbstd_group_size (4); set the resource processes of rule train to 1 or 2 or 4, or" in line
    with pytest.raises(ConfigError, match=r"8 processes cannot share 16"):
        refuse_uneven_batch(spec(), 8)  # groups of 4 would be torn


def test_half_a_batch_has_to_split_too_where_path_lengths_are_regularised():
    refuse_uneven_batch(spec(3, 1, pl_weight=0), 3)
    with pytest.raises(ConfigError, match="set the resource processes of rule train to 1, or"):
        refuse_uneven_batch(spec(3, 1), 3)


def test_more_processes_than_gpus_are_refused(monkeypatch):
    refuse_missing_gpus(spec(), 64)  # CPUs are shared by as many as one likes
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.distributed, "is_backend_available", lambda name: True)
    refuse_missing_gpus(spec(device="cuda"), 2)
    with pytest.raises(
        DeviceError, match=r"processes=4: each takes a GPU, and torch sees 2; set the resource processes"
    ):
        refuse_missing_gpus(spec(device="cuda"), 4)


def failure(rank, exitcode, timestamp=100):
    found = ProcessFailure(local_rank=rank, pid=1000 + rank, exitcode=exitcode, error_file="none")
    found.timestamp = timestamp
    return found


def told(ends, failures, stopped_by=""):
    with pytest.raises(Exception) as raised:  # noqa: PT011
        refuse_failures("face", ends, {one.local_rank: one for one in failures}, stopped_by)
    return raised.value


LOST = End("LostTeam", "Connection closed by peer [127.0.0.1]:1", "")


def test_nothing_is_raised_when_all_ended_well():
    refuse_failures("face", {}, {}, "")


def test_an_error_of_the_users_keeps_its_class_and_text():
    error = told({0: End("ResumeError", "folder: in use", "…"), 1: LOST}, [failure(0, 1), failure(1, 1)])
    assert (type(error), str(error)) == (ResumeError, "folder: in use")
    assert type(told({0: End("InterruptedRun", "saved", "")}, [])) is InterruptedRun


def test_of_many_ends_the_cause_is_told():
    killed, ended = failure(1, -signal.SIGKILL), failure(0, -signal.SIGTERM)
    error = told({2: LOST}, [ended, killed, failure(2, 1)])
    assert type(error) is TrainingError
    assert str(error).startswith("face: process 1 (pid 1001) was killed by SIGKILL (as the system does when memory")
    assert str(error).endswith("the same command resumes from the last checkpoint")
    assert "SIGSEGV" in str(told({0: LOST}, [failure(0, 1), failure(1, -signal.SIGSEGV)]))


def test_a_silent_process_that_the_launcher_had_to_kill_is_not_called_killed():
    slow = failure(1, -signal.SIGKILL, timestamp=130)
    assert "lost each other (Connection closed by peer" in str(told({0: LOST}, [failure(0, 1), slow]))


def test_a_programmers_error_keeps_its_traceback():
    error = told({0: LOST, 1: End("KeyError", "'x'", "Traceback\n  line 3")}, [failure(0, 1), failure(1, 1)])
    assert type(error) is RuntimeError
    assert "process 1 ended with\nTraceback\n  line 3" in str(error)
    assert "process 1 ended with exit code 3" in str(told({}, [failure(1, 3)]))


def test_a_signal_before_the_processes_listen_is_an_interruption_all_the_same():
    error = told({}, [failure(0, -signal.SIGTERM), failure(1, -signal.SIGTERM)], "SIGTERM")
    assert type(error) is InterruptedRun
    assert "before its first step" in str(error)


def test_a_full_disk_is_told_with_its_cure():
    end = end_of(OSError(errno.ENOSPC, "No space left on device", "log"))
    assert (end.kind, "free some space" in end.message) == ("StorageError", True)
    assert type(told({0: end}, [failure(0, 1)])) is StorageError


def test_log_lines_are_handed_on_once_and_whole(tmp_path, caplog):
    mailbox = Mailbox(tmp_path)
    logger = logging.Logger("stylealign.training.course")
    with PostedLog(mailbox) as posted, caplog.at_level(logging.INFO, "stylealign"):
        logger.addHandler(PostingHandler(mailbox))
        logger.info("%d of %d", 1, 2)
        posted.hand_on()
        with mailbox.log.open("a") as file:
            file.write('["stylealign.x", 30, "cut')
            file.flush()
            posted.hand_on()
            file.write(' in two"]\n')
    assert [(one.name, one.levelno, one.getMessage()) for one in caplog.records] == [
        ("stylealign.training.course", logging.INFO, "1 of 2"),
        ("stylealign.x", logging.WARNING, "cut in two"),
    ]


def test_a_stop_is_asked_for_by_letter_or_by_signal(tmp_path):
    mailbox, own = Mailbox(tmp_path), StopRequest()
    stop = PostedStop(own, mailbox)
    assert not stop
    mailbox.ask_to_stop("SIGUSR1")
    mailbox.ask_to_stop("SIGTERM")  # the first counts
    assert (bool(stop), stop.signal_name) == (True, "SIGUSR1")
    own.signal_name = "SIGINT"
    assert stop.signal_name == "SIGINT"


def test_a_job_crosses_to_another_process_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = ("images", "index", "parent_pair", "state", "g_ema", "pair", "ticks", "cost", "samples")
    paths = {name: tmp_path / name for name in names}
    rest = {"threads": 2, "provenance": {"seed": 1}}
    job = TrainingJob(spec=spec(lr=0.1), **(paths | {"state": Path("state")}), parent_card=None, **rest)
    assert TrainingJob.from_json(job.to_json()) == TrainingJob(spec=spec(lr=0.1), **paths, parent_card=None, **rest)
