"""A world: a procedural domain whose every sample is a function of (domain, seed, index).

Each sample comes with what photographs lack: the exact region map, the true attributes and a caption. These are the
truths that the study's own judge learns from, and that the alignment tables are checked against.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from stylealign.catalogue import Attribute
from stylealign.errors import ImageSetError
from stylealign.seeds import numpy_stream
from stylealign.worlds.canvas import SIDES, Canvas
from stylealign.worlds.draws import Draws


@dataclass(frozen=True)
class Sample:
    """One drawn image and everything that is known about it."""

    pixels: np.ndarray  # uint8 [R, R, 3]
    regions: np.ndarray  # uint8 [R, R], ids into the world's region_names
    attributes: dict[str, float]
    caption: str


Painter = Callable[[Draws, Canvas], Sample]


@dataclass(frozen=True)
class World:
    """A procedural domain: its name, its regions (id = position), its attributes, and the function that draws it."""

    name: str
    region_names: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    painter: Painter
    stream: str  # worlds that share a stream show the same scene at the same index

    def render(self, seed: int, index: int, resolution: int) -> Sample:
        """Sample ``index`` at ``resolution`` px.

        Raises:
            ImageSetError: the resolution is not a power of two from 16 to 256.
        """
        if resolution not in SIDES:
            raise ImageSetError(
                f"world {self.name}: resolution {resolution} is not one of {', '.join(map(str, SIDES))}"
            )
        draws = Draws(numpy_stream(seed, "worlds", self.stream, index))
        return self.painter(draws, Canvas(resolution))


def render_many(
    world: World, seed: int, indices: Iterable[int], resolution: int
) -> tuple[np.ndarray, np.ndarray, Mapping[str, np.ndarray], list[str]]:
    """Many samples: pixels uint8 [n, R, R, 3], regions uint8 [n, R, R], attributes {name: float64 [n]}, captions.

    Raises:
        ImageSetError: the resolution is not a power of two from 16 to 256.
    """
    places = list(indices)
    pixels = np.empty((len(places), resolution, resolution, 3), np.uint8)
    regions = np.empty((len(places), resolution, resolution), np.uint8)
    table = np.full((len(world.attributes), len(places)), np.nan)
    names = [attribute.name for attribute in world.attributes]
    captions = []
    for row, index in enumerate(places):
        sample = world.render(seed, index, resolution)
        pixels[row], regions[row] = sample.pixels, sample.regions
        table[:, row] = [sample.attributes[name] for name in names]
        captions.append(sample.caption)
    return pixels, regions, dict(zip(names, table, strict=True)), captions
