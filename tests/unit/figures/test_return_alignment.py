"""Figure return_alignment: the verdict follows from the table, and nothing else does."""

import pytest

from stylealign import tables
from stylealign.figures import style
from stylealign.figures.return_alignment import COLOURS, compose_return_alignment, draw_return_alignment
from stylealign.figures.return_verdict import verdict

NAN = float("nan")
WHO = {
    "returned": "face_again",
    "through": "dog",
    "control_unrelated": "face_other",
    "control_shuffled": "face_again",
}
FAR = {"returned": 0.32, "through": 0.71, "control_unrelated": 0.64, "control_shuffled": 0.63}
ORDER = {"returned": 0.9, "through": 0.4, "control_unrelated": 0.0, "control_shuffled": 0.0}
ATTRIBUTES = {"tone": 0.9, "yaw_deg": 0.9, "gaze": 0.1}  # and how well each is read


def rows_of(distances=FAR, orders=ORDER, spread=0.01, attributes=ATTRIBUTES, values=None, scores=None):
    """``values`` and ``scores`` replace single ones, by (role, attribute); a score of ``None`` leaves the row out."""
    values, scores, rows = values or {}, scores or {}, []
    for role, model in WHO.items():
        about = {"returned": "face_again", "ancestor": "face", "through": "dog", "role": role, "model": model}
        about |= {"num_z": 1000, "protocol": "gen-1000-psi0.7-const-noise"}

        def measured(measure, value, attribute="", score=NAN, about=about):
            ends = {"value": value, "low": value - spread, "high": value + spread}
            return about | ends | {"measure": measure, "attribute": attribute, "judge_score": score}

        if role in distances:
            rows.append(measured("distance", distances[role]))
            for name, score in attributes.items():
                if (read := scores.get((role, name), score)) is not None:
                    rows.append(measured("spearman", values.get((role, name), orders[role]), name, read))
    return rows


@pytest.fixture
def table(written):
    return lambda **changed: written(tables.RETURN_ALIGNMENT, rows_of(**changed))


@pytest.fixture
def agreement(written):
    about = {"parent": "face", "relation": "child", "attribute": "tone", "judge_score": 0.9, "edit": "16"}
    effects = {"agreement": 0.5, "low": 0.4, "high": 0.6, "effect_in_parent": 0.2, "effect_in_child": 0.1}
    rows = [
        about | effects | {"child": child, "edits": edits}
        for child in ("dog", "face_again", "painting")
        for edits in ("channels", "directions", "channel")
    ]
    return written(tables.EFFECT_AGREEMENT, rows)


@pytest.fixture
def shown(pictures):
    def make(returned="face_again", resolution=16, num_edits=2, controls=("face_other",), num_z=8):
        models = ["face", "dog", returned, *controls]
        roles = ["ancestor", "through", "returned", *["control_unrelated"] * len(controls)]
        arrays = {"strips": (resolution, len(models), num_z), "strip_models": models, "strip_roles": roles}
        if num_edits:
            arrays |= {"edits": (resolution, len(models), num_edits, 3), "edit_strength": 3.0}
            arrays |= {"edit_titles": [f"attribute_{place}: 6_1 3_2 ..." for place in range(num_edits)]}
        return pictures(f"return_{returned}", returned=returned, **arrays)

    return make


def compose(paths, table, agreement=None):
    with style.applied():
        return compose_return_alignment(paths, table, agreement)


def texts_of(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def judged(**changed):
    return verdict(tables.to_frame(tables.RETURN_ALIGNMENT, full(rows_of(**changed))))


def full(rows):
    defaults = {"judge": "embedded", "seed": 0}
    return [defaults | row for row in rows]


def test_it_holds_where_both_halves_do():
    found = judged()
    assert found.holds is True
    assert found.text.endswith("holds here")
    assert str(found.kept).startswith("kept: holds (distance to face(z) 0.320 (0.310–0.330), controls: face_again, ")
    assert "other z 0.630 (0.620–0.640), face_other 0.640 (0.630–0.650); between: dog 0.710" in found.kept.why
    assert str(found.hidden).startswith("hidden: holds (2 of 2 attributes: 2 of 2 that are read in dog too stand")


@pytest.mark.parametrize(
    "changed",
    [
        {"distances": FAR | {"returned": 0.64}},
        {"distances": FAR | {"returned": 0.70}},
        {"distances": FAR | {"control_shuffled": 0.32}},  # no agreement z by z, whatever a stranger draws
        {"distances": FAR | {"control_unrelated": 0.32}},
        {"spread": 0.2},
    ],
)
def test_it_was_not_kept_where_it_is_no_nearer_than_any_one_control(changed):
    found = judged(**changed)
    assert found.kept.holds is False
    assert found.holds is False
    assert found.text.endswith("does not hold here")


def test_another_species_is_farther_whatever_it_hides():
    """Its distance is no evidence: the attributes decide."""
    seen = ORDER | {"through": 0.95}
    for through in (0.1, 0.71, 5.0):
        found = judged(distances=FAR | {"through": through}, orders=seen)
        assert (found.kept.holds, found.hidden.holds, found.holds) == (True, False, False)
        assert "0 of 2 attributes" in found.hidden.why
        assert judged(distances=FAR | {"through": through}).holds is True


def test_half_of_the_attributes_that_both_show_is_enough_and_less_is_not():
    names = dict.fromkeys(("tone", "yaw_deg", "smile", "age"), 0.9)
    for num_nearer, holds in ((1, False), (2, True), (3, True)):
        kept = {("through", name): 0.95 for name in list(names)[num_nearer:]}
        found = judged(attributes=names, values=kept)
        assert found.hidden.holds is holds
        assert f"{num_nearer} of 4 that are read in dog too" in found.hidden.why


@pytest.mark.parametrize(
    "unseen",
    [
        {"scores": {("through", name): None for name in ("tone", "yaw_deg")}},  # no rows: a church has no smile
        {"scores": {("through", name): 0.1 for name in ("tone", "yaw_deg")}},  # rows, and read poorly
        {"values": {("through", name): NAN for name in ("tone", "yaw_deg")}},  # read well, and always the same
    ],
)
def test_what_cannot_be_seen_between_and_is_back_was_hidden(unseen):
    found = judged(**unseen)
    assert found.hidden.holds is True
    assert found.hidden.why.endswith("2 of 2 that cannot be seen in dog are kept beyond every control")
    assert "0 of 0 that are read in dog too" in found.hidden.why
    lost = judged(orders=ORDER | {"returned": 0.005}, **unseen)
    assert (lost.hidden.holds, lost.holds) == (False, False), "out of sight and not back: forgotten"


def test_both_kinds_are_counted_together():
    names = dict.fromkeys(("tone", "yaw_deg", "smile", "age"), 0.9)
    seen = {("through", name): 0.95 for name in ("tone", "yaw_deg")}
    found = judged(attributes=names, values=seen, scores={("through", "smile"): None, ("through", "age"): None})
    assert found.hidden.why.startswith("2 of 4 attributes: 0 of 2 that are read in dog too")
    assert found.hidden.holds is True
    found = judged(attributes=names, values=seen | {("returned", "age"): 0.0}, scores={("through", "age"): None})
    assert found.hidden.why.startswith("1 of 4 attributes: 1 of 3")
    assert found.hidden.holds is False


def test_nearer_than_between_is_not_back_unless_beyond_every_control():
    found = judged(values={("control_shuffled", name): 0.9 for name in ("tone", "yaw_deg")})
    assert found.hidden.why.startswith("0 of 2")


def test_an_attribute_that_nobody_knows_to_be_readable_between_does_not_count():
    found = judged(scores={("through", "tone"): NAN})
    assert found.hidden.why.startswith("1 of 1 attributes: 1 of 1 that are read in dog too")


def test_it_is_enough_to_be_out_of_sight_in_one_of_several_models_between():
    rows = rows_of(orders=ORDER | {"through": 0.95})
    church = [row | {"model": "church"} for row in rows if row["role"] == "through" and row["measure"] == "distance"]
    found = verdict(tables.to_frame(tables.RETURN_ALIGNMENT, full([*rows, *church])))
    assert found.hidden.why.endswith("2 of 2 that cannot be seen in one of church, dog are kept beyond every control")


def test_other_z_are_the_control_where_there_is_no_stranger():
    without = {role: value for role, value in FAR.items() if role != "control_unrelated"}
    assert judged(distances=without).holds is True
    assert "controls: face_again, other z 0.630" in judged(distances=without).kept.why


def test_what_the_table_lacks_cannot_be_said():
    assert judged(distances={"returned": 0.3}).kept.holds is None
    assert judged(distances={"returned": 0.3}).text.endswith("cannot be said here")
    unread = judged(attributes={})
    assert (unread.kept.holds, unread.hidden.holds, unread.holds) == (True, None, None)
    assert judged(attributes={}, distances=FAR | {"returned": 0.7}).holds is False
    nowhere = {role: far for role, far in FAR.items() if role != "through"}
    assert judged(distances=nowhere).hidden.holds is None


def test_an_attribute_that_never_varies_is_no_evidence_and_one_that_ceased_to_is_lost():
    everywhere = {(role, "tone"): NAN for role in WHO}
    assert judged(values=everywhere).hidden.why.startswith("1 of 1 attributes")
    assert judged(values={("returned", "tone"): NAN}).hidden.why.startswith("1 of 2 attributes")


def test_the_page_says_the_verdict_of_its_table(shown, table, agreement):
    for changed, said in (({}, "holds"), ({"spread": 0.3}, "does not hold")):
        texts = texts_of(compose([shown()], table(**changed), agreement))
        assert any(text.endswith(f"\N{RIGHT DOUBLE QUOTATION MARK} {said} here") for text in texts)
        assert any(text.startswith(f"kept: {said} (distance to face(z)") for text in texts)
        assert any(text.startswith("hidden: ") for text in texts)


def test_strips_charts_and_edits(shown, table, agreement, drawn_twice, read_png):
    paths, rows = [shown(num_z=2, num_edits=1)], table()
    drawn = read_png(drawn_twice(lambda png, pdf: draw_return_alignment(paths, rows, agreement, png=png, pdf=pdf)))
    sheet = compose(paths, rows, agreement)
    assert drawn.shape[:2] == (sheet.height, sheet.width)
    assert len(sheet.figure.images) == 4 * 2 + 4 * (1 + 2)
    distances, orders, effects = sheet.figure.axes
    points = [line for line in distances.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in points] == [FAR[role] for role in COLOURS]
    assert {label.get_text() for label in orders.get_yticklabels()} == set(ATTRIBUTES)
    pale = {line.get_alpha() for line in orders.lines if line.get_marker() == "o"}
    assert pale == {0.3, 1.0}
    marks = [line for line in effects.lines if line.get_marker() == "o"]
    assert len(marks) == 4, "pooled edits of the models that are shown"
    assert [text.get_text() for text in effects.texts] == ["\N{MULTIPLICATION SIGN}0.50"] * 2


def test_a_study_without_edits_or_readers_has_fewer_charts(shown, table):
    sheet = compose([shown(num_edits=0)], table(attributes={}))
    assert len(sheet.figure.axes) == 1
    assert len(sheet.figure.images) == 4 * 8


@pytest.mark.parametrize(("resolution", "num_edits", "num_z"), [(16, 0, 3), (32, 8, 12), (256, 2, 8)])
def test_the_page_holds_it(shown, table, agreement, page_is_sound, resolution, num_edits, num_z):
    path = shown("face_again", resolution, num_edits, num_z=num_z)
    page_is_sound(compose([path], table(), agreement))


def test_several_controls_and_a_table_that_says_nothing(shown, table, page_is_sound):
    page_is_sound(compose([shown(controls=("face_other", "a_third_model_of_faces"))], table()))
    sheet = compose([shown("face_from_church")], table())
    assert any("the table says nothing" in text for text in texts_of(sheet))
    page_is_sound(sheet)
    assert any("No rows" in text for text in texts_of(compose([], table())))
