"""The generated pages are in step with the models: `stylealign config-docs` mends it."""

import json
import re
from pathlib import Path

import pytest
import yaml

from stylealign.config.judges import MEASURES
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


def chapters():
    """The keys of each chapter of the page, by its title."""
    _, *found = re.split(r"^## ", config_page(), flags=re.MULTILINE)
    return {
        chapter.partition("\n")[0]: set(re.findall(r"^\| `(\w+)`", chapter, flags=re.MULTILINE)) for chapter in found
    }


def test_every_section_of_the_schema_has_its_chapter_with_its_keys():
    told = list(chapters().values())
    sections = {name: one for name, one in json.loads(config_schema())["$defs"].items() if "properties" in one}
    assert {"EmbeddedClip", "OpenClip", "Adaptation", "LayerSelection", "WorldDomain", "ClipView"} <= sections.keys()
    assert not [name for name, one in sections.items() if set(one["properties"]) not in told]


@pytest.mark.parametrize("kind", MEASURES)
def test_every_kind_of_judge_has_a_chapter_of_its_own(kind):
    assert "kind" in chapters()[f"`judges.NAME` with `kind: {kind}`"]


@pytest.mark.parametrize(
    ("title", "keys"),
    [
        ("`domains.NAME` with `source: world`", {"world", "num_train"}),
        ("`domains.NAME` with `source: folder`", {"path", "test_fraction"}),
        ("`domains.NAME` with `source: zip`", {"path", "test_fraction"}),
        ("`domains.NAME.transform` with `source: world`, `folder`, `zip`", {"flip", "shift"}),
        ("`training`, `models.NAME.training`", {"batch_size"}),
        ("`models.NAME`", {"from", "adapt"}),
        ("`models.NAME.adapt.region`", {"judge", "regions"}),
        ("`judges.NAME.download` with `kind: transformers`", {"repo", "revision"}),
        ("`studies.manipulations.edits`, each", {"channels", "direction", "text"}),
        ("`studies.clip_space.views.NAME`", {"domains"}),
        ("`studies.translation.kept`, `studies.reference_translation.kept`", {"yaw", "tone"}),
    ],
)
def test_a_chapters_title_says_where_its_keys_stand(title, keys):
    assert keys <= chapters()[title]


def test_a_section_has_one_chapter_however_often_it_stands_in_a_file():
    titles = [line for line in config_page().splitlines() if line.startswith("## ")]
    assert len(titles) == len(set(titles))
    (found,) = [title for title in titles if "correspondence" in title]
    assert found.count(", ") == 2


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
