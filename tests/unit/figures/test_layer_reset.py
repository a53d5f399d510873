import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg

from stylealign.figures import layer_reset as figure
from stylealign.figures import style


def test_a_line_for_each_child_and_its_own_parent(layer_reset, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_layer_reset(layer_reset, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX
    with style.applied():
        sheet = figure.compose_layer_reset(layer_reset, parents)
    assert [axes.get_title(loc="left") for axes in sheet.figure.axes] == ["truncation psi 1", "truncation psi 0.7"]
    lines = sheet.figure.axes[0].lines
    assert [line.get_label() for line in lines] == ["painting, from face", "dog, from face", "cat, from dog"]
    assert np.allclose(lines[0].get_xdata(), [2, 3, 4])
    assert np.allclose(lines[0].get_ydata(), [0.1, 0.3, 0.2])
    assert len(sheet.figure.axes[0].collections) == 3, "a band a line"


def test_panels_share_their_scale(layer_reset, parents):
    with style.applied():
        first, second = figure.compose_layer_reset(layer_reset, parents).figure.axes
    assert first.get_ylim() == second.get_ylim()


def test_the_legend_stays_on_the_page(layer_reset, parents):
    with style.applied():
        sheet = figure.compose_layer_reset(layer_reset, parents)
        legend = sheet.figure.axes[-1].get_legend().get_window_extent(FigureCanvasAgg(sheet.figure).get_renderer())
    assert legend.x1 <= sheet.width


def test_nothing_to_compare(layer_reset, tmp_path, read_png):
    figure.draw_layer_reset(layer_reset[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
