"""A study inside one allocation: `profiles/slurm/one_node.sbatch`, told to stop, queues itself again and goes on."""

import subprocess

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

FILE = "results/models/short/g_ema.safetensors"


@pytest.fixture
def allocate(cluster, support, family, tmp_path):
    """Submit the script in a copy of the repository; the folder and the job's id."""
    folder = support.copied(tmp_path / "repository")
    (folder / "results").mkdir()
    (folder / "family.yaml").write_text(family)

    def submit() -> str:
        command = ["sbatch", "--parsable", "--cpus-per-task=1", "--mem=3000", "--time=10", "--gpus=1"]
        command += ["profiles/slurm/one_node.sbatch", "--configfile", "family.yaml", "--", FILE]
        run = subprocess.run(command, cwd=folder, env=support.environ_of(folder), capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()

    return folder, submit


def test_the_job_saves_queues_itself_again_and_goes_on(cluster, allocate, undisturbed, support):
    folder, submit = allocate
    job_id = submit()
    support.wait_for(lambda: support.has_checkpoint(folder, "short"), 120)
    assert support.devices_of(job_id) == "0"
    support.called("scancel", "--batch", "--signal=TERM", job_id)  # as `--signal=B:TERM@180` does before the time limit
    support.wait_for(lambda: cluster.show(job_id)["Restarts"] == "1", 60)
    support.wait_for(lambda: cluster.show(job_id)["JobState"] == "COMPLETED", 180)
    assert "short: resuming at " in support.log_of(folder, "short")
    assert "queueing again" in (folder / f"results/slurm-{job_id}.log").read_text()
    assert undisturbed.ended(300) == 0, undisturbed.said()[-4000:]
    assert support.same_model(folder, undisturbed.folder, "short")


def test_a_cancelled_allocation_does_not_come_back(cluster, allocate, support):
    folder, submit = allocate
    job_id = submit()
    support.wait_for(lambda: support.has_checkpoint(folder, "short"), 120)
    support.called("scancel", job_id)
    support.wait_for(lambda: cluster.show(job_id)["JobState"] == "CANCELLED", 60)
    support.wait_for(lambda: not support.called("squeue", "-h", "-j", job_id, "-o", "%i"), 60)
    assert cluster.show(job_id)["Restarts"] == "0"
