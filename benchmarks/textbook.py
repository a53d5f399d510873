"""The default architecture's training step as the published code formulates it, against ours, in one run.

    python benchmarks/textbook.py [--rounds 6]

The textbook formulation here is plain torch without compiled operations: channels first; FIR filters by inserting
zeros and one general filter; noise, bias, activation and gain one after the other; D in two passes, with fresh images.
Both do the same mathematics on the same weights. Rounds of 16 steps alternate, so a machine that slows down slows both.
"""

import argparse
import contextlib
import statistics
import time
from collections.abc import Iterator
from unittest import mock

import torch
import torch.nn.functional as F
from train import BATCH_SIZE, NoiseBatches, default_spec

from stylealign.networks import layers, synthesis
from stylealign.ops import modulated_conv as ops
from stylealign.ops.resample import upfirdn2d
from stylealign.training import losses
from stylealign.training.loop import training_loop
from stylealign.training.state import build_state


def blur(x, f, padding, gain=1.0):
    return upfirdn2d(x, f, padding=(padding,) * 4, gain=gain)


def down(x, f):
    return upfirdn2d(x, f, down=2, padding=(1, 1, 1, 1))


def up(x, f):
    return upfirdn2d(x, f, up=2, padding=(2, 1, 2, 1), gain=4)


def activation(y, d, noise, bias, clamp):
    y = y * d[:, :, None, None]
    y = y if noise is None else y + noise
    return F.leaky_relu(y + bias[None, :, None, None], 0.2) * 2**0.5


def two_passes(state, fake, real, draws):
    return state.D(fake), state.D(real)


@contextlib.contextmanager
def textbook() -> Iterator[None]:
    """Within it, the networks run as published."""
    swaps = [
        (torch, "channels_last", torch.contiguous_format),
        (ops, "blur2d", blur),
        (layers, "blur2d", blur),
        (layers, "downsample2d", down),
        (layers, "leaky_relu_", lambda x: F.leaky_relu(x, 0.2)),
        (synthesis, "upsample2d", up),
        (synthesis, "styled_activation", activation),
        (losses, "discriminate_both", two_passes),
    ]
    with contextlib.ExitStack() as stack:
        for module, name, function in swaps:
            stack.enter_context(mock.patch.object(module, name, function))
        yield


def seconds_of_a_round(state, spec) -> float:
    start = time.process_time()
    list(training_loop(state, NoiseBatches(), spec, state.step + 16))
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    spec = default_spec(pl_weight=2.0, reuse_fakes=False)
    short = default_spec()
    states = [build_state(spec, torch.device("cpu"), augment=False) for _ in range(3)]
    found: list[list[float]] = [[], [], []]
    for _ in range(rounds + 1):
        with textbook():
            found[0].append(seconds_of_a_round(states[0], spec))
        found[1].append(seconds_of_a_round(states[1], spec))
        found[2].append(seconds_of_a_round(states[2], short))
    names = ("textbook, published recipe", "ours, published recipe", "ours, default study's recipe")
    medians = [statistics.median(times[1:]) for times in found]
    for name, median in zip(names, medians, strict=True):
        print(f"  {16 * BATCH_SIZE / median:6.1f} images per CPU-second, {medians[0] / median:.2f} x  {name}")


if __name__ == "__main__":
    main()
