"""How rules and scripts are written: one name on every floor, logs, messages, lengths, tracked settings."""

import ast
import re
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path for path in (ROOT / "workflow_scripts").glob("*.py") if path.name != "_job.py")


def rules() -> dict[str, dict[str, list[str]]]:
    """Each rule's directives, and the lines under each."""
    found: dict[str, dict[str, list[str]]] = {}
    for file in sorted((ROOT / "rules").glob("*.smk")):
        for name, body in re.findall(r"^rule (\w+):\n((?:    .*\n|\n(?=    ))+)", file.read_text(), re.MULTILINE):
            found[name] = {}
            for line in body.splitlines():
                if head := re.match(r"    (\w+):(.*)$", line):
                    found[name][last := head[1]] = [head[2].strip()] if head[2].strip() else []
                elif line.strip():
                    found[name][last].append(line.strip())
    return found


RULES = rules()
WORKING = {name: body for name, body in RULES.items() if "script" in body}


def test_rules_were_found():
    assert len(WORKING) > 20
    assert set(RULES) - set(WORKING) == {"domains", "models", "judges", "codes", "tables", "figures"}


@pytest.mark.parametrize("name", WORKING)
def test_each_rule_reads_like_a_line_of_a_methods_section(name):
    body = WORKING[name]
    assert {"output", "log", "threads", "resources", "params", "message"} <= set(body)
    assert not set(body) & {"retries", "run", "shell", "cache", "group", "shadow"}
    assert body["script"] == [f'"../workflow_scripts/{name}.py"']
    assert body["log"][0].startswith(f'"results/logs/{name}/')
    for benchmark in body.get("benchmark", []):
        assert benchmark.startswith(f'"results/benchmarks/{name}/')
    small = body["resources"] == ["**SMALL,"]
    assert small or any(line.startswith("mem_mb=") for line in body["resources"])
    assert small or any(line.startswith("runtime=") for line in body["resources"])


def test_small_jobs_too_say_what_they_need():
    text = (ROOT / "rules/common.smk").read_text()
    assert 'SMALL = {"mem_mb": memory(1000), "runtime": minutes(10)}' in text


@pytest.mark.parametrize("name", WORKING)
def test_each_rule_tracks_its_settings_and_its_code(name):
    params = WORKING[name]["params"]
    assert re.match(r"spec=spec\((\w+_)?slices\.", params[0])
    guarded = {"train": "recipe=RECIPE,", "adopt": "recipe=RECIPE,", "image_set": "recipe=IMAGE_SET_RECIPE,"}
    guarded |= {"adapt": "recipe=ADAPTATION_RECIPE,"}
    assert params[1] == guarded.get(name, f'code=code("{name}"),')


@pytest.mark.parametrize("name", WORKING)
def test_outputs_are_named_literal_paths_under_results(name):
    entries = [line for line in WORKING[name]["output"] if re.match(r"\w+=", line)]
    assert entries
    assert "lambda" not in "".join(WORKING[name]["output"] + WORKING[name].get("input", []))
    text = " ".join(WORKING[name]["output"])
    paths = re.findall(r'"([^"]+/[^"]+\.?\w*)"', text)
    assert all(path.startswith(("results/", "../docs/report/")) for path in paths if "Figure" not in path)


def length(body: dict[str, list[str]]) -> int:
    """Lines of a rule as a person writes it: a directive with one value is one line (snakefmt makes it two)."""
    return 1 + sum(1 if len(lines) == 1 else 1 + len(lines) for lines in body.values())


def test_rules_are_short():
    lengths = {name: length(body) for name, body in WORKING.items()}
    assert median(lengths.values()) <= 16
    assert max(lengths.values()) <= 26, max(lengths, key=lengths.get)


def test_the_snakefile_is_a_contents_page():
    assert len((ROOT / "Snakefile").read_text().splitlines()) <= 40


def test_every_script_belongs_to_a_rule_and_every_rule_has_one():
    assert {path.stem for path in SCRIPTS} == set(WORKING)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_load_call_save(script):
    tree = ast.parse(script.read_text())
    assert len(script.read_text().splitlines()) <= 40
    assert ast.get_docstring(tree).startswith(f"Rule `{script.stem}`: ")
    deciding = (ast.FunctionDef, ast.Lambda, ast.ClassDef, ast.If, ast.While, ast.Try)
    assert not [node for node in ast.walk(tree) if isinstance(node, deciding)]
    assert "from _job import start" in script.read_text()


def test_the_package_never_imports_snakemake():
    for file in (ROOT / "stylealign").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "snakemake"], file
