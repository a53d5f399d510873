"""Two processes train what one trains, resume from each other's states, and end in one line when one of them dies."""

import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_tensors, read_card, save_tensors, state_digest
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.errors import InterruptedRun, TrainingError
from stylealign.latents import torch_stream
from stylealign.tables import read_provenance, read_table
from stylealign.training import loop
from stylealign.training.run import train_model
from stylealign.training.state import build_state
from stylealign.training.team import ALONE, Team, join_team, leave_team
from stylealign.training.worker import speak_over_loopback

ROUNDING = 1e-9  # of a tensor's largest entry, in double precision; found: 3e-14
SINGLE = 1e-3  # between weights, in single precision: rounding may turn a leaky ReLU over; a weight moves 3e-3 a step
NUM_STEPS = 8

# Phases, statistics and switches that processes have to agree on; a batch of 8.
CASES = {
    "plain": {"pl_weight": 0, "r1_gamma": 0, "style_mixing_prob": 0},
    "mixing": {"style_mixing_prob": 1.0, "pl_weight": 0},
    "regularised": {"r1_interval": 2, "pl_interval": 2},
    "augmented": {"augment": "on", "ada_kimg": 0.05, "ada_target": 0.01},
    "groups of 2": {"reuse_fakes": True},
}


def spec(case="regularised", **changes):
    settings = {"batch_size": 8, "ada_kimg": 0.5, "tick_kimg": 0.04, "checkpoint_kimg": 0.08, "sample_kimg": (0, 0.04)}
    group = 2 if case == "groups of 2" else 4
    sizes = {"z_dim": 8, "w_dim": 8, "mapping_layers": 2, "channel_base": 128, "channel_max": 16}
    values = {
        "name": "face",
        "domain": "face",
        "resolution": 16,
        "architecture": Architecture(**sizes, mbstd_group_size=group),
        "training": Training(**{**settings, **CASES[case]}),
        "total_kimg": 0.096,
        "seed": 3,
        "study_seed": 0,
        "samples": Samples(num=4),
        "device": "cpu",
    }
    return ResolvedModel(**{**values, **changes})


class NoiseBatches:
    def __init__(self, rows):
        self.rows = rows

    def at(self, step):
        whole = torch.randint(0, 256, [8, 3, 16, 16], generator=torch_stream(step, "batch"), dtype=torch.uint8)
        return whole[self.rows]


@contextlib.contextmanager
def double_precision():
    """Networks, draws and images in float64, where two ways to add up differ by 1e-16 and nothing else."""
    single, to_net = torch.Tensor.float, loop.to_net
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = torch.Tensor.double
    loop.to_net = lambda pixels: to_net(pixels).double()
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.float, loop.to_net = single, to_net


@double_precision()
def trained(case, team=ALONE):
    """The whole state after a few steps."""
    settings = spec(case)
    state = build_state(settings, torch.device("cpu"), augment=settings.training.augment == "on")
    if state.augment is not None:
        state.augment.p.fill_(0.5)
    for _ in loop.training_loop(state, NoiseBatches(team.rows(8)), settings, NUM_STEPS, team):
        pass
    return state.tensors()


def distance(ours, theirs):
    """The largest difference of two states, tensor by tensor, as part of the tensor's largest entry."""
    assert set(ours) == set(theirs)
    return max(
        float(
            (ours[name].double() - theirs[name].double()).abs().max()
            / theirs[name].double().abs().max().clamp(min=1e-3)
        )
        for name in theirs
    )


def in_two_processes(folder):
    """What ``torchrun`` runs: each case by a team, the states that it ends with, and what a difference is called."""
    torch.set_num_threads(1)
    speak_over_loopback()
    joined = join_team(torch.device("cpu"), 4)
    for case in CASES:
        team = replace(joined, mbstd_group_size=spec(case).architecture.mbstd_group_size)
        state = trained(case, team)
        team.refuse_difference(state_digest(state), case)
        if team.leads:
            save_tensors(folder / f"{case}.safetensors", state, {})
    try:
        joined.refuse_difference(f"{joined.rank + 1:064x}"[::-1], "face at 1.00 kimg")
    except TrainingError as error:
        (folder / f"difference-{joined.rank}").write_text(str(error))
    leave_team()


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--rdzv-backend=c10d"]
    command += ["--rdzv-endpoint=127.0.0.1:0", "--local-addr=127.0.0.1", __file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


@pytest.mark.parametrize("case", CASES)
def test_two_processes_end_with_the_state_of_one(of_two, case):
    alone = trained(case)
    together, _ = load_tensors(of_two / f"{case}.safetensors")
    assert distance(together, alone) < ROUNDING


def test_the_cases_tell_a_wrong_batch_from_the_right_one():
    """The same training with two images exchanged between groups of the minibatch deviation is far from equal."""
    alone, swapped = trained("plain"), trained("plain", Exchanged())
    assert distance(swapped, alone) > 1000 * ROUNDING


@dataclass(frozen=True)
class Exchanged(Team):
    """All of a batch, its first two images in each other's place."""

    def rows(self, num_images):
        return torch.tensor([1, 0, *range(2, num_images)])


def test_processes_that_no_longer_agree_are_told_so(of_two):
    for rank in (0, 1):
        assert "face at 1.00 kimg: the 2 processes" in (of_two / f"difference-{rank}").read_text()


# Whole trainings, through the launcher.


@pytest.fixture(scope="module")
def image_set(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domain")
    names = {"images": "i.zip", "index": "i.parquet", "regions": "r.npz", "rejected": "r.parquet"}
    paths = {key: folder / name for key, name in {**names, "summary": "s.json", "preview": "p.png"}.items()}
    domain = WorldDomain(source="world", world="face", num_train=40, num_test=8)
    build_image_set(domain, name="face", resolution=16, seed=0, **paths)
    return {"images": paths["images"], "index": paths["index"]}


def train(image_set, folder, processes):
    files = {"g_ema": "g.safetensors", "pair": "pair.safetensors", "samples": "s.npz", "ticks": "t.parquet"}
    paths = {key: folder / name for key, name in {**files, "cost": "c.parquet", "state": ".resume"}.items()}
    whose = {"parent_pair": None, "parent_card": None, "provenance": {"config_digest": "beef"}}
    train_model(spec(), **image_set, **paths, **whose, threads=1, processes=processes)
    return paths


class AtTick(logging.Handler):
    """Does something, once, when the log tells of a tick; keeps every line."""

    def __init__(self, action):
        super().__init__()
        self.action, self.lines = action, []

    def emit(self, record):
        self.lines.append(record.getMessage())
        if "0.0 / 0.1 kimg" in self.lines[-1] and self.action is not None:
            action, self.action = self.action, None
            action(self)


@pytest.fixture
def at_tick():
    logger, handlers = logging.getLogger("stylealign.training"), []
    level = logger.level
    logger.setLevel(logging.INFO)

    def install(action=None):
        handlers.append(AtTick(action))
        logger.addHandler(handlers[-1])
        return handlers[-1]

    yield install
    logger.setLevel(level)
    for handler in handlers:
        logger.removeHandler(handler)


@pytest.fixture(scope="module")
def by_one(image_set, tmp_path_factory):
    return train(image_set, tmp_path_factory.mktemp("one"), 1)


def assert_same_training(found, expected):
    ours, theirs = (load_tensors(paths["pair"])[0] for paths in (found, expected))
    assert max(float((ours[name] - value).abs().max()) for name, value in theirs.items()) < SINGLE
    pixels = [np.load(paths["samples"])["pixels"].astype(int) for paths in (found, expected)]
    assert np.abs(pixels[0] - pixels[1]).max() <= 1
    rows = [read_table(paths["ticks"])[["kimg", "loss_g", "loss_d", "r_t", "pl_length"]] for paths in (found, expected)]
    assert np.allclose(*rows, rtol=1e-2, equal_nan=True)


def stop_here(handler):
    os.kill(os.getpid(), signal.SIGTERM)


def pids(handler):
    line = next(line for line in handler.lines if "2 processes on cpu" in line)
    return [int(number) for number in re.search(r"\[(.*)\]", line)[1].split(", ")]


def assert_gone(numbers):
    for number in numbers:
        with pytest.raises(ProcessLookupError):
            os.kill(number, 0)


def test_two_processes_go_on_from_the_state_of_one(image_set, by_one, tmp_path, at_tick):
    at_tick(stop_here)
    with pytest.raises(InterruptedRun):
        train(image_set, tmp_path, 1)
    seen = at_tick()
    found = train(image_set, tmp_path, 2)
    assert any("resuming at" in line for line in seen.lines)
    assert_same_training(found, by_one)
    assert read_card(found["g_ema"]).training["processes"] == 2
    assert read_provenance(found["cost"])["processes"] == 2
    assert "processes" not in read_card(by_one["g_ema"]).training
    assert not list((tmp_path / ".resume").glob("state-*"))
    assert_gone(pids(seen))


def test_two_processes_stop_together_at_a_signal_and_one_goes_on(image_set, by_one, tmp_path, at_tick):
    seen = at_tick(stop_here)
    with pytest.raises(InterruptedRun, match=r"^face: stopped by SIGTERM at 0\.\d+ kimg; the state is saved"):
        train(image_set, tmp_path, 2)
    assert not (tmp_path / "g.safetensors").exists()
    assert_gone(pids(seen))
    assert_same_training(found := train(image_set, tmp_path, 1), by_one)
    assert read_card(found["g_ema"]).training["processes"] == 2  # at times


def test_a_killed_process_ends_the_training_in_one_line(image_set, tmp_path, at_tick):
    seen = at_tick(lambda handler: os.kill(pids(handler)[1], signal.SIGKILL))
    with pytest.raises(TrainingError, match=r"face: process 1 \(pid \d+\) was killed by SIGKILL.*resumes") as failure:
        train(image_set, tmp_path, 2)
    assert "\n" not in str(failure.value)
    assert_gone(pids(seen))


if __name__ == "__main__":
    in_two_processes(Path(sys.argv[1]))
