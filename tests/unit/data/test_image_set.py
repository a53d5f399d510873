"""Image sets on disk: what is read, and that zip, index and regions must belong together."""

import io
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch

from stylealign.data.image_set import ImageSet, load_region_names, load_regions
from stylealign.errors import ImageSetError


@pytest.fixture
def built(photos, build):
    return build(photos)


def test_read_and_all(built):
    images = ImageSet.open(built["images"], built["index"])
    everything = images.all()
    assert (everything.dtype, tuple(everything.shape)) == (torch.uint8, (12, 3, 16, 16))
    assert images.resolution == 16
    assert torch.equal(images.read([5, 0, 5]), everything[[5, 0, 5]])
    assert torch.equal(images.read(torch.tensor([2])), everything[2:3])
    assert images.all() is everything
    assert images.read([]).shape == (0, 3, 16, 16)


def test_splits_partition_the_set(built):
    everything = ImageSet.open(built["images"], built["index"])
    parts = {split: ImageSet.open(built["images"], built["index"], split) for split in ("train", "test")}
    assert sorted(np.concatenate([part.rows for part in parts.values()])) == list(range(12))
    for part in parts.values():
        assert torch.equal(part.all(), everything.all()[part.rows])
        assert part.image_ids == [everything.image_ids[row] for row in part.rows]
    assert len({everything.digest, *(part.digest for part in parts.values())}) == 3


def test_attributes_without_any(built):
    images = ImageSet.open(built["images"], built["index"])
    assert images.attributes.shape == (12, 0)
    assert images.attribute_info == []
    assert images.captions == [""] * 12


def test_zip_of_another_build_is_refused(built, photos, build, tmp_path, make_picture):
    old = tmp_path / "old.zip"
    shutil.copy(built["images"], old)
    make_picture(77).save(photos / "05.png")
    files = build(photos)
    with pytest.raises(ImageSetError, match=r"old\.zip and .*index\.parquet are of different image sets.*run again"):
        ImageSet.open(old, files["index"])


def test_zip_with_another_number_of_images_is_refused(built, tmp_path):
    short = tmp_path / "short.zip"
    with zipfile.ZipFile(built["images"]) as source, zipfile.ZipFile(short, "w") as target:
        for name in source.namelist()[1:]:
            target.writestr(name, source.read(name))
    with pytest.raises(ImageSetError, match=r"has 11 images and .* describes 12; remove"):
        ImageSet.open(short, built["index"])


@pytest.mark.parametrize("name", ["images", "index", "regions"])
@pytest.mark.parametrize("damage", ["absent", "text", "cut"])
def test_damaged_files_are_named(built, name, damage):
    path = built[name]
    content = path.read_bytes()
    path.unlink() if damage == "absent" else path.write_bytes(
        b"text" if damage == "text" else content[: len(content) // 2]
    )
    with pytest.raises(ImageSetError, match=f"{path.name}: not a .*run again"):
        load_regions(path) if name == "regions" else ImageSet.open(built["images"], built["index"])


def test_damaged_image_is_named(built):
    content = bytearray(built["images"].read_bytes())
    content[content.index(b"IDAT", 600) + 10] ^= 0xFF
    built["images"].write_bytes(bytes(content))
    with pytest.raises(ImageSetError, match=r"images\.zip: 00000/img0000000\d\.png is damaged"):
        ImageSet.open(built["images"], built["index"]).all()


def test_a_table_that_is_no_index_is_refused(built, tmp_path):
    pd.DataFrame({"kimg": [1.0]}).to_parquet(tmp_path / "ticks.parquet")
    with pytest.raises(ImageSetError, match=r"ticks\.parquet: not the index of an image set \(no column image_id\)"):
        ImageSet.open(built["images"], tmp_path / "ticks.parquet")


def test_an_empty_split_says_what_to_raise(photos, build):
    for path in sorted(photos.iterdir())[1:]:
        path.unlink()
    files = build(photos, test_fraction=1e-9)
    with pytest.raises(ImageSetError, match="no test images; raise `test_fraction`"):
        ImageSet.open(files["images"], files["index"], "test")


@pytest.fixture
def regions(tmp_path):
    """A region file of 6 maps at 16 px, and the maps."""
    ids = np.random.default_rng(0).integers(0, 3, (6, 16, 16), dtype=np.uint8)
    np.savez_compressed(tmp_path / "regions.npz", ids=ids, names=np.array(["a", "b", "c"]))
    return tmp_path / "regions.npz", ids


@pytest.mark.parametrize("rows", [[], [0, 1, 2, 3, 4, 5], [4, 5], [1, 3], [5, 0, 3, 3]])
def test_maps_of_any_rows(regions, rows):
    path, ids = regions
    found, names = load_regions(path, np.array(rows, dtype=int))
    assert (found.dtype, names) == (np.uint8, ["a", "b", "c"])
    assert np.array_equal(found, ids[rows])
    assert np.array_equal(load_regions(path)[0], ids)


def test_names_are_read_without_a_map(regions, monkeypatch):
    monkeypatch.setattr("stylealign.data.image_set._read_maps", lambda *_: pytest.fail("a map was read"))
    assert load_region_names(regions[0]) == ["a", "b", "c"]


def test_region_maps_that_end_early_or_are_no_maps_are_refused(tmp_path):
    for name, ids in {"flat": np.zeros((2, 9), np.uint8), "wide": np.zeros((2, 3, 3), np.int64)}.items():
        np.savez(tmp_path / f"{name}.npz", ids=ids, names=np.array(["a"]))
        with pytest.raises(ImageSetError, match=rf"{name}\.npz: not a region file \(ids\.npy holds"):
            load_regions(tmp_path / f"{name}.npz")
    stream = io.BytesIO()
    np.save(stream, np.zeros((2, 3, 3), np.uint8))
    with zipfile.ZipFile(tmp_path / "cut.npz", "w") as npz:
        npz.writestr("ids.npy", stream.getvalue()[:-1])
        names = io.BytesIO()
        np.save(names, np.array(["a"]))
        npz.writestr("names.npy", names.getvalue())
    with pytest.raises(ImageSetError, match="ends before map 1"):
        load_regions(tmp_path / "cut.npz")


def test_regions_of_fewer_images_are_refused(built, tmp_path):
    np.savez(tmp_path / "few.npz", ids=np.zeros((2, 16, 16), np.uint8), names=np.array(["a"]))
    with pytest.raises(ImageSetError, match=r"few\.npz: 2 region maps, the index has more"):
        load_regions(tmp_path / "few.npz", np.arange(12))
