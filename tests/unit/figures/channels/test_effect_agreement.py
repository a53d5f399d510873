import pytest

from stylealign.figures import effect_agreement as figure
from stylealign.figures import style
from stylealign.figures.model_pairs import Pair, ordered_pairs


def compose(table, parents):
    with style.applied():
        return figure.compose_effect_agreement(table, parents)


def test_equal_tables_give_equal_bytes(effect_agreement, parents, drawn_twice, read_png):
    drawn = read_png(drawn_twice(lambda png, pdf: figure.draw_effect_agreement(effect_agreement, parents, png, pdf)))
    assert drawn.shape[1] == style.WIDTH_PX


def test_a_panel_an_attribute_with_the_control_below(effect_agreement, parents):
    panels = compose(effect_agreement, parents).figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["coat_hue", "yaw_deg"]
    labels = panels[0].get_yticklabels()
    arrow = " \N{RIGHTWARDS ARROW} "
    assert [label.get_text() for label in labels] == [
        arrow.join(pair)
        for pair in [("face", "painting"), ("face", "dog"), ("dog", "cat"), ("face", "cat"), ("face", "stranger")]
    ]
    assert labels[-1].get_color() == style.RELATION_COLOURS["unrelated"]
    assert not any(label.get_text() for label in panels[1].get_yticklabels()), "named once"


def test_points_stand_at_their_value_between_the_ends_of_their_interval(effect_agreement, parents):
    axes = compose(effect_agreement, parents).figure.axes[0]
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == [0.8] * 4 + [-0.004]
    bars = [line for line in axes.lines if line.get_linewidth() == 2.0 and len(line.get_xdata()) == 2]
    assert sorted(bars[0].get_xdata()) == pytest.approx([0.7, 0.9])
    written = {text.get_text() for text in axes.texts}
    assert written == {"0.80", "0.00"}, "no minus zero"


def test_means_are_points_and_single_channels_strokes(effect_agreement, parents):
    axes = compose(effect_agreement, parents).figure.axes[0]
    markers = [line.get_marker() for line in axes.lines]
    assert (markers.count("o"), markers.count("D"), markers.count("|")) == (5, 5, 5)


def test_what_the_judge_cannot_read_is_pale(effect_agreement, parents):
    axes = compose(effect_agreement, parents).figure.axes[1]
    pale = [line.get_ydata()[0] for line in axes.lines if line.get_marker() == "o" and line.get_alpha() < 1]
    places = figure._places(ordered_pairs(effect_agreement, parents))
    cats = [place for pair, place in places.items() if pair.child == "cat"]
    assert pale == pytest.approx([place + figure.POOLED["channels"][1] for place in cats])


def test_pairs_come_by_relation_and_unknown_models_not_at_all(effect_agreement, parents):
    pairs = ordered_pairs(effect_agreement, parents)
    assert pairs[-1] == Pair("face", "stranger", "unrelated")
    assert pairs[-1].is_control
    assert [pair.relation for pair in pairs] == ["child"] * 3 + ["grandchild", "unrelated"]
    del parents["cat"]
    assert "cat" not in {pair.child for pair in ordered_pairs(effect_agreement, parents)}


def test_many_attributes_fill_more_lines(effect_agreement, parents):
    import pandas as pd

    table = pd.concat([effect_agreement.assign(attribute=name) for name in "abcdefg"])
    sheet = compose(table[table["edits"] != "directions"], parents)
    assert len(sheet.figure.axes) == 7
    tops = {round(axes.get_position().y0, 6) for axes in sheet.figure.axes}
    assert len(tops) == 3


def test_a_lone_root(effect_agreement, tmp_path, read_png):
    figure.draw_effect_agreement(effect_agreement[:0], {"face": None}, tmp_path / "empty.png")
    assert (read_png(tmp_path / "empty.png") < 128).any()
