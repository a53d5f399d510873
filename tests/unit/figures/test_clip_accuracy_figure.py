"""Figure clip_accuracy: a bar for every row, pale where the interval holds chance."""

import pytest

from stylealign import tables
from stylealign.adaptation_tables import CLIP_ACCURACY
from stylealign.figures import style
from stylealign.figures.clip_accuracy import compose_clip_accuracy, draw_clip_accuracy


def row(clip, domain, question, accuracy, chance=0.5):
    about = {"n": 100, "num_classes": round(1 / chance), "protocol": "choice", "seed": 0}
    where = {"clip": clip, "domain": domain, "question": question, "accuracy": accuracy, "chance": chance}
    return {**about, **where, "low": accuracy - 0.05, "high": min(accuracy + 0.05, 1)}


@pytest.fixture
def path(tmp_path):
    rows = [row(clip, domain, "turn", 0.5) for clip in ("small", "vit") for domain in ("face", "dog")]
    rows += [row(clip, "all", "domain", 0.95, 0.2) for clip in ("small", "vit")] + [row("vit", "face", "glasses", 0.7)]
    tables.write_table(tmp_path / "clip_accuracy.parquet", CLIP_ACCURACY, rows, {})
    return tmp_path / "clip_accuracy.parquet"


def bars(axes):
    return [patch for patch in axes.patches if patch.get_width() > 0]


def test_every_number_is_a_bar_and_what_is_not_seen_is_pale(path) -> None:
    with style.applied():
        sheet = compose_clip_accuracy(tables.read_table(path), ["small", "vit"], ["face", "dog"])
    found = [[round(float(bar.get_width()), 2) for bar in bars(axes)] for axes in sheet.figure.axes]
    assert found == [[0.95], [0.5], [0.5], [0.95], [0.5, 0.7], [0.5]]
    assert [bar.get_alpha() for axes in sheet.figure.axes[:2] for bar in bars(axes)] == [0.75, 1.0]


def test_equal_tables_give_equal_pictures(path, tmp_path) -> None:
    table = tables.read_table(path)
    for name in ("a.png", "b.png"):
        draw_clip_accuracy(table, tmp_path / name, clips=["vit"], domains=["face", "dog"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    draw_clip_accuracy(table, tmp_path / "none.png", clips=["absent"], domains=["face"])
