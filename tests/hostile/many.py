"""A folder of very many small pictures, a tenth of them twice: ``python tests/hostile/many.py 100000``."""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from picture_bytes import chunk, header, png

FILES = ("images.zip", "index.parquet", "regions.npz", "rejected.parquet", "summary.json", "preview.png")
SIDE = 16


def tiny_png(seed: int) -> bytes:
    """A picture of noise like no other, stored without packing: 0.9 kB."""
    import zlib

    noise = np.random.default_rng(seed).integers(0, 256, (SIDE, 1 + 3 * SIDE), dtype=np.uint8)
    noise[:, 0] = 0  # no filter
    return png(header(SIDE, SIDE), chunk(b"IDAT", zlib.compress(noise.tobytes(), 0)), chunk(b"IEND"))


def fill(folder: Path, num: int) -> None:
    """``num`` files in ten subfolders, every tenth the same pixels as the one before."""
    for number in range(num):
        place = folder / f"{number % 10}" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(tiny_png(number - (number % 10 == 9)))


def measure(num: int, max_images: int | None = None) -> dict[str, float]:
    """Seconds and peak memory (MB) of listing and importing ``num`` files."""
    from stylealign.config.domains import FolderDomain
    from stylealign.data.build import build_image_set
    from stylealign.data.sources import list_folder

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "photos"
        fill(folder, num)
        start = time.perf_counter()
        listed = len(list_folder(folder))
        listing_sec = time.perf_counter() - start
        files = {name.split(".")[0]: Path(place) / "out" / name for name in FILES}
        domain = FolderDomain(source="folder", path=folder, max_images=max_images)
        start = time.perf_counter()
        build_image_set(domain, name="many", resolution=SIDE, seed=0, **files)
        import_sec = time.perf_counter() - start
        summary = json.loads(files["summary"].read_text())
    kept = summary["num_train"] + summary["num_test"]
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"files": listed, "images": kept, "rejected": summary["num_rejected"]}
    return found | {"listing_sec": listing_sec, "import_sec": import_sec, "peak_mb": peak_mb}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)))
