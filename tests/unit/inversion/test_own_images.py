"""A folder of anybody's images, inverted outside a study: what is broken is named, what is known is not done again."""

import logging

import numpy as np
import pytest
from PIL import Image

from stylealign.codes import read_codes
from stylealign.data.index import read_index
from stylealign.errors import ImageSetError
from stylealign.inversion.own_images import invert_folder
from stylealign.tables import read_table


@pytest.fixture
def photos(tmp_path):
    """A folder of pictures of other sizes than the model's; ``add`` draws more of them."""

    def add(*numbers):
        (tmp_path / "photos").mkdir(exist_ok=True)
        for number in numbers:
            pixels = np.random.default_rng(number).integers(0, 256, [20 + number, 18, 3], np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / f"{number:02d}.png")
        return tmp_path / "photos"

    return add


@pytest.fixture
def invert(family, judge, settings, tmp_path):
    def run(folder, output="mine.parquet", method="w_opt", **changed):
        options = {"settings": settings(), "judge": judge, "encoder": None, "seed": 0, "device": "cpu"} | changed
        beside = invert_folder(family["parent"], folder, tmp_path / output, method=method, **options)
        return beside, read_codes(tmp_path / output)

    return run


def origins(beside):
    index, _ = read_index(beside / "index.parquet")
    return dict(zip(index["image_id"], index["origin"], strict=True))


def test_every_picture_has_a_code_and_a_broken_file_is_named(photos, invert):
    (photos(0, 1, 2) / "broken.png").write_bytes(b"no picture")
    beside, codes = invert(photos())
    assert beside.name == "mine.images"
    assert sorted(origins(beside)[one] for one in codes.image_ids) == ["00.png", "01.png", "02.png"]
    assert read_table(beside / "rejected.parquet")["origin"].tolist() == ["broken.png"]
    assert (beside / "preview.png").is_file()


def test_pictures_that_are_added_are_all_that_is_inverted(photos, invert, caplog):
    _, before = invert(photos(0, 1, 2))
    with caplog.at_level(logging.INFO):
        _, after = invert(photos(3, 4))
    assert "3 of 5 images are in the cache, 2 to invert" in caplog.text
    assert after.num == 5
    again = after.of_images(before.image_ids)
    np.testing.assert_array_equal(again.values, before.values)
    np.testing.assert_array_equal(again.seconds, before.seconds)  # as it was measured when they were found


def test_a_picture_that_is_taken_away_has_no_code(photos, invert):
    _, before = invert(photos(0, 1, 2))
    (photos() / "01.png").unlink()
    beside, after = invert(photos())
    assert sorted(origins(beside)[one] for one in after.image_ids) == ["00.png", "02.png"]
    assert set(after.image_ids) < set(before.image_ids)


def test_all_of_them_are_inverted_whatever_a_study_takes(photos, invert, settings):
    _, codes = invert(photos(0, 1, 2), settings=settings(split="train", num_images=2, images_per_job=1))
    assert codes.num == 3


def test_one_picture_is_enough(photos, invert):
    assert invert(photos(0))[1].num == 1


def test_no_picture_is_not(photos, invert):
    (photos() / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ImageSetError):
        invert(photos())


def test_codes_do_not_lie_among_the_pictures(photos, invert):
    """Else the image set beside them would be imported with them the next time."""
    for output in ("photos/mine.parquet", "photos/deeper/mine.parquet"):
        with pytest.raises(ImageSetError, match="lies in the folder of images"):
            invert(photos(0), output)
    assert [path.name for path in photos().iterdir()] == ["00.png"]
