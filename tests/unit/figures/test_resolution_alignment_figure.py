"""Figure resolution_alignment: a block per child, drawn by whole factors, with what holds written below."""

import numpy as np
import pandas as pd
import pytest

from stylealign.figures.resolution_alignment import compose_resolution_alignment, draw_resolution_alignment
from stylealign.tables import RESOLUTION_ALIGNMENT, to_frame
from stylealign.translated_images import save_pictures

BASE = {"parent": "face", "resolution": 16, "parent_resolution": 32, "n": 8, "judge": "j", "seed": 0, "protocol": "p"}


def row(model, measure, state, value, kimg=4.0):
    return (
        BASE
        | {"model": model, "measure": measure, "state": state, "kimg": kimg, "value": value}
        | {
            "low": value - 0.05,
            "high": value + 0.05,
        }
    )


def rows_of(model, *, with_scratch=True):
    states = ["before", "after", "shuffled", *(["scratch"] if with_scratch else [])]
    found = [row(model, measure, state, 0.4) for measure in ("lpips", "spearman:mean") for state in states]
    found += [row(model, "kept_channels", state, 0.5) for state in states if state != "shuffled"]
    found += [row(model, "kid", "before", 0.9, 0.0), row(model, "kid", "training", 0.5, 2.0)]
    found += [row(model, "kid", "after", 0.2), row(model, "holds:agreement", "after", 1.0)]
    if with_scratch:
        found += [row(model, "kid", "scratch", 0.3, 9.0), row(model, "holds:cost", "after", 0.0)]
        found += [row(model, "kimg_to_kid", "after", float("nan")), row(model, "kimg_to_kid", "scratch", 9.0)]
    return found


@pytest.fixture
def pictures(tmp_path):
    def make(model, states=("parent", "before", "after", "scratch")):
        rng = np.random.default_rng(0)
        sizes = {state: 32 if state == "parent" else 16 for state in states}
        images = {state: rng.integers(0, 256, [2, size, size, 3], dtype=np.uint8) for state, size in sizes.items()}
        save_pictures(tmp_path / f"{model}.npz", images)
        return tmp_path / f"{model}.npz"

    return make


def texts(sheet):
    return [text.get_text() for text in sheet.figure.texts]


def test_each_child_has_a_block_with_its_images_at_one_size(pictures):
    table = to_frame(RESOLUTION_ALIGNMENT, [*rows_of("half"), *rows_of("other", with_scratch=False)])
    files = {"half": pictures("half"), "other": pictures("other", ("parent", "before", "after"))}
    sheet = compose_resolution_alignment(table, files)
    assert {image.get_size() for image in sheet.figure.images} == {(96, 96)}
    assert len(sheet.figure.images) == 2 * 4 + 2 * 3
    assert len(sheet.figure.axes) == 2 * 4
    said = texts(sheet)
    assert "half: 16 px, from face, 32 px" in said
    verdict = next(text for text in said if "does not hold here" in text)
    assert "holds here" in verdict.split(" \N{MIDDLE DOT} ")[0]
    assert "(never against 9 kimg)" in verdict


def test_equal_inputs_give_equal_bytes(pictures, tmp_path):
    table, files = to_frame(RESOLUTION_ALIGNMENT, rows_of("half")), {"half": pictures("half")}
    for name in ("a", "b"):
        draw_resolution_alignment(table, files, tmp_path / f"{name}.png", tmp_path / f"{name}.pdf")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_study_without_such_children_has_a_word_in_place_of_the_plot():
    sheet = compose_resolution_alignment(pd.DataFrame(), {})
    assert any("No rows" in text for text in texts(sheet))
