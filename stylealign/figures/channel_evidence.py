"""What the maps of a model's channels looked like in a few example images, for figures (the evidence of its table)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stylealign.errors import TableError
from stylealign.translated_images import load_pictures

_ARRAYS = ("example_pixels", "example_regions", "example_maps", "region_names", "channel_names")


@dataclass(frozen=True)
class Examples:
    """m images of one model (row i is the same z in every model), their regions, and every channel's map there."""

    pixels: NDArray[np.uint8]  # [m, R, R, 3]
    regions: NDArray[np.uint8]  # [m, R, R], places in region_names
    maps: NDArray[np.float16]  # [m, C, g, g], each over its maximum
    region_names: tuple[str, ...]
    channel_names: tuple[str, ...]  # as b16.conv1:12

    def shows(self, example: int, region: str) -> bool:
        """Whether the region can be seen in an example."""
        return bool(self.mask(example, region).any())

    def mask(self, example: int, region: str) -> NDArray[np.bool_]:
        """Where the region is, [R, R]; nowhere, if this model's parser does not know it."""
        if region not in self.region_names:
            return np.zeros(self.regions.shape[1:], bool)
        return self.regions[example] == self.region_names.index(region)

    def map_of(self, example: int, channel: str) -> NDArray[np.float64]:
        """A channel's map, [g, g], 0 to 1."""
        return self.maps[example, self.channel_names.index(channel)].astype(np.float64)


def load_examples(path: Path) -> Examples:
    """The examples of one model's evidence; :class:`TableError` when its arrays do not belong together."""
    pixels, regions, maps, *names = load_pictures(path, *_ARRAYS).values()
    examples = Examples(pixels, regions, maps, *(tuple(map(str, name)) for name in names))
    num, num_channels = examples.maps.shape[:2]
    if len(examples.pixels) != num or len(examples.regions) != num or num_channels != len(examples.channel_names):
        raise TableError(f"{path}: its example images, regions and maps are not of the same images and channels")
    return examples
