"""Image sets of moved and flipped domains: worlds, folders and archives alike."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stylealign.config.domains import Transform, WorldDomain, ZipDomain
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet, load_regions
from stylealign.data.prepare import image_id
from stylealign.data.transform import transformed

UPSIDE_DOWN = {"flip": "vertical"}
MOVED = {"shift": (60 / 256, 0), "flip": "vertical", "fill": "reflect"}


def pixels_of(files) -> np.ndarray:
    return ImageSet.open(files["images"], files["index"]).all().movedim(1, -1).numpy()


def world(files, transform=None, **settings):
    domain = WorldDomain(source="world", world="face", num_train=6, num_test=3, transform=transform)
    build_image_set(domain, name="face", resolution=16, seed=0, **files, **settings)
    return pixels_of(files), load_regions(files["regions"])[0], pd.read_parquet(files["index"])


def test_a_world_moves_with_its_regions_and_keeps_its_attributes(files):
    plain, plain_regions, plain_index = world(files)
    moved, moved_regions, index = world(files, Transform(**MOVED))
    for before, regions, after, after_regions in zip(plain, plain_regions, moved, moved_regions, strict=True):
        expected = transformed(before, regions, Transform(**MOVED))
        assert np.array_equal(after, expected[0])
        assert np.array_equal(after_regions, expected[1])
    assert index["image_id"].tolist() == [image_id(one) for one in moved]
    assert not set(index["image_id"]) & set(plain_index["image_id"])
    same = [name for name in index.columns if name.startswith("attribute:")] + ["caption", "origin", "split", "file"]
    assert index[same].equals(plain_index[same])


def test_without_a_transform_every_byte_is_as_before(files):
    world(files)
    before = {name: path.read_bytes() for name, path in files.items()}
    world(files, None)
    assert {name: path.read_bytes() for name, path in files.items()} == before


@pytest.mark.parametrize("num_threads", [1, 4])
def test_photographs_and_their_masks_move_alike(photos, build, tmp_path, num_threads):
    masks = tmp_path / "masks"
    masks.mkdir()
    for number, path in enumerate(sorted(photos.iterdir())):
        label = np.zeros([20, 20], np.uint8)
        label[: 5 + number // 2] = 7  # the top is the sky
        Image.fromarray(label).save(masks / f"{path.stem}.png")
    asked = {"regions": masks, "labels": {"ground": (0,), "sky": (7,)}, "num_threads": num_threads}
    plain = build(photos, **asked)
    before, sky = pixels_of(plain), load_regions(plain["regions"])[0]
    moved = build(photos, **asked, transform=UPSIDE_DOWN)
    assert np.array_equal(pixels_of(moved), before[:, ::-1])
    assert np.array_equal(load_regions(moved["regions"])[0], sky[:, ::-1])
    assert load_regions(moved["regions"])[0][:, -1].all()  # and the sky is below now


def test_what_is_held_out_is_held_out_however_it_is_moved(photos, build):
    before = pd.read_parquet(build(photos)["index"])
    after = pd.read_parquet(build(photos, transform=UPSIDE_DOWN)["index"])
    assert after[["origin", "split"]].equals(before[["origin", "split"]])
    assert set(before["split"]) == {"train", "test"}


def test_an_archive_moves_too_and_its_preview_shows_it(photos, build, files, tmp_path):
    plain = build(photos)
    again = {name: tmp_path / path.name for name, path in files.items()}
    domain = ZipDomain(source="zip", path=plain["images"], min_images=1, transform=Transform(shift=(0.25, 0)))
    build_image_set(domain, name="pets", resolution=16, seed=0, **again)
    before, after = pixels_of(plain), pixels_of(again)
    assert np.array_equal(after[:, :, 4:], before[:, :, :12])
    assert (after[:, :, :4] == before[:, :, :1]).all()
    first_shown = pd.read_parquet(again["index"]).query("split == 'train'").index[0]
    assert np.array_equal(np.asarray(Image.open(again["preview"]))[:16, :16], after[first_shown])


def test_a_transform_says_what_it_does():
    assert str(Transform(shift=(60 / 256, 0))) == "shifted right by 0.234"
    assert (
        str(Transform(shift=(-0.25, 0.5), flip="vertical"))
        == "flipped vertically, shifted left by 0.25, shifted down by 0.5"
    )
    assert Transform(shift=(60 / 256, 60 / 256)).shift_px(256) == (60, 60)
    assert Transform(shift=(60 / 256, 0)).shift_px(32) == (8, 0)
