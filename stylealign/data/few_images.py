"""A few images of many: the first n in an order of a seed's own, so that fewer are among more (few-shot training)."""

from stylealign.data.image_set import ImageSet
from stylealign.errors import ImageSetError
from stylealign.seeds import numpy_stream


def few_of(image_set: ImageSet, num: int | None, seed: int) -> ImageSet:
    """The first ``num`` images of ``image_set`` in the order that ``seed`` draws; all, in their own order, for None.

    Raises :class:`ImageSetError` where there are fewer.
    """
    if num is None:
        return image_set
    if num > image_set.num:
        raise ImageSetError(f"num_images: {num} images are wanted and there are {image_set.num}; lower num_images")
    return image_set.taken(numpy_stream(seed, "few_images").permutation(image_set.num)[:num])
