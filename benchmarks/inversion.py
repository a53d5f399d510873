"""Inversion by optimisation: a batch of 64 against one image at a time, in one run, with the same results.

    python benchmarks/inversion.py [--threads 2] [--rounds 3] [--steps 20]
                                   [--model g_ema.safetensors --judge judge.safetensors]

Without paths a model and a judge of the default architectures with random weights (32 px) invert samples of the model.
Every round times the batch, and a few of its images one at a time, each a call of ``optimise`` from its start to its
measured result. Wall time is what matters; CPU time is beside it, since a busy machine lends less than its cores.
The largest difference between the distances of the two ways is printed too.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from channel_maps import default_generator
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.config.inversion import Optimisation
from stylealign.inversion.found import Found, render
from stylealign.inversion.optimise import optimise
from stylealign.judges.embedded import EmbeddedJudge, load_embedded
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator

NUM, SINGLES, JUDGE_WIDTH, PSI = 64, 6, 32, 0.7
METHODS = ("w_opt", "z_opt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, nargs="+", default=[2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--judge", type=Path)
    arguments = parser.parse_args()
    G = load_generator(arguments.model)[0] if arguments.model else default_generator()
    judge = load_embedded("embedded", arguments.judge) if arguments.judge else default_judge(G.img_resolution)
    pixels = render(G, "z", sample_z(NUM, G.z_dim, 0, "benchmark"), PSI)
    print(f"{G.img_resolution} px, {arguments.steps} steps, {NUM} images at once and {SINGLES} of them one at a time")
    for threads in arguments.threads:
        torch.set_num_threads(threads)
        for method in METHODS:
            compare(G, judge, pixels, method, threads, arguments.steps, arguments.rounds)


def default_judge(resolution: int) -> EmbeddedJudge:
    torch.manual_seed(0)
    return EmbeddedJudge("random", EmbeddedNetwork(resolution, JUDGE_WIDTH, Vocabulary(("face",), (), ())))


def compare(
    G: Generator, judge: EmbeddedJudge, pixels: Tensor, method: str, threads: int, steps: int, rounds: int
) -> None:
    """Both ways in turn; prints medians of images a second, their ratio, and how far the results are apart."""
    ways = [range(NUM)], [[row] for row in range(SINGLES)]
    times: tuple[list, list] = ([], [])  # of each way (wall, CPU) seconds of an image, by round
    found: tuple[list, list] = ([], [])
    for _ in range(rounds):
        for way in range(2):
            clock = time.perf_counter(), time.process_time()
            found[way][:] = [invert(G, judge, pixels, rows, method, steps) for rows in ways[way]]
            num = sum(len(rows) for rows in ways[way])
            times[way].append(((time.perf_counter() - clock[0]) / num, (time.process_time() - clock[1]) / num))
    (batch,), singles = found
    wall, cpu = (statistics.median(one[i] / many[i] for many, one in zip(*times, strict=True)) for i in range(2))
    rates = [1 / statistics.median(seconds for seconds, _ in way) for way in times]
    apart = max(abs(single.distance[0] - batch.distance[row]) for row, single in enumerate(singles))
    print(
        f"{method}, {threads} thread(s): {rates[0]:6.2f} images/s at once, {rates[1]:6.2f} one at a time: {wall:.1f} "
        f"times (CPU {cpu:.1f}); distances differ by {apart:.1e} at most (mean {np.mean(batch.distance):.3f})"
    )


def invert(G: Generator, judge: EmbeddedJudge, pixels: Tensor, rows: Sequence[int], method: str, steps: int) -> Found:
    """What is found for some of the images."""
    return optimise(
        G,
        judge,
        pixels[list(rows)],
        space=method.removesuffix("_opt"),
        settings=Optimisation(steps=steps),
        truncation_psi=PSI,
        image_ids=[str(row) for row in rows],
        seed=0,
    )


if __name__ == "__main__":
    main()
