"""From a CLIP's view of channels to an edit: thresholds, signs, what is written and what is refused."""

import numpy as np
import pytest

from stylealign.adaptation.global_directions import (
    channel_place,
    channel_weights,
    load_directions,
    text_edit_rows,
    write_directions,
)
from stylealign.adaptation_tables import TEXT_EDITS
from stylealign.checkpoint import load_generator, read_card
from stylealign.config.text_edits import TextEdit
from stylealign.errors import CheckpointError, JudgeError, LineageError
from stylealign.tables import read_table, write_table

RELEVANCE = np.array([0.1, -0.4, 0.0, 0.2, -0.05])
TEXTS = ("a person", "a person with red hair")


def edit(neutral=TEXTS[0], target=TEXTS[1], **limit):
    return TextEdit.model_validate({"neutral": neutral, "target": target, **(limit or {"num_channels": 5})})


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.1)


@pytest.fixture(scope="module")
def directions(family, tiny_clip, tmp_path_factory):
    path = tmp_path_factory.mktemp("clip_directions") / "parent.tiny.npz"
    write_directions(path, family["parent"], tiny_clip, num_images=2, std=5.0, truncation_psi=0.7, seed=0)
    return path


@pytest.fixture
def rows(family, directions, tiny_clip):
    def make(**edits):
        asked = {"templates": "none", "seed": 0}
        return text_edit_rows("parent", family["parent"], directions, tiny_clip, edits, **asked)

    return make


def test_weights_are_relevances_over_the_largest():
    assert channel_weights(RELEVANCE, num_channels=None, beta=0.1) == pytest.approx({1: -1, 3: 0.5, 0: 0.25})
    assert list(channel_weights(RELEVANCE, num_channels=2, beta=None)) == [1, 3], "the most relevant first"
    assert channel_weights(RELEVANCE, num_channels=9, beta=None).keys() == {0, 1, 3, 4}, "one that does nothing is out"
    assert channel_weights(RELEVANCE, num_channels=None, beta=0.5) == {}


def test_a_higher_threshold_keeps_fewer_of_the_same():
    rng, before = np.random.default_rng(0), None
    relevance = rng.normal(size=200) * 0.1
    for beta in (0.0, 0.05, 0.1, 0.2, 0.25):
        chosen = channel_weights(relevance, num_channels=None, beta=beta)
        assert all(abs(relevance[place]) >= beta for place in chosen)
        assert before is None or chosen.items() <= before.items(), "the others keep their weights"
        assert before is None or len(chosen) < len(before)
        before = chosen


def test_the_way_back_is_the_opposite_edit(rows):
    there, back = rows(there=edit()), rows(back=edit(TEXTS[1], TEXTS[0]))
    assert [row["paper_index"] for row in there] == [row["paper_index"] for row in back]
    assert [row["weight"] for row in there] == pytest.approx([-row["weight"] for row in back])
    assert abs(there[0]["weight"]) == 1
    assert np.diff(np.abs([row["relevance"] for row in there])).max() <= 0


def test_the_file_is_of_this_model_and_equal_bytes(family, directions, tiny_clip, tmp_path):
    asked = {"num_images": 2, "std": 5.0, "truncation_psi": 0.7, "seed": 0}
    write_directions(tmp_path / "again.npz", family["copy"], tiny_clip, **asked)
    assert (tmp_path / "again.npz").read_bytes() == directions.read_bytes()
    found = load_directions(directions, read_card(family["parent"]).digest)
    assert (found.clip, found.directions.shape) == ("tiny", (len(found.columns), 24))
    with pytest.raises(LineageError, match="of other weights"):
        load_directions(directions, read_card(family["child"]).digest)
    (tmp_path / "again.npz").write_bytes(b"nothing")
    with pytest.raises(CheckpointError, match="holds no clip directions"):
        load_directions(tmp_path / "again.npz", found.generator)


def test_what_finds_no_channel_is_refused(rows):
    with pytest.raises(JudgeError, match=r"edits\.red\.beta: 0\.99: no channel is so relevant, the most is 0\."):
        rows(red=edit(beta=0.99))
    with pytest.raises(JudgeError, match="apart"):
        rows(same=edit(TEXTS[0], TEXTS[0] + " "))


def test_rows_are_of_the_declared_table(rows, family, tmp_path):
    write_table(tmp_path / "edits.parquet", TEXT_EDITS, rows(red=edit(), few=edit(num_channels=2)), {})
    table = read_table(tmp_path / "edits.parquet")
    assert table.groupby("edit").size().to_dict() == {"red": 5, "few": 2}
    layers = load_generator(family["parent"])[0].style_layers
    last = layers[-2]
    assert channel_place(layers, last.offset + 1) == {
        "layer": last.name,
        "channel": 1,
        "paper_index": f"{last.index}_1",
    }
