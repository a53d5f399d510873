"""The images that direct an adaptation: a few pictures of a folder, or the first training images of an image set."""

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor

from stylealign.data.decode import decode_picture
from stylealign.data.image_set import ImageSet
from stylealign.data.rejection import Reject
from stylealign.errors import ImageSetError
from stylealign.images import from_hwc


def pictures(paths: Sequence[Path], resolution: int) -> list[Tensor]:
    """Picture files, cropped and scaled to ``resolution``: uint8 [3, R, R] each.

    Raises :class:`ImageSetError` where one cannot be used.
    """
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


def target_images(files: Sequence[Path] | None, num: int | None, resolution: int) -> list[Tensor]:
    """The images of an adaptation by images; none where a text tells the target.

    ``files`` are pictures, or the two files of an image set, whose first ``num`` are taken. Errors as of the two above.
    """
    if num is None:
        return pictures(files or (), resolution)
    images, index = files or ()
    return first_images(images, index, num)
