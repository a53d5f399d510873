"""Files appear whole or not at all, whoever else writes and whatever the disk says."""

import errno
import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from stylealign import writing
from stylealign.errors import StorageError
from stylealign.writing import PARTIAL, storage_cure, whole_file, write_npz, write_text


def left_over(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(PARTIAL)]


def fail_in_the_middle(target, error):
    with whole_file(target) as partial:
        partial.write_text("half")
        raise error


def test_a_file_takes_its_place_at_the_end_only(tmp_path):
    target = tmp_path / "made" / "a.txt"
    with whole_file(target) as partial:
        partial.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert not left_over(target.parent)


@pytest.mark.parametrize("umask", [0o022, 0o007])
def test_whoever_may_read_new_files_may_read_this_one(tmp_path, umask):
    """safetensors makes files that nobody but their writer reads, whatever the account says."""
    from safetensors.numpy import save_file

    before = os.umask(umask)
    try:
        with whole_file(tmp_path / "x.safetensors") as partial:
            save_file({"x": np.zeros(3)}, partial)
    finally:
        os.umask(before)
    assert (tmp_path / "x.safetensors").stat().st_mode & 0o777 == 0o666 & ~umask
    assert [path.name for path in tmp_path.iterdir()] == ["x.safetensors"]


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_what_stood_there_survives_a_failed_write(tmp_path, error):
    target = tmp_path / "a.txt"
    write_text(target, "old")
    with pytest.raises(type(error)):
        fail_in_the_middle(target, error)
    assert target.read_text() == "old"
    assert not left_over(tmp_path)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"),  # safetensors
    ],
)
def test_a_full_disk_is_one_line_that_names_the_file_and_the_cure(tmp_path, error):
    target = tmp_path / "a.txt"
    with pytest.raises(StorageError, match="the disk is full; free some space") as caught, whole_file(target):
        raise error
    assert str(target) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_errors_are_not_taken_for_the_disk():
    assert storage_cure(ValueError("no")) is None
    assert storage_cure(FileNotFoundError(errno.ENOENT, "gone")) is None
    assert storage_cure(RuntimeError("os error 280")) is None


def test_two_processes_have_two_unfinished_files(tmp_path):
    script = (
        "import sys; from pathlib import Path; from stylealign.writing import partial_name as p; print(p(Path('a')))"
    )
    names = {subprocess.check_output([sys.executable, "-c", script], text=True) for _ in range(2)}
    assert len(names) == 2


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    node = platform.node()
    gone = tmp_path / f"a.txt.{node}.{dead.pid}{PARTIAL}"
    kept = [
        tmp_path / f"a.txt.{node}.{os.getppid()}{PARTIAL}",  # a living process
        tmp_path / f"a.txt.another-{node}.{dead.pid}{PARTIAL}",  # another host: who knows
        tmp_path / f"a.txt.{node}.12x{PARTIAL}",
        tmp_path / "holiday.partial",
    ]
    for path in (gone, *kept):
        path.write_text("half")
    writing._sweep.cache_clear()
    write_text(tmp_path / "b.txt", "whole")
    assert not gone.exists()
    assert all(path.exists() for path in kept)


def test_npz_holds_no_pickle_and_equal_arrays_give_equal_bytes(tmp_path):
    arrays = {"a": np.arange(3), "b": np.array(["x", "y"])}
    for name in ("one.npz", "two.npz"):
        write_npz(tmp_path / name, arrays)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with pytest.raises(ValueError, match="pickle"):
        write_npz(tmp_path / "three.npz", {"a": np.array([object()])})
    assert not (tmp_path / "three.npz").exists()
