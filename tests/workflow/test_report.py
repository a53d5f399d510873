"""The finished report in a browser: it opens offline, every category and figure can be seen, and nothing complains.

``STYLEALIGN_REPORT`` names a report of config.yaml's study (default: that of the smoke study, which is run for it).
"""

import os
from pathlib import Path

import pytest

from stylealign.config import plan
from stylealign.config.load import read_study

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


@pytest.fixture(scope="module")
def visit(request, browser):
    named = os.environ.get("STYLEALIGN_REPORT")
    return browser.visit_report(Path(named) if named else request.getfixturevalue("report"))


def test_it_opens_without_errors_and_fetches_nothing(visit):
    assert visit["problems"] == []
    assert visit["outside"] == []


def test_every_category_is_on_the_page(visit):
    seen = visit["findings"]
    assert seen["categories"]
    assert seen["listed"] == seen["categories"]


def test_every_figure_can_be_seen_whole(visit):
    figures = {path: one for path, one in visit["findings"]["results"].items() if "/figures/" in path}
    assert figures
    for path, figure in figures.items():
        assert figure["pixels"], f"{path}: no picture"
        assert min(figure["pixels"][0]) > 300, path
        assert figure["place"]["width"] > 300, path
        assert figure["place"]["top"] >= 0, f"{path}: its top lies outside the window, where no scrolling reaches"


def test_every_table_and_figure_has_its_own_caption(visit):
    results = visit["findings"]["results"]
    assert all(len(one["caption"]) > 100 for one in results.values())
    study = read_study(ROOT / ("config.yaml" if os.environ.get("STYLEALIGN_REPORT") else "presets/smoke.yaml"))
    assert {path for path in results if "/tables/" in path} == {
        f"results/tables/{name}.html" for name in plan.tables(study)
    }
    assert {path for path in results if "/figures/" in path} == {
        f"results/figures/{name}.html" for name in plan.figures(study)
    }
    captions = [one["caption"].split("</strong>")[0] for path, one in results.items() if "/tables/" in path]
    assert len(set(captions)) == len(captions), "no table shows another's caption"
