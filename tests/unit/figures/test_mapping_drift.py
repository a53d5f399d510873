from stylealign.figures import mapping_drift as figure
from stylealign.figures import style


def test_relations_in_the_papers_order_and_small_before_large(drift, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_mapping_drift(drift, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX
    with style.applied():
        sheet = figure.compose_mapping_drift(drift, parents)
    (axes,) = sheet.figure.axes
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[:2] == ["painting vs face", "dog vs face"]
    assert names[-2:] == ["dog vs stranger", "stranger vs face"]
    texts = [text.get_text() for text in sheet.figure.texts]
    assert [texts.index(name) for name in ("child", "grandchild", "unrelated")] == sorted(
        texts.index(name) for name in ("child", "grandchild", "unrelated")
    )


def test_dots_and_intervals_are_the_tables_numbers(drift, parents):
    with style.applied():
        (axes,) = figure.compose_mapping_drift(drift, parents).figure.axes
    dots = sorted(float(line.get_xdata()[0]) for line in axes.lines if line.get_marker() == "o")
    assert dots == sorted(drift["l1_w"])
    spans = {tuple(line.get_xdata()) for line in axes.lines}
    assert set(zip(drift["l1_w_low"], drift["l1_w_high"], strict=True)) <= spans
    assert axes.get_xlim()[0] == 0, "lengths are compared, so the axis begins at zero"


def test_nothing_to_compare(drift, tmp_path, read_png):
    figure.draw_mapping_drift(drift[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
