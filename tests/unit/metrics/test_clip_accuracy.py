"""What a CLIP tells apart: questions in the words of captions, accuracy that chance cannot raise."""

import itertools

import numpy as np
import pytest
import torch

from stylealign.metrics.clip_accuracy import balanced_accuracy, clip_rows, pair_share
from stylealign.metrics.clip_questions import ABSENT, domain_question, questions
from stylealign.worlds.caption_claims import read_caption
from stylealign.worlds.registry import WORLDS
from stylealign.worlds.world import render_many

NUM = 120


@pytest.fixture(scope="module")
def worlds():
    """Images and captions of two worlds, and their attributes."""
    drawn = {name: render_many(WORLDS[name], 0, range(NUM), 16) for name in ("face", "dog")}
    pixels = {name: torch.from_numpy(one[0]).movedim(-1, 1) for name, one in drawn.items()}
    return pixels, {name: one[3] for name, one in drawn.items()}, {name: one[2] for name, one in drawn.items()}


def test_questions_hold_the_values_of_the_pictures(worlds) -> None:
    _, captions, attributes = worlds
    asked = {one.name: one for one in questions([read_caption(text) for text in captions["face"]])}
    yaw = attributes["face"]["yaw_deg"]
    turned = np.where(abs(yaw) < 10, "facing us", np.where(yaw > 0, "turned to the right", "turned to the left"))
    assert (asked["turn"].values == turned).all()
    smiling = np.where(attributes["face"]["smile"] > 0.5, "smiling", "serious")
    assert (asked["person expression"].values == smiling).all()
    assert asked["person expression"].answers["smiling"] == (
        *("a portrait of a smiling person", "a photo of a smiling person", "a smiling person"),
    )
    worn = asked["fringe"]
    assert ((worn.values != ABSENT) == (attributes["face"]["fringe"] > 0)).all()
    assert worn.answers == {"a fringe": tuple(f"{said} with a fringe" for said in worn.neutral)}


def test_domains_that_are_called_the_same_are_one_answer(worlds) -> None:
    read = [read_caption(text) for text in worlds[1]["face"]]
    dogs = [read_caption(text) for text in worlds[1]["dog"]]
    question = domain_question({"one": read, "two": read, "dog": dogs})
    assert list(question.answers) == ["photo of a person", "photo of a dog"]
    assert question.answers["photo of a dog"] == ("a photo of a dog", "a dog")
    assert len(question.values) == 3 * NUM


def test_rows_say_what_was_asked_and_repeat(tiny_clip, worlds) -> None:
    pixels, captions, _ = worlds
    rows = clip_rows(tiny_clip, pixels, captions, seed=0)
    assert rows == clip_rows(tiny_clip, pixels, captions, seed=0)
    for row in rows:
        assert 0 <= row["low"] <= row["accuracy"] <= row["high"] <= 1
        assert row["chance"] == 1 / row["num_classes"]
    which = next(row for row in rows if row["domain"] == "all")
    assert (which["question"], which["n"], which["num_classes"]) == ("domain", 2 * NUM, 2)
    assert not any(row["domain"] == "all" for row in clip_rows(tiny_clip, {"dog": pixels["dog"]}, captions, seed=0))


def test_naming_the_commonest_is_worth_no_more_than_chance() -> None:
    values = np.array(["a"] * 90 + ["b"] * 10)
    assert balanced_accuracy(np.full(100, "a"), values) == 0.5
    assert balanced_accuracy(values, values) == 1


def test_pairs_are_counted_as_a_slow_twin_counts_them() -> None:
    rng = np.random.default_rng(0)
    score, shows = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.4
    pairs = list(itertools.product(score[shows], score[~shows]))
    slow = sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs)
    assert pair_share(score, shows) == pytest.approx(slow)
    assert np.isnan(pair_share(score, np.ones(40, bool)))
