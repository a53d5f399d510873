"""The smoke study through the profile, each job a SLURM job: every table and figure, as on a workstation.

A SLURM job costs two more starts of Snakemake: this takes ten minutes, and `make cluster` runs it, not `make test`.
"""

import os

import pytest

from stylealign.config import plan
from stylealign.config.load import read_study
from stylealign.tables import TABLES, read_table

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("STYLEALIGN_WHOLE_STUDY"), reason="ten minutes: `make cluster` runs it"),
]

CONFIG = "family.yaml"


@pytest.fixture(scope="module")
def driver(submit, support):
    driver = submit("smoke", (support.ROOT / "presets/smoke.yaml").read_text(), "--configfile", CONFIG)
    assert driver.ended(3000) == 0, driver.said()[-6000:]
    return driver


def test_every_table_and_figure_is_there(driver):
    study = read_study(driver.folder / CONFIG)
    for name in plan.tables(study):
        table = read_table(driver.folder / f"results/tables/{name}.parquet")
        assert list(table.columns) == TABLES[name].column_names()
        assert len(table), name
    for name in plan.figures(study):
        for kind in ("png", "pdf", "html"):
            assert (driver.folder / f"results/figures/{name}.{kind}").stat().st_size > 1000


def test_no_job_failed_and_none_that_is_made_here_was_submitted(driver, cluster):
    assert "Trying to restart" not in driver.said()
    submitted = {job["comment"] for job in cluster.jobs() if job["folder"] == str(driver.folder)}
    assert any(comment.startswith("rule_train_") for comment in submitted)
    assert not [comment for comment in submitted if comment.startswith(("rule_draw", "rule_collect"))]


def test_a_workstation_finds_nothing_left_to_do(driver, support):
    """What a cluster made counts as made under the other profile."""
    assert "Nothing to be done" in support.dry_run(driver.folder, "--configfile", CONFIG)
