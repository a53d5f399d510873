"""The finished smoke study killed, run twice at once, and under a clock that jumps: nothing is lost, nothing redone."""

import importlib.util
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

pytestmark = [pytest.mark.workflow, pytest.mark.slow]

SMOKE = ("--configfile", "presets/smoke.yaml")
CHILD = "results/models/cat/g_ema.safetensors"
HOUR_SEC = 3600


@pytest.fixture(scope="module")
def torture():
    """The harness of `make torture`."""
    path = Path(__file__).resolve().parents[1] / "faults/torture.py"
    spec = importlib.util.spec_from_file_location("torture", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["torture"] = module
    spec.loader.exec_module(module)
    return module


def test_killed_at_random_moments_it_ends_the_same(finished, torture):
    shop = torture.Shop(finished.folder, SMOKE[1:], cores=2)
    stages = {stage.name: stage for stage in torture.STAGES}
    inversion = stages["inversion"]  # here, of every method
    made = [
        str(path.relative_to(finished.folder / "results"))
        for path in sorted((finished.folder / "results/inversions/cat").glob("*.parquet"))
    ]
    stages["inversion"] = replace(inversion, targets=tuple(made))
    chosen = {stages[name]: 6.0 for name in ("train, a child", "inversion", "channel maps", "judge")}
    kills = list(torture.torture(shop, chosen, kills=4, seed=1))
    assert [kill.differences for kill in kills] == [[]] * 4
    assert {kill.signal for kill in kills} == {"SIGKILL", "SIGTERM"}


def test_the_harness_sees_what_differs(finished, torture, tmp_path):
    """One altered byte, a missing file, a new one, a private leftover; a measured column alone is no difference."""
    results = finished.folder / "results"
    copy = tmp_path / "results"
    subprocess.run(["cp", "-r", results, copy], check=True)
    assert torture.differences(results, copy) == []
    table = copy / "tables/mapping_drift.parquet"
    table.write_bytes((copy / "tables/layer_reset.parquet").read_bytes())
    (copy / "channel_maps/cat/0.npz").unlink()
    (copy / "tables/more.csv").touch()
    (copy / "models/cat/.resume/state-000000001.safetensors").touch()
    assert torture.differences(results, copy) == [
        "channel_maps/cat/0.npz is missing",
        "tables/more.csv is new",
        "tables/mapping_drift.parquet differs",
        "models/cat/.resume/state-000000001.safetensors is left over",
    ]


def test_a_second_run_in_the_folder_is_refused_and_the_first_is_not_disturbed(used, finished, torture):
    """By Snakemake's lock; and where that is waved aside, by ours."""
    shop = torture.Shop(used.folder, SMOKE[1:], cores=1)
    (stage,) = [stage for stage in torture.STAGES if stage.name == "train, a child"]
    shop.without(stage)
    first, _ = torture.begin(shop, stage)
    lock = used.folder / "results/models/cat/.resume/lock"
    while not lock.exists() or not lock.stat().st_size:  # it is held, and says by whom
        assert first.poll() is None
        time.sleep(0.01)
    os.killpg(first.pid, 19)  # SIGSTOP: it works slowly, as on a busy machine
    second = used.snakemake("--cores", "1", *SMOKE, "--", CHILD)
    third = used.snakemake("--cores", "1", "--nolock", *SMOKE, "--", CHILD)
    os.killpg(first.pid, 18)  # SIGCONT
    assert first.wait() == 0
    assert second.returncode == third.returncode == 1
    assert "cannot be locked" in second.stdout + second.stderr
    assert "--unlock" in second.stdout + second.stderr
    assert "another process (pid " in third.stdout + third.stderr
    assert torture.differences(finished.folder / "results", used.folder / "results") == []


@pytest.mark.parametrize("hours", [1, -1000])
def test_a_clock_that_jumped_runs_nothing_again(used, hours):
    """Everything made an hour in the future, or long ago."""
    shift(used.folder.glob("results/**/*"), hours)
    assert used.planned(*SMOKE) == []


def test_inputs_that_seem_newer_than_what_was_made_of_them_run_nothing_again(used):
    """Written an hour ahead by a clock that was set back since: they are compared by content."""
    shift(used.folder.glob("results/domains/*/*"), 1)
    shift(used.folder.glob("results/models/*/*"), 2)
    assert used.planned(*SMOKE) == []


def test_a_clock_set_back_while_the_study_runs_costs_nothing_that_was_made(used, finished, torture):
    """A child is trained of images and a parent of a time to come: Snakemake alone would remove it once it is there."""
    shop = torture.Shop(used.folder, SMOKE[1:], cores=1)
    (stage,) = [stage for stage in torture.STAGES if stage.name == "train, a child"]
    shift(used.folder.glob("results/domains/*/*"), 2)
    shift(used.folder.glob("results/models/*/*"), 1)
    shop.without(stage)
    shop.finish([stage])
    assert torture.differences(finished.folder / "results", used.folder / "results") == []


def shift(paths, hours):
    for path in paths:
        moment = path.stat().st_mtime + hours * HOUR_SEC
        os.utime(path, (moment, moment))
