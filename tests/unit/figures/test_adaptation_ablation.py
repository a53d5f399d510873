"""Figure adaptation_ablation: a row for each variant, a column for each z, what it is beside it."""

import pytest

from stylealign.adaptation_tables import ADAPTATION_ABLATION
from stylealign.figures import style
from stylealign.figures.adaptation_ablation import compose_adaptation_ablation, draw_adaptation_ablation

NAMES = ("parent", "by_global", "by_choice", "by_choice + mapper")


@pytest.fixture
def table(written):
    ways = [("", 0), ("global", -1), ("directional", 4), ("directional", 4)]
    about = {"parent": "face", "clip": "clip", "judge": "embedded", "domain": "painting", "target_text": "a painting"}
    about |= {"num_images": 500, "protocol": "psi0.7-const-noise"}
    rows = [
        about | {"variant": name, "loss": loss, "num_layers": num, "mapper": "+" in name, "kid": 0.1, "diversity": 0.5}
        for name, (loss, num) in zip(NAMES, ways, strict=True)
    ]
    return written(ADAPTATION_ABLATION, [row | {"clip_similarity": 0.25} for row in rows])


@pytest.fixture
def shown(pictures):
    return pictures("ablation", names=list(NAMES), pixels=(16, 4, 3))


def test_rows_are_variants_and_columns_are_codes(shown, table, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: draw_adaptation_ablation([shown], table, png, pdf)))
    with style.applied():
        sheet = compose_adaptation_ablation([shown], table)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert len(sheet.figure.images) == 4 * 3


def test_each_row_tells_what_it_is(shown, table):
    with style.applied():
        sheet = compose_adaptation_ablation([shown], table)
    told = [text.get_text() for text in sheet.figure.texts]
    assert {"as it is", "global loss, all layers", "directional loss, 4 chosen layers"} < set(told)
    assert "directional loss, 4 chosen layers, mapper" in told
    assert told.count("similarity to the text 0.25") == 4
    assert any("\N{LEFT DOUBLE QUOTATION MARK}a painting" in text for text in told)


def test_without_pictures_it_says_so(table):
    with style.applied():
        sheet = compose_adaptation_ablation([], table)
    assert any("No rows" in text.get_text() for text in sheet.figure.texts)
