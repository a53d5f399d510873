"""A copy of the repository to run Snakemake in, what a dry run would do, and the smoke study run once per session."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "presets", "docs", "stylealign")
SMOKE = ("--configfile", "presets/smoke.yaml")


@dataclass(frozen=True)
class Workshop:
    """A copy of the repository; its own package is the one that is imported there."""

    folder: Path

    def snakemake(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Snakemake with the profile of the copy; the tests' own settings and cores stay out of it."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "snakemake", *arguments]
        return subprocess.run(
            command, cwd=cwd or self.folder, env=environ, capture_output=True, text=True, check=False, timeout=1200
        )

    def planned(self, *arguments: str) -> list[str]:
        """What a dry run would do: the message of every job, sorted."""
        run = self.snakemake("-n", *arguments)
        assert run.returncode == 0, run.stdout + run.stderr
        return sorted(re.findall(r"^Job \d+: (.*)$", run.stdout + run.stderr, re.MULTILINE))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text that must be there."""
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} has no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def copy_of(source: Path, target: Path, parts: tuple[str, ...]) -> Workshop:
    target.mkdir(parents=True, exist_ok=True)
    for part in parts:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif (source / part).exists():
            shutil.copy2(source / part, target / part)
    return Workshop(target)


@pytest.fixture
def workshop(tmp_path):
    """A fresh copy without results."""
    return copy_of(ROOT, tmp_path / "repository", PARTS)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The smoke study, run whole; not to be changed (see ``used``)."""
    shop = copy_of(ROOT, tmp_path_factory.mktemp("finished"), PARTS)
    run = shop.snakemake("--cores", "2", *SMOKE)
    assert run.returncode == 0, (run.stdout + run.stderr)[-8000:]
    return shop


@pytest.fixture
def used(finished, tmp_path):
    """A copy of the finished smoke study to make changes in."""
    return copy_of(finished.folder, tmp_path / "used", (*PARTS, "results", ".snakemake"))


@pytest.fixture(scope="session")
def report(finished):
    """The report of the smoke study."""
    run = finished.snakemake("--cores", "1", *SMOKE, "--report", "results/report.html")
    assert run.returncode == 0, (run.stdout + run.stderr)[-4000:]
    return finished.folder / "results/report.html"
