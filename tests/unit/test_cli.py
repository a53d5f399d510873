"""The command line, run as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stylealign.cli import app
from stylealign.tables import TRAINING, write_table

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def test_check_says_what_a_study_makes():
    code, out, _ = run("check", ROOT / "config.yaml")
    assert code == 0
    assert "face -> dog -> cat" in out
    assert "mapping_drift" in out


def test_check_says_every_mistake(tmp_path):
    (tmp_path / "bad.yaml").write_text("domains: {}\nmodels: {a: {domain: b}}\nsead: 1\n")
    code, out, err = run("check", tmp_path / "bad.yaml")
    assert (code, out) == (1, "")
    assert err.startswith(f"{tmp_path / 'bad.yaml'}: 4 mistakes\n")
    assert "sead = 1: there is no such key; did you mean 'seed'?" in err


def test_config_docs_writes_the_committed_pages(tmp_path):
    assert run("config-docs", tmp_path)[0] == 0
    for name in ("config.md", "config.schema.json", "tables.md"):
        assert (tmp_path / name).read_bytes() == (ROOT / "docs" / name).read_bytes()


def test_describe_tells_a_tables_origin(tmp_path):
    write_table(tmp_path / "training.parquet", TRAINING, [], {"seed": 7})
    code, out, _ = run("describe", tmp_path / "training.parquet")
    assert code == 0
    assert json.loads(out)["provenance"] == {"seed": 7}


@pytest.mark.parametrize("name", ["none.parquet", "notes.txt"])
def test_describe_refuses_in_one_line(tmp_path, name):
    (tmp_path / "notes.txt").write_text("x")
    code, _, err = run("describe", tmp_path / name)
    assert code == 1
    assert len(err.splitlines()) == 1


def test_clean_removes_states_and_only_when_told_results(tmp_path):
    state, table = tmp_path / "results/models/cat/.resume/x", tmp_path / "results/tables/t.parquet"
    for file in (state, table, tmp_path / "results/.gitkeep"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert run("clean", tmp_path)[0] == 0
    assert not state.parent.exists()
    assert table.exists()
    assert run("clean", tmp_path, "--results")[0] == 0
    assert [path.name for path in (tmp_path / "results").iterdir()] == [".gitkeep"]
