"""The figure of moved children: what is counted, what is said of it, and where everything stands."""

import pandas as pd
import pytest

from stylealign import tables
from stylealign.errors import TableError
from stylealign.figures import style
from stylealign.figures.locality_bias import (
    Count,
    compose_locality_bias,
    counts,
    draw_locality_bias,
    load_strips,
    papers_count,
    verdict,
)
from stylealign.tables import read_table

CHANNELS = ("5_3", "7_1", "4_10")
TRANSFORMS = {
    "face_right": "shifted right by 0.234",
    "face_flipped": "flipped vertically",
    "cat_up": "shifted up by 0.1",
}


def rows_of(model, parent="face", kept=(True, True, False), counted=(True, True, True), chance=0.1):
    shown = zip(CHANNELS, kept, counted, strict=True)
    return [
        {"parent": parent, "model": model, "transform": TRANSFORMS[model], "channel": channel, "kept_effect": is_kept}
        | {"region": "eyebrow", "rank": rank, "region_in_model": "hair", "kept_region": False, "counted": is_counted}
        | {"attribute": "background_lightness", "effect_chance": chance, "region_chance": 0.2, "effect_model": -0.25}
        for rank, (channel, is_kept, is_counted) in enumerate(shown, start=1)
    ]


@pytest.fixture
def study(pictures, written):
    """Children of two parents, with their pictures."""

    def make(models=("face_right", "face_flipped", "cat_up"), resolution=16, **changed):
        rows = [row for name in models for row in rows_of(name, name.partition("_")[0], **changed)]
        size = (resolution, 3, 3)
        about = {"channels": list(CHANNELS), "strengths": [-5.0, 0.0, 5.0]}
        shown = {name: pictures(name, parent=size, model=size, **about) for name in models}
        return shown, written(tables.LOCALITY_BIAS, rows)

    return make


def compose(pictures, table):
    with style.applied():
        return compose_locality_bias(pictures, read_table(table))


def test_a_block_for_each_parent_a_row_for_each_child(study, drawn_twice, read_png, nothing_leaves):
    shown, table = study()
    drawn = read_png(drawn_twice(lambda png, pdf: draw_locality_bias(shown, table, png, pdf)))
    sheet = compose(shown, table)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert len(sheet.figure.images) == (2 + 3) * 3 * 3  # parents and children, channels, strengths
    texts = [text.get_text() for text in sheet.figure.texts]
    assert [texts.count(name) for name in ("face", "cat", "face_right", "face_flipped", "cat_up")] == [1] * 5
    assert texts.count("\N{CHECK MARK} effect \N{MULTIPLICATION SIGN}\N{MINUS SIGN}0.50") == 2 * 3
    assert texts.count("\N{BALLOT X} effect \N{MULTIPLICATION SIGN}\N{MINUS SIGN}0.50") == 3
    assert {"effect: 2 of 3; paper 5 of 5", "effect: 2 of 3; paper 2 of 5", "effect: 2 of 3"} <= set(texts)
    nothing_leaves(sheet)


@pytest.mark.parametrize("resolution", [16, 32, 256])
def test_strips_fit_whatever_the_resolution(study, resolution, nothing_leaves):
    nothing_leaves(compose(*study(("face_right",), resolution=resolution)))


def test_what_says_nothing_is_not_counted(study):
    rows = pd.DataFrame(rows_of("face_right", counted=(True, False, False)) + rows_of("face_flipped"))
    by = counts(rows)
    assert (by["effect"].kept, by["effect"].num) == (1 + 2, 1 + 3)
    assert (by["region"].kept, by["region"].num) == (0, 6)


@pytest.mark.parametrize(
    ("kept", "num", "chance", "holds"),
    [
        (11, 15, 0.1, True),
        (8, 15, 0.1, True),
        (7, 15, 0.1, False),
        (11, 15, 0.6, False),
        (2, 3, 0.3, False),
        (0, 0, 0, False),
    ],
)
def test_the_claim_holds_where_most_are_kept_and_more_than_by_chance(kept, num, chance, holds):
    assert Count(kept, num, chance).holds is holds


def test_the_verdict_is_computed(study):
    many = pd.DataFrame([row for _ in range(5) for row in rows_of("face_right")])
    assert verdict(many).startswith("Most channels keep their function where pictures are moved: holds here.")
    assert "10 of 15 (0.67, chance 0.10)" in verdict(many)
    assert "does not hold here. By effect 0 of 15" in verdict(many.assign(kept_effect=False))
    half = many.assign(kept_effect=[True, False, False] * 5)
    assert "does not hold here, though more do than by chance. By effect 5 of 15" in verdict(half)
    assert "does not hold here" in verdict(many.assign(effect_chance=0.7))


def test_the_papers_counts_belong_to_its_own_transforms():
    assert papers_count("shifted right by 0.234") == (5, 5)
    assert papers_count("shifted down by 0.1") == (4, 5)
    assert papers_count("flipped vertically") == (2, 5)
    assert papers_count("flipped vertically, shifted down by 0.1") is None
    assert papers_count("shifted left by 0.2") is None


def test_a_study_without_moved_children_says_so(written):
    sheet = compose({}, written(tables.LOCALITY_BIAS, []))
    assert any("No rows" in text.get_text() for text in sheet.figure.texts)


def test_pictures_of_other_channels_are_refused(pictures):
    path = pictures("odd", parent=(16, 3, 3), model=(16, 3, 3), channels=["5_3"], strengths=[-1.0, 0.0, 1.0])
    with pytest.raises(TableError, match="of 1 channels"):
        load_strips(path)
