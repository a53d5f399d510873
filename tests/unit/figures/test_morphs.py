"""Figures of morphs: what is framed, what is beside it, peaks on the chart, videos that play in the page."""

from pathlib import Path

import numpy as np
import pytest

from stylealign import tables
from stylealign.editing.video import enlarged, tiled, write_video
from stylealign.figures import style
from stylealign.figures.figure_page import write_figure_page
from stylealign.figures.morph_grid import compose_morph_grid, draw_morph_grid
from stylealign.figures.morph_smoothness import compose_morph_smoothness, draw_morph_smoothness

ROOT = Path(__file__).resolve().parents[3]
METHODS = ("interpolation", "layer_swapping", "cross_fade")


@pytest.fixture
def study(pictures, written):
    """A morph through as many models as are named, and its rows."""

    def make(*models, resolution=16, grid=5, num_sources=3, leap=0.3):
        morph = "2".join(models)
        steps = np.full([3, 4, 12], 0.01) * np.linspace(0.5, 2, 4)[:, None]
        steps[1, :, 3] = leap
        shown = {"grid": (resolution, grid, grid), "sources": (resolution, len(models), num_sources)}
        shown |= {"drawn": (resolution, len(models), 3), "strips": (resolution, 3, 10)}
        path = pictures(morph, morph=morph, models=list(models), methods=list(METHODS), steps=steps, **shown)
        rows = [{"morph": morph, "method": method, "max_over_mean": value, "ratio_low": 1.5, "ratio_high": 1.9}
                for method, value in zip(METHODS, (1.7, 20, 1.2), strict=True)]  # fmt: skip
        return path, rows, written(tables.MORPH_SMOOTHNESS, rows)

    return make


def composed(compose, *arguments):
    with style.applied():
        return compose(*arguments)


def test_the_grid_frames_each_model_with_its_own_code(study, drawn_twice, read_png):
    path, _, _ = study("face", "dog", "cat")
    drawn = read_png(drawn_twice(lambda png, pdf: draw_morph_grid([path], png, pdf)))
    sheet = composed(compose_morph_grid, [path])
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert len(sheet.figure.images) == 25 + 2 * 3 * 3
    frames = [patch for patch in sheet.figure.patches + sheet.figure.artists if patch.get_edgecolor()[0] > 0.8]
    assert len(frames) == 3, "both ends, and the model between"
    assert len({patch.get_x() for patch in frames}) == 3
    shown = [text.get_text() for text in sheet.figure.texts]
    assert shown.count("0.25") == shown.count("0.75") == 2, "beside the rows and above the columns"


def test_a_model_between_two_places_of_the_grid_is_not_framed(study):
    path, _, _ = study("face", "dog", "cat", grid=4)
    texts = [text.get_text() for text in composed(compose_morph_grid, [path]).figure.texts]
    assert "0.33" in texts
    assert texts.count("code") == 2


def test_random_codes_have_no_real_images_beside(study):
    path, _, _ = study("face", "dog", num_sources=0)
    sheet = composed(compose_morph_grid, [path])
    assert len(sheet.figure.images) == 25 + 2 * 3
    assert "real" not in {text.get_text() for text in sheet.figure.texts}


def test_the_chart_has_a_line_for_each_method_and_its_peak(study, drawn_twice, read_png):
    path, _, table = study("face", "dog")
    read_png(drawn_twice(lambda png, pdf: draw_morph_smoothness([path], table, png, pdf)))
    sheet = composed(compose_morph_smoothness, [path], table)
    (axes,) = sheet.figure.axes
    lines = {line.get_color(): line.get_ydata() for line in axes.lines}
    assert set(lines) == {style.BLUE, style.VERMILION, style.GREY}
    assert lines[style.VERMILION][3] == pytest.approx(0.3)
    assert lines[style.BLUE].max() == pytest.approx(0.0125)
    assert [text.get_text() for text in axes.get_xticklabels()] == ["face", "dog"]
    texts = [text.get_text() for text in sheet.figure.texts]
    assert any("20.00 (1.50–1.90)" in text for text in texts)


def test_a_morph_without_a_step_can_be_drawn(study, page_is_sound):
    path, _, table = study("face", "dog")
    with np.load(path) as shown:
        still = {name: shown[name] for name in shown.files}
    np.savez(path, **(still | {"steps": np.zeros([3, 4, 12])}))
    page_is_sound(composed(compose_morph_smoothness, [path], table))


@pytest.mark.parametrize("models", [("face", "dog"), ("a_painting_of_a_dog", "dog", "a_long_haired_cat")])
@pytest.mark.parametrize(("resolution", "grid"), [(16, 5), (32, 2), (256, 9)])
def test_the_pages_hold_them(study, models, resolution, grid, page_is_sound):
    path, _, table = study(*models, resolution=resolution, grid=grid)
    page_is_sound(composed(compose_morph_grid, [path]))
    page_is_sound(composed(compose_morph_smoothness, [path], table))


# -- the page plays ---------------------------------------------------------------------------------------------------


@pytest.fixture
def page(study, tmp_path):
    """The page of a grid with two videos, of one second each, and an animation."""
    ramp = np.linspace(0, 250, 15).astype(np.uint8)[:, None, None, None, None]
    frames = enlarged(tiled(np.broadcast_to(ramp, [15, 2, 16, 16, 3])), 16)
    videos = [tmp_path / name for name in ("face2dog.mp4", "dog2cat.mp4", "face2cat.webp")]
    for path in videos:
        write_video(path, frames, 15)
    draw_morph_grid([study("face", "dog")[0]], tmp_path / "morph_grid.png")
    write_figure_page(tmp_path / "morph_grid.png", tmp_path / "morph_grid.html", "From one to another", videos)
    return tmp_path / "morph_grid.html"


def test_videos_are_inside_the_page_each_with_its_name(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("<video controls loop muted autoplay playsinline") == 2
    assert text.count("data:video/mp4;base64,") == 2
    assert text.count("data:image/webp;base64,") == 1
    assert all(f"<figcaption>{name}</figcaption>" in text for name in ("face2dog", "dog2cat", "face2cat"))
    assert "http" not in text


PLAYED = """
const videos = [...document.querySelectorAll("video")];
for (let wait = 0; wait < 200 && !videos.every((one) => one.readyState >= 2); wait++) await pause();
const before = videos.map((one) => one.currentTime);
await Promise.all(videos.map((one) => one.play()));
for (let wait = 0; wait < 100 && !videos.every((one, place) => one.currentTime != before[place]); wait++) await pause();
return videos.map((one, place) => ({ ready: one.readyState, duration: one.duration, muted: one.muted, loop: one.loop,
  width: one.videoWidth, height: one.videoHeight, moved: one.currentTime != before[place] }));
"""

FRAMED = """
const frame = document.createElement("iframe");
const words = new TextEncoder().encode(PAGE);
let bytes = "";
for (const one of words) bytes += String.fromCharCode(one);
const told = new Promise((done) => addEventListener("message", (event) => done(event.data)));
frame.src = "data:text/html;base64," + btoa(bytes);
document.body.append(frame);
return await told;
"""

TELLS = """<script>
const video = document.querySelector("video");
const tell = () => parent.postMessage({ ready: video.readyState, duration: video.duration }, "*");
video.readyState >= 2 ? tell() : video.addEventListener("loadeddata", tell);
</script>
</body>"""


def test_the_videos_play_in_a_browser(page, browser):
    seen = browser.visit(page, PLAYED)
    assert seen["problems"] == []
    assert seen["outside"] == []
    assert len(seen["findings"]) == 2
    for video in seen["findings"]:
        assert video["ready"] >= 2, "it has no frame to show"
        assert video["duration"] == pytest.approx(1, abs=0.1)
        assert (video["muted"], video["loop"]) == (True, True)
        assert min(video["width"], video["height"]) >= 256
        assert video["moved"], "it does not play"


def test_they_also_load_where_the_report_shows_the_page(page, browser, tmp_path):
    """In a frame whose source is a data URI, as Snakemake's report has it."""
    import json

    inner = page.read_text(encoding="utf-8").replace("</body>", TELLS, 1)
    outer = tmp_path / "report.html"
    outer.write_text("<!doctype html><html><head></head><body></body></html>", encoding="utf-8")
    seen = browser.visit(outer, FRAMED.replace("PAGE", json.dumps(inner).replace("</", "<\\/")))
    assert seen["problems"] == []
    assert seen["findings"]["ready"] >= 2
    assert seen["findings"]["duration"] == pytest.approx(1, abs=0.1)
