from stylealign.figures import attribute_alignment as figure
from stylealign.figures import style

MINUS = "\N{MINUS SIGN}"


def test_relatives_beside_both_controls(attribute_alignment, parents, drawn_twice, read_png):
    drawn = read_png(
        drawn_twice(lambda png, pdf: figure.draw_attribute_alignment(attribute_alignment, parents, png, pdf))
    )
    assert drawn.shape[1] == style.WIDTH_PX
    with style.applied():
        sheet = figure.compose_attribute_alignment(attribute_alignment, parents)
    related, unrelated, shuffled = sheet.figure.axes
    assert {text.get_text() for text in related.texts} == {".80", f"{MINUS}.25"}
    assert {text.get_text() for text in unrelated.texts} == {".00"}
    assert {text.get_text() for text in shuffled.texts} == {".01"}
    names = [label.get_text() for label in related.get_xticklabels()]
    assert names == ["painting / face", "dog / face", "cat / dog", "cat / face"], "the nearest ancestor first"


def test_what_the_judge_cannot_read_is_hatched(attribute_alignment, parents):
    with style.applied():
        related, _, _ = figure.compose_attribute_alignment(attribute_alignment, parents).figure.axes
    assert [patch.get_xy() for patch in related.patches] == [(1, 0)], "smile (row 0) of dog (column 1)"


def test_numbers_are_short():
    assert [figure._two_digits(value) for value in (0.804, -0.004, 1.0, -1.0)] == [".80", ".00", "1", f"{MINUS}1"]


def test_a_lone_root(attribute_alignment, tmp_path, read_png):
    figure.draw_attribute_alignment(attribute_alignment[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
