"""One training in one process with one and with two threads, and shared by two processes with one thread each.

    python benchmarks/parallel_training.py [--seconds 10] [--rounds 3]

The default study's model at the same effective batch. The parts take turns, so that an hour's weather falls on all; a
rate is the median of its rounds, each a median of steps in one process; ratios are what to compare. Images per second
of CPU time say what sharing costs on busy cores too.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import torch
from train import BATCH_SIZE, NoiseBatches, default_spec, images_per_second

from stylealign.training.loop import training_loop
from stylealign.training.state import build_state
from stylealign.training.team import ALONE, Team, join_team, leave_team
from stylealign.training.worker import speak_over_loopback

PARTS = {  # processes and threads of each
    "1 process, 1 thread": (1, 1),
    "1 process, 2 threads": (1, 2),
    "2 processes, 1 thread each": (2, 1),
}


class Rows:
    """A process's rows of a batch of noise images."""

    def __init__(self, team: Team):
        self.pixels = NoiseBatches.pixels[team.rows(BATCH_SIZE)]

    def at(self, step: int) -> torch.Tensor:
        return self.pixels


def step_times(team: Team, seconds: float) -> list[float]:
    """Seconds of each step of a training, over about ``seconds`` and at least two rounds of 16."""
    spec = default_spec()
    state = build_state(spec, torch.device("cpu"), augment=False)
    times, begin = [], time.perf_counter()
    last = begin
    for step in training_loop(state, Rows(team), spec, 1_000_000, team):
        now = time.perf_counter()
        times.append(now - last)
        last = now
        if step % 16 == 0 and step >= 32 and team.largest(int(now - begin > seconds)):
            return times
    return times


def measure(seconds: float, threads: int) -> None:
    """One process of a part: print the rate of the whole batch, once."""
    torch.set_num_threads(threads)
    team = ALONE
    if "RANK" in os.environ:
        speak_over_loopback()
        team = join_team(torch.device("cpu"), default_spec().architecture.mbstd_group_size)
    step_times(team, 0)
    before = time.process_time()
    times = step_times(team, seconds)
    cpu_sec = torch.tensor([time.process_time() - before])
    team.sum_([cpu_sec])
    if team.num > 1:
        leave_team()
    if team.leads:
        print(json.dumps([images_per_second({"step": times}), len(times) * BATCH_SIZE / float(cpu_sec)]))


def rates_of(processes: int, threads: int, seconds: float) -> tuple[float, float]:
    """Images per second of one part in processes of its own, by the clock and by CPU time."""
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", f"--nproc-per-node={processes}", "--rdzv-backend=c10d"]
        command += ["--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1"]
    command += [__file__, "--seconds", str(seconds), "--measure", str(threads)]
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", type=int, default=0, help="only measure one part with this many threads")
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.seconds, arguments.measure)
        return
    print(f"default architecture, 32 px, effective batch {BATCH_SIZE}, gloo, torch {torch.__version__}", flush=True)
    rates: dict[str, list[tuple[float, float]]] = {part: [] for part in PARTS}
    for _ in range(arguments.rounds):
        for part, (processes, threads) in PARTS.items():
            rates[part].append(rates_of(processes, threads, arguments.seconds))
    medians = {
        part: [statistics.median(values) for values in zip(*found, strict=True)] for part, found in rates.items()
    }
    alone = medians["1 process, 1 thread"]
    for part, found in rates.items():
        by_clock, by_cpu = medians[part]
        each = ", ".join(f"{rate:.1f}" for rate, _ in found)
        print(
            f"{part:28s} {by_clock:7.1f} images/s, {by_clock / alone[0]:.2f} times ({each}); "
            f"{by_cpu:.1f} an s of CPU time, {by_cpu / alone[1]:.2f} times"
        )
    gain = medians["2 processes, 1 thread each"][0] / medians["1 process, 2 threads"][0]
    print(f"two processes against two threads: {gain:.2f} times the images")


if __name__ == "__main__":
    main()
