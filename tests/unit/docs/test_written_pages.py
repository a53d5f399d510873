"""The written material against the tree: links lead somewhere, examples are valid, every result has its caption."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from docutils.core import publish_parts
from jinja2 import Environment, StrictUndefined

from stylealign.config.load import parse_study
from stylealign.tables import TABLES

ROOT = Path(__file__).resolve().parents[3]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
CAPTIONS = ROOT / "docs" / "report"
LEFT_BESIDE = {"ticks", "adaptation_course", "text_edits", "few_shot_scores"}  # files of single jobs, in no report
REPORTED = [name for name in TABLES if name not in LEFT_BESIDE]


def render(caption, **names):
    environment = Environment(trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
    text = environment.from_string(caption.read_text(encoding="utf-8")).render(snakemake=SimpleNamespace(**names))
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["html_body"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [target for target in targets if not target.startswith(("http", "mailto"))]
    assert [target for target in local if not (page.parent / target).exists()] == []


def studies(page):
    blocks = re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [study for study in map(yaml.safe_load, blocks) if {"domains", "models"} <= set(study)]


def test_whole_studies_in_the_pages_are_valid(tmp_path):
    found = [study for page in PAGES for study in studies(page)]
    assert found, "the readme shows one"
    for study in found:
        named = [domain["path"] for domain in study["domains"].values() if "path" in domain]
        for folder in named:
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        for judge in study.get("judges", {}).values():
            if "weights" in judge:
                (tmp_path / judge["weights"]).parent.mkdir(exist_ok=True)
                (tmp_path / judge["weights"]).touch()
        parse_study(study, root=tmp_path)


def test_commands_in_the_readme_exist():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rules = "".join(path.read_text() for path in [ROOT / "Snakefile", *(ROOT / "rules").glob("*.smk")])
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"^make ([a-z-]+)", text, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    guide = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    for target in re.findall(r"^snakemake ([a-z]+) ", guide, re.MULTILINE):
        assert re.search(rf"^rule {target}:", rules, re.MULTILINE), target
    for path in re.findall(r"(?:presets|profiles)/[\w/.]+", text):
        assert (ROOT / path.rstrip(".")).exists(), path


@pytest.mark.parametrize("table", REPORTED)
def test_every_table_has_a_caption_of_its_own(table):
    captions = {name: render(CAPTIONS / "table.rst", wildcards=SimpleNamespace(table=name)) for name in REPORTED}
    assert len(re.sub(r"<[^>]+>", "", captions[table])) > 150
    assert list(captions.values()).count(captions[table]) == 1


def test_every_figure_has_a_caption():
    drawn = {
        path.stem
        for path in (ROOT / "stylealign" / "figures").glob("*.py")
        if f"def draw_{path.stem}(" in path.read_text()
    }
    written = {path.stem for path in (CAPTIONS / "figures").glob("*.rst")}
    assert drawn == written
    for name in written:
        assert "How to read it" in render(CAPTIONS / "figures" / f"{name}.rst"), name


@pytest.mark.parametrize(
    "study", ["config.yaml", *sorted(f"presets/{path.name}" for path in ROOT.glob("presets/*.yaml"))]
)
def test_the_reports_first_page_names_every_model(study):
    config = yaml.safe_load((ROOT / study).read_text(encoding="utf-8"))
    page = render(CAPTIONS / "workflow.rst", config=config)
    for name, model in config["models"].items():
        assert f"<strong>{name}</strong>" in page
        made = "adapted" if "adapt" in model else "trained"
        assert model.get("parent") is None or f"{made} from <strong>{model['parent']}</strong>" in page


def test_both_papers_and_the_software_are_cited():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert [entry["authors"][0]["family-names"] for entry in citation["references"]] == ["Wu", "Gal"]
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]
    assert citation["version"] == version
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_recipes_are_in_the_changelog():
    from stylealign.data.recipe import RECIPE as IMPORT
    from stylealign.inversion.key import INVERSION_RECIPE
    from stylealign.training.recipe import RECIPE

    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"RECIPE {RECIPE} of training" in text
    assert f"RECIPE {IMPORT} of the import" in text
    assert f"RECIPE {INVERSION_RECIPE} of inversion" in text
