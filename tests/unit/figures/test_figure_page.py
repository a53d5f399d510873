import base64
import json
import re

import pytest

from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.sheet import Sheet
from stylealign.signature import sign


def test_the_picture_is_inside_byte_for_byte(tmp_path):
    png, page = tmp_path / "family.png", tmp_path / "family.html"
    with style.applied():
        Sheet(60, 40).save(png)
    write_figure_page(png, page, "One z & every <model>")
    text = page.read_text(encoding="utf-8")
    (inside,) = re.findall(r'src="data:image/png;base64,([^"]+)"', text)
    assert base64.b64decode(inside) == png.read_bytes()
    assert "<title>One z &amp; every &lt;model&gt;</title>" in text
    assert "http" not in text, "nothing is fetched"
    assert not list(tmp_path.glob("*.partial"))


@pytest.fixture
def signed():
    made = {"config_digest": "c" * 16, "models": {"cat": ["face 01", "cat 23"]}, "config": {"title": "</script><b>"}}
    sign(made)
    yield made
    sign({})


def test_how_it_was_made_is_folded_below_and_as_data_inside(tmp_path, signed):
    png, page = tmp_path / "family.png", tmp_path / "family.html"
    with style.applied():
        Sheet(60, 40).save(png)
    write_figure_page(png, page, "A title")
    text = page.read_text(encoding="utf-8")
    assert "<details><summary>How it was made</summary>" in text
    assert "<dt>models</dt><dd>cat: face 01 -&gt; cat 23</dd>" in text
    assert "<b>" not in text, "what a config says is text, never markup"
    (inside,) = re.findall(r'<script type="application/json" id="stylealign.provenance">(.*?)</script>', text)
    assert json.loads(inside) == signed


def test_a_page_of_nobody_has_no_foot(tmp_path):
    png, page = tmp_path / "family.png", tmp_path / "family.html"
    with style.applied():
        Sheet(60, 40).save(png)
    write_figure_page(png, page, "A title")
    assert "<details>" not in page.read_text(encoding="utf-8")
