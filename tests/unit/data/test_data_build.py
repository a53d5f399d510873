"""The import as a whole: every file is in the index or in the list of rejected ones, and the six files agree."""

import io
import json
import os
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stylealign.config.domains import WorldDomain, ZipDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet, load_regions
from stylealign.data.prepare import map_in_threads
from stylealign.data.rejection import Reason
from stylealign.data.split import split_by_hash
from stylealign.data.writer import digest_of
from stylealign.errors import ImageSetError
from stylealign.worlds.canvas import Canvas
from stylealign.worlds.draws import Draws
from stylealign.worlds.registry import WORLDS, get_world
from stylealign.worlds.world import Sample, World

REAL_DATA = Path(os.environ.get("STYLEALIGN_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))


def spoil(folder: Path, encoded, make_picture) -> dict[str, Reason]:
    """Bad files of many kinds in ``folder``, and the reason expected for each."""
    jpeg = encoded(make_picture(50, 64, 64), "JPEG")
    contents = {
        "truncated.jpg": (jpeg[:-100], Reason.DAMAGED),
        "empty.png": (b"", Reason.EMPTY),
        "text.png": (b"hello\n", Reason.NOT_AN_IMAGE),
        "tiny.png": (encoded(make_picture(51, 4, 4)), Reason.TOO_SMALL),
        "float.tiff": (encoded(Image.new("F", (20, 20)), "TIFF"), Reason.UNSUPPORTED),
        "notes.txt": (b"hello", Reason.OTHER_FILE),
        "same-pixels.bmp": (encoded(make_picture(0), "BMP"), Reason.DUPLICATE),
    }
    for name, (content, _) in contents.items():
        (folder / name).write_bytes(content)
    (folder / "out.png").symlink_to("/dev/zero")
    return {name: reason for name, (_, reason) in contents.items()} | {"out.png": Reason.OUTSIDE}


def test_bad_files_are_listed_and_never_stop_the_import(photos, build, encoded, make_picture):
    expected = spoil(photos, encoded, make_picture)
    files = build(photos)
    rejected = pd.read_parquet(files["rejected"])
    assert dict(zip(rejected["origin"], rejected["reason"], strict=True)) == expected
    assert rejected["detail"].str.len().min() > 5
    assert rejected.set_index("origin").loc["same-pixels.bmp", "detail"] == "the same pixels as 00.png"
    images = ImageSet.open(files["images"], files["index"])
    assert images.num == 12
    assert images.num + len(rejected) == len(list(photos.iterdir()))


def test_index_describes_the_zip(photos, build, make_picture):
    make_picture(99, 40, 30).save(photos / "a wide one.png")
    files = build(photos)
    index = pd.read_parquet(files["index"])
    assert list(index.columns) == ["image_id", "split", "file", "origin", "width", "height", "caption"]
    assert index.set_index("origin").loc["a wide one.png", ["width", "height"]].tolist() == [40, 30]
    with zipfile.ZipFile(files["images"]) as archive:
        for row in index.itertuples():
            pixels = np.asarray(Image.open(io.BytesIO(archive.read(row.file))))
            assert sha256(pixels.tobytes()).hexdigest() == row.image_id


def test_zip_is_what_stylegan_dataset_tool_writes(photos, build):
    files = build(photos)
    with zipfile.ZipFile(files["images"]) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"00000/img{k:08d}.png" for k in range(12)] + ["dataset.json"]
        assert json.loads(archive.read("dataset.json")) == {"labels": None}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        image = Image.open(archive.open("00000/img00000003.png"))
        assert (image.mode, image.size, image.format) == ("RGB", (16, 16), "PNG")


def test_summary(photos, build):
    (photos / "empty.png").write_bytes(b"")
    files = build(photos)
    index = pd.read_parquet(files["index"])
    counts = index["split"].value_counts()
    assert json.loads(files["summary"].read_text()) == {
        "name": "pets",
        "source": "folder",
        "resolution": 16,
        "num_train": counts["train"],
        "num_test": counts["test"],
        "num_rejected": 1,
        "digest": digest_of(index["image_id"].tolist()),
    }


def test_preview_shows_training_images(photos, build):
    files = build(photos)
    preview = np.asarray(Image.open(files["preview"]))
    train = ImageSet.open(files["images"], files["index"], "train")
    assert preview.shape == (128, 128, 3)
    assert np.array_equal(preview[:16, 16:32], train.read([1])[0].movedim(0, -1).numpy())
    assert (preview[112:] == 255).all()


def test_too_few_images_is_one_clear_line_and_leaves_nothing(photos, build, files, encoded, make_picture):
    spoil(photos, encoded, make_picture)
    (photos / "text2.png").write_bytes(b"hello again\n")
    with pytest.raises(ImageSetError) as caught:
        build(photos, min_images=50)
    message = str(caught.value)
    assert "\n" not in message
    for part in (
        str(photos),
        "12 usable images of 21 files",
        "`min_images` 50",
        "rejected 9 (2 not_an_image",
        "text.png",
    ):
        assert part in message
    assert list(files["images"].parent.iterdir()) == []


def test_empty_folder(tmp_path, build):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ImageSetError, match=r"0 usable images of 0 files.*bring more pictures"):
        build(tmp_path / "nothing")


def test_a_failed_import_keeps_the_last_good_one(photos, build, files):
    build(photos)
    before = {name: path.read_bytes() for name, path in files.items()}
    with pytest.raises(ImageSetError):
        build(photos, min_images=50)
    assert {name: path.read_bytes() for name, path in files.items()} == before


def test_max_images(photos, build):
    assert ImageSet.open(*_two(build(photos, max_images=5))).num == 5


def test_max_images_counts_what_is_usable(photos, build, encoded, make_picture):
    whole = pd.read_parquet(build(photos, max_images=8)["index"])
    first = whole["origin"][:5]
    for name in first[:3]:
        (photos / name).write_bytes(b"no picture")
    (photos / first[3]).write_bytes((photos / first[4]).read_bytes())  # one of the two is a duplicate
    files = build(photos, max_images=8)
    index, rejected = pd.read_parquet(files["index"]), pd.read_parquet(files["rejected"])
    assert len(index) == 8  # of 12 files 4 are of no use
    assert rejected["origin"].tolist() == sorted([*first[:3], first[4]])
    assert set(index["origin"]) >= set(whole["origin"][5:])
    few = build(photos, max_images=3)
    seen = {*pd.read_parquet(few["index"])["origin"], *pd.read_parquet(few["rejected"])["origin"]}
    assert len(pd.read_parquet(few["index"])) == 3
    assert len(seen) < 12  # the others were never looked at, and are in neither list


def test_max_images_is_the_same_for_any_number_of_threads(photos, build):
    for name in ("01.png", "05.png", "09.png"):
        (photos / name).write_bytes(b"no picture")
    written = [{k: p.read_bytes() for k, p in build(photos, max_images=7, num_threads=n).items()} for n in (1, 4)]
    assert written[0] == written[1]


def test_hostile_names_reach_the_index_as_text(photos, build, make_picture, encoded):
    (photos / "line\nbreak.png").write_bytes(encoded(make_picture(60)))
    (photos / os.fsdecode(b"caf\xe9.png")).write_bytes(encoded(make_picture(61)))
    (photos / os.fsdecode(b"bad\xff.png")).write_bytes(b"no picture")
    files = build(photos)
    assert {"line\\nbreak.png", "caf\\xe9.png"} <= set(pd.read_parquet(files["index"])["origin"])
    assert pd.read_parquet(files["rejected"])["origin"].tolist() == ["bad\\xff.png"]


def test_our_own_zip_read_again_is_the_same_set(photos, build, files, tmp_path):
    build(photos)
    again = {name: tmp_path / path.name for name, path in files.items()}
    domain = ZipDomain(source="zip", path=files["images"], min_images=1, test_fraction=0.3)
    build_image_set(domain, name="pets", resolution=16, seed=0, **again)
    assert again["images"].read_bytes() == files["images"].read_bytes()
    assert pd.read_parquet(again["index"])["split"].equals(pd.read_parquet(files["index"])["split"])
    assert json.loads(again["summary"].read_text())["source"] == "zip"


def test_hostile_zip(tmp_path, files, make_picture, encoded):
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("dataset.json", '{"labels": [["a/fine.png", 3]]}')
        archive.writestr("a/fine.png", encoded(make_picture(0)))
        archive.writestr("../escape.png", encoded(make_picture(1)))
        archive.writestr("a/cut.png", encoded(make_picture(2))[:60])
        archive.writestr("a/crc.png", encoded(make_picture(3)))
    content = path.read_bytes().replace(encoded(make_picture(3)), encoded(make_picture(3))[:-1] + b"\x00")
    path.write_bytes(content)
    domain = ZipDomain(source="zip", path=path, min_images=1)
    build_image_set(domain, name="pets", resolution=16, seed=0, **files)
    rejected = pd.read_parquet(files["rejected"]).set_index("origin")["reason"].to_dict()
    assert rejected == {"../escape.png": "outside", "a/crc.png": "damaged", "a/cut.png": "damaged"}
    assert ImageSet.open(*_two(files)).num == 1
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["domain", "hostile.zip"]


def test_world(files):
    domain = WorldDomain(source="world", world="face", num_train=20, num_test=5)
    build_image_set(domain, name="face", resolution=16, seed=3, **files)
    everything, test = ImageSet.open(*_two(files)), ImageSet.open(*_two(files), "test")
    assert (everything.num, test.num) == (25, 5)
    assert test.rows.tolist() == [20, 21, 22, 23, 24]
    assert test.index["origin"].tolist()[0] == "face/3/20"
    assert everything.attributes.shape[1] == len(everything.attribute_info) > 3
    assert list(everything.attributes.columns) == [info["name"] for info in everything.attribute_info]
    assert {"name", "kind", "low", "high", "unit", "values", "meaning"} == set(everything.attribute_info[0])
    ids, names = load_regions(files["regions"], test.rows)
    assert ids.shape == (5, 16, 16)
    assert ids.max() < len(names)
    assert len(pd.read_parquet(files["rejected"])) == 0
    assert all(everything.captions)


def test_world_agrees_with_its_own_rendering(files):
    build_image_set(
        WorldDomain(source="world", world="dog", num_train=6, num_test=2), name="dog", resolution=16, seed=1, **files
    )
    images = ImageSet.open(*_two(files))
    ids, names = load_regions(files["regions"])
    for index in range(8):
        sample = get_world("dog").render(1, index, 16)
        assert np.array_equal(images.read([index])[0].movedim(0, -1).numpy(), sample.pixels)
        assert np.array_equal(ids[index], sample.regions)
        assert images.attributes.iloc[index].to_dict() == pytest.approx(sample.attributes, nan_ok=True)
    assert tuple(names) == get_world("dog").region_names


def flat_colours(num_colours: int) -> World:
    """A world that has no more than ``num_colours`` different images."""

    def paint(draws: Draws, canvas: Canvas) -> Sample:
        pixels = np.full((canvas.resolution, canvas.resolution, 3), int(draws.between(0, num_colours)), np.uint8)
        return Sample(pixels, np.zeros(pixels.shape[:2], np.uint8), {}, "a colour")

    return World("flat", ("all",), (), paint, "flat")


def test_world_images_are_all_different(files, monkeypatch):
    monkeypatch.setitem(WORLDS, "face", flat_colours(200))
    domain = WorldDomain(source="world", world="face", num_train=30, num_test=10)
    build_image_set(domain, name="flat", resolution=16, seed=0, **files)
    images = ImageSet.open(*_two(files))
    rejected = pd.read_parquet(files["rejected"])
    assert len(set(images.image_ids)) == images.num == 40
    assert set(rejected["reason"]) == {"duplicate"}
    assert images.index["origin"].iloc[-1] == f"flat/0/{39 + len(rejected)}"


def test_a_world_too_poor_for_the_set_says_so(files, monkeypatch):
    monkeypatch.setitem(WORLDS, "face", flat_colours(3))
    domain = WorldDomain(source="world", world="face", num_train=30, num_test=10)
    with pytest.raises(ImageSetError, match="world face: only 3 different images at 16 px; lower `num_train`"):
        build_image_set(domain, name="flat", resolution=16, seed=0, **files)
    assert list(files["images"].parent.iterdir()) == []


def test_split_by_hash_is_stable_and_never_empty():
    ids = [sha256(str(k).encode()).hexdigest() for k in range(2000)]
    splits = split_by_hash(ids, 0.1)
    assert 150 < splits.count("test") < 250
    assert split_by_hash(ids + ids[:0:-1], 0.1)[:2000] == splits
    assert sorted(split_by_hash(ids[:3], 0.0001)) == ["test", "train", "train"]
    assert sorted(split_by_hash(ids[:3], 0.9999)) == ["test", "test", "train"]
    assert split_by_hash(ids, 0.0) == ["train"] * 2000


def test_threads_are_never_far_ahead_and_keep_the_order():
    started = []
    results = map_in_threads(lambda k: started.append(k) or k, range(100), 2)
    assert next(results) == 0
    assert len(started) <= 8
    assert list(results) == list(range(1, 100))


@pytest.mark.skipif(not (REAL_DATA / "cats").is_dir(), reason=f"no {REAL_DATA / 'cats'} (set STYLEALIGN_REAL_DATA)")
def test_real_photographs(build):
    files = build(REAL_DATA / "cats", max_images=50)
    images = ImageSet.open(*_two(files))
    assert images.num == 50
    assert 60 < images.all().float().mean() < 180


def _two(files: dict[str, Path]) -> tuple[Path, Path]:
    return files["images"], files["index"]
