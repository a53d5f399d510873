import numpy as np
import pytest

from stylealign.figures import channel_overlap as figure
from stylealign.figures import style
from stylealign.figures.heat_map import significant


def panels(table, parents):
    with style.applied():
        sheet = figure.compose_channel_overlap(table, parents)
    return sheet, [axes for axes in sheet.figure.axes if axes.get_label() != "scale"]


def cells(axes):
    """{(row's name, column's name): number written there}"""
    rows = [label.get_text() for label in axes.get_yticklabels()]
    columns = [label.get_text() for label in axes.get_xticklabels()]
    places = {text.get_position(): text.get_text() for text in axes.texts}
    return {(rows[int(y)], columns[int(x)]): text for (x, y), text in places.items()}


def test_equal_tables_give_equal_bytes(channel_overlap, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_channel_overlap(channel_overlap, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX


def test_counts_stand_where_both_regions_meet(channel_overlap, parents):
    _, (painting, dog, *_) = panels(channel_overlap, parents)
    assert cells(painting) == {
        ("ear 7", "ear 6"): "6",
        ("mouth 4", "mouth 4"): "4",
        ("hair 6", "hair 8"): "6",
        ("ear 7", "hair 8"): "1",
    }
    assert cells(dog) == {("ear 7", "ear 6"): "2", ("torso 3", "ear 6"): "3", ("ear 7", "hair 8"): "5"}


def test_regions_without_channels_are_left_out(channel_overlap, parents):
    _, (painting, *_) = panels(channel_overlap, parents)
    assert [label.get_text() for label in painting.get_xticklabels()] == ["ear 6", "mouth 4", "hair 8"], "no eye"


def test_the_same_region_is_framed(channel_overlap, parents):
    _, (painting, dog, *_) = panels(channel_overlap, parents)
    assert [patch.get_xy() for patch in painting.patches] == [(0, 0), (1, 1), (2, 2)]
    assert [patch.get_xy() for patch in dog.patches] == [(0, 0)], "only the ear is in both"


def test_only_what_chance_does_not_explain_is_coloured(channel_overlap, parents):
    _, (painting, *_) = panels(channel_overlap, parents)
    drawn = painting.collections[1].get_array().reshape(3, 3).filled(0)
    excess = [(6 - 0.5) / 6, (4 - 0.5) / 4, (6 - 0.5) / 8]
    assert np.diag(drawn) == pytest.approx(excess)
    assert drawn[0, 2] == 0, "one ear channel of the hair's: p = .5"


def test_the_control_is_last_and_says_so(channel_overlap, parents):
    sheet, found = panels(channel_overlap, parents)
    texts = [text.get_text() for text in sheet.figure.texts]
    titles = [text for text in texts if "\N{RIGHTWARDS ARROW}" in text]
    arrow = " \N{RIGHTWARDS ARROW} "
    assert titles == [
        arrow.join(pair)
        for pair in [("face", "painting"), ("face", "dog"), ("dog", "cat"), ("face", "cat"), ("face", "stranger")]
    ]
    assert len(found) == 5
    assert texts.count("unrelated: control") == 1
    assert texts.index("unrelated: control") > texts.index(titles[-1])


def test_a_title_holds_the_sum_its_chance_and_the_loose_rule(channel_overlap, parents):
    sheet, _ = panels(channel_overlap, parents)
    texts = [text.get_text() for text in sheet.figure.texts]
    assert "keeps 16 of 18 in their region (15 to 17)" in texts
    assert "by chance 2.0, p < .001" in texts
    assert "loose rule: 32 of 36, by chance 2.0, p < .001" in texts
    assert "by chance 2.0, p = .62" in texts


def test_deeper_descendants_are_left_to_the_table(channel_overlap, parents):
    deeper = channel_overlap.assign(relation=channel_overlap["relation"].replace("grandchild", "descendant"))
    assert len(panels(deeper, parents)[1]) == 4


def test_a_parent_without_localized_channels_is_named(channel_overlap, parents):
    counts = {"shared": 0, "parent_total": 0, "excess_share": np.nan, "share_kept": np.nan}
    sheet, found = panels(channel_overlap.assign(**counts), parents)
    assert found == []
    assert "dog has no localized channel" in [text.get_text() for text in sheet.figure.texts]


def test_p_values_read_as_people_write_them():
    assert [figure.p_text(p) for p in (0.0004, 0.0042, 0.03, 0.5, 1.0)] == [
        "p < .001",
        "p = .004",
        "p = .03",
        "p = .50",
        "p = 1.00",
    ]
    assert significant(2.0, 2) == "2.0"


def test_a_lone_root(channel_overlap, tmp_path, read_png):
    figure.draw_channel_overlap(channel_overlap[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
