"""`_job.py`: a script run with a fake job, and what an error looks like from outside."""

import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from stylealign.origins import read_signature
from stylealign.provenance import canonical_json
from stylealign.signature import sign
from stylealign.tables import TRAINING, read_provenance, read_table, write_table

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "workflow_scripts"

ROW = {"model": "cat", "kimg": 1.0, "sec_per_kimg": 10.0, "peak_rss_mb": 500.0, "peak_gpu_mb": 0.0, "device": "cpu",
       "threads": 1, "batch_size": 16, "seed": 0}  # fmt: skip

FAIL = """
import sys
from types import SimpleNamespace
sys.path.insert(0, {scripts!r})
from _job import start
from stylealign import errors
job = SimpleNamespace(log=[{log!r}], params=Params(spec="{{}}", code="c"), input={{}}, output={{}}, threads=1,
                      config={{"device": "cpu"}})
start(job)
raise {error}
"""
PARAMS = """
class Params(dict):
    __getattr__ = dict.__getitem__
"""


class Params(dict):
    __getattr__ = dict.__getitem__


@pytest.fixture
def quiet(monkeypatch):
    """Put back what a script changes in its own process."""
    import logging

    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    monkeypatch.setattr(sys, "path", [str(SCRIPTS), *sys.path])
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    sign({})
    logging.captureWarnings(False)
    logging.root.handlers[:], logging.root.level = handlers, level


def test_a_script_runs_with_a_fake_job(tmp_path, quiet):
    parts = [tmp_path / "cat.parquet", tmp_path / "dog.parquet"]
    for part in parts:
        write_table(part, TRAINING, [{**ROW, "model": part.stem}], {"code_digest": "beef", "spec_of": part.stem})
    output = {name: str(tmp_path / f"training.{name}") for name in ("table", "markdown", "csv", "html")}
    spec = canonical_json({"table": "training", "seed": 3, "judge": "embedded"})
    job = SimpleNamespace(
        log=[str(tmp_path / "collect.log")],
        params=Params(spec=spec, code="c0de"),
        input={"parts": [str(part) for part in parts]},
        output=output,
        threads=1,
        config={"device": "cpu"},
    )
    runpy.run_path(str(SCRIPTS / "collect.py"), init_globals={"snakemake": job})
    assert list(read_table(output["table"])["model"]) == ["cat", "dog"]
    origin = read_provenance(output["table"])
    assert (origin["code_digest"], origin["judge"], origin["seed"]) == ("c0de", "embedded", 3)
    assert origin["parts"] == {name: {"code_digest": "beef", "spec_of": name} for name in ("cat", "dog")}
    assert all(Path(path).stat().st_size for path in output.values())
    assert read_signature(Path(output["html"])) == {key: origin[key] for key in origin if key != "parts"}


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        ("errors.JudgeError('judges.x.weights: no file')", 1, "judges.x.weights: no file"),
        ("errors.InterruptedRun('cat: stopped at 3 kimg')", 75, "cat: stopped at 3 kimg"),
    ],
)
def test_a_users_mistake_is_one_line_in_the_log_and_on_the_terminal(tmp_path, error, code, shown):
    log = tmp_path / "x.log"
    run = failing(log, error)
    assert run.returncode == code
    for text in (run.stderr, log.read_text()):
        assert text.rstrip().endswith(shown)
        assert len(text.splitlines()) == 1


def test_ctrl_c_is_one_line_and_not_a_failure(tmp_path):
    run = failing(tmp_path / "x.log", "KeyboardInterrupt()")
    assert run.returncode == 75
    assert run.stderr.splitlines()[-1].endswith("stopped by Ctrl-C; the same command makes this again")
    assert "Traceback" not in run.stderr


def test_a_log_that_the_disk_has_no_room_for_costs_its_lines_and_no_more():
    run = failing(Path("/dev/full"), "errors.StorageError('a.parquet: the disk is full')")
    assert run.returncode == 1
    assert len(run.stderr.splitlines()) == 1
    assert run.stderr.rstrip().endswith("a.parquet: the disk is full")


def test_a_programmers_mistake_has_its_traceback_in_the_log(tmp_path):
    log = tmp_path / "x.log"
    run = failing(log, "KeyError('oops')")
    assert run.returncode == 1
    for text in (run.stderr, log.read_text()):
        assert "Traceback" in text
        assert text.rstrip().endswith("KeyError: 'oops'")


def failing(log: Path, error: str) -> subprocess.CompletedProcess[str]:
    code = PARAMS + FAIL.format(scripts=str(SCRIPTS), log=str(log), error=error)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
