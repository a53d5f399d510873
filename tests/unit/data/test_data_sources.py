"""Names: which files of a folder or archive are candidates, in which order, and which are turned away and why."""

import os
import zipfile
from pathlib import Path

import pytest

from stylealign.data import decode
from stylealign.data.rejection import CURES, Reason, Reject, Rejected, count_reasons
from stylealign.data.sources import Candidate, list_folder, list_zip, rounds
from stylealign.errors import ImageSetError, printable


def reasons(entries: list[Candidate | Rejected]) -> dict[str, str]:
    return {entry.origin: entry.reason if isinstance(entry, Rejected) else "candidate" for entry in entries}


def write(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_nested_files_in_the_order_of_their_names(tmp_path):
    for name in ("b/2.JPG", "b/10.jpeg", "a.png", "Z.Tiff", "b-1.webp", "c/d/e/f.BMP", "g.tif", "h.gif"):
        write(tmp_path / name)
    names = [entry.name for entry in list_folder(tmp_path)]
    assert names == ["Z.Tiff", "a.png", "b-1.webp", "b/10.jpeg", "b/2.JPG", "c/d/e/f.BMP", "g.tif", "h.gif"]


def test_every_other_file_is_listed(tmp_path):
    for name in ("notes.txt", ".DS_Store", "photo.heic", "png"):
        write(tmp_path / name)
    write(tmp_path / "empty.png", b"")
    found = reasons(list_folder(tmp_path))
    assert found.pop("empty.png") == Reason.EMPTY
    assert set(found.values()) == {Reason.OTHER_FILE}
    assert len(found) == 4


def test_links_out_of_the_folder_are_rejected_and_links_inside_are_read(tmp_path):
    root, outside = tmp_path / "root", write(tmp_path / "outside" / "x.png")
    write(root / "a.png")
    (root / "inside.png").symlink_to(root / "a.png")
    (root / "out.png").symlink_to(outside)
    (root / "relative.png").symlink_to("../outside/x.png")
    (root / "broken.png").symlink_to(root / "nothing.png")
    (root / "loop").symlink_to(root)
    (root / "folder").symlink_to(outside.parent)
    assert reasons(list_folder(root)) == {
        "a.png": "candidate",
        "broken.png": Reason.UNREADABLE,
        "folder": Reason.OUTSIDE,
        "inside.png": "candidate",
        "loop": Reason.OTHER_FILE,
        "out.png": Reason.OUTSIDE,
        "relative.png": Reason.OUTSIDE,
    }


def test_a_neighbour_whose_name_begins_alike_is_outside(tmp_path):
    write(tmp_path / "cats-private" / "x.png")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "x.png").symlink_to(tmp_path / "cats-private" / "x.png")
    assert reasons(list_folder(tmp_path / "cats")) == {"x.png": Reason.OUTSIDE}


def test_the_root_itself_may_be_a_link(tmp_path):
    write(tmp_path / "real" / "x.png")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert reasons(list_folder(tmp_path / "link")) == {"x.png": "candidate"}


def test_pipes_are_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert reasons(list_folder(tmp_path)) == {"pipe.png": Reason.OTHER_FILE}


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_unreadable_files_and_folders(tmp_path):
    write(tmp_path / "a.png").chmod(0)
    write(tmp_path / "closed" / "b.png").parent.chmod(0)
    entries = list_folder(tmp_path)
    assert reasons(entries) == {"a.png": "candidate", "closed": Reason.UNREADABLE}
    with pytest.raises(Reject) as caught:
        entries[0].open()
    assert caught.value.reason == Reason.UNREADABLE


def test_a_file_that_vanishes_is_unreadable(tmp_path):
    path = write(tmp_path / "a.png")
    (entry,) = list_folder(tmp_path)
    path.unlink()
    with pytest.raises(Reject) as caught:
        entry.open()
    assert caught.value.reason == Reason.UNREADABLE


def test_hostile_names_are_read_and_printed_on_one_line(tmp_path):
    write(tmp_path / "line\nbreak.png")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png")).write_bytes(b"x")
    entries = list_folder(tmp_path)
    assert [entry.origin for entry in entries] == ["caf\\xe9.png", "line\\nbreak.png"]
    assert all(entry.open().read() == b"x" for entry in entries)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("é.png", "é.png"), ("a\tb", "a\\tb"), ("\x1b[2J", "\\x1b[2J"), ("\u202e", "\\u202e"), ("\ud800", "\\ud800")],
)
def test_printable(text, shown):
    assert printable(text) == shown
    printable(text).encode()


def test_wrong_paths_say_what_to_do(tmp_path):
    with pytest.raises(ImageSetError, match="no such folder; correct `path`"):
        list_folder(tmp_path / "nothing")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.png", b"x")
    with pytest.raises(ImageSetError, match="use `source: zip`"):
        list_folder(tmp_path / "a.zip")


def test_masks_below_the_pictures_are_skipped(tmp_path):
    write(tmp_path / "a.png")
    write(tmp_path / "masks" / "a.png")
    assert reasons(list_folder(tmp_path, skip=tmp_path / "masks")) == {"a.png": "candidate"}


def make_zip(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return path


def test_zip_entries_in_the_order_of_their_names(tmp_path):
    path = make_zip(
        tmp_path / "a.zip", {"b/2.png": b"2", "dataset.json": b"{}", "b/": b"", "a.jpg": b"1", "c.txt": b"3"}
    )
    with list_zip(path) as entries:
        assert reasons(entries) == {"a.jpg": "candidate", "b/2.png": "candidate", "c.txt": Reason.OTHER_FILE}
        assert [entry.open().read() for entry in entries[:2]] == [b"1", b"2"]


@pytest.mark.parametrize("name", ["../x.png", "a/../../x.png", "/etc/x.png", "C:/x.png", "C:\\x.png", "..\\x.png"])
def test_zip_names_that_lead_out_are_rejected(tmp_path, name):
    with list_zip(make_zip(tmp_path / "a.zip", {name: b"x"})) as entries:
        assert [entry.reason for entry in entries] == [Reason.OUTSIDE]


def test_zip_bombs_are_rejected_by_their_declared_size(tmp_path, monkeypatch):
    monkeypatch.setattr(decode, "MAX_FILE_BYTES", 10_000)
    path = make_zip(tmp_path / "a.zip", {"bomb.png": bytes(10_001), "fine.png": bytes(10_000)}, zipfile.ZIP_DEFLATED)
    with list_zip(path) as entries:
        assert reasons(entries) == {"bomb.png": Reason.TOO_LARGE, "fine.png": "candidate"}


def test_zip_entry_that_declares_too_little_is_damaged(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a.png": bytes(50_000)}, zipfile.ZIP_DEFLATED)
    content = path.read_bytes().replace((50_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    with list_zip(path) as entries, pytest.raises(Reject) as caught:
        entries[0].open()
    assert caught.value.reason == Reason.DAMAGED


def test_encrypted_zip_entry_is_unreadable(tmp_path):
    path = make_zip(tmp_path / "a.zip", {"a.png": b"secret"})
    content = bytearray(path.read_bytes())
    content[6] |= 1  # the flag in the local header
    content[content.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    path.write_bytes(bytes(content))
    with list_zip(path) as entries, pytest.raises(Reject) as caught:
        entries[0].open()
    assert caught.value.reason == Reason.UNREADABLE


def test_not_a_zip(tmp_path):
    with pytest.raises(ImageSetError, match="no such archive"), list_zip(tmp_path / "a.zip"):
        pass
    write(tmp_path / "a.zip", b"not an archive")
    with pytest.raises(ImageSetError, match="not a readable zip archive"), list_zip(tmp_path / "a.zip"):
        pass


def test_rounds_are_stable_and_keep_the_order_of_names(tmp_path):
    for name in [f"{folder}/{k}.png" for folder in "ab" for k in range(50)]:
        write(tmp_path / name)
    entries = list_folder(tmp_path)

    def first(max_images):
        return [entry.name for entry in next(rounds(entries, max_images, lambda: 0))]

    chosen = first(30)
    assert len(chosen) == 30
    assert chosen == sorted(chosen)
    assert 5 < sum(name.startswith("a/") for name in chosen) < 25  # every subfolder keeps its share
    assert set(chosen) <= set(first(40))
    assert list(rounds(entries, None, lambda: 0)) == [entries]


def test_rounds_make_up_for_what_was_not_usable_and_no_more(tmp_path):
    for k in range(20):
        write(tmp_path / f"{k:02d}.png")
    write(tmp_path / "notes.txt")
    entries, lengths, seen = list_folder(tmp_path), [], []
    for some in rounds(entries, 8, lambda: sum(length // 2 for length in lengths)):
        candidates = [entry for entry in some if isinstance(entry, Candidate)]
        lengths.append(len(candidates))
        seen += candidates
    assert lengths == [8, 4, 2, 1, 1, 1, 1, 1, 1]  # one candidate is never usable here: to the end
    assert len({entry.name for entry in seen}) == 20
    assert [len(some) for some in rounds(entries, 8, lambda: 8)] == [8 + 1]


def test_every_reason_has_a_cure_and_counts_name_the_commonest_first():
    assert set(CURES) == set(Reason)
    rows = [Rejected("x", reason, "") for reason in (Reason.EMPTY, Reason.DAMAGED, Reason.DAMAGED)]
    assert count_reasons(rows) == "2 damaged, 1 empty"
