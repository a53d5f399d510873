import numpy as np

from stylealign.figures import model_quality as figure
from stylealign.figures import style


def test_a_panel_a_judge_and_a_frame_a_model(model_quality, parents, drawn_twice, read_png):
    read_png(drawn_twice(lambda png, pdf: figure.draw_model_quality(model_quality, parents, png, pdf)))
    with style.applied():
        sheet = figure.compose_model_quality(model_quality, parents)
    assert len(sheet.figure.axes) == 2
    axes = sheet.figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["face", "painting", "dog", "cat"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["face", "painting", "dog", "cat", "stranger"]
    assert [frame.get_xy() for frame in axes.patches] == [(3, 3), (2, 2), (0, 0), (1, 1), (0, 4)]
    assert {text.get_text() for text in axes.texts} == {"300", "\N{MINUS SIGN}0.400"}


def test_an_unbiased_estimate_below_zero_is_as_pale_as_the_smallest():
    depths = figure._depths(np.array([[-1.0, 2.0], [20.0, 200.0]]))
    assert np.allclose(depths, [[0, 0], [0.5, 1]])


def test_no_judge_no_panel(model_quality, tmp_path, read_png):
    figure.draw_model_quality(model_quality[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
