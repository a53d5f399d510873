"""A morph from codes to video: 60 frames of 8 pairs at the default size, rendered, tiled, enlarged and encoded.

    python benchmarks/morph.py [--threads 2] [--rounds 5] [--models a.safetensors b.safetensors]

Without paths two models of the default architecture with random weights (32 px). Prints the median of the rounds, wall
and CPU seconds, of the frames and of each format.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from channel_maps import default_generator

from stylealign.checkpoint import load_generator
from stylealign.editing.morph import MorphPath, morph_frames, positions
from stylealign.editing.video import make_videos
from stylealign.latents import sample_z

NUM_FRAMES, NUM_PAIRS, SECONDS = 60, 8, 4.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--models", type=Path, nargs="+")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    models = [load_generator(path)[0] for path in arguments.models or ()] or [default_generator() for _ in range(2)]
    z = sample_z(NUM_PAIRS, models[0].z_dim, 0, "benchmark")
    with torch.inference_mode():
        ws = torch.stack([G.mapping(z, truncation_psi=0.7) for G in models])
    print(f"{models[0].img_resolution} px, {NUM_FRAMES} frames of {NUM_PAIRS} pairs, {arguments.threads} threads")
    film = timed("frames", arguments.rounds, lambda: rendered(models, ws))
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("mp4", "webp", "gif"):
            path = Path(folder) / f"morph.{kind}"
            timed(kind, arguments.rounds, lambda path=path: make_videos([path], film, SECONDS))
            print(f"      {path.stat().st_size / 1024:.0f} kB")


def rendered(models: list, ws: torch.Tensor) -> np.ndarray:
    return np.stack(list(morph_frames(MorphPath(models, ws), positions(NUM_FRAMES, "smooth"))))


def timed(name: str, rounds: int, work: Callable[[], np.ndarray]) -> np.ndarray:
    """What ``work`` gives; prints the medians."""
    walls, cpus = [], []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        made = work()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    print(f"{name:6} {statistics.median(walls):6.2f} s wall {statistics.median(cpus):6.2f} s CPU (median of {rounds})")
    return made


if __name__ == "__main__":
    main()
