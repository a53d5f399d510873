"""A real SLURM on loopback for one session of tests: munge, slurmctld and slurmd of the Debian packages, without
systemd, cgroups or accounting, on one node that claims four cores and two GPUs; stopped by process id.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config.yaml", "rules", "workflow_scripts", "profiles", "presets", "docs", "stylealign")
ETC = Path("/etc/slurm")  # the plugin's job steps drop SLURM_CONF: the files must stand where SLURM looks by itself
MUNGE = Path("/run/munge")
PROGRAMS = ("munged", "slurmctld", "slurmd", "scontrol", "squeue", "sbatch", "srun", "setpriv")
PLUGIN = ROOT / ".venv/slurm-plugin"  # where .ci/run puts it: in the environment it would slow every start of Snakemake

NAME = "stylealign_tests"

SLURM_CONF = """\
ClusterName={name}
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A job that is queued again waits until its old credential is void: seconds, by default 120.
AuthInfo=cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/run/slurmctld.pid
SlurmdPidFile={folder}/run/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
SwitchType=switch/none
MpiDefault=none
ReturnToService=1
SlurmdParameters=config_overrides
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
AccountingStorageType=accounting_storage/none
MinJobAge=3600
JobRequeue=1
KillWait=10
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=16000 Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES MaxTime=2880 DefMemPerCPU=500 State=UP
PartitionName=gpu Nodes={host} MaxTime=2880 DefMemPerCPU=500 State=UP
"""
# The profile's own patience is for clusters with thousands of jobs and a slow filesystem.
PROMPT = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")

GRES_CONF = "AutoDetect=off\nNodeName={host} Name=gpu File={folder}/dev/nvidia[0-1]\n"


def what_is_missing() -> str:
    """Why there can be no cluster here; nothing if there can."""
    if os.geteuid() != 0:
        return "a cluster of one's own needs root"
    if absent := [name for name in PROGRAMS if shutil.which(name) is None]:
        return f"no {absent[0]}: apt-get install slurmctld slurmd slurm-client munge"
    have_plugin = "from importlib.util import find_spec as find; assert find('snakemake_executor_plugin_slurm')"
    if subprocess.run([sys.executable, "-c", have_plugin], env=environ_of(ROOT), capture_output=True).returncode:
        return "no snakemake-executor-plugin-slurm: pip install .[slurm]"
    conf = ETC / "slurm.conf"
    if conf.exists() and (NAME not in conf.read_text() or pings()):  # our own may be left of a run that was killed
        return f"{conf} is there: this machine belongs to a cluster already"
    return ""


def pings() -> bool:
    """Whether a controller answers."""
    return subprocess.run(["scontrol", "ping"], capture_output=True).returncode == 0


def environ_of(folder: Path) -> dict[str, str]:
    """What commands in a copy of the repository see: its package, its profile's shim, this Python, one thread."""
    paths = [str(folder / "profiles/slurm/bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    return {
        **os.environ,
        "PATH": os.pathsep.join(paths),
        "PYTHONPATH": f"{folder}{os.pathsep}{PLUGIN}",
        "OMP_NUM_THREADS": "1",
    }


def called(*command: str) -> str:
    """The output of a command, which must succeed."""
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, (command, run.stdout, run.stderr)
    return run.stdout


def wait_for(what, seconds: float = 60, pause: float = 0.2):
    """The first true answer of ``what()``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := what():
            return answer
        time.sleep(pause)
    raise AssertionError(f"{what} was not true within {seconds} s")


@dataclass
class Cluster:
    """One node and its controller, with all that is theirs in a folder."""

    folder: Path
    host: str
    munge_pid: int = 0

    def start(self) -> None:
        for name in ("state", "spool", "run", "log", "dev"):
            (self.folder / name).mkdir()
        for number in range(2):  # faked GPUs: only a character device counts
            os.mknod(self.folder / f"dev/nvidia{number}", 0o600 | 0o020000, os.makedev(1, 3))
        self.munge_pid = start_munge(self.folder)
        self.start_controller("-c")
        called("slurmd")
        wait_for(lambda: "idle" in called("sinfo", "-h", "-o", "%T"))

    def start_controller(self, *options: str) -> None:
        called("slurmctld", *options)
        wait_for(pings)

    def stop_controller(self) -> None:
        stop(self.pid("slurmctld"))

    def pid(self, daemon: str) -> int:
        file = self.folder / f"run/{daemon}.pid"
        return int(file.read_text()) if file.is_file() else 0

    def stop(self) -> None:
        with contextlib.suppress(AssertionError, FileNotFoundError, subprocess.TimeoutExpired):
            jobs = called("squeue", "-h", "-o", "%i").split()
            called("scancel", "--signal=KILL", *jobs) if jobs else None
        for pid in (self.pid("slurmctld"), self.pid("slurmd"), self.munge_pid, *self.left_over()):
            stop(pid)

    def left_over(self) -> list[int]:
        """Processes of jobs that nobody ended: without cgroups a child that lost its parent gets away."""
        ours = f"SLURM_CLUSTER_NAME={NAME}"
        return [int(file.parent.name) for file in Path("/proc").glob("[0-9]*/environ") if ours in words_of(file)]

    def jobs(self) -> list[dict[str, str]]:
        """Id, state, comment (``rule_train_wildcards_face``) and folder of every job, the latest last."""
        columns = "JobID:20,State:20,Comment:100,WorkDir:200"
        lines = called("squeue", "--states=all", "-h", "-S", "i", "-O", columns).splitlines()
        names = ("id", "state", "comment", "folder")
        return [dict(zip(names, line.split(), strict=True)) for line in lines if len(line.split()) == len(names)]

    def trainings(self, folder: Path, model: str) -> list[dict[str, str]]:
        """The jobs that trained a model in a folder, one an attempt."""
        of_model = {"comment": f"rule_train_wildcards_{model}", "folder": str(folder)}
        return [job for job in self.jobs() if of_model.items() <= job.items()]

    def show(self, job_id: str) -> dict[str, str]:
        """All that SLURM tells of a job."""
        words = called("scontrol", "-o", "show", "job", job_id).split()
        return dict(word.split("=", 1) for word in words if "=" in word)


def start_munge(folder: Path) -> int:
    """Start munged, unless one answers; its process id, or 0 for one that is not ours."""
    if subprocess.run("munge -n | unmunge", shell=True, capture_output=True).returncode == 0:
        return 0
    MUNGE.mkdir(mode=0o755, exist_ok=True)
    shutil.chown(MUNGE, "munge", "munge")
    called("setpriv", "--reuid=munge", "--regid=munge", "--init-groups", shutil.which("munged"))
    return int((MUNGE / "munged.pid").read_text())


def stop(pid: int) -> None:
    """SIGTERM, and SIGKILL to what is still there after ten seconds."""
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGTERM)
            wait_gone(pid, 10)
            os.kill(pid, signal.SIGKILL)


def wait_gone(pid: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and Path(f"/proc/{pid}").exists():
        time.sleep(0.1)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The running cluster; skips, with the reason, where there can be none."""
    if reason := what_is_missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("slurm")
    folder.chmod(0o755)
    named = {"name": NAME, "host": socket.gethostname().partition(".")[0], "folder": folder}
    files = {ETC / "slurm.conf": SLURM_CONF, ETC / "gres.conf": GRES_CONF}
    ETC.mkdir(exist_ok=True)
    for file, text in files.items():
        file.write_text(text.format(**named))
    running = Cluster(folder, named["host"])
    try:
        running.start()
        yield running
    finally:
        running.stop()
        for file in files:
            file.unlink()


@dataclass
class Driver:
    """A Snakemake at work in a folder of its own, and what it says."""

    folder: Path
    process: subprocess.Popen[bytes]

    def said(self) -> str:
        return (self.folder / "driver.log").read_text()

    def ended(self, seconds: float) -> int:
        """Its exit status, within so many seconds."""
        return self.process.wait(seconds)

    def stop(self) -> None:
        """As with Ctrl-C, and by force if it lingers."""
        for number in (signal.SIGINT, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(20)


@pytest.fixture(scope="session")
def launch(tmp_path_factory):
    """Start Snakemake in a new copy of the repository: ``launch(name, config, *arguments)``."""
    drivers = []

    def start(name: str, config: str, *arguments: str) -> Driver:
        folder = copied(tmp_path_factory.mktemp(name))
        (folder / "family.yaml").write_text(config)
        command = [sys.executable, "-m", "snakemake", *arguments]
        with (folder / "driver.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=folder, env=environ_of(folder), stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        drivers.append(Driver(folder, process))
        return drivers[-1]

    yield start
    for driver in drivers:
        driver.stop()


def copied(folder: Path) -> Path:
    """A folder, with the repository in it."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / part, folder / part)
    return folder


@pytest.fixture(scope="session")
def submit(cluster, launch):
    """Start Snakemake through the profile."""

    def start(name: str, config: str, *arguments: str) -> Driver:
        profile = ("--workflow-profile", "profiles/slurm", *PROMPT)
        return launch(name, config, *profile, *arguments)

    return start


def dry_run(folder: Path, *arguments: str) -> str:
    """What Snakemake would do in a copy of the repository, with the profile of a workstation."""
    command = [sys.executable, "-m", "snakemake", "-n", *arguments]
    run = subprocess.run(command, cwd=folder, env=environ_of(folder), capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return run.stdout + run.stderr


def log_of(folder: Path, model: str) -> str:
    """What a training wrote in its last attempt; nothing before it writes."""
    file = folder / f"results/logs/train/{model}.log"
    return file.read_text() if file.is_file() else ""


def has_checkpoint(folder: Path, model: str) -> bool:
    return any((folder / f"results/models/{model}/.resume").glob("state-*.safetensors"))


def same_model(one: Path, other: Path, model: str) -> bool:
    """Whether two folders hold the same bytes of all that a training makes, but for its times."""
    names = ("g_ema.safetensors", "pair.safetensors", "samples.npz")
    return all(
        (one / f"results/models/{model}/{name}").read_bytes() == (other / f"results/models/{model}/{name}").read_bytes()
        for name in names
    )


def words_of(environ: Path) -> list[str]:
    """The environment (or the command) of a process, word by word; none where it is gone."""
    try:
        return environ.read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def processes_of(job_id: str) -> dict[Path, list[str]]:
    """A job's processes, as folders of /proc, with the environment of each."""
    environs = {file.parent: words_of(file) for file in Path("/proc").glob("[0-9]*/environ")}
    return {process: words for process, words in environs.items() if f"SLURM_JOB_ID={job_id}" in words}


def devices_of(job_id: str) -> str:
    """CUDA_VISIBLE_DEVICES of a job's processes."""
    jobs = processes_of(job_id).values()
    found = {word.partition("=")[2] for words in jobs for word in words if word.startswith("CUDA_VISIBLE_DEVICES=")}
    return ",".join(sorted(found))


def hold(job_id: str) -> Path:
    """Stop a job's training where it is, so that it cannot end before it is told to; its process."""
    found = [
        process
        for process in processes_of(job_id)
        if any(word.endswith("train.py") for word in words_of(process / "cmdline"))
    ]
    assert len(found) == 1, found
    os.kill(int(found[0].name), signal.SIGSTOP)
    return found[0]


def release_when_told(process: Path, seconds: float = 180) -> None:
    """Let a held process go on once SIGTERM waits for it; a job beyond its limit is let go by SLURM itself."""
    wait_for(lambda: is_told(process), seconds)
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(process.name), signal.SIGCONT)


def is_told(process: Path) -> bool:
    """Whether SIGTERM waits for a process, or it has gone with it."""
    try:
        lines = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    except OSError:
        return True
    return any(int(lines[mask], 16) >> (signal.SIGTERM - 1) & 1 for mask in ("SigPnd", "ShdPnd"))


# Three small trainings: tens of seconds, seconds, and one that is over at once.
FAMILY = """
resolution: 16
device: cpu
architecture: {z_dim: 32, w_dim: 32, mapping_layers: 2, channel_base: 256, channel_max: 16}
training: {batch_size: 16, tick_kimg: 0.2, checkpoint_kimg: 0.2, sample_kimg: [0]}
domains: {face: {source: world, world: face, num_train: 64, num_test: 16}}
models:
  long: {domain: face, total_kimg: 6}
  short: {domain: face, total_kimg: 1.6, seed: 1}
  large: {domain: face, total_kimg: 0.2, seed: 2}
samples: {num: 4}
studies: {mapping_drift: {num_z: 100}}
"""


@pytest.fixture(scope="session")
def family():
    return FAMILY


@pytest.fixture(scope="session")
def undisturbed(cluster, launch):
    """Where the family is trained on this machine, beside the others, undisturbed."""
    return launch("undisturbed", FAMILY, "--cores", "1", "--configfile", "family.yaml", "--", "models")


@pytest.fixture(scope="session")
def support():
    """The functions above, for the tests beside."""
    return sys.modules[__name__]
