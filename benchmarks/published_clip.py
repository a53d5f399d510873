"""Memory and time of a study that a published CLIP leads: a ViT-B/32 of random weights, the whole path, at 16 px.

    python benchmarks/published_clip.py [--architecture ViT-B-32]

Every job of a tiny study runs by the repository's own rules, one after the other; those that read the CLIP are told
with the most memory they had at once, beside what their rule asks for. Fails where a job has more than that, the two
Snakemakes around it on a cluster included. The weights mean nothing, so that no number of the study does; what a job
holds of the CLIP does not depend on them, nor on how many images it sees, one small batch after the other. For Linux.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("Snakefile", "rules", "workflow_scripts", "docs", "profiles")
WEIGHTS = "weights/clip.safetensors"
SNAKEMAKES_MB = 350  # around a job on a cluster, within what it asks for
POLL_SEC = 0.05
TEXTS = {"source_text": "a photo of a person", "target_text": "a painting of a person"}


@dataclass
class Job:
    """A job as Snakemake announces it, and what became of its process."""

    rule: str
    wildcards: dict[str, str] = field(default_factory=dict)
    reads_clip: bool = False
    asked_mb: float = 0.0
    peak_mb: float = 0.0
    wall_sec: float = 0.0
    cpu_sec: float = 0.0

    @property
    def name(self) -> str:
        return " ".join([self.rule, *self.wildcards.values()])

    @property
    def fits(self) -> bool:
        return self.peak_mb + SNAKEMAKES_MB <= self.asked_mb


def study_of(architecture: str) -> dict[str, Any]:
    """A parent, a child by text with its layers chosen, a child by two images, and all that measures them by CLIP."""
    by_clip = {"clips": {"published": 1}, "iterations": 3}
    return {
        "resolution": 16,
        "device": "cpu",
        "domains": {
            name: {"source": "world", "world": name, "num_train": 64, "num_test": 40} for name in ("face", "painting")
        },
        "architecture": {"z_dim": 32, "w_dim": 32, "mapping_layers": 2, "channel_base": 256, "channel_max": 16},
        "training": {"batch_size": 16, "ema_kimg": 0.1, "tick_kimg": 0.1},
        "models": {
            "face": {"domain": "face", "total_kimg": 0.2},
            "by_text": {
                "parent": "face",
                "domain": "painting",
                "adapt": {**by_clip, **TEXTS, "templates": "imagenet", "num_layers": 2},
            },
            "by_images": {
                "parent": "face",
                "domain": "painting",
                "adapt": {**by_clip, "image_domain": "painting", "num_images": 2},
            },
        },
        "judges": {
            "published": {"kind": "open_clip", "architecture": architecture, "weights": WEIGHTS},
            "embedded": {"kind": "embedded", "total_kimg": 0.5, "width": 8},
        },
        "samples": {"num": 4},
        "studies": _studies(),
    }


def _studies() -> dict[str, Any]:
    edit = {"neutral": "a person", "target": "a person with red hair", "num_channels": 5}
    view = {"models": ["face", "by_text"], "domains": ["face", "painting"]}
    return {
        "model_quality": {"judge": "published", "num_gen": 40},
        "clip_accuracy": {"clips": ["published"], "num_images": 40},
        "adaptation": {"judge": "embedded", "clip": "published", "num_images": 24, "num_diversity": 8},
        "quality_diversity": {"judge": "embedded", "num_images": 20, "clusters": 2},
        "clip_space": {"clip": "published", "views": {"painting": view}, "num_images": 10},
        "adaptation_ablation": {
            "models": ["by_text"],
            "judge": "embedded",
            "mapper": {"of": "by_text", "iterations": 3},
            "num_images": 24,
            "num_diversity": 20,
        },
        "global_directions": {
            "judge": "embedded",
            "clip": "published",
            "num_images": 2,
            "num_z": 8,
            "templates": "none",
            "edits": {"red_hair": edit},
        },
    }


def write_weights(path: Path, architecture: str) -> None:
    """A state dict of the architecture, drawn by a seed."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    network = open_clip.create_model(architecture, load_weights=False)
    path.parent.mkdir()
    save_file(network.state_dict(), path)
    print(f"{architecture}: {path.stat().st_size / 2**20:.0f} MB of weights, torch {torch.__version__}", flush=True)


def lay_out(folder: Path, architecture: str) -> None:
    """The repository's rules and the study in ``folder``; rules without messages, which hide what they ask for."""
    for one in NEEDED:
        source, target = ROOT / one, folder / one
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for path in (folder / "rules").glob("*.smk"):
        path.write_text(re.sub(r"\n    message:\n.*", "", path.read_text()))
    (folder / "study.yaml").write_text(yaml.safe_dump(study_of(architecture), sort_keys=False))
    write_weights(folder / WEIGHTS, architecture)


def run_study(folder: Path) -> list[Job]:
    """Every job of the study in ``folder``, as it was measured; what Snakemake said, where it fails."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--configfile", "study.yaml"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    given: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    jobs: list[Job] = []
    said: list[str] = []
    with subprocess.Popen(command, cwd=folder, env=environ, **given) as process:
        assert process.stdout is not None
        listening = threading.Thread(target=follow, args=(process.stdout, jobs, said))
        listening.start()
        while process.poll() is None:
            measure(psutil.Process(process.pid), jobs)
            time.sleep(POLL_SEC)
        listening.join()
    if process.returncode:
        raise SystemExit("".join(said[-60:]))
    return jobs


def follow(lines: Iterable[str], jobs: list[Job], said: list[str]) -> None:
    """Puts each job that Snakemake announces at the end of ``jobs``, and all its lines into ``said``."""
    for line in lines:
        said.append(line)
        if found := re.match(r"(?:local)?rule (\w+):", line):
            jobs.append(Job(found[1]))
        elif jobs and (found := re.match(r"    (input|wildcards|resources): (.*)", line)):
            describe(jobs[-1], found[1], found[2])


def describe(job: Job, key: str, text: str) -> None:
    """What one line of an announcement says of a job."""
    pairs = dict(pair.split("=", 1) for pair in text.split(", ") if "=" in pair)
    match key:
        case "input":
            job.reads_clip = WEIGHTS in text
        case "wildcards":
            job.wildcards = pairs
        case "resources":
            job.asked_mb = float(pairs.get("mem_mb", 0))  # none for rule all


def measure(snakemake: psutil.Process, jobs: list[Job]) -> None:
    """Adds to the job that runs what its process has had so far: there is one at a time, the last announced."""
    try:
        for process in snakemake.children(recursive=True):
            if any(".snakemake/scripts/" in word for word in process.cmdline()):
                status = Path(f"/proc/{process.pid}/status").read_text()
                times = process.cpu_times()
                jobs[-1].peak_mb = max(jobs[-1].peak_mb, int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)
                jobs[-1].cpu_sec = times.user + times.system
                jobs[-1].wall_sec = time.time() - process.create_time()
    except (psutil.Error, OSError, TypeError):  # it ended meanwhile
        return


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", default="ViT-B-32", help="a name of open_clip's")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), arguments.architecture)
        jobs = run_study(Path(name))
    print(f"{len(jobs)} jobs, of which these read the CLIP (one thread):")
    readers = [job for job in jobs if job.reads_clip]
    for job in sorted(readers, key=lambda job: -job.peak_mb):
        print(
            f"{job.name:32} {job.wall_sec:6.1f} s wall {job.cpu_sec:6.1f} s CPU {job.peak_mb:6.0f} MB "
            f"of {job.asked_mb:6.0f} asked{'' if job.fits else '   TOO MUCH'}"
        )
    if not all(job.fits for job in readers):
        raise SystemExit(f"a job holds more than it asks for, {SNAKEMAKES_MB} MB for Snakemake included")


if __name__ == "__main__":
    main()
