import base64
import re

from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.sheet import Sheet


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
