import numpy as np
import pytest

from stylealign.figures import style
from stylealign.figures import texture_translations as figure
from stylealign.figures.picture_grid import NAMES, TOP
from stylealign.figures.sheet import resample


@pytest.fixture
def study(pictures):
    def make(direction="edge2shoe", resolution=16, num_styles=3):
        images = {"sources": (resolution, 2), "plain": (resolution, 2), "styled": (resolution, 2, num_styles)}
        return [pictures("shown", direction=direction, method="wplus_enc", switch_px=8, **images)]

    return make


def compose(paths):
    with style.applied():
        return figure.compose_texture_translations(paths)


def test_source_code_styles(study, drawn_twice, read_png):
    paths = study()
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_texture_translations(paths, png, pdf)))
    stored = np.load(paths[0])
    lefts, y, side = (40, 224, 408, 572, 736), TOP + figure.HEAD + NAMES, 160
    for row in (0, 1):
        images = [stored["sources"][row], stored["plain"][row], *stored["styled"][row]]
        top = y + row * (side + 4)
        for left, image in zip(lefts, images, strict=True):
            assert np.array_equal(drawn[top : top + side, left : left + side], resample(image, side))


def test_two_directions_one_below_the_other(study):
    sheet = compose(study() * 2)
    shown = [text.get_text() for text in sheet.figure.texts]
    assert shown.count("edge2shoe") == 2
    assert len(sheet.figure.images) == 2 * 2 * 5
    note = "resolutions below 8 px from the source's code (W+ encoder), from 8 px on of a random code"
    assert note in shown


def test_nothing_to_show(tmp_path, read_png):
    figure.draw_texture_translations([], tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()


@pytest.mark.parametrize("direction", ["edge2shoe", "a_drawing_of_an_edge2a_photograph_of_a_shoe"])
@pytest.mark.parametrize(("resolution", "num_styles"), [(16, 1), (32, 5), (256, 10), (32, 16)])
def test_the_page_holds_it(study, direction, resolution, num_styles, page_is_sound):
    page_is_sound(compose(study(direction, resolution, num_styles)))
