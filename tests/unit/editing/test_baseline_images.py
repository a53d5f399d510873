"""Folders of another method's images: what is read, what is left out, and which source each is beside."""

import logging
import os

import numpy as np
import pytest
from PIL import Image

from stylealign.data.decode import decode_picture
from stylealign.editing.baseline_images import find_sources, read_baseline
from stylealign.errors import ImageSetError

IDS = ("aaaaaaaaaaaa1111", "aaaaaaaaaaaa2222", "bbbbbbbbbbbb3333", "cccccccccccc4444")
ORIGINS = ("x/cat.jpg", "y/cat.jpg", "y/dog.v2.png", "dog/0/17")


def _save(path, seed, size=(16, 16)):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, [size[1], size[0], 3], np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


def _read(folder):
    return read_baseline("cut", folder, 16, IDS, ORIGINS)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        (f"{IDS[2]}.png", IDS[2]),
        ("bbbbbbbbbbbb.png", IDS[2]),
        ("sub/folder/cccccccccccc4.webp", IDS[3]),
        ("bbbbbbbbbbb.png", ""),  # 11 characters
        ("aaaaaaaaaaaa.png", ""),  # begins two
        ("aaaaaaaaaaaa2.png", IDS[1]),
        (f"{IDS[2]}5.png", ""),  # longer than the id
        ("dog.v2.jpg", IDS[2]),
        ("fake_B/dog.v2.png", IDS[2]),
        ("dog.png", ""),
        ("17.png", IDS[3]),
        ("cat.png", ""),  # two sources are called so
        ("x/cat.png", IDS[0]),
        ("y/cat.png", IDS[1]),
        ("z/cat.png", ""),
        ("other.png", ""),
        (".png", ""),
    ],
)
def test_a_files_source(name, source):
    assert find_sources([name], IDS, ORIGINS) == [source]


def test_pairs_come_in_the_order_of_sources_then_the_others_by_name(tmp_path):
    images = {name: _save(tmp_path / name, seed) for seed, name in enumerate(["17.png", "zoo.png", "bbbbbbbbbbbb.png"])}
    images["extra.png"] = _save(tmp_path / "extra.png", 9)
    found = _read(tmp_path)
    assert found.source_ids == (IDS[2], IDS[3], "", "")
    expected = [images[name] for name in ("bbbbbbbbbbbb.png", "17.png", "extra.png", "zoo.png")]
    np.testing.assert_array_equal(found.pixels, expected)
    assert found.pixels.dtype == np.uint8


def test_several_images_of_one_source_are_all_kept(tmp_path):
    for place in ("1", "2"):
        _save(tmp_path / place / "17.png", int(place))
    assert _read(tmp_path).source_ids == (IDS[3], IDS[3])


def test_pictures_of_any_shape_are_fitted_as_the_import_fits_them(tmp_path):
    _save(tmp_path / "17.jpg", 0, size=(50, 31))
    with open(tmp_path / "17.jpg", "rb") as stream:
        expected = decode_picture(stream, 16, "crop").pixels
    np.testing.assert_array_equal(_read(tmp_path).pixels, expected[None])


def test_files_that_cannot_be_used_are_named_and_left_out(tmp_path, caplog):
    _save(tmp_path / "images" / "17.png", 0)
    _save(tmp_path / "images" / "small.png", 0, size=(5, 5))
    _save(tmp_path / "secret.png", 0)
    (tmp_path / "images" / "broken.png").write_bytes((tmp_path / "secret.png").read_bytes()[:60])
    (tmp_path / "images" / "notes.txt").write_text("x")
    (tmp_path / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    (tmp_path / "images" / "new\nline.png").write_bytes(b"no image")
    os.mkfifo(tmp_path / "images" / "pipe.png")
    with caplog.at_level(logging.WARNING):
        assert _read(tmp_path / "images").source_ids == (IDS[3],)
    said = {line.split(" is left out: ")[0].rpartition(": ")[2]: line for line in caplog.messages}
    assert set(said) == {"small.png", "broken.png", "notes.txt", "link.png", r"new\nline.png", "pipe.png"}
    assert "studies.translation.baselines.cut: small.png is left out: too_small (5 x 5" in said["small.png"]
    assert "outside" in said["link.png"]
    assert not any("\n" in line for line in caplog.messages)


def test_many_bad_files_do_not_flood_the_log(tmp_path, caplog):
    _save(tmp_path / "17.png", 0)
    for number in range(50):
        (tmp_path / f"{number:02d}.txt").write_text("x")
    _read(tmp_path)
    assert len(caplog.records) < 30
    assert "50 files are left out altogether (50 other_file)" in caplog.text


def test_nothing_beside_a_source_is_said(tmp_path, caplog):
    _save(tmp_path / "other.png", 0)
    _read(tmp_path)
    assert "1 images, 0 of them beside a source; name files as" in caplog.text


def test_folders_that_cannot_be_used_name_the_key(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("x")
    for name, says in {
        "nothing": "is not there",
        "file": "is a file",
        "empty": "holds no picture that can be used, but nothing",
        "texts": r"no picture that can be used, but 1 files \(1 other_file\)",
    }.items():
        with pytest.raises(ImageSetError, match=rf"^studies\.translation\.baselines\.cut: .*{name}.*{says}"):
            _read(tmp_path / name)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads everything")
def test_a_folder_that_may_not_be_read(tmp_path):
    (tmp_path / "locked").mkdir(mode=0)
    with pytest.raises(ImageSetError, match="cannot be read"):
        _read(tmp_path / "locked")
