"""The images that direct an adaptation: a few pictures of a folder, or the first training images of an image set."""

from pathlib import Path

from torch import Tensor

from stylealign.config.adaptation import MAX_IMAGES
from stylealign.data.decode import decode_picture
from stylealign.data.image_set import ImageSet
from stylealign.data.rejection import Reject
from stylealign.errors import ImageSetError
from stylealign.images import from_hwc

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def images_of_folder(folder: Path, resolution: int) -> list[Tensor]:
    """Its pictures in the order of their names, cropped and scaled to ``resolution``: uint8 [3, R, R] each.

    Raises :class:`ImageSetError` where one cannot be used, or where there are none or more than 16.
    """
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not 1 <= len(paths) <= MAX_IMAGES:
        raise ImageSetError(f"{folder}: holds {len(paths)} images; give 1 to {MAX_IMAGES}")
    return [_decoded(path, resolution) for path in paths]


def _decoded(path: Path, resolution: int) -> Tensor:
    try:
        with path.open("rb") as stream:
            picture = decode_picture(stream, resolution, "crop")
    except Reject as reject:
        raise ImageSetError(f"{path}: cannot be used ({reject}); replace it") from reject
    return from_hwc(picture.pixels[None])[0]


def first_images(images: Path, index: Path, num: int) -> list[Tensor]:
    """The first ``num`` training images of an image set: uint8 [3, R, R] each.

    Raises :class:`ImageSetError` where there are fewer.
    """
    image_set = ImageSet.open(images, index, "train")
    if image_set.num < num:
        raise ImageSetError(f"{index}: has {image_set.num} training images, and num_images asks for {num}; lower it")
    return list(image_set.read(range(num)).unbind())


def target_images(
    folder: Path | None, images: Path | None, index: Path | None, num: int | None, resolution: int
) -> list[Tensor]:
    """The images of an adaptation by images; none where a text tells the target. Errors as of the two above."""
    if folder is not None:
        return images_of_folder(folder, resolution)
    if images is not None and index is not None and num is not None:
        return first_images(images, index, num)
    return []
