"""What goes wrong with jobs on a cluster, done to real jobs: time, memory, scancel, a lost node, a lost controller.

One family of three small trainings meets the first three at once, another the last two; the same family on this
machine, which nobody disturbs, says what bytes they must end in.
"""

import time
from types import SimpleNamespace

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.slow]

STUDY = ("--configfile", "family.yaml")
MODELS = ("long", "short", "large")


@pytest.fixture(scope="module")
def hurt(cluster, submit, family, undisturbed, support):
    """The family through the profile: `long` outlives its time limit, `short` is cancelled, `large` lacks memory."""
    driver = submit(
        "hurt", family, *STUDY, "--set-resources", "train:gpu=1", "train:runtime=5 * attempt",
        "train:mem_mb={'large': 400}.get(wildcards.model, 1500) * 5 ** (attempt - 1)",
        "train:slurm_extra='--signal=TERM@55'", "--", "models",
    )  # fmt: skip
    first = {}
    for model in ("long", "short"):
        support.wait_for(lambda model=model: support.has_checkpoint(driver.folder, model), 240)
        first[model] = cluster.trainings(driver.folder, model)[0]["id"]
        if model == "long":
            held = support.hold(first[model])
    devices = {model: support.devices_of(job_id) for model, job_id in first.items()}
    support.called("scancel", first["short"])
    support.called("scontrol", "update", f"JobId={first['long']}", "TimeLimit=1")
    support.release_when_told(held)
    status = driver.ended(600)
    jobs = {model: cluster.trainings(driver.folder, model) for model in MODELS}
    return SimpleNamespace(driver=driver, folder=driver.folder, status=status, devices=devices, jobs=jobs)


def test_the_study_is_finished_all_the_same(hurt):
    assert hurt.status == 0, hurt.driver.said()[-6000:]
    for model in MODELS:
        assert (hurt.folder / f"results/models/{model}/g_ema.safetensors").is_file()


def test_a_training_beyond_its_time_limit_goes_on_in_the_next_attempt(hurt, undisturbed, cluster, support):
    first, *others = hurt.jobs["long"]
    assert first["state"] in ("FAILED", "TIMEOUT")
    assert [job["state"] for job in others] == ["COMPLETED"]
    assert cluster.show(others[0]["id"])["TimeLimit"] == "00:10:00"
    assert "long: resuming at " in support.log_of(hurt.folder, "long")
    assert undisturbed.ended(300) == 0, undisturbed.said()[-4000:]
    assert support.same_model(hurt.folder, undisturbed.folder, "long")


def test_a_cancelled_job_is_noticed_and_run_again(hurt, undisturbed, support):
    first, *others = hurt.jobs["short"]
    assert first["state"] == "CANCELLED"
    assert [job["state"] for job in others] == ["COMPLETED"]
    assert "short: resuming at " in support.log_of(hurt.folder, "short")
    assert undisturbed.ended(300) == 0
    assert support.same_model(hurt.folder, undisturbed.folder, "short")


def test_a_job_out_of_memory_is_given_more(hurt, cluster):
    first, *others = hurt.jobs["large"]
    assert first["state"] in ("OUT_OF_MEMORY", "FAILED", "CANCELLED")
    assert [job["state"] for job in others] == ["COMPLETED"]
    asked = [cluster.show(job["id"])["TRES"] for job in (first, *others)]
    assert "mem=400M" in asked[0]
    assert "mem=2000M" in asked[1]


def test_two_jobs_see_a_gpu_each_in_the_gpu_partition(hurt, cluster):
    assert sorted(hurt.devices.values()) == ["0", "1"]
    assert cluster.show(hurt.jobs["long"][0]["id"])["Partition"] == "gpu"


@pytest.fixture(scope="module")
def shaken(cluster, submit, family, undisturbed, support):
    """`short` through the profile, while its node is set down and comes back, and then the controller is away."""
    file = "results/models/short/g_ema.safetensors"
    driver = submit("shaken", family, *STUDY, "--set-resources", "train:gpu=0", "--", file)
    support.wait_for(lambda: support.has_checkpoint(driver.folder, "short"), 240)
    support.called("scontrol", "update", f"NodeName={cluster.host}", "State=DOWN", "Reason=test")
    time.sleep(1)
    support.called("scontrol", "update", f"NodeName={cluster.host}", "State=RESUME")
    (job,) = cluster.trainings(driver.folder, "short")
    support.wait_for(lambda: "resuming at" in support.log_of(driver.folder, "short"), 120)
    cluster.stop_controller()
    time.sleep(6)
    cluster.start_controller()
    status = driver.ended(300)
    return SimpleNamespace(driver=driver, folder=driver.folder, status=status, job=cluster.show(job["id"]))


def test_a_lost_node_and_a_lost_controller_cost_no_result(shaken, undisturbed, support):
    assert shaken.status == 0, shaken.driver.said()[-6000:]
    assert undisturbed.ended(300) == 0
    assert support.same_model(shaken.folder, undisturbed.folder, "short")


def test_the_job_of_a_lost_node_is_queued_again_and_goes_on(shaken, support):
    assert shaken.job["JobState"] == "COMPLETED"
    assert int(shaken.job["Restarts"]) == 1
    assert "short: resuming at " in support.log_of(shaken.folder, "short")


def test_the_driver_waits_for_the_controller(shaken):
    assert "Finished jobid" in shaken.driver.said()
    assert "Trying to restart" not in shaken.driver.said()
