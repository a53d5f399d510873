"""Edits by text as edits like any other: read, made, measured beside their controls, and shown in pictures."""

import numpy as np
import pytest
import torch

from stylealign.adaptation_tables import GLOBAL_DIRECTIONS, TEXT_EDITS
from stylealign.checkpoint import load_generator
from stylealign.editing.manipulate import Edit, find_channel, measure_deviations
from stylealign.editing.manipulations import described_edit
from stylealign.editing.text_edits import (
    NUM_CONTROLS,
    Change,
    control_edits,
    edit_changes,
    effect_columns,
    read_attributes,
    read_text_edits,
    text_effect_rows,
)
from stylealign.errors import ConfigError, LineageError
from stylealign.judged_attributes import Scores
from stylealign.latents import sample_z
from stylealign.tables import write_table

NAMES = ("yaw_deg", "smile", "glasses")


@pytest.fixture(scope="module")
def edits(tmp_path_factory):
    """red: 5_3 and -0.5 x 3_1; still: nothing but a weight of 0."""

    def row(edit, rank, paper_index, weight):
        layer = {"3": "b8.conv1", "5": "b16.conv0"}[paper_index[0]]
        where = {"layer": layer, "channel": int(paper_index[2:]), "paper_index": paper_index}
        texts = {"neutral": "a person", "target": "a person with red hair", "relevance": weight / 4}
        return (
            {"model": "parent", "edit": edit, "rank": rank, "weight": weight, "clip": "tiny", "seed": 0} | texts | where
        )

    path = tmp_path_factory.mktemp("text_edits") / "parent.tiny.parquet"
    rows = [row("red", 1, "5_3", 1.0), row("red", 2, "3_1", -0.5), row("still", 1, "5_3", 0.0)]
    write_table(path, TEXT_EDITS, rows, {})
    return path


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


def test_an_edit_by_text_is_its_channels(G, edits):
    red, still = read_text_edits(edits, G.style_layers, ["red", "still"])
    assert red.channels == ((find_channel(G.style_layers, "5_3"), 1.0), (find_channel(G.style_layers, "3_1"), -0.5))
    assert red.title == "red: \N{LEFT DOUBLE QUOTATION MARK}a person with red hair\N{RIGHT DOUBLE QUOTATION MARK}"
    assert still.channels == ((find_channel(G.style_layers, "5_3"), 0.0),)
    with pytest.raises(ConfigError, match=r"global_directions\.edits: there is no edit 'redd'; did you mean 'red'"):
        read_text_edits(edits, G.style_layers, ["redd"])


def test_pictures_of_edits_take_one_by_name(G, edits):
    named = {"title": "", "channels": [], "direction": None, "text": "red"}
    assert described_edit(G, named, None, edits).channels == read_text_edits(edits, G.style_layers, ["red"])[0].channels
    assert described_edit(G, named | {"title": "redder"}, None, edits).title == "redder"


def test_controls_are_other_channels_of_the_same_layers(G):
    edit = Edit(
        "x", "channels", channels=tuple((find_channel(G.style_layers, n), w) for n, w in (("5_3", 1), ("5_1", -2)))
    )
    controls = control_edits(G.style_layers, edit, 0, "red")
    layer = next(one for one in G.style_layers if one.index == 5)
    assert len(controls) == NUM_CONTROLS
    for control in controls:
        columns = [column for column, _ in control.channels]
        assert len(set(columns)) == 2
        assert set(columns) <= set(range(layer.offset, layer.offset + layer.channels))
        assert [weight for _, weight in control.channels] == [1, -2]
    assert len({control.channels for control in controls}) > 1
    assert controls == control_edits(G.style_layers, edit, 0, "red") or [c.channels for c in controls] == [
        c.channels for c in control_edits(G.style_layers, edit, 0, "red")
    ]


def test_changes_are_with_the_edit_less_without(G, edits, judge):
    ws = G.mapping(sample_z(3, 8, 0, "test"))
    steps = measure_deviations(G, truncation_psi=1, seed=0, num=500)
    red, still = read_text_edits(edits, G.style_layers, ["red", "still"])
    found = edit_changes(G, ws, red, 5.0, steps, judge, NAMES, [still])
    assert found.edited.shape == (3, 3)
    assert not found.controls.any(), "an edit of weight 0 changes nothing"
    s = G.styles(ws)
    moved = s.clone()
    for name, weight in (("5_3", 1.0), ("3_1", -0.5)):
        column = find_channel(G.style_layers, name)
        moved[:, column] += 5 * weight * float(steps.s[column])
    from stylealign.images import to_pixels

    with torch.inference_mode():
        before, after = (judge.attributes(to_pixels(G.synthesis(one))) for one in (s, moved))
    for place, name in enumerate(NAMES):
        np.testing.assert_allclose(found.edited[:, place], after[name] - before[name], atol=1e-5)


def test_attributes_are_ranked_in_their_deviations():
    edited = np.array([[4.0, 0.3, 1.0], [6.0, 0.5, 1.0]])
    change = Change(edited, np.array([[1.0, -0.1, 0.0], [-3.0, 0.1, 0.0]]))
    rows = effect_columns(change, np.array([10.0, 0.1, 0.0]), NAMES, 0, "m", "red")
    assert [row["attribute"] for row in rows] == ["smile", "yaw_deg", "glasses"], "what never varies comes last"
    assert [row["effect"] for row in rows[:2]] == pytest.approx([4, 0.5])
    assert [row["control"] for row in rows[:2]] == pytest.approx([1, 0.2])
    assert rows[0]["low"] <= rows[0]["effect"] <= rows[0]["high"]
    assert (rows[2]["change"], rows[2]["rank"]) == (1.0, 3)
    assert np.isnan(rows[2]["effect"])


def test_numbers_and_yes_or_no_are_read(judge):
    scores = Scores({("face", "yaw_deg"): 0.9, ("face", "glasses"): 1.0}, frozenset({"glasses"}))
    assert read_attributes(judge, scores, "face") == ("yaw_deg", "glasses")
    assert read_attributes(judge, Scores(), "face") == NAMES


def test_rows_of_a_model_and_of_its_child(family, edits, judge, tmp_path):
    def rows(model, reference="parent"):
        asked = {"num_z": 8, "truncation_psi": 0.7, "quality": None, "domain": "face", "clip": "tiny", "seed": 0}
        named = {"relation": "child", "reference_name": "parent", "strengths": {"red": 4.0, "still": 1.0}}
        return text_effect_rows(model, family[model], family[reference], edits, judge, **named, **asked)

    own, copied, child = rows("parent"), rows("copy"), rows("child")
    write_table(tmp_path / "rows.parquet", GLOBAL_DIRECTIONS, own, {})
    assert [row["effect"] for row in own] == pytest.approx([row["effect"] for row in copied], nan_ok=True)
    assert [row["change"] for row in own] != [row["change"] for row in child]
    assert all(row["change"] == 0 for row in own if row["edit"] == "still")
    assert own[0]["channels"] == "5_3 +1.00, 3_1 -0.50"
    with pytest.raises(LineageError, match="different shapes"):
        rows("foreigner")
