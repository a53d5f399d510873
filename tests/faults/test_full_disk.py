"""A disk that is full: one line that names the file, what stood there unharmed, and the same bytes once there is room.

Two instruments: a tmpfs of two megabytes, where this may mount one, and a limit on the size of files, anywhere.
"""

import contextlib
import errno
import resource
import subprocess

import numpy as np
import pytest

from stylealign.errors import StorageError
from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.resume import ResumeFolder
from stylealign.writing import PARTIAL, write_text

BLOCK = 4096


@pytest.fixture
def disk(tmp_path):
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk, leave=0):
    """Take all room but so many bytes, in a file that can be removed."""
    ballast = disk / "ballast"
    with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * BLOCK)
    if leave:
        with open(ballast, "r+b") as file:
            file.truncate(max(ballast.stat().st_size - leave, 0))
    return ballast


@contextlib.contextmanager
def files_of_at_most(num_bytes):
    """No file may grow beyond this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def contents(folder):
    """What lies in a folder, but for locks and ballast."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("lock", "ballast")}


def refused(write, path, why):
    """The one line that a write ends with."""
    with pytest.raises(StorageError, match=why) as caught:
        write(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path.parent) in line
    return line


def test_each_kind_of_file_on_a_full_disk(kind, disk, tmp_path):
    folder, elsewhere = disk / "results", tmp_path / "elsewhere"
    elsewhere.mkdir()
    kind.write(elsewhere / kind.file)
    folder.mkdir()
    standing = {name: b"what stood there" for name in contents(elsewhere) if not name.startswith("state-")}
    for name, content in standing.items():
        (folder / name).write_bytes(content)
    (folder / "lock").touch()
    ballast = fill(disk)
    refused(kind.write, folder / kind.file, "the disk is full; free some space")
    assert contents(folder) == standing
    ballast.unlink()
    kind.write(folder / kind.file)
    assert contents(folder) == contents(elsewhere)


def test_each_kind_of_file_beyond_a_limit(kind, tmp_path):
    """The disk gives out in the middle of a write, not at its beginning."""
    folder, elsewhere = tmp_path / "results", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    kind.write(elsewhere / kind.file)
    expected = contents(elsewhere)
    with files_of_at_most(len(expected[kind.file]) // 2):
        refused(kind.write, folder / kind.file, "larger than this disk or account may hold")
    assert contents(folder) == {}
    kind.write(folder / kind.file)
    assert contents(folder) == expected


def a_figure(path):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 4))
    figure.subplots().imshow(np.random.default_rng(0).random([200, 200]))
    style.save(figure, path, path.with_suffix(".pdf"))


def a_page(path):
    png = path.with_suffix(".png")
    png.write_bytes(np.random.default_rng(0).bytes(4 * BLOCK))
    write_figure_page(png, path, "a figure")


def a_text(path):
    write_text(path, "a" * 9999)


@pytest.mark.parametrize(("name", "write"), [("family.png", a_figure), ("rows.csv", a_text)])
def test_figures_and_texts_on_a_full_disk(disk, name, write):
    path = disk / name
    path.write_bytes(b"what stood there")
    ballast = fill(disk)
    refused(write, path, "the disk is full")
    assert path.read_bytes() == b"what stood there"
    ballast.unlink()
    write(path)
    assert path.stat().st_size > 1000
    assert not list(disk.glob(f"*{PARTIAL}"))


def test_a_page_beyond_a_limit(tmp_path):
    a_page(tmp_path / "family.html")
    before = (tmp_path / "family.html").read_bytes()
    with files_of_at_most(5 * BLOCK):
        refused(a_page, tmp_path / "family.html", "larger than")
    assert (tmp_path / "family.html").read_bytes() == before


def test_a_checkpoint_that_does_not_fit_costs_none_of_those_before_it(disk, tensors):
    """Two of them and a half have room: the third is refused, and the newest one that was saved is gone on from."""
    size = 200 * BLOCK
    with ResumeFolder(disk / "state", {"spec": "a"}) as folder:
        for step in (1, 2):
            folder.save(step, tensors(size, step), {})
        with pytest.raises(StorageError, match=r"state-000000003\.safetensors: the disk is full"):
            folder.save(3, tensors(size, 3), {})
    with ResumeFolder(disk / "state", {"spec": "a"}) as folder:
        saved, meta = folder.newest()
        assert (meta["step"], float(saved["x"][0])) == (2, 2)
    assert len(list((disk / "state").glob("state-*"))) == 2


def test_no_room_for_a_folder_or_its_lock_is_the_disks_line(disk):
    """tmpfs counts files too: with none left, not even an empty one can be made."""
    subprocess.run(["mount", "-o", "remount,size=2m,nr_inodes=4", disk], check=True)
    made = 0
    with contextlib.suppress(OSError):
        while True:
            (disk / str(made)).touch()
            made += 1
    refused(lambda path: ResumeFolder(path, {}).__enter__(), disk / "state" / "x", "the disk is full")


def test_a_disk_that_may_not_be_written_says_so(disk):
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    assert errno.EROFS
    refused(lambda path: write_text(path, "a"), disk / "a.txt", "mounted read-only; write to another one")
