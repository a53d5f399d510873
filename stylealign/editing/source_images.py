"""The real images that codes belong to, found by their ids (StyleAlign, 4.1).

Legend: n images, R pixels a side.
"""

from collections.abc import Sequence

import numpy as np

from stylealign.data.image_set import ImageSet
from stylealign.data.index import read_index
from stylealign.errors import CodesError
from stylealign.images import to_hwc
from stylealign.translated_images import SourceSet


def read_images(sources: SourceSet, image_ids: Sequence[str]) -> np.ndarray:
    """The images called ``image_ids``, in that order: uint8 [n, R, R, 3].

    Raises:
        CodesError: one of them is not in the image set.
        ImageSetError: the image set is damaged.
    """
    images = ImageSet.open(sources.images, sources.index)
    place = {image_id: position for position, image_id in enumerate(images.image_ids)}
    _check_known(sources, image_ids, place)
    return to_hwc(images.read([place[image_id] for image_id in image_ids]))


def read_origins(sources: SourceSet, image_ids: Sequence[str]) -> list[str]:
    """Where each of ``image_ids`` came from: a file's name as the import lists it, or a world's sample."""
    frame, _ = read_index(sources.index)
    origin = dict(zip(frame["image_id"], frame["origin"], strict=True))
    _check_known(sources, image_ids, origin)
    return [origin[image_id] for image_id in image_ids]


def _check_known(sources: SourceSet, image_ids: Sequence[str], known: "dict[str, int] | dict[str, str]") -> None:
    missing = [image_id for image_id in image_ids if image_id not in known]
    if missing:
        raise CodesError(
            f"{sources.image_set}: {len(missing)} images with codes are not in {sources.index} (as {missing[0][:12]}); "
            "invert the image set again"
        )
