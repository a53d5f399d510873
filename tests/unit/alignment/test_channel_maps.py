"""Kept channel maps: what a file holds, shards joined, a killed job resumed, stale images unused, refusals."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from stylealign.alignment import channel_maps as room
from stylealign.alignment.channel_derivatives import channel_maps
from stylealign.alignment.channel_maps import LEVELS, load_channel_maps, measure_channel_maps
from stylealign.checkpoint import load_generator
from stylealign.errors import CheckpointError, InterruptedRun, ResumeError, TableError
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.locks import FolderLock

NUM = 4
SETTINGS = {"truncation_psi": 0.7, "grid": 8, "seed": 0, "num_total": 10, "memory_budget_gb": 1.0, "device": "cpu"}


@pytest.fixture(scope="module")
def measured(family, tmp_path_factory):
    """The maps of the parent's first four images."""
    folder = tmp_path_factory.mktemp("maps")
    measure_channel_maps(
        family["parent"], folder / "0.npz", first=0, num_images=NUM, state=folder / "state", **SETTINGS
    )
    return folder / "0.npz"


def _measure(family, folder, name="0.npz", model="parent", first=0, num_images=NUM, **changed):
    output = folder / name
    state = folder / "state"
    measure_channel_maps(family[model], output, first=first, num_images=num_images, state=state, **(SETTINGS | changed))
    assert not state.exists()
    return output


def test_a_file_holds_the_maps_of_the_studys_z(family, measured):
    found = load_channel_maps([measured])
    G, card = load_generator(family["parent"])
    with torch.no_grad():
        s = G.styles(G.mapping(sample_z(99, G.z_dim, 0, "family")[:NUM], truncation_psi=0.7))
        pixels = to_hwc(to_pixels(G.synthesis(s)))
    assert np.abs(found.pixels.astype(int) - pixels).max() <= 1  # alone or in a batch, the last bits differ
    for i, expected in enumerate(channel_maps(G, s, grid=8)):
        largest = expected.amax((1, 2)).numpy()
        np.testing.assert_allclose(found.scale[i], largest, rtol=1e-5)
        assert (np.abs(found.values(i) - expected.numpy()) <= largest[:, None, None] / LEVELS).all()
    assert (found.maps.max((2, 3)) == LEVELS).all()
    assert (found.first, found.digest, found.protocol) == (0, card.digest, "psi0.7-const-noise-grid8")
    assert [each.dtype for each in (found.maps, found.scale, found.values(0))] == ["u2", "f4", "f4"]


def test_channels_are_the_convolutions_in_the_order_of_s(family, measured):
    found = load_channel_maps([measured])
    layers = load_generator(family["parent"])[0].style_layers
    by_name = {layer.name: layer for layer in layers}
    assert len(found.columns) == found.maps.shape[1] == sum(each.channels for each in layers if each.kind != "torgb")
    assert (np.diff(found.columns) > 0).all()
    for column, name, paper in zip(found.columns, found.channel_names, found.paper_index, strict=True):
        layer, channel = by_name[name.split(":")[0]], int(name.split(":")[1])
        assert layer.kind != "torgb"
        assert column == layer.offset + channel
        assert paper == f"{layer.index}_{channel}"


def test_shards_joined_are_the_whole_bit_for_bit(family, measured, tmp_path):
    shards = [_measure(family, tmp_path, f"{first}.npz", first=first, num_images=2) for first in (0, 2)]
    joined, whole = load_channel_maps(shards[::-1]), load_channel_maps([measured])
    for name in ("maps", "scale", "pixels"):
        assert np.array_equal(getattr(joined, name), getattr(whole, name)), name
    assert joined.first == 0
    assert joined.channel_names == whole.channel_names


def test_a_lone_shard_says_where_it_begins(family, measured, tmp_path):
    shard = load_channel_maps([_measure(family, tmp_path, first=3, num_images=1)])
    assert shard.first == 3
    assert np.array_equal(shard.maps[0], load_channel_maps([measured]).maps[3])


def test_equal_inputs_give_equal_bytes(family, measured, tmp_path):
    assert _measure(family, tmp_path).read_bytes() == measured.read_bytes()


def test_a_killed_job_resumes_and_writes_the_same_bytes(family, measured, tmp_path, monkeypatch):
    """It is killed as soon as two images are there; they are not measured again."""
    settings = SETTINGS | {"first": 0, "num_images": NUM}
    code = f"""
from pathlib import Path
from time import sleep
import torch
from stylealign.alignment import channel_maps as room
torch.set_num_threads({torch.get_num_threads()})
measure = room._measure
room._measure = lambda *given: (sleep(0.2), measure(*given))[1]  # else it might end before it is killed
room.measure_channel_maps(Path({str(family["parent"])!r}), Path({str(tmp_path / "0.npz")!r}),
                          state=Path({str(tmp_path / "state")!r}), **{settings!r})
"""
    job = subprocess.Popen([sys.executable, "-c", code])
    while len(_finished(tmp_path)) < 2:
        assert job.poll() is None
        time.sleep(0.01)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    assert not (tmp_path / "0.npz").exists()
    missing = NUM - len(_finished(tmp_path))
    seen = []
    monkeypatch.setattr(
        room, "_measure", lambda *given, measure=room._measure: (seen.append(given), measure(*given))[1]
    )
    assert _measure(family, tmp_path).read_bytes() == measured.read_bytes()
    assert 0 < len(seen) == missing < NUM - 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_drops_the_image_in_hand_and_the_same_command_goes_on(family, measured, tmp_path, monkeypatch, number):
    measure, seen = room._measure, []

    def signalled(*given):
        seen.append(given)
        if len(seen) == 3:
            os.kill(os.getpid(), number)
        return measure(*given)

    with monkeypatch.context() as patched:
        patched.setattr(room, "_measure", signalled)
        with pytest.raises(InterruptedRun, match=r"0\.npz: stopped by SIG.*; what was finished is kept"):
            _measure(family, tmp_path)
    assert len(_finished(tmp_path)) == 2
    assert not (tmp_path / "0.npz").exists()
    assert _measure(family, tmp_path).read_bytes() == measured.read_bytes()


def test_two_jobs_cannot_measure_one_shard(family, tmp_path):
    with FolderLock(tmp_path / "state"), pytest.raises(ResumeError, match="another process"):
        _measure(family, tmp_path)


def _finished(folder):
    return sorted((folder / "state").glob("*/*.npz"))


@pytest.mark.parametrize("changed", [{"truncation_psi": 1.0}, {"seed": 1}, {"grid": 4}, {"model": "child"}])
def test_images_of_another_model_or_setting_are_never_used(family, tmp_path, changed, caplog):
    """What the first job left is planted in the way of the second, whose result is as without it."""
    clean = _measure(family, tmp_path / "clean", num_images=1, **changed)
    _interrupt(family, tmp_path / "other", num_images=1)
    assert _measure(family, tmp_path / "other", num_images=1, **changed).read_bytes() == clean.read_bytes()
    (line,) = [line for line in caplog.messages if "finished images of another run are not used" in line]
    for name, value in changed.items():
        told = json.dumps({name: value})[1:-1]
        assert told in line.partition("; this run:")[2] or name == "model"
        assert (f'"{name}": ' if name != "model" else '"digest": ') in line.partition("; this run:")[0]


def _interrupt(family, folder, **changed):
    """A job that finds no room for its output, so its finished images stay."""
    (folder / "0.npz").mkdir(parents=True)
    with pytest.raises(OSError, match=r"0\.npz"):
        _measure(family, folder, **changed)
    (folder / "0.npz").rmdir()
    return _finished(folder)


def test_a_damaged_finished_image_is_measured_again(family, measured, tmp_path, caplog):
    finished = _interrupt(family, tmp_path)
    assert len(finished) == NUM
    finished[1].write_bytes(finished[1].read_bytes()[:100])
    assert _measure(family, tmp_path).read_bytes() == measured.read_bytes()
    assert "measuring a damaged image again" in caplog.text


def test_a_map_of_a_channel_without_effect_is_zero():
    """A style whose weights are zero moves nothing: no division by its maximum."""
    kept, scale = room._quantised(np.stack([np.zeros([2, 2], np.float32), np.eye(2, dtype=np.float32) / 3]))
    assert scale.tolist() == [0, np.float32(1 / 3)]
    assert kept.tolist() == [[[0, 0], [0, 0]], [[LEVELS, 0], [0, LEVELS]]]


def test_progress_is_logged_about_ten_times(family, tmp_path, caplog):
    with caplog.at_level("INFO"):
        _measure(family, tmp_path, num_images=10)
    lines = [line for line in caplog.messages if line.startswith("channel maps:")]
    assert len(lines) == 10
    assert lines[-1] == "channel maps: 10 of 10 images"


def test_shards_that_do_not_join_are_refused(family, measured, tmp_path):
    gap = _measure(family, tmp_path, "gap.npz", first=5, num_images=1)
    with pytest.raises(TableError, match=r"gap\.npz begins at image 5, but .*0\.npz ends before image 4; name each"):
        load_channel_maps([measured, gap])
    with pytest.raises(TableError, match="begins at image 0, but"):
        load_channel_maps([measured, measured])
    other = _measure(family, tmp_path, "child.npz", model="child", first=4, num_images=1)
    with pytest.raises(TableError, match=r"child\.npz differ in digest; delete both and run again"):
        load_channel_maps([measured, other])
    psi = _measure(family, tmp_path, "psi.npz", first=4, num_images=1, truncation_psi=1.0)
    with pytest.raises(TableError, match="differ in protocol"):
        load_channel_maps([measured, psi])


def test_unreadable_files_are_named(family, measured, tmp_path):
    (tmp_path / "cut.npz").write_bytes(measured.read_bytes()[:2000])
    with pytest.raises(TableError, match=r"cut\.npz does not hold channel maps .*; delete it and run again"):
        load_channel_maps([tmp_path / "cut.npz"])
    with pytest.raises(TableError, match=r"absent\.npz does not hold"):
        load_channel_maps([tmp_path / "absent.npz"])
    (tmp_path / "g.safetensors").write_bytes(b"no checkpoint")
    with pytest.raises(CheckpointError, match=r"g\.safetensors"):
        _measure({"parent": tmp_path / "g.safetensors"}, tmp_path)


def test_reading_needs_no_torch(measured):
    code = f"""
import sys
from pathlib import Path
from stylealign.alignment.channel_maps import load_channel_maps
assert load_channel_maps([Path({str(measured)!r})]).values(0).ndim == 3
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
