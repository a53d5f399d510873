import numpy as np
import pytest

from stylealign.errors import TableError
from stylealign.figures import component_reset as figure
from stylealign.figures import style
from stylealign.figures.sheet import resample


def test_images_bars_and_equal_bytes(component_reset, reset_images, parents, drawn_twice, read_png):
    def draw(png, pdf):
        figure.draw_component_reset(component_reset, reset_images, parents, png, pdf, num_z=2)

    drawn = read_png(drawn_twice(draw))
    first = resample(figure.load_reset_images(reset_images["painting"])[0, 0], 96)
    top = figure.TOP + figure.HEAD
    assert np.array_equal(drawn[top : top + 96, figure.LEFT : figure.LEFT + 96], first)


def test_one_chart_a_child_all_on_one_scale(component_reset, reset_images, parents):
    with style.applied():
        sheet = figure.compose_component_reset(component_reset, reset_images, parents, num_z=1)
    charts = sheet.figure.axes
    assert len(charts) == 3
    assert len({chart.get_xlim() for chart in charts}) == 1
    assert all(len(chart.patches) == 8 for chart in charts), "four components at two truncations"
    widths = sorted(round(bar.get_width(), 4) for bar in charts[0].patches)
    assert widths[-1] == 0.4
    assert "20 %" in [text.get_text() for text in charts[0].texts], "how far the weights moved"


def test_columns_are_found_by_name_not_by_place(reset_images):
    path = reset_images["dog"]
    before = figure.load_reset_images(path)
    archive = np.load(path)
    np.savez(path, pixels=archive["pixels"][:, ::-1], names=archive["names"][::-1])
    assert np.array_equal(figure.load_reset_images(path), before)


def test_a_missing_component_is_named(tmp_path):
    np.savez(tmp_path / "x.npz", pixels=np.zeros([1, 2, 8, 8, 3], np.uint8), names=np.array(["child", "parent"]))
    with pytest.raises(TableError, match="feature_conv"):
        figure.load_reset_images(tmp_path / "x.npz")


def test_a_study_without_children(component_reset, tmp_path, read_png):
    figure.draw_component_reset(component_reset[:0], {}, {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any(), "it says so"
