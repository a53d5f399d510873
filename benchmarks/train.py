"""Training speed of the default architecture, by phase, and for one process with 2 threads against two with one each.

    python benchmarks/train.py [--seconds 20]

Medians within one run; ratios between the parts of one run are what to compare, since machines and hours differ.
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections import defaultdict

import torch

from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.training import loop
from stylealign.training.state import build_state

BATCH_SIZE = 16


class NoiseBatches:
    """One batch of noise images, so that only the networks are timed."""

    pixels = torch.randint(0, 256, [BATCH_SIZE, 3, 32, 32], dtype=torch.uint8)

    def at(self, step: int) -> torch.Tensor:
        return self.pixels


def default_spec() -> ResolvedModel:
    training = Training(batch_size=BATCH_SIZE, ada_kimg=500)
    return ResolvedModel(
        name="face",
        domain="face",
        resolution=32,
        architecture=Architecture(),
        training=training,
        total_kimg=1,
        seed=0,
        study_seed=0,
        samples=Samples(),
    )


def time_phases(seconds: float) -> dict[str, list[float]]:
    """Seconds of every phase and of every step over about ``seconds``."""
    spec = default_spec()
    state = build_state(spec, torch.device("cpu"), augment=False)
    found: dict[str, list[float]] = defaultdict(list)
    run_phase = loop._run_phase

    def timed(state, real, spec, phase):
        start = time.perf_counter()
        run_phase(state, real, spec, phase)
        found[phase.name].append(time.perf_counter() - start)

    loop._run_phase = timed
    try:
        begin = last = time.perf_counter()
        for step in loop.training_loop(state, NoiseBatches(), spec, 1_000_000):
            now = time.perf_counter()
            found["step"].append(now - last)
            last = now
            if now - begin > seconds and step % 16 == 0:
                break
    finally:
        loop._run_phase = run_phase
    return {name: values[1:] for name, values in found.items()}


def images_per_second(found: dict[str, list[float]]) -> float:
    """The rate over whole rounds of 16 steps (each with 4 path length and 1 R1 regularisation)."""
    steps = found["step"]
    rounds = [sum(steps[start : start + 16]) for start in range(15, len(steps) - 15, 16)] or [sum(steps)]
    return 16 * BATCH_SIZE / statistics.median(rounds)


def report(seconds: float, threads: int) -> float:
    torch.set_num_threads(threads)
    found = time_phases(seconds)
    for name, values in found.items():
        print(f"  {name:6s} {statistics.median(values) * 1000:8.1f} ms (median of {len(values)})")
    rate = images_per_second(found)
    print(f"  {rate:.1f} images/s with {threads} thread(s)", flush=True)
    return rate


def side_by_side(seconds: float, num: int) -> list[float]:
    command = [sys.executable, __file__, "--seconds", str(seconds), "--one", "1"]
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(num)]
    return [float(job.communicate()[0].split()[-1]) for job in jobs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--one", type=int, default=0, help="only report one process with this many threads")
    arguments = parser.parse_args()
    if arguments.one:
        print(report(arguments.seconds, arguments.one))
        return
    print(f"default architecture, 32 px, batch {BATCH_SIZE}, torch {torch.__version__}")
    print("one process, 1 thread:")
    report(arguments.seconds, 1)
    print("one process, 2 threads:")
    one = report(arguments.seconds, 2)
    two = side_by_side(arguments.seconds, 2)
    print(f"two processes, 1 thread each: {' + '.join(f'{rate:.1f}' for rate in two)} images/s")
    print(f"two processes against two threads: {sum(two) / one:.2f} times the images")


if __name__ == "__main__":
    main()
