"""Images a second that each world draws, on one thread: the median of a few runs.

    python benchmarks/worlds.py

The goal is 2,000 images a second at 32 px on two cores.
"""

import statistics
import time

from stylealign.worlds.registry import WORLDS
from stylealign.worlds.world import World

RESOLUTIONS, NUM_IMAGES, REPEATS = (32, 64), 150, 3


def main() -> None:
    print("images/s, one thread   " + "".join(f"{resolution:>8} px" for resolution in RESOLUTIONS))
    for name, world in WORLDS.items():
        rates = [median_rate(world, resolution) for resolution in RESOLUTIONS]
        print(f"{name:<23}" + "".join(f"{rate:>11,.0f}" for rate in rates))


def median_rate(world: World, resolution: int) -> float:
    return statistics.median(rate(world, resolution, first * NUM_IMAGES) for first in range(REPEATS))


def rate(world: World, resolution: int, first: int) -> float:
    start = time.perf_counter()
    for index in range(first, first + NUM_IMAGES):
        world.render(0, index, resolution)
    return NUM_IMAGES / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
