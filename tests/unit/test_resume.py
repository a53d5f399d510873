"""A training that is killed and run again gives the bytes of one that was not; foreign states are never used."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from stylealign.checkpoint import load_tensors, save_tensors
from stylealign.config.domains import WorldDomain
from stylealign.config.models import Architecture, ResolvedModel, Samples, Training
from stylealign.data.build import build_image_set
from stylealign.errors import ResumeError
from stylealign.resume import FORMAT, ResumeFolder

TRAIN = """
import json, logging, os, sys
from pathlib import Path
from stylealign.config.models import ResolvedModel
from stylealign.errors import InterruptedRun
from stylealign.training.run import train_model
logging.basicConfig(level="INFO")
job = json.loads(sys.argv[1])
spec = ResolvedModel.model_validate_json(job["spec"])
paths = {name: Path(value) for name, value in job["paths"].items()}
try:
    train_model(spec, parent_pair=None, parent_card=None, threads=1, **paths)
except InterruptedRun as stop:
    print(stop)
    sys.exit(75)
"""


@pytest.fixture(scope="module")
def image_set(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domain")
    paths = {
        "images": folder / "images.zip",
        "index": folder / "index.parquet",
        "regions": folder / "regions.npz",
        "rejected": folder / "rejected.parquet",
        "summary": folder / "summary.json",
        "preview": folder / "preview.png",
    }
    domain = WorldDomain(source="world", world="face", num_train=40, num_test=8)
    build_image_set(domain, name="face", resolution=16, seed=0, **paths)
    return {"images": paths["images"], "index": paths["index"]}


def spec(**changes):
    training = Training(
        batch_size=4,
        ada_kimg=0.5,
        augment="on",
        r1_interval=4,
        pl_interval=2,
        tick_kimg=0.02,
        checkpoint_kimg=0.04,
        sample_kimg=(0, 0.1),
    )
    settings = {
        "name": "face",
        "domain": "face",
        "resolution": 16,
        "architecture": Architecture(z_dim=8, w_dim=8, mapping_layers=2, channel_base=128, channel_max=16),
        "training": training,
        "total_kimg": 0.3,
        "seed": 3,
        "study_seed": 0,
        "samples": Samples(num=4),
        "device": "cpu",
    }
    return ResolvedModel(**{**settings, **changes})


def outputs(folder: Path):
    folder.mkdir(parents=True, exist_ok=True)
    files = {"g_ema": "g_ema.safetensors", "pair": "pair.safetensors", "samples": "samples.npz"}
    files |= {"ticks": "ticks.parquet", "cost": "cost.parquet", "state": ".resume"}
    return {name: folder / file for name, file in files.items()}


def start(image_set, folder: Path, **changes):
    paths = {name: str(path) for name, path in {**image_set, **outputs(folder)}.items()}
    job = json.dumps({"spec": spec(**changes).model_dump_json(), "paths": paths})
    return subprocess.Popen(
        [sys.executable, "-c", TRAIN, job], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def finish(process):
    text, _ = process.communicate(timeout=120)
    return process.returncode, text


def wait_for_checkpoint(folder: Path, process):
    deadline = time.monotonic() + 60
    while not list((folder / ".resume").glob("state-*.safetensors")):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "no checkpoint within a minute"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def uninterrupted(image_set, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    code, text = finish(start(image_set, folder))
    assert code == 0, text
    return {name: outputs(folder)[name].read_bytes() for name in ("g_ema", "pair", "samples")}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 75)])
def test_killed_and_run_again_gives_the_same_bytes(image_set, uninterrupted, tmp_path, number, code):
    process = start(image_set, tmp_path)
    wait_for_checkpoint(tmp_path, process)
    os.kill(process.pid, number)
    stopped, text = finish(process)
    assert stopped == code, text
    assert not outputs(tmp_path)["g_ema"].exists()
    stopped, text = finish(start(image_set, tmp_path))
    assert stopped == 0, text
    assert "resuming at" in text
    for name, expected in uninterrupted.items():
        assert outputs(tmp_path)[name].read_bytes() == expected, name
    assert not list((tmp_path / ".resume").glob("state-*"))


def test_a_disk_that_fills_up_in_mid_training_costs_no_earlier_state(image_set, uninterrupted, tmp_path):
    """Room for two states and a half: the third ends the training, and with room again it goes on from the second."""
    disk = tmp_path / ".resume"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        process = start(image_set, tmp_path)
        wait_for_checkpoint(tmp_path, process)
        size = next(disk.glob("state-*.safetensors")).stat().st_size
        subprocess.run(["mount", "-o", f"remount,size={5 * size // 2}", disk], check=True)
        code, text = finish(process)
        assert code == 1, text
        assert "safetensors: the disk is full; free some space, and give the same command again" in text
        assert not outputs(tmp_path)["g_ema"].exists()
        assert len(list(disk.glob("state-*"))) == 2
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        code, text = finish(start(image_set, tmp_path))
        assert code == 0, text
        assert "resuming at" in text
        for name, expected in uninterrupted.items():
            assert outputs(tmp_path)[name].read_bytes() == expected, name
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_state_of_another_config_is_set_aside_with_a_line_that_names_both(image_set, tmp_path):
    process = start(image_set, tmp_path)
    wait_for_checkpoint(tmp_path, process)
    process.kill()
    process.wait()
    code, text = finish(start(image_set, tmp_path, seed=4, total_kimg=0.04))
    assert code == 0, text
    assert "resuming" not in text
    line = next(line for line in text.splitlines() if "belongs to another run" in line)
    assert '\\"seed\\": 3' in line
    assert '\\"seed\\": 4' in line


def test_the_old_config_gets_its_state_back(tmp_path):
    for name, step in (("a", 5), ("b", 7)):
        with ResumeFolder(tmp_path, {"spec": name}) as folder:
            assert folder.newest() is None
            folder.save(step, {"x": torch.zeros(3)}, {})
    with ResumeFolder(tmp_path, {"spec": "a"}) as folder:
        assert folder.newest()[1]["step"] == 5
    with ResumeFolder(tmp_path, {"spec": "b"}) as folder:
        assert folder.newest()[1]["step"] == 7


def test_two_processes_never_share_a_folder(tmp_path):
    with (
        ResumeFolder(tmp_path / "state", {"spec": "a"}),
        pytest.raises(ResumeError, match=f"pid {os.getpid()}"),
        ResumeFolder(tmp_path / "state", {"spec": "a"}),
    ):
        pass


def test_the_newest_whole_checkpoint_counts(tmp_path):
    with ResumeFolder(tmp_path, {"spec": "a"}) as folder:
        assert folder.newest() is None
        for step in (1, 2, 3):
            folder.save(step, {"x": torch.full([1000], float(step))}, {})
        assert [path.name[6:15] for path in sorted(tmp_path.glob("state-*"))] == ["000000002", "000000003"]
        newest = tmp_path / "state-000000003.safetensors"
        newest.write_bytes(newest.read_bytes()[:-1000])
        tensors, meta = folder.newest()
        assert (meta["step"], tensors["x"][0]) == (2, 2)
        folder.clear()
        assert folder.newest() is None


def saved(folder, *steps, identity="a"):
    with ResumeFolder(folder, {"spec": identity, "recipe": "1"}) as state:
        for step in steps:
            state.save(step, {"x": torch.full([100], float(step))}, {})


def rewritten(path, tensors=None, **changed):
    """A checkpoint, whole and sealed, that another version, machine or accident might have left."""
    held, meta = load_tensors(path)
    save_tensors(path, held | (tensors or {}), meta | changed)


def gone_on_from(folder, **identity):
    with ResumeFolder(folder, {"spec": "a", "recipe": "1", **identity}) as state:
        found = state.newest()
    return None if found is None else found[1]["step"]


def newest_file(folder):
    return max(folder.glob("state-*.safetensors"))


def test_a_state_of_a_future_format_is_refused_with_both_named_and_kept_for_its_version(tmp_path, caplog):
    saved(tmp_path, 1, 2)
    rewritten(newest_file(tmp_path), format=FORMAT + 1)
    assert gone_on_from(tmp_path) == 1
    assert f"a state of format {FORMAT + 1}, and this version of stylealign goes on from format {FORMAT}" in caplog.text
    assert (tmp_path / "stale/unreadable/state-000000002.safetensors").exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_state_with_what_is_no_number_is_not_gone_on_from(tmp_path, caplog, value):
    saved(tmp_path, 1, 2)
    rewritten(newest_file(tmp_path), {"x": torch.tensor([1.0, value])})
    assert gone_on_from(tmp_path) == 1
    assert "x holds what is no number" in caplog.text


def test_a_state_of_another_kind_of_machine_is_gone_on_from_and_said(tmp_path, caplog):
    saved(tmp_path, 1)
    rewritten(newest_file(tmp_path), machine="riscv128")
    assert gone_on_from(tmp_path) == 1
    assert "a machine of another kind (riscv128; this one: " in caplog.text


def test_a_state_of_another_recipe_is_refused_with_both_named(tmp_path, caplog):
    saved(tmp_path, 1)
    assert gone_on_from(tmp_path, recipe="2") is None
    assert 'belongs to another run ({"recipe": "1"}; this run: {"recipe": "2"})' in caplog.text
    assert not list(tmp_path.glob("state-*"))


def test_states_that_are_skipped_do_not_push_out_those_that_come_after(tmp_path):
    """Two of a future version, further on; what this version saves from its own beginning must not be dropped."""
    saved(tmp_path, 100, 200)
    for path in tmp_path.glob("state-*"):
        rewritten(path, format=FORMAT + 1)
    assert gone_on_from(tmp_path) is None
    saved(tmp_path, 1, 2, 3)
    assert gone_on_from(tmp_path) == 3
