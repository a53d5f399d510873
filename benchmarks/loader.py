"""Images a second: building a world's image set, importing a folder of photographs, and serving training batches.

    python benchmarks/loader.py

Medians over a few runs. The photographs are the 128 px JPEGs of ``STYLEALIGN_REAL_DATA`` (default ``../shared/data``),
or, where that is absent, JPEGs drawn by the face world.
"""

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from stylealign.config.domains import FolderDomain, WorldDomain
from stylealign.data.batches import Batches
from stylealign.data.build import build_image_set
from stylealign.data.image_set import ImageSet
from stylealign.worlds.registry import get_world

NUM_WORLD, NUM_PHOTOS, NUM_STEPS = 1000, 500, 100
REAL_DATA = Path(os.environ.get("STYLEALIGN_REAL_DATA", "../shared/data"))
FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {name.split(".")[0]: Path(folder, name) for name in FILES}
        photos = photographs(Path(folder, "photos"))
        domain = FolderDomain(source="folder", path=photos, max_images=NUM_PHOTOS)
        for threads in (1, 2):
            seconds = median_sec(3, lambda n=threads: build(domain, 64, paths, n))
            report(f"import of 128 px JPEGs to 64 px, {threads} thread(s)", NUM_PHOTOS, seconds)
        world = WorldDomain(source="world", world="face", num_train=NUM_WORLD - 200, num_test=200)
        report("face world to an image set, 32 px", NUM_WORLD, median_sec(3, lambda: build(world, 32, paths, 1)))
        serve(ImageSet.open(paths["images"], paths["index"], "train"))


def serve(images: ImageSet) -> None:
    """Batches of 16 from memory, and decoded ahead while nothing else is computed."""
    report("decode a set into memory, 32 px", images.num, median_sec(3, lambda: images.read(range(images.num))))
    for name, budget in (("memory", 2.0), ("the zip, 2 threads", 0.0)):
        batches = Batches(images, 16, seed=0, mirror=True, memory_budget_gb=budget)
        batches.at(0)
        steps = itertools.count(1)
        seconds = median_sec(5, lambda b=batches, s=steps: [b.at(next(s)) for _ in range(NUM_STEPS)])
        report(f"Batches.at, batch 16, 32 px, from {name}", 16 * NUM_STEPS, seconds)
        batches.close()


def photographs(folder: Path) -> Path:
    """Real photographs where there are any, else drawn ones."""
    if (REAL_DATA / "cats").is_dir():
        return REAL_DATA / "cats"
    folder.mkdir()
    for index in range(NUM_PHOTOS):
        Image.fromarray(get_world("face").render(0, index, 128).pixels).save(folder / f"{index:04d}.jpg", quality=90)
    return folder


def build(domain: FolderDomain | WorldDomain, resolution: int, paths: dict[str, Path], num_threads: int) -> None:
    build_image_set(domain, name="bench", resolution=resolution, seed=0, num_threads=num_threads, **paths)


def median_sec(repeats: int, work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def report(what: str, num_images: int, seconds: float) -> None:
    print(f"{what:<55} {num_images / seconds:>10,.0f} images/s   {seconds * 1e3 / num_images:8.3f} ms/image")


if __name__ == "__main__":
    main()
