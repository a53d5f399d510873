"""A figure as a page of its own, for the report: a tall picture can be scrolled there, and a click shows every pixel.

Snakemake's report centres a bare image and cuts off the top of one that is taller than the window. Videos play above
the picture, in a loop and without sound; they are inside the page, which fetches nothing.
"""

import base64
import html as markup
from collections.abc import Sequence
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
$videos<img alt="$title" src="data:image/png;base64,$png">
$made
$data
<script>
document.querySelector("body > img").addEventListener("click", (event) => event.target.classList.toggle("whole"));
</script>
</body>
</html>
""")


VIDEOS = Template("""<style>
.videos { display: flex; flex-wrap: wrap; justify-content: center; gap: 1rem 2rem; margin: 1.5rem; }
.videos figure { margin: 0; flex: 0 1 46rem; }
.videos video, .videos img { display: block; width: 100%; cursor: auto; }
.videos figcaption { font-weight: bold; padding-top: 0.4rem; }
</style>
<div class="videos">
$figures</div>
""")
VIDEO = '<figure><video controls loop muted autoplay playsinline src="$source"></video>'
ANIMATION = '<figure><img alt="$name" src="$source">'
NAMED = Template("$moving<figcaption>$name</figcaption></figure>\n")
MEDIA_TYPES = {".mp4": "video/mp4", ".webp": "image/webp", ".gif": "image/gif"}


def write_figure_page(png: Path, html: Path, title: str, videos: Sequence[Path] = ()) -> None:
    """One self-contained page with the picture inside, and how it was made below; equal pictures give equal bytes.

    ``videos`` (MP4, animated WebP or GIF) play above it, each under the name of its file.
    """
    words = {"title": markup.escape(title), "made": folded(signature()), "data": data_block(), "style": STYLE}
    figures = "".join(_video(Path(path)) for path in videos)
    moving = VIDEOS.substitute(figures=figures) if figures else ""
    write_text(html, PAGE.substitute(words, png=_base64(png), videos=moving))


def _video(path: Path) -> str:
    kind = MEDIA_TYPES[path.suffix]
    shown = {"name": markup.escape(path.stem), "source": f"data:{kind};base64,{_base64(path)}"}
    moving = Template(VIDEO if kind.startswith("video/") else ANIMATION).substitute(shown)
    return NAMED.substitute(shown, moving=moving)


def _base64(path: Path) -> str:
    return base64.b64encode(Path(path).read_bytes()).decode()
