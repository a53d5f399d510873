"""Kill the smoke study at random moments, go on with the same command, and compare every byte with an undisturbed run.

    python tests/faults/torture.py                      20 kills, seed 0 (what `make torture` runs)
    python tests/faults/torture.py --kills 100 --seed 7

Each kill: a copy of the finished study without the results of one stage; plain `snakemake` for that stage in a session
of its own; at a random moment of its work a signal to the whole session (SIGKILL, every fourth time SIGTERM);
`snakemake --unlock` where the lock stayed; the same command again. Then all of results/ must be as it was.
"""

import argparse
import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "presets", "docs", "stylealign", "tests")
STUDY = ("presets/smoke.yaml", "tests/faults/torture.yaml")

UNREPRODUCIBLE = {"seconds", "sec_per_kimg", "peak_rss_mb", "peak_gpu_mb"}
"""Columns that measure the machine: no two runs agree in them. All else in a table must be equal."""

PRIVATE = ("logs", "benchmarks", ".cache", ".resume")
"""Folders under results/ that are not results."""

WENT_ON = re.compile(r"resuming at .*|[1-9]\d* of \d+ images are (?:in the cache|finished already)")


@dataclass(frozen=True)
class Stage:
    """Files that one kind of job makes: the folder that is removed, what is asked for, and the jobs' logs."""

    name: str
    folder: str
    targets: tuple[str, ...]
    logs: str


STAGES = (
    Stage("train, a root", "models/face", ("models/face/g_ema.safetensors",), "train/face*"),
    Stage("judge", "judges/embedded", ("judges/embedded/judge.safetensors",), "judge/*"),
    Stage("inversion", "inversions/cat", ("inversions/cat/cat.z_opt.parquet",), "inversion/cat.cat.z_opt*"),
    Stage(
        "channel maps", "channel_maps/cat", ("channel_maps/cat/0.npz", "channel_maps/cat/1.npz"), "channel_maps/cat*"
    ),
    Stage("encoder", "encoders/cat", ("encoders/cat/w.parent.safetensors",), "encoder/cat*"),
    Stage("train, a child", "models/cat", ("models/cat/g_ema.safetensors",), "train/cat*"),
)


@dataclass(frozen=True)
class Kill:
    """What one kill did."""

    stage: str
    signal: str
    at_sec: float
    work_sec: float
    left: str
    went_on: str
    differences: list[str]


@dataclass(frozen=True)
class Shop:
    """A copy of the repository to run a study in."""

    folder: Path
    study: tuple[str, ...]
    cores: int

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def command(self, stages: Sequence[Stage]) -> list[str]:
        targets = [f"results/{target}" for stage in stages for target in stage.targets]
        head = [sys.executable, "-m", "snakemake", "--cores", str(self.cores), "--configfile", *self.study]
        return [*head, "--", *targets]

    def start(self, stages: Sequence[Stage]) -> "subprocess.Popen[bytes]":
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environ = {**os.environ, "PATH": path, "PYTHONPATH": str(self.folder), "OMP_NUM_THREADS": "1"}
        with open(self.folder / "snakemake.log", "ab") as log:
            return subprocess.Popen(
                self.command(stages), cwd=self.folder, env=environ, stdout=log, stderr=log, start_new_session=True
            )

    def finish(self, stages: Sequence[Stage]) -> None:
        """Run to the end; ``SystemExit`` with Snakemake's words where it fails."""
        if self.start(stages).wait():
            sys.exit((self.folder / "snakemake.log").read_text(errors="replace")[-6000:])

    def unlock(self) -> bool:
        """Whether the lock had stayed."""
        if not any((self.folder / ".snakemake/locks").glob("*")):
            return False
        head = [sys.executable, "-m", "snakemake", "--unlock", "--configfile", *self.study]
        subprocess.run(
            head, cwd=self.folder, env={**os.environ, "PYTHONPATH": str(self.folder)}, check=True, capture_output=True
        )
        return True

    def without(self, stage: Stage) -> None:
        """As if the stage had never run."""
        shutil.rmtree(self.results / stage.folder)
        for log in self.logs(stage):
            log.unlink()

    def works_on(self, stage: Stage) -> bool:
        """Whether a job of the stage holds its lock, or has said something."""
        said = any(log.stat().st_size for log in self.logs(stage))
        return said or any((self.results / stage.folder).rglob("lock"))

    def logs(self, stage: Stage) -> list[Path]:
        return sorted((self.results / "logs").glob(stage.logs))


def reference(folder: Path, study: tuple[str, ...], cores: int, stages: Sequence[Stage]) -> Shop:
    """The stages run once, undisturbed."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    shop = Shop(folder, study, cores)
    shop.finish(stages)
    return shop


@contextlib.contextmanager
def copy_of(shop: Shop, stage: Stage) -> Iterator[Shop]:
    """The finished study without one stage, for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        copy = Shop(Path(folder) / "study", shop.study, shop.cores)
        shutil.copytree(shop.folder, copy.folder)
        copy.without(stage)
        yield copy


def begin(shop: Shop, stage: Stage) -> tuple["subprocess.Popen[bytes]", float]:
    """The stage in a session of its own, and when (monotonic) its first job had read its inputs and began to work."""
    process = shop.start([stage])
    while not shop.works_on(stage):
        if process.poll() is not None:
            sys.exit((shop.folder / "snakemake.log").read_text(errors="replace")[-6000:])
        time.sleep(0.01)
    return process, time.monotonic()


def work_sec(shop: Shop, stage: Stage) -> float:
    """How long the stage works undisturbed, until Snakemake ends; its results must be those it made before."""
    with copy_of(shop, stage) as copy:
        process, begun = begin(copy, stage)
        process.wait()
        seconds = time.monotonic() - begun
        if found := differences(shop.results, copy.results):
            sys.exit(f"{stage.name}: two undisturbed runs differ: {'; '.join(found)}")
    return seconds


def kill_once(shop: Shop, stage: Stage, number: int, part: float, seconds: float) -> Kill:
    """Kill the stage ``part`` of the way (sooner if it ends before), go on, and compare."""
    with copy_of(shop, stage) as copy:
        process, begun = begin(copy, stage)
        time.sleep(max(0.0, part * seconds - (time.monotonic() - begun)))
        at_sec = time.monotonic() - begun
        if process.poll() is None:
            send(process.pid, number)
            process.wait()
            wait_for_session(process.pid, at_most_sec=30)
            left = left_behind(copy, stage)
            left += ", the lock" if copy.unlock() else ""
            copy.finish([stage])
            went_on = sorted({found for log in copy.logs(stage) for found in WENT_ON.findall(log.read_text())})
            name = signal.Signals(number).name
            found = differences(shop.results, copy.results)
            return Kill(stage.name, name, at_sec, seconds, left, "; ".join(went_on) or "anew", found)
    return kill_once(shop, stage, number, 0.8 * part, seconds)


def send(session: int, number: int) -> None:
    """A signal to every process of a session."""
    for pid in members(session):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def members(session: int) -> list[int]:
    """Living processes of a session; those that wait to be reaped do not count."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(entry.name))
    return found


def wait_for_session(session: int, at_most_sec: float) -> None:
    deadline = time.monotonic() + at_most_sec
    while members(session):
        if time.monotonic() > deadline:
            send(session, signal.SIGKILL)
            sys.exit(f"processes lived on {at_most_sec:g} s after the signal")
        time.sleep(0.02)


def left_behind(shop: Shop, stage: Stage) -> str:
    """What a killed run left of its work."""
    folder = shop.results / stage.folder
    states, codes = list(folder.rglob("state-*.safetensors")), list(folder.glob(".cache/**/*.parquet"))
    images, unfinished = list(folder.glob(".*.resume/*/*.npz")), list(folder.rglob("*.partial"))
    counted = {"states": states, "batches": codes, "images": images, "unfinished files": unfinished}
    return ", ".join(f"{len(found)} {what}" for what, found in counted.items() if found) or "nothing"


def differences(expected: Path, found: Path) -> list[str]:
    """In what two folders of results differ; work left over in private folders counts."""
    names, others = public_files(expected), public_files(found)
    wrong = [f"{name} is {'missing' if name in names else 'new'}" for name in sorted(names ^ others)]
    wrong += [f"{name} differs" for name in sorted(names & others) if not same(expected / name, found / name)]
    work = [*found.rglob("state-*.safetensors"), *found.glob("channel_maps/*/.*.resume"), *found.rglob("*.partial")]
    return wrong + [f"{path.relative_to(found)} is left over" for path in work]


def public_files(results: Path) -> set[str]:
    names = (path.relative_to(results) for path in results.rglob("*") if path.is_file())
    return {str(name) for name in names if not any(part.endswith(PRIVATE) for part in name.parts)}


def same(one: Path, other: Path) -> bool:
    """Byte for byte; tables that measure the machine without those columns, but with all they say of themselves."""
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix != ".parquet":
        return False
    import pyarrow.parquet as pq

    first, second = pq.read_table(one), pq.read_table(other)
    measured = [name for name in first.column_names if name in UNREPRODUCIBLE]
    if not measured or not first.schema.equals(second.schema, check_metadata=True):
        return False
    return bool(first.drop_columns(measured).to_pandas().equals(second.drop_columns(measured).to_pandas()))


def torture(shop: Shop, seconds: dict[Stage, float], kills: int, seed: int) -> Iterator[Kill]:
    """``kills`` kills, the stages in turn, which take so long; moments and signals depend on the seed alone."""
    chance, stages = random.Random(seed), list(seconds)
    for index in range(kills):
        stage = stages[index % len(stages)]
        number = signal.SIGTERM if (index + index // len(stages)) % 4 == 3 else signal.SIGKILL
        yield kill_once(shop, stage, number, chance.uniform(0.02, 0.98), seconds[stage])


def row(number: int, kill: Kill) -> str:
    verdict = "; ".join(kill.differences) or "yes"
    at = f"{kill.at_sec:.1f} of {kill.work_sec:.1f} s"
    return f"| {number} | {kill.stage} | {kill.signal} | {at} | {kill.left} | {kill.went_on} | {verdict} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        began = time.monotonic()
        shop = reference(Path(folder) / "reference", STUDY, options.cores, STAGES)
        print(f"The undisturbed run took {time.monotonic() - began:.0f} s.\n", flush=True)
        print(
            "| kill | stage | signal | after | left behind | went on | identical |\n|---|---|---|---|---|---|---|",
            flush=True,
        )
        done = []
        seconds = {stage: work_sec(shop, stage) for stage in STAGES}
        for kill in torture(shop, seconds, options.kills, options.seed):
            done.append(kill)
            print(row(len(done), kill), flush=True)
    good = sum(not kill.differences for kill in done)
    print(f"\n{good} of {len(done)} identical, seed {options.seed}, {time.monotonic() - began:.0f} s.")
    sys.exit(good != len(done))


if __name__ == "__main__":
    main()
