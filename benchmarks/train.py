"""Training speed of the default architecture: by phase, where a step's time goes, and threads against processes.

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
from torch.profiler import ProfilerActivity, profile

from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.training import loop
from stylealign.training.state import build_state

BATCH_SIZE = 16


class NoiseBatches:
    """One batch of noise images, so that only the networks are timed."""

    pixels = torch.randint(0, 256, [BATCH_SIZE, 3, 32, 32], dtype=torch.uint8)

    def at(self, step: int) -> torch.Tensor:
        return self.pixels


def default_spec(**training: object) -> ResolvedModel:
    """The default study's root; ``training`` overrides its settings."""
    settings = {"batch_size": BATCH_SIZE, "ada_kimg": 500, "pl_weight": 0, "reuse_fakes": True, **training}
    return ResolvedModel(
        name="face",
        domain="face",
        resolution=32,
        architecture=Architecture(),
        training=Training(**settings),
        total_kimg=1,
        seed=0,
        study_seed=0,
        samples=Samples(),
    )


def time_phases(seconds: float, **training: object) -> dict[str, list[float]]:
    """Seconds of every phase and of every step over about ``seconds``."""
    spec = default_spec(**training)
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


def report(seconds: float, threads: int, **training: object) -> float:
    torch.set_num_threads(threads)
    found = time_phases(seconds, **training)
    for name, values in found.items():
        print(f"  {name:6s} {statistics.median(values) * 1000:8.1f} ms (median of {len(values)})")
    rate = images_per_second(found)
    print(f"  {rate:.1f} images/s with {threads} thread(s)", flush=True)
    return rate


def share_of(name: str, shapes: list[object]) -> str:
    """Which kind of work an operation is."""
    if "conv" in name:
        depthwise = any(isinstance(shape, list) and len(shape) == 4 and shape[1] == 1 for shape in shapes)
        return "FIR filters" if depthwise else "dense convolutions"
    element_wise = ("mul", "leaky", "add", "sum", "copy_", "pow", "mean", "sqrt", "softplus", "fill", "div", "sub")
    if name.startswith("aten::") and name.removeprefix("aten::").startswith(element_wise):
        return "element-wise"
    return "small matrices, optimiser, Python's own"


def report_shares(num_steps: int = 10) -> None:
    """Print where the time of main steps goes."""
    torch.set_num_threads(1)
    spec = default_spec(pl_weight=0, r1_gamma=0)
    state = build_state(spec, torch.device("cpu"), augment=False)
    list(loop.training_loop(state, NoiseBatches(), spec, 3))
    with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as found:
        list(loop.training_loop(state, NoiseBatches(), spec, 3 + num_steps))
    totals: dict[str, float] = defaultdict(float)
    for event in found.key_averages(group_by_input_shape=True):
        totals[share_of(event.key, event.input_shapes)] += event.self_cpu_time_total
    for kind, time_us in sorted(totals.items(), key=lambda item: -item[1]):
        print(f"  {time_us / sum(totals.values()):6.1%}  {time_us / num_steps / 1000:7.1f} ms  {kind}")


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
    print("the same with the published recipe (path length regularisation, fresh images for D):")
    report(arguments.seconds, 1, pl_weight=2.0, reuse_fakes=False)
    print("where a step's time goes (one thread):")
    report_shares()
    print("one process, 2 threads:")
    one = report(arguments.seconds, 2)
    two = side_by_side(arguments.seconds, 2)
    print(f"two processes, 1 thread each: {' + '.join(f'{rate:.1f}' for rate in two)} images/s")
    print(f"two processes against two threads: {sum(two) / one:.2f} times the images")


if __name__ == "__main__":
    main()
