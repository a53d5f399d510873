"""One process at a time in a folder, with flock and without; a lock is taken over from the dead, never the living."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from stylealign import locks
from stylealign.errors import ResumeError, StorageError
from stylealign.locks import FILE_NAME, FLOCK_NAME, HEARTBEAT_SEC, STALE_SEC, FolderLock

HOLD = """
import errno, fcntl, sys, time
from pathlib import Path
from stylealign.locks import FolderLock
if sys.argv[2] == "file":
    def flock(file, how):
        raise OSError(errno.ENOLCK, "no locks available")
    fcntl.flock = flock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture(params=["flock", "file"])
def kind(request, monkeypatch):
    """With ``flock``, or on a file system that has none."""
    if request.param == "file":
        refuse_flock(monkeypatch, errno.ENOTSUP)
    return request.param


def refuse_flock(monkeypatch, number):
    def flock(file, how):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.fixture
def holder(tmp_path, kind):
    """Another process that holds the folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path), kind]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_folder_that_is_held_is_refused_with_the_holders_name(tmp_path, holder):
    with (
        pytest.raises(ResumeError, match=rf"another process \(pid {holder.pid} on .*\) is working here"),
        FolderLock(tmp_path),
    ):
        pass
    assert holder.poll() is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_lock_does_not_outlive_its_process(tmp_path, holder, number):
    holder.send_signal(number)
    holder.wait()
    with FolderLock(tmp_path):
        pass


def test_a_lock_is_free_again_after_its_block(tmp_path, kind):
    for _ in range(2):
        with FolderLock(tmp_path / "made" / "here"):
            assert (tmp_path / "made/here" / (FLOCK_NAME if kind == "flock" else FILE_NAME)).exists()
    assert not (tmp_path / "made/here" / FILE_NAME).exists()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS])
def test_file_systems_say_in_many_ways_that_they_have_no_flock(tmp_path, monkeypatch, number):
    refuse_flock(monkeypatch, number)
    with FolderLock(tmp_path), pytest.raises(ResumeError, match=f"pid {os.getpid()} on"), FolderLock(tmp_path):
        pass


def test_what_else_the_disk_says_is_told_as_the_disks(tmp_path, monkeypatch):
    refuse_flock(monkeypatch, errno.EIO)
    with pytest.raises(StorageError, match="the disk does not answer"), FolderLock(tmp_path):
        pass


def write_lock(folder, age_sec=0.0, **changed):
    """A lock file of somebody, whose heart last beat so long ago."""
    owner = {"pid": 4242, "host": "node7", "machine": "another boot", "begun": "1", "job": "77", **changed}
    path = folder / FILE_NAME
    path.write_text(json.dumps(owner))
    os.utime(path, (time.time() - age_sec,) * 2)
    return path


@pytest.fixture
def no_flock(monkeypatch):
    refuse_flock(monkeypatch, errno.ENOLCK)


@pytest.mark.usefixtures("no_flock")
def test_a_holder_on_another_machine_is_believed_while_its_heart_beats(tmp_path):
    path = write_lock(tmp_path, STALE_SEC - 60)
    with pytest.raises(ResumeError, match=r"node7, SLURM job 77, last seen \d+ s ago.*if it is surely gone, delete"):
        FolderLock(tmp_path).__enter__()
    assert json.loads(path.read_text())["pid"] == 4242


@pytest.mark.usefixtures("no_flock")
def test_a_heart_that_stopped_on_another_machine_gives_the_lock_away(tmp_path, caplog):
    write_lock(tmp_path, STALE_SEC + 60)
    with FolderLock(tmp_path) as lock:
        lock.check()
    assert "taking over from pid 4242 on node7, SLURM job 77, which is no more (last seen 660 s ago)" in caplog.text
    assert not list(tmp_path.glob(f"{FILE_NAME}*"))


@pytest.mark.usefixtures("no_flock")
def test_a_dead_process_of_this_machine_gives_it_away_at_once(tmp_path, caplog):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    write_lock(tmp_path, pid=dead.pid, host="here", machine=locks._machine(), begun="5")
    with FolderLock(tmp_path):
        assert f"taking over from pid {dead.pid} on here" in caplog.text


@pytest.mark.usefixtures("no_flock")
def test_a_number_that_another_process_has_now_is_not_the_holder(tmp_path):
    write_lock(tmp_path, pid=os.getpid(), machine=locks._machine(), begun="5")
    with FolderLock(tmp_path):
        pass


@pytest.mark.usefixtures("no_flock")
@pytest.mark.parametrize("text", ["", "half an own", "[]", '{"pid": 3}'])
def test_a_lock_that_says_nothing_is_believed_until_it_is_old(tmp_path, text):
    path = write_lock(tmp_path)
    path.write_text(text)
    with pytest.raises(ResumeError, match="an unknown process"), FolderLock(tmp_path):
        pass
    os.utime(path, (time.time() - STALE_SEC - 60,) * 2)
    with FolderLock(tmp_path):
        pass


@pytest.mark.usefixtures("no_flock")
def test_a_clock_that_jumped_back_kills_nobody(tmp_path):
    """The last heartbeat lies in the future: who knows how old it is."""
    write_lock(tmp_path, -86400)
    with pytest.raises(ResumeError, match="last seen 0 s ago"), FolderLock(tmp_path):
        pass


@pytest.mark.usefixtures("no_flock")
def test_the_heart_beats_while_the_lock_is_held(tmp_path, monkeypatch):
    assert HEARTBEAT_SEC * 10 < STALE_SEC
    monkeypatch.setattr(locks, "HEARTBEAT_SEC", 0.01)
    with FolderLock(tmp_path):
        path = tmp_path / FILE_NAME
        os.utime(path, (0, 0))
        deadline = time.monotonic() + 10
        while path.stat().st_mtime == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.usefixtures("no_flock")
def test_a_sleeper_learns_that_its_lock_was_taken_and_leaves_the_other_alone(tmp_path):
    with FolderLock(tmp_path) as lock:
        lock.check()
        path = write_lock(tmp_path)
        with pytest.raises(ResumeError, match="took the lock over while this one stood still"):
            lock.check()
    assert path.exists()


@pytest.mark.usefixtures("no_flock")
def test_where_there_are_no_hard_links_either_one_of_two_is_refused(tmp_path, monkeypatch):
    def link(source, target):
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(os, "link", link)
    with FolderLock(tmp_path), pytest.raises(ResumeError), FolderLock(tmp_path):
        pass


def test_a_folder_removed_by_its_holder_is_locked_anew(tmp_path):
    """As channel maps do: the lock goes with the folder, and whoever opened it just before holds nothing."""
    folder = tmp_path / "state"
    lock = FolderLock(folder)
    opened, real = [], lock._open

    def removed_once_opened():
        opened.append(real())
        if len(opened) == 1:
            (folder / FLOCK_NAME).unlink()
        return opened[-1]

    lock._open = removed_once_opened
    with lock, pytest.raises(ResumeError), FolderLock(folder):
        pass
    assert len(opened) == 2
