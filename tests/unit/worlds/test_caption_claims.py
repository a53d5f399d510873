"""Shortened texts: every one is still true of its picture, and no text is taken for true that is not."""

import re
from collections import Counter

import numpy as np
import pytest

from stylealign.worlds.caption_claims import mirrored, names_a_side, read_caption, shorter
from stylealign.worlds.captions import coat_word, hue_word
from stylealign.worlds.registry import WORLDS

NUM = 12


def samples(name: str):
    world = WORLDS[name]
    return [world.render(3, index, 16) for index in range(NUM)]


def untrue(text: str, traits: dict[str, float]) -> list[str]:
    """What a text says against the attributes, read in another way than the package reads captions."""
    coat = coat_word(traits["coat_hue"], traits["coat_lightness"]) if "coat_hue" in traits else ""
    hue = hue_word(traits["background_hue"]) if "background_hue" in traits else ""
    turned = 0 if abs(traits.get("yaw_deg", 0)) < 10 else np.sign(traits["yaw_deg"])
    colours = "dark brown|brown|red|copper|blond"
    checks = {
        rf"\b({colours}) (?:hair|fur)": lambda found: found == coat,
        r"on an? (?:light |dark )?(\w+) background": lambda found: found in (hue, "light", "dark"),
        r"on an? (light) ": lambda _: traits["background_lightness"] > 0.6,
        r"on an? (dark) ": lambda _: traits["background_lightness"] < 0.36,
        r"turned to the (\w+)": lambda found: turned == {"right": 1, "left": -1}[found],
        r"(facing) us": lambda _: turned == 0,
        r"\b(smiling|serious)\b": lambda found: (found == "smiling") == (traits["smile"] > 0.5),
        r"\b(glasses|beard|hat|fringe)\b": lambda found: bool(traits[found]),
        r"mouth (open)": lambda _: traits["smile"] > 0.5,
        r"wearing an? (\w+) collar": lambda found: bool(traits["collar"]) and found == hue_word(traits["cloth_hue"]),
    }
    return [
        f"{pattern}: {found} in {text}"
        for pattern, is_true in checks.items()
        for found in re.findall(pattern, text)
        if not is_true(found)
    ]


@pytest.mark.parametrize("name", ["face", "painting", "cartoon", "dog", "cat", "wild"])
def test_every_shortened_text_is_true_of_the_picture(name: str) -> None:
    stream = np.random.default_rng(0)
    for sample in samples(name):
        caption = read_caption(sample.caption)
        for _ in range(30):
            text, claims = shorter(caption, stream)
            assert not untrue(text, sample.attributes)
            assert claims <= caption.claims()


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_captions_of_every_world_are_read_whole(name: str) -> None:
    stream = np.random.default_rng(1)
    for sample in samples(name):
        caption = read_caption(sample.caption)
        words = Counter(re.findall(r"\w+", sample.caption))
        for clause in (caption.subject, *caption.clauses):
            assert not Counter(re.findall(r"[^\W_]+", clause.words())) - words - Counter(["a", "an"])
        for _ in range(10):
            text, _ = shorter(caption, stream)
            assert not re.search(r" {2}|,,|, $| with$|_|\ba [aeio]|\ban [^aeio]", text), text


def test_another_hair_is_another_claim() -> None:
    red, brown = (read_caption(f"a portrait of an old person with short {c} hair, facing us") for c in ("red", "brown"))
    assert not red.claims() <= brown.claims()
    assert red.claims() - brown.claims() == {"red|hair"}
    assert read_caption("a portrait of an old person with dark brown hair in a bun").claims() >= {
        "dark_brown|hair",
        "in_a_bun|hair",
    }


def test_a_mirrored_picture_is_turned_the_other_way() -> None:
    caption = read_caption("a dog with short red fur and erect ears, turned to the left, on a light green background")
    other = read_caption("a dog with short red fur and erect ears, turned to the right, on a light green background")
    assert mirrored(caption.claims()) == other.claims()
    assert names_a_side("a window on the left")
    assert not names_a_side("a leftover of a rightful person")


def test_texts_are_of_every_length_and_come_of_the_stream_alone() -> None:
    caption = read_caption(samples("face")[0].caption)
    texts = [shorter(caption, np.random.default_rng(seed))[0] for seed in range(200)]
    assert texts == [shorter(caption, np.random.default_rng(seed))[0] for seed in range(200)]
    assert {"a photo of a person", caption.text} <= set(texts)
    assert len(set(texts)) > 50
