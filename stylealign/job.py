"""One job of the workflow: its files, its settings, and what its results will say of how they were made.

A script's door to Snakemake (``workflow_scripts/_job.py``) hands over what Snakemake gives it; what errors look like
from outside is decided here too.
"""

import json
import logging
import os
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from stylealign.errors import InterruptedRun, StyleAlignError
from stylealign.origins import gathered
from stylealign.provenance import describe
from stylealign.writing import storage_cure

log = logging.getLogger(__name__)

EXIT_FAILED, EXIT_INTERRUPTED = 1, 75  # 75: the state is saved, and the same command goes on

JUDGES = {
    "weights": "judge",
    "regions_weights": "regions_judge",
    "reader": "attributes_judge",
    "diversity": "diversity_judge",
    "clip_weights": "clip",
}
"""What jobs call the weights of the judges they ask, and where their settings name those judges."""

Files = Path | list[Path] | None


@dataclass(frozen=True)
class Job:
    """What a script works on: ``job.input.g_ema`` is a path, ``job.input.parts`` a list, an absent file ``None``."""

    input: SimpleNamespace
    output: SimpleNamespace
    params: SimpleNamespace
    spec: Any
    threads: int
    resources: Mapping[str, Any]
    config: Mapping[str, Any]
    device: str
    provenance: dict[str, Any]


def job_of(snakemake: Any) -> Job:
    """The job that Snakemake (or a test in its place) describes: named files, ``params.spec`` and ``params.code``."""
    params = dict(snakemake.params.items())
    text = params.pop("spec")
    spec = json.loads(text)
    inputs = {name: as_paths(value) for name, value in snakemake.input.items()}
    code = str(params.pop("code")) if "code" in params else f"recipe {params.get('recipe')}"
    provenance = describe(
        spec=text,
        code=code,
        judge=spec.get("judge"),
        seed=spec.get("seed", spec.get("study_seed")),
        rule=getattr(snakemake, "rule", None),
        behind=gathered(inputs, {role: spec.get(name) for role, name in JUDGES.items()}),
    )
    return Job(
        input=SimpleNamespace(**inputs),
        output=SimpleNamespace(**{name: as_paths(value) for name, value in snakemake.output.items()}),
        params=SimpleNamespace(**params),
        spec=spec,
        threads=snakemake.threads,
        resources=dict(getattr(snakemake, "resources", {}).items()),
        config=snakemake.config,
        device=snakemake.config["device"],
        provenance=provenance,
    )


def as_paths(value: str | list[str]) -> Files:
    """A named file as a path, several as a list, none as ``None``."""
    return Path(value) if isinstance(value, str) else [Path(one) for one in value] or None


def settle_times(job: Job) -> None:
    """After the work: where inputs are of a time to come, give all results of such times the present.

    A clock that was set back while a study ran leaves such files. Snakemake takes an output that is older than its
    inputs for a fault, and removes it: days of training. All are given one time, that of this job's first output, so
    that none becomes newer than what was made of it.
    """
    made = [path for path in _paths(job.output) if path.is_file()]
    times = [path.stat().st_mtime_ns for path in made]  # by the clock of the file system
    ahead = [path for path in _paths(job.input) if times and path.exists() and path.stat().st_mtime_ns > max(times)]
    if not ahead:
        return
    results = made[0].parent if made[0].is_absolute() else Path(made[0].parts[0])
    log.warning("%s is of a time to come: the clock was set back; such files in %s/ are settled", ahead[0], results)
    for path in results.rglob("*"):
        if path.is_file() and path.stat().st_mtime_ns > max(times):
            os.utime(path, ns=(min(times), min(times)))


def _paths(named: SimpleNamespace) -> Iterator[Path]:
    for value in vars(named).values():
        yield from [value] if isinstance(value, Path) else value or []


def error_text(error: BaseException) -> str:
    """A user's mistake, or the disk's, as one line; a programmer's with its traceback."""
    if isinstance(error, StyleAlignError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return "stopped by Ctrl-C; the same command makes this again"
    cure = storage_cure(error)
    return f"{error}: {cure}" if cure else "".join(traceback.format_exception(error))


def exit_code(error: BaseException) -> int:
    """What a script ends with, so that a scheduler knows whether the same command would go on."""
    return EXIT_INTERRUPTED if isinstance(error, InterruptedRun | KeyboardInterrupt) else EXIT_FAILED
