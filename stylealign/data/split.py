"""Which images are held out: by a stable hash of the image, so that new files never move old ones to another split."""

from collections.abc import Sequence


def split_by_hash(image_ids: Sequence[str], test_fraction: float) -> list[str]:
    """``train`` or ``test`` for each image; both occur, unless ``test_fraction`` is 0 or 1, or there is one image."""
    values = [hash_value(image_id) for image_id in image_ids]
    splits = ["test" if value < test_fraction else "train" for value in values]
    if len(splits) > 1 and 0 < test_fraction < 1:
        splits[min(range(len(values)), key=values.__getitem__)] = "test"
        splits[max(range(len(values)), key=values.__getitem__)] = "train"
    return splits


def hash_value(image_id: str) -> float:
    """A number in [0, 1) that depends on nothing but the image."""
    return int(image_id[:13], 16) / 16**13
