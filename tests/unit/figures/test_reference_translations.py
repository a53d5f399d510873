import numpy as np
import pytest
from matplotlib.patches import Rectangle

from stylealign import tables
from stylealign.figures import reference_translations as figure
from stylealign.figures import style
from stylealign.figures.picture_grid import GAP, LEFT, NAMES, TOP
from stylealign.figures.sheet import resample

NAN = float("nan")
METHODS = ("w_enc", "z_opt", "zplus_opt")


@pytest.fixture
def study(pictures, written):
    def make(direction="dog2cat", resolution=16, num_ws=6, num=2, known=True):
        layers = [*(f"b{2 ** (2 + row // 2)}.conv{row % 2}" for row in range(num_ws)), ""]
        images = {"sources": (resolution, num), "references": (resolution, num), "mixed": (resolution, num, num)}
        images |= {"switched": (resolution, num, num_ws + 1)}
        path = pictures("shown", direction=direction, method="z_opt", rule=3, layers=layers, **images)
        rows = [
            {"direction": direction, "method": method, "kid": 0.01 * place, "low": 0.009 * place, "high": 0.011 * place}
            | {"switch_px": 8, "tone_kept": NAN, "background_kept": NAN, "yaw_kept": 0.8, "yaw_taken": -0.3}
            for place, method in enumerate(METHODS, 1)
        ]
        return [path], written(tables.REFERENCE_TRANSLATION, rows if known else [])

    return make


def compose(paths, table):
    with style.applied():
        return figure.compose_reference_translations(paths, table)


def test_from_the_reference_to_the_source(study, drawn_twice, read_png):
    paths, table = study()
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_reference_translations(paths, table, png, pdf)))
    stored = np.load(paths[0])
    columns = [stored["references"], *np.moveaxis(stored["switched"], 1, 0), stored["sources"]]
    side, left = 160, LEFT
    for place, pixels in enumerate(columns):
        if place:
            left += side + (figure.APART if place in (1, len(columns) - 1) else GAP)
        for row in (0, 1):
            top = TOP + figure.HEAD + NAMES + row * (side + GAP)
            inside = slice(3, -3)  # the frame of the rule covers the edge
            shown = drawn[top : top + side, left : left + side][inside, inside]
            assert np.array_equal(shown, resample(pixels[row], side)[inside, inside])


def test_a_mix_stands_in_the_row_of_its_source_and_the_column_of_its_reference(study, tmp_path, read_png):
    paths, table = study()
    figure.draw_reference_translations(paths, table, tmp_path / "drawn.png")
    drawn, stored = read_png(tmp_path / "drawn.png"), np.load(paths[0])
    with style.applied():
        sheet = figure.compose_reference_translations(paths, table)
    *_, last = sheet.figure.images
    side = last.get_size()[0]
    lefts = [LEFT, LEFT + side + figure.APART, LEFT + 2 * side + figure.APART + GAP]
    bottom = sheet.height - round(last.oy)
    tops = [bottom - 3 * side - GAP - figure.APART, bottom - 2 * side - GAP, bottom - side]
    grid = [[None, *stored["references"]]]
    grid += [[source, *mixed] for source, mixed in zip(stored["sources"], stored["mixed"], strict=True)]
    for top, row in zip(tops, grid, strict=True):
        for left, image in zip(lefts, row, strict=True):
            if image is not None:
                assert np.array_equal(drawn[top : top + side, left : left + side], resample(image, side))


def test_the_rule_is_framed_and_named(study):
    sheet = compose(*study())
    (frame,) = sheet.figure.findobj(lambda drawn: isinstance(drawn, Rectangle) and drawn.get_linewidth() == 2.0)
    green = {text.get_text() for text in sheet.figure.texts if text.get_color() == style.GREEN}
    assert green == {"n = 3", "b8.conv1"}
    (centre,) = [text.get_position()[0] for text in sheet.figure.texts if text.get_text() == "n = 3"]
    assert frame.get_x() + frame.get_width() / 2 == centre
    shown = [text.get_text() for text in sheet.figure.texts]
    assert {"n = 0", "all reference", "n = 6", "all source"} <= set(shown)
    assert "the study's rule: resolutions below 8 px from the source" in shown


def test_charts_have_a_row_per_method(study):
    sheet = compose(*study())
    kid, diversity, yaw = sheet.figure.axes
    assert [label.get_text() for label in kid.get_yticklabels()] == ["Z optimised", "Z+ optimised", "W encoder"]
    points = [line for line in kid.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in points] == pytest.approx([20, 30, 10])
    assert [float(line.get_xdata()[0]) for line in yaw.lines if line.get_marker() == "D"] == [-0.3] * 3
    assert yaw.get_xlim() == (-0.5, 1.0)
    assert diversity.get_xlim()[0] == 0.0


def test_a_table_without_the_direction(study):
    sheet = compose(*study(known=False))
    assert "no numbers" in [text.get_text() for text in sheet.figure.texts]
    assert not sheet.figure.axes


def test_many_layers_break_into_lines(study):
    sheet = compose(*study(resolution=256, num_ws=14))
    assert min(image.get_size()[0] for image in sheet.figure.images) == 128
    assert len(sheet.figure.images) == 2 * 17 + 2 + 2 + 4


@pytest.mark.parametrize("direction", ["dog2cat", "a_painting_of_a_dog2a_painting_of_a_cat"])
@pytest.mark.parametrize(("resolution", "num_ws", "num"), [(16, 6, 2), (32, 8, 4), (256, 14, 6), (32, 8, 1)])
def test_the_page_holds_it(study, direction, resolution, num_ws, num, page_is_sound):
    page_is_sound(compose(*study(direction, resolution, num_ws, num)))
