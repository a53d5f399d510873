from stylealign.figures import style
from stylealign.figures import training_curves as figure


def test_a_panel_a_quantity_and_a_line_a_model(ticks, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_training_curves(ticks, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX
    with style.applied():
        sheet = figure.compose_training_curves(ticks, parents)
    assert len(sheet.figure.axes) == len(figure.QUANTITIES)
    assert all(len(axes.lines) == len(parents) for axes in sheet.figure.axes)
    assert [text.get_text() for text in sheet.figure.legends[0].get_texts()][-1] == "stranger"


def test_a_quantity_nobody_recorded_says_so(ticks, parents):
    with style.applied():
        sheet = figure.compose_training_curves(ticks, parents)
    silent = [axes.get_title(loc="left") for axes in sheet.figure.axes if axes.texts]
    assert silent == ["path length"]


def test_a_model_adopted_without_training_has_no_line(ticks, parents):
    with style.applied():
        sheet = figure.compose_training_curves({"dog": ticks["dog"]}, parents)
    assert all(len(axes.lines) == 1 for axes in sheet.figure.axes)
    assert [text.get_text() for text in sheet.figure.legends[0].get_texts()] == ["dog"]
