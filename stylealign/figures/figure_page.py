"""A figure as a page of its own, for the report: a tall picture can be scrolled there, and a click shows every pixel.

Snakemake's report centres a bare image and cuts off the top of one that is taller than the window.
"""

import base64
import html as markup
from pathlib import Path
from string import Template

from stylealign.figures.how_made import STYLE, data_block, folded
from stylealign.signature import signature
from stylealign.writing import write_text

PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>${style}body { margin: 0; background: #fff; }
img { display: block; max-width: 100%; height: auto; margin: 0 auto; cursor: zoom-in; }
img.whole { max-width: none; cursor: zoom-out; }
details { margin: 1rem 1.5rem 2rem; }
</style>
</head>
<body>
<img alt="$title" src="data:image/png;base64,$png">
$made
$data
<script>
document.images[0].addEventListener("click", (event) => event.target.classList.toggle("whole"));
</script>
</body>
</html>
""")


def write_figure_page(png: Path, html: Path, title: str) -> None:
    """One self-contained page with the picture inside, and how it was made below; equal pictures give equal bytes."""
    picture = base64.b64encode(Path(png).read_bytes()).decode()
    words = {"title": markup.escape(title), "made": folded(signature()), "data": data_block(), "style": STYLE}
    write_text(html, PAGE.substitute(words, png=picture))
