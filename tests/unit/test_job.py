"""A job without Snakemake: its files, its settings, its provenance, and how errors look."""

import errno
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from stylealign import origins
from stylealign.errors import InterruptedRun, JudgeError
from stylealign.job import as_paths, error_text, exit_code, job_of, settle_times
from stylealign.provenance import canonical_json, text_digest


class Params(dict):
    __getattr__ = dict.__getitem__


def job(spec, inputs=(), **params):
    given = SimpleNamespace(
        rule="mapping_drift",
        params=Params(spec=canonical_json(spec), **params),
        input=dict(inputs),
        output={"rows": "results/rows.parquet"},
        threads=2,
        config={"device": "cpu", "untracked": {}},
    )
    return job_of(given)


def test_a_job_has_named_paths_settings_and_what_its_results_will_say(tmp_path):
    (tmp_path / "x.txt").write_text("x")
    inputs = {"one": str(tmp_path / "x.txt"), "several": [str(tmp_path / "x.txt")] * 2, "none": []}
    made = job({"judge": "embedded", "seed": 3, "num_z": 10}, inputs, code="c0de", threads_of="more")
    assert made.input.one == tmp_path / "x.txt"
    assert made.input.several == [tmp_path / "x.txt"] * 2
    assert made.input.none is None
    assert made.output.rows == Path("results/rows.parquet")
    assert (made.spec["num_z"], made.threads, made.device, vars(made.params)) == (10, 2, "cpu", {"threads_of": "more"})
    said = made.provenance
    assert (said["rule"], said["code_digest"], said["judge"], said["seed"]) == ("mapping_drift", "c0de", "embedded", 3)
    assert said["config"] == {"judge": "embedded", "seed": 3, "num_z": 10}
    assert said["config_digest"] == text_digest(canonical_json(said["config"]))
    assert list(said["inputs"]) == ["x.txt"]


def test_training_names_its_recipe_and_its_own_study_seed():
    said = job({"study_seed": 7}, recipe=3).provenance
    assert (said["code_digest"], said["seed"]) == ("recipe 3", 7)


def test_a_study_by_any_other_place_says_the_same():
    said = [job({"domain": {"path": f"/{place}/photos"}, "few": ["a/b"]}, code="c") for place in ("home", "data/x")]
    assert (
        said[0].provenance["config"] == said[1].provenance["config"] == {"domain": {"path": "photos"}, "few": ["a/b"]}
    )
    assert said[0].provenance == said[1].provenance, "not in a digest either"
    other = job({"domain": {"path": "/home/paintings"}, "few": ["a/b"]}, code="c").provenance
    assert other["config_digest"] != said[0].provenance["config_digest"]


def test_judges_are_told_by_their_names_in_the_study_and_their_whole_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(origins, "MAX_HASHED_BYTES", 2)
    spec = {"judge": "sharp", "regions_judge": "parts", "attributes_judge": "colour", "seed": 0}
    (tmp_path / "parser").mkdir()
    files = [tmp_path / "weights.pth", tmp_path / "parser/model.pth"]
    said = []
    for place, text in [(0, "one"), (0, "two"), (1, "one"), (1, "two")]:
        for file in files:
            file.write_text("one")
        files[place].write_text(text)
        roles = {"weights": str(files[0]), "regions_weights": str(tmp_path / "parser"), "reader": []}
        said.append(job(spec, roles, code="c").provenance["judges"])
    assert [list(one) for one in said] == [["sharp", "parts", "colour"]] * 4
    assert said[0] == said[2]
    assert said[0]["colour"] == "no weights"
    assert said[1]["sharp"] != said[0]["sharp"], "of one size, yet others"
    assert said[3]["parts"] != said[0]["parts"], "in a folder too"


def test_a_judge_in_training_is_behind_nothing_yet(tmp_path):
    assert "judges" not in job({"judge": "embedded"}, {"images": [str(tmp_path)]}, code="c").provenance


def test_settings_are_kept_whole_only_where_they_are_small():
    long = job({"yaml": "x" * 500, "seed": 0}, code="c").provenance["config"]
    assert long == {"yaml": f"digest {text_digest('x' * 500)}", "seed": 0}
    assert "config" not in job({"models": ["m" * 50] * 200}, code="c").provenance


@pytest.mark.parametrize(("value", "path"), [("a", Path("a")), (["a"], [Path("a")]), ([], None)])
def test_files_as_paths(value, path):
    assert as_paths(value) == path


def test_errors_a_user_can_cause_are_one_line():
    assert error_text(JudgeError("judges.x: no file")) == "judges.x: no file"
    assert "free some space" in error_text(OSError(errno.ENOSPC, "No space left on device"))
    assert error_text(KeyError("oops")).startswith("KeyError") or "Traceback" in error_text(KeyError("oops"))
    assert [exit_code(error) for error in (InterruptedRun("x"), JudgeError("x"), KeyError("x"))] == [75, 1, 1]


def test_a_clock_that_was_set_back_leaves_no_result_newer_than_what_was_made_of_it(tmp_path, caplog, monkeypatch):
    """Snakemake would take what was just made for faulty, and remove it; the user's own files are left as they are."""
    monkeypatch.chdir(tmp_path)
    photo, images, model, table = (Path(name) for name in ("photo.png", "results/a.zip", "results/m/g", "results/t"))
    for path in (photo, images, model, table):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    made = job({}, {"photos": [str(photo)], "model": str(model), "none": [], "absent": "absent"}, code="c")
    made.output.rows = table
    settle_times(made)
    assert not caplog.text
    ahead = time.time() + 3600
    for path in (photo, images, model):
        os.utime(path, (ahead, ahead))
    settle_times(made)
    assert "results/m/g is of a time to come" in caplog.text or "photo.png is of a time to come" in caplog.text
    assert photo.stat().st_mtime == pytest.approx(ahead)
    assert max(path.stat().st_mtime for path in (images, model)) < ahead - 3000
