"""The generated pages are in step with the models: `stylealign config-docs` mends it."""

import json
from pathlib import Path

import pytest
import yaml

from stylealign.config.reference import config_page, config_schema

ROOT = Path(__file__).parents[3]
STUDIES = ["config.yaml", *(f"presets/{path.name}" for path in sorted((ROOT / "presets").glob("*.yaml")))]


@pytest.mark.parametrize(("name", "text"), [("config.md", config_page()), ("config.schema.json", config_schema())])
def test_the_committed_page_is_the_generated_one(name, text):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, "run `stylealign config-docs`"


def test_every_key_has_a_description():
    rows = [line for line in config_page().splitlines() if line.startswith("| `")]
    assert len(rows) > 60
    assert not [row for row in rows if row.rstrip().endswith("|  |")]


@pytest.mark.parametrize("preset", STUDIES)
def test_the_schema_accepts_the_committed_studies(preset):
    jsonschema = pytest.importorskip("jsonschema")
    from stylealign.config.yaml_file import read_yaml

    jsonschema.validate(read_yaml(ROOT / preset), json.loads(config_schema()))


def test_the_schema_refuses_a_misspelt_key():
    jsonschema = pytest.importorskip("jsonschema")
    study = yaml.safe_load((ROOT / "config.yaml").read_text())
    with pytest.raises(jsonschema.ValidationError, match="trianing"):
        jsonschema.validate({**study, "trianing": {}}, json.loads(config_schema()))


@pytest.mark.parametrize("preset", STUDIES)
def test_each_study_names_the_schema_for_editors(preset):
    first = (ROOT / preset).read_text().splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (ROOT / preset).parent.joinpath(schema).resolve() == ROOT / "docs/config.schema.json"
