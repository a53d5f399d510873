"""The profile's `sacct`: asks the real one where it answers, the queue where it does not, and waits out a silence."""

import os
import subprocess
from pathlib import Path

import pytest

SHIM = Path(__file__).resolve().parents[2] / "profiles/slurm/bin/sacct"
OF_A_RUN = (
    "-X",
    "--parsable2",
    "--noheader",
    "--format=JobIdRaw,State",
    "--endtime",
    "now",
    "--name",
    "stylealign_1-2",
)
ACCOUNTED = "printf '7|CANCELLED by 0\\n8|RUNNING\\n'"
NOT_ACCOUNTED = "echo 'Slurm accounting storage is disabled' >&2; exit 1"


@pytest.fixture
def ask(tmp_path):
    """Ask the shim, with programs of these bodies as the cluster's own."""

    def answer(arguments, **bodies):
        for name, body in bodies.items():
            (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
            (tmp_path / name).chmod(0o755)
        environ = {**os.environ, "PATH": f"{SHIM.parent}:{tmp_path}:/usr/bin:/bin"}
        return subprocess.run(
            [SHIM, *arguments], env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    return answer


def test_a_cancelled_job_is_called_cancelled(ask):
    assert ask(OF_A_RUN, sacct=ACCOUNTED).stdout == "7|CANCELLED\n8|RUNNING\n"


def test_without_accounting_the_queue_answers_for_the_run(ask):
    run = ask(OF_A_RUN, sacct=NOT_ACCOUNTED, squeue='printf "%s\\n" "$@" > asked; echo "7|TIMEOUT"')
    assert (run.returncode, run.stdout, run.stderr) == (0, "7|TIMEOUT\n", "")


def test_the_queue_is_asked_for_ended_jobs_too(ask, tmp_path):
    ask(OF_A_RUN, sacct=NOT_ACCOUNTED, squeue='printf "%s\\n" "$@" > asked')
    asked = (tmp_path / "asked").read_text().split("\n")
    assert "--states=all" in asked
    assert asked[asked.index("--name") + 1] == "stylealign_1-2"


def test_a_controller_that_restarts_is_waited_for(ask):
    silent_once = "[ -e was_asked ] && echo '7|COMPLETED' || { touch was_asked; exit 1; }"
    run = ask(OF_A_RUN, sacct=NOT_ACCOUNTED, squeue=silent_once)
    assert (run.returncode, run.stdout) == (0, "7|COMPLETED\n")


def test_other_questions_go_to_the_real_one(ask):
    run = ask(("-j", "7.0", "--format=Reason"), sacct='echo "$@"')
    assert run.stdout == "-j 7.0 --format=Reason\n"


def test_other_questions_have_no_answer_where_nothing_is_known(ask):
    run = ask(("-j", "7.0", "--format=Reason"), sacct=NOT_ACCOUNTED)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
