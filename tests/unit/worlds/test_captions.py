"""Captions say what the attributes say."""

import pytest

from stylealign.worlds.captions import (
    background_words,
    caption_animal,
    caption_church,
    caption_face,
    coat_word,
    hue_word,
    turn_words,
)
from stylealign.worlds.registry import get_world


@pytest.mark.parametrize(
    ("hue", "word"),
    [
        (8, "red"),
        (19.9, "red"),
        (20, "orange"),
        (47.9, "orange"),
        (60, "yellow"),
        (120, "green"),
        (175, "teal"),
        (220, "blue"),
        (240, "indigo"),
        (300, "pink"),
        (330, "red"),
    ],
)
def test_hues_have_names(hue: float, word: str):
    assert hue_word(hue) == word


def test_coats_have_names():
    assert coat_word(30, 0.15) == "dark brown"
    assert coat_word(18, 0.4) == "red"
    assert coat_word(40, 0.4) == "brown"
    assert coat_word(20, 0.6) == "copper"
    assert coat_word(40, 0.6) == "blond"


@pytest.mark.parametrize(("yaw", "words"), [(-30, "turned to the left"), (30, "turned to the right"), (3, "facing us")])
def test_turns(yaw: float, words: str):
    assert turn_words(yaw) == words


def test_backgrounds_with_their_article():
    assert background_words({"background_hue": 30, "background_lightness": 0.5}) == "on an orange background"
    assert background_words({"background_hue": 30, "background_lightness": 0.7}) == "on a light orange background"
    assert background_words({"background_hue": 240, "background_lightness": 0.3}) == "on a dark indigo background"


FACE = {
    "yaw_deg": 20.0,
    "smile": 0.9,
    "age": 0.9,
    "hair_style": 1.0,
    "coat_length": 0.9,
    "coat_hue": 40.0,
    "coat_lightness": 0.6,
    "beard": 0.0,
    "fringe": 1.0,
    "glasses": 1.0,
    "hat": 0.0,
    "background_hue": 120.0,
    "background_lightness": 0.5,
}


def test_a_face_is_described():
    hair, where = "long curly blond hair, a fringe, glasses", "turned to the right, on a green background"
    expected = f"a portrait of a smiling old person with {hair}, {where}"
    assert caption_face("a portrait", FACE) == expected


def test_a_serious_young_face_with_a_bun_is_described():
    changed = FACE | {"smile": 0.1, "age": 0.1, "hair_style": 2.0, "fringe": 0.0, "glasses": 0.0, "yaw_deg": 0.0}
    expected = "a portrait of a serious young person with blond hair in a bun, facing us, on a green background"
    assert caption_face("a portrait", changed) == expected


def test_an_animal_without_a_collar_is_not_given_one():
    traits = get_world("wild").render(0, 0, 16).attributes
    assert "collar" not in caption_animal("fox", traits)
    assert "wearing a green collar" in caption_animal("dog", traits | {"collar": 1.0, "cloth_hue": 100.0})


def test_a_church_is_described():
    traits = {
        "tone": 0.9,
        "tower_height": 0.4,
        "tower_place": 1.0,
        "num_trees": 1.0,
        "lit_windows": 1.0,
        "cloud_cover": 0.1,
        "roof_hue": 220.0,
        "background_hue": 200.0,
    }
    expected = "a white church with a tower in the middle, blue roofs and lit windows, one tree, under a clear blue sky"
    assert caption_church(traits) == expected


@pytest.mark.parametrize("name", ["face", "dog", "shoe", "church", "bedroom"])
def test_captions_name_the_hue_of_background_sky_or_wall(name: str):
    for index in range(20):
        sample = get_world(name).render(0, index, 16)
        assert hue_word(sample.attributes["background_hue"]) in sample.caption


def test_an_edge_has_no_colours_to_speak_of():
    for index in range(20):
        caption = get_world("edge").render(0, index, 16).caption
        assert caption.startswith("the outlines of a ")
        assert "background" not in caption
