"""Region masks of folders: named as the pictures, cropped as the pictures, missing ones reported."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stylealign.data.image_set import ImageSet, load_regions
from stylealign.data.masks import Masks
from stylealign.data.rejection import Reason, Reject
from stylealign.errors import ImageSetError

REAL_DATA = Path(os.environ.get("STYLEALIGN_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
REAL_MASKS = REAL_DATA / "face_parsing"
LABELS = {"background": [0], "skin": [1, 2], "hair": [13]}


@pytest.fixture
def masks(photos: Path, tmp_path: Path) -> Path:
    """A mask for every photo: label 13 in the left half of odd photos, 2 in the upper left quarter of all."""
    folder = tmp_path / "masks"
    folder.mkdir()
    for k in range(12):
        mask = np.zeros((20, 20), np.uint8)
        mask[:, :10] = 13 * (k % 2)
        mask[:10, :10] = 2
        Image.fromarray(mask).save(folder / f"{k:02d}.png")
    return folder


def test_masks_become_region_ids(photos, masks, build):
    files = build(photos, regions=masks, labels=LABELS)
    ids, names = load_regions(files["regions"])
    assert names == ["background", "skin", "hair"]
    assert (ids.shape, ids.dtype) == ((12, 16, 16), np.uint8)
    assert (ids[:, :8, :8] == 1).all()
    assert (ids[1::2, 8:, :8] == 2).all()
    assert (ids[:, :, 8:] == 0).all()


def test_regions_follow_the_split(photos, masks, build):
    files = build(photos, regions=masks, labels=LABELS)
    whole, _ = load_regions(files["regions"])
    for split in ("train", "test"):
        rows = ImageSet.open(files["images"], files["index"], split).rows
        assert np.array_equal(load_regions(files["regions"], rows)[0], whole[rows])


def test_pictures_without_a_usable_mask_are_reported(photos, masks, build, make_picture):
    (masks / "03.png").unlink()
    (masks / "04.png").write_bytes(b"no picture")
    make_picture(0, 20, 20).save(masks / "05.png")
    Image.new("L", (20, 40)).save(masks / "06.png")
    files = build(photos, regions=masks, labels=LABELS)
    rejected = pd.read_parquet(files["rejected"]).set_index("origin")["reason"].to_dict()
    assert rejected == {"03.png": "no_mask"} | dict.fromkeys(("04.png", "05.png", "06.png"), "bad_mask")
    assert len(load_regions(files["regions"])[0]) == 8


def test_without_masks_the_regions_are_empty(photos, build):
    files = build(photos)
    ids, names = load_regions(files["regions"])
    assert (ids.shape, ids.dtype, names) == ((0, 16, 16), np.uint8, [])
    assert load_regions(files["regions"], np.arange(3))[0].shape == (0, 16, 16)


def test_crop_and_pad_move_the_mask_with_the_picture(tmp_path, build):
    (tmp_path / "p").mkdir()
    (tmp_path / "m").mkdir()
    white = np.zeros((16, 32), np.uint8)
    white[4:12, 12:20] = 255
    Image.fromarray(white).save(tmp_path / "p" / "a.png")
    Image.fromarray(white).save(tmp_path / "m" / "a.png")
    for fit in ("crop", "pad"):
        files = build(tmp_path / "p", regions=tmp_path / "m", labels={"other": [0], "square": [255]}, fit=fit)
        ids = load_regions(files["regions"])[0][0]
        pixels = ImageSet.open(files["images"], files["index"]).read([0])[0, 0].numpy()
        inside = ids == 1
        assert inside.sum() == {"crop": 64, "pad": 16}[fit]
        assert (pixels[inside] > 200).all()
    assert (ids[:4] == 0).all()
    assert (pixels[:4] == 255).all()  # white around a padded picture, and the first region


def test_masks_of_another_size_and_nested_masks(tmp_path):
    for name, label in (("a/x.png", 1), ("b/x.png", 13), ("c/y.png", 1)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("L", (64, 64), label).save(tmp_path / name)
    masks = Masks(tmp_path, LABELS)
    assert (masks.read("a/x", 256, 256, 16, "crop") == 1).all()
    assert (masks.read("b/x", 32, 32, 16, "crop") == 2).all()
    assert (masks.read("elsewhere/y", 32, 32, 16, "crop") == 1).all()  # the only mask of that base name
    with pytest.raises(Reject) as caught:
        masks.read("elsewhere/x", 32, 32, 16, "crop")  # two masks of that base name
    assert caught.value.reason == Reason.NO_MASK


def test_unlisted_labels_belong_to_the_first_region(tmp_path):
    Image.new("L", (16, 16), 99).save(tmp_path / "x.png")
    assert (Masks(tmp_path, {"skin": [1], "hair": [13]}).read("x", 16, 16, 16, "crop") == 0).all()


@pytest.mark.skipif(not REAL_MASKS.is_dir(), reason=f"no {REAL_MASKS} (set STYLEALIGN_REAL_DATA)")
def test_real_masks_lie_on_their_faces(build):
    labels = {"background": [0], "skin": [1, 2], "hair": [13]}
    files = build(REAL_MASKS / "images", regions=REAL_MASKS / "masks", labels=labels, max_images=20)
    ids, _ = load_regions(files["regions"])
    pixels = ImageSet.open(files["images"], files["index"]).all().float()
    red, blue = pixels[:, 0].numpy(), pixels[:, 2].numpy()
    assert len(ids) == 20
    assert (red - blue)[ids == 1].mean() > (red - blue)[ids == 0].mean() + 20  # skin is redder than what is behind it
    assert ids[:, 6:10, 6:10].mean() > 0.8  # and in the middle


@pytest.mark.parametrize(
    ("labels", "message"),
    [(None, "names 0 regions"), ({"a": [1], "b": [1]}, "lists 1 twice"), ({"a": [70000]}, "70000 twice or out of")],
)
def test_unusable_labels(tmp_path, labels, message):
    with pytest.raises(ImageSetError, match=message):
        Masks(tmp_path, labels)
