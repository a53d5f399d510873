"""The foot of a page in a browser: folded until asked, then the models, judges and settings behind the result."""

from pathlib import Path

import pytest

from stylealign import tables
from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.sheet import Sheet
from stylealign.figures.table_page import write_table_page
from stylealign.signature import sign, signature

MADE = {"config_digest": "c" * 16, "models": {"cat": ["face 01", "cat 23"]}, "config": {"title": "<img src=x>"}}

OPEN = """
const foot = document.querySelector("details"), told = foot.querySelector("dl");
const seen = [foot.open, told.checkVisibility({ contentVisibilityAuto: true })];
foot.querySelector("summary").click();
return [...seen, foot.open, told.checkVisibility(), told.textContent, document.images.length];
"""


@pytest.fixture(autouse=True)
def _signed():
    sign(MADE)
    yield
    sign({})


def table(folder: Path) -> tuple[Path, int]:
    tables.write_table(folder / "t.parquet", tables.TRAINING, [], signature())
    write_table_page(folder / "t.parquet", markdown=folder / "t.md", csv=folder / "t.csv", html=folder / "t.html")
    return folder / "t.html", 0


def figure(folder: Path) -> tuple[Path, int]:
    with style.applied():
        Sheet(60, 40).save(folder / "f.png")
    write_figure_page(folder / "f.png", folder / "f.html", "A figure")
    return folder / "f.html", 1


@pytest.mark.parametrize("write", [table, figure])
def test_a_click_opens_it(tmp_path, browser, write):
    page, num_images = write(tmp_path)
    visit = browser.visit(page, OPEN)
    assert (visit["problems"], visit["outside"]) == ([], [])
    was_open, was_seen, is_open, is_seen, told, images = visit["findings"]
    assert (was_open, was_seen, is_open, is_seen) == (False, False, True, True)
    assert "cat: face 01 -> cat 23" in told
    assert "title: <img src=x>" in told
    assert images == num_images, "settings are text, not markup"
