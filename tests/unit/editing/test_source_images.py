"""Images found by their ids: the very pixels, in the order asked for."""

import numpy as np
import pytest

from stylealign.codes import read_codes
from stylealign.data.prepare import image_id
from stylealign.editing.source_images import read_images, read_origins
from stylealign.errors import CodesError, ImageSetError


@pytest.fixture(scope="module")
def sources(relatives, inverted):
    return inverted("dog", relatives["parent"])


def test_each_image_has_the_pixels_that_its_id_says(sources):
    image_ids = [read_codes(sources.codes["z_opt"]).image_ids[row] for row in (4, 0, 4, 2)]
    images = read_images(sources, image_ids)
    assert (images.shape, images.dtype) == ((4, 16, 16, 3), np.uint8)
    assert [image_id(image) for image in images] == image_ids
    assert read_images(sources, []).shape == (0, 16, 16, 3)


def test_origins_are_the_files_that_were_imported(sources):
    image_ids = read_codes(sources.codes["z_opt"]).image_ids
    assert read_origins(sources, image_ids) == [f"dog_{number}.png" for number in range(6)]
    assert read_origins(sources, image_ids[::-1])[0] == "dog_5.png"


def test_images_that_are_not_in_the_set(sources, tmp_path):
    for read in (read_images, read_origins):
        with pytest.raises(
            CodesError, match=r"^dog: 1 images with codes are not in .*index\.parquet \(as 000000000000\)"
        ):
            read(sources, ["0" * 64])
    with pytest.raises(ImageSetError, match="not a readable index"):
        read_origins(type(sources)("dog", sources.images, tmp_path / "no.parquet", {}), [])
