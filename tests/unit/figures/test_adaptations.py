"""Figure adaptations: every cell is a finished image of its model, parents once, and words say what the table does."""

import numpy as np
import pandas as pd
import pytest

from stylealign.adaptation_tables import ADAPTATION
from stylealign.figures import adaptations, style
from stylealign.figures.samples import load_samples
from stylealign.writing import write_npz

PARENTS = [("one", "face"), ("two", "face"), ("kitten", "cat")]


@pytest.fixture
def samples(tmp_path):
    rng, found = np.random.default_rng(0), {}
    for name in ("face", "one", "two", "cat", "kitten"):
        found[name] = tmp_path / f"{name}.npz"
        pixels = rng.integers(0, 256, [2, 5, 16, 16, 3], dtype=np.uint8)
        write_npz(found[name], {"z": np.zeros([5, 4], np.float32), "kimg": np.float32([0, 1]), "pixels": pixels})
    return found


@pytest.fixture
def table():
    blank = {"string": "said", "int": 3, "float": 0.5, "bool": True}
    row = {column.name: blank[column.dtype] for column in ADAPTATION.columns}
    told = {"kid_of_parent": 1.25, "kid_to_target": 0.5, "diversity": 0.6, "diversity_of_parent": 0.8}
    rows = [row | told | {"model": model, "parent": parent} for model, parent in PARENTS]
    rows[1] |= {"source": "images of face", "target": "10 images of cat", "diversity_of_parent": 0.0}
    return pd.DataFrame(rows)


def texts(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def test_a_parent_comes_once_and_every_model_shows_the_same_z(table, samples):
    with style.applied():
        sheet = adaptations.compose_adaptations(table, samples, PARENTS)
    assert len(sheet.figure.images) == 5 * 5
    assert texts(sheet).count("face") == texts(sheet).count("cat") == 1
    shown = [np.asarray(image.get_array()) for image in sheet.figure.images]
    side = shown[0].shape[0]
    finished = load_samples(samples["face"]).finished
    for column in range(5):
        grown = finished[column].repeat(side // 16, 0).repeat(side // 16, 1)
        assert np.array_equal(shown[column], grown)


def test_words_say_what_the_table_does(table, samples):
    with style.applied():
        said = texts(adaptations.compose_adaptations(table, samples, PARENTS))
    assert "\u201csaid\u201d" in said
    assert "10 images of cat" in said
    assert any("1.25 \u2192 0.5" in one for one in said)
    assert any("diversity \u00d70.75" in one for one in said)
    assert any("diversity \u00d7n/a" in one for one in said)


def test_no_adapted_model_is_told(table):
    with style.applied():
        sheet = adaptations.compose_adaptations(table[:0], {}, [])
    assert any("No rows" in one for one in texts(sheet))


def test_files_are_the_same_again(table, samples, tmp_path):
    for place in "ab":
        adaptations.draw_adaptations(table, samples, PARENTS, tmp_path / f"{place}.png", tmp_path / f"{place}.pdf")
    assert all(
        (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes() for kind in ("png", "pdf")
    )
