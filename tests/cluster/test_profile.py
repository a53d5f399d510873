"""The SLURM profile against the workflow: its names exist, and each job that is submitted says what it needs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stylealign import resources

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "profiles/slurm"
TEXT = (PROFILE / "config.yaml").read_text()
SETTINGS = yaml.safe_load(TEXT)
PARTITIONS = yaml.safe_load((PROFILE / "partitions.yaml").read_text())["partitions"]
RULES = {
    name: body
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for name, body in re.findall(r"^rule (\w+):\n((?:    .*\n|\n(?=    ))+)", file.read_text(), re.MULTILINE)
    if "script:" in body
}
LOCAL = {
    name
    for file in sorted((ROOT / "rules").glob("*.smk"))
    for block in re.findall(r"^localrules:\n((?:    \w+,\n)+)", file.read_text(), re.MULTILINE)
    for name in re.findall(r"\w+", block)
}


def test_rules_were_found():
    assert len(RULES) > 30
    assert {"collect", "draw_family"} <= LOCAL <= set(RULES)


def test_rules_that_the_profile_names_exist():
    examples = re.findall(r"^  # (\w+): \{.*\}", TEXT, re.MULTILINE)
    named = {*SETTINGS.get("set-resources", {}), *SETTINGS.get("set-threads", {}), *examples}
    assert named
    assert named <= set(RULES)


@pytest.mark.parametrize("name", sorted(set(RULES) - LOCAL))
def test_each_submitted_job_says_what_it_needs(name):
    assert re.search(r"^        mem_mb=", RULES[name], re.MULTILINE)
    assert re.search(r"^        runtime=", RULES[name], re.MULTILINE)
    assert "**SMALL" not in RULES[name], "a job this small is made where one submits: add it to localrules"


@pytest.mark.parametrize("name", sorted(RULES))
def test_no_rule_repeats_itself(name):
    """Retries of a rule run inside the same SLURM job, with the first attempt's memory."""
    assert "retries:" not in RULES[name]
    assert SETTINGS["retries"] > 0


@pytest.mark.parametrize("name", sorted(LOCAL))
def test_what_is_made_where_one_submits_is_small_and_imports_no_torch(name):
    assert "**SMALL" in RULES[name] or name == "judge_weights"
    assert "gpu" not in RULES[name]


def test_the_scripts_of_local_rules_import_no_torch():
    imports = {
        line
        for name in sorted(LOCAL - {"judge_weights"})
        for line in re.findall(r"^from stylealign\..* import .*$", script(name), re.MULTILINE)
    }
    code = "; ".join([*sorted(imports), "import sys; sys.exit('torch' in sys.modules)"])
    assert imports
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr or "a script of a local rule imports torch"


def script(name):
    return (ROOT / f"workflow_scripts/{name}.py").read_text()


def test_no_request_exceeds_what_the_partitions_give():
    caps = SETTINGS["resources"]
    assert SETTINGS["set-resource-scopes"] == {"mem_mb": "local", "runtime": "local"}
    for limits in PARTITIONS.values():
        assert caps["mem_mb"] <= limits["max_mem_mb"]
        assert caps["runtime"] <= limits["max_runtime"]
    assert caps["mem_mb"] <= resources.MEM_CAP_MB
    assert caps["runtime"] <= resources.RUNTIME_CAP_MIN


def test_one_partition_has_gpus_and_partitions_are_named_nowhere_else():
    assert [name for name, limits in PARTITIONS.items() if limits.get("max_gpu")] == ["gpu"]
    assert "slurm_partition" not in TEXT
    assert SETTINGS["slurm-partition-config"] == "profiles/slurm/partitions.yaml"


def test_both_profiles_see_the_same_changes():
    default = yaml.safe_load((ROOT / "profiles/default/config.yaml").read_text())
    for key in ("rerun-triggers", "rerun-incomplete", "max-checksum-file-size"):
        assert SETTINGS[key] == default[key]


def test_scripts_are_sound():
    for file in (PROFILE / "bin/sacct", PROFILE / "one_node.sbatch"):
        subprocess.run(["bash", "-n", file], check=True)
