"""Every world: shapes, determinism, declared regions and attributes, every resolution, and its errors."""

import hashlib
import math
import re

import numpy as np
import pytest

from stylealign.errors import ConfigError, ImageSetError
from stylealign.worlds.canvas import SIDES
from stylealign.worlds.registry import WORLDS, get_world
from stylealign.worlds.world import Sample, World, render_many

FACES = ("face", "painting", "cartoon")
ANIMALS = ("dog", "cat", "wild")
every_world = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS.keys())


def digest(sample: Sample) -> str:
    return hashlib.sha256(sample.pixels.tobytes() + sample.regions.tobytes()).hexdigest()


def test_the_declared_worlds_exist():
    assert list(WORLDS) == [*FACES, *ANIMALS, "church", "bedroom", "shoe", "edge"]


@every_world
@pytest.mark.parametrize("resolution", SIDES)
def test_a_sample_is_whole_at_every_resolution(world: World, resolution: int):
    sample = world.render(3, 5, resolution)
    assert sample.pixels.shape == (resolution, resolution, 3)
    assert sample.regions.shape == (resolution, resolution)
    assert sample.pixels.dtype == sample.regions.dtype == np.uint8
    assert sample.regions.max() < len(world.region_names)
    assert sample.caption


@every_world
def test_attributes_are_those_declared_and_within_their_range(world: World):
    declared = {attribute.name: attribute for attribute in world.attributes}
    for index in range(40):
        attributes = world.render(1, index, 16).attributes
        assert attributes.keys() == declared.keys()
        for name, value in attributes.items():
            assert math.isnan(value) or declared[name].low <= value <= declared[name].high, name
            assert declared[name].kind == "number" or value == int(value)


@every_world
def test_only_the_hue_of_a_missing_collar_is_unknown(world: World):
    for index in range(40):
        attributes = world.render(1, index, 16).attributes
        unknown = {name for name, value in attributes.items() if math.isnan(value)}
        assert unknown == ({"cloth_hue"} if attributes.get("collar") == 0 else set())


@every_world
def test_attributes_use_their_range(world: World):
    """Each number spreads over at least half its range, each class takes at least two values."""
    _, _, columns, _ = render_many(world, 0, range(250), 16)
    narrow_by_design = {"painting": {"background_lightness"}, "cartoon": {"background_lightness"}}
    for attribute in world.attributes:
        if attribute.name in narrow_by_design.get(world.name, ()) or (world.name, attribute.name) == (
            "cat",
            "ear_shape",
        ):
            continue
        if world.name == "painting" and attribute.name == "glasses":
            continue  # the painters of our paintings knew none
        values = columns[attribute.name][~np.isnan(columns[attribute.name])]
        if attribute.kind == "class":
            assert len(np.unique(values)) >= 2, attribute.name
        else:
            assert np.ptp(values) > 0.5 * (attribute.high - attribute.low), attribute.name


@every_world
def test_same_seed_and_index_give_the_same_bytes_whatever_else_was_drawn(world: World):
    before = world.render(7, 11, 32)
    for index in (3, 200, 11):
        world.render(8, index, 16)
    after = world.render(7, 11, 32)
    assert digest(before) == digest(after)
    assert before.caption == after.caption
    assert repr(before.attributes) == repr(after.attributes)


@every_world
def test_seeds_and_indices_differ(world: World):
    digests = {digest(world.render(seed, index, 32)) for seed in range(2) for index in range(30)}
    assert len(digests) == 60


@every_world
def test_attributes_do_not_depend_on_resolution(world: World):
    assert repr(world.render(0, 4, 16).attributes) == repr(world.render(0, 4, 128).attributes)


def test_render_many_stacks_single_renders():
    world = get_world("dog")
    pixels, regions, columns, captions = render_many(world, 5, [9, 2, 4], 16)
    for row, index in enumerate((9, 2, 4)):
        sample = world.render(5, index, 16)
        np.testing.assert_array_equal(pixels[row], sample.pixels)
        np.testing.assert_array_equal(regions[row], sample.regions)
        assert captions[row] == sample.caption
        np.testing.assert_array_equal([columns[name][row] for name in columns], [sample.attributes[n] for n in columns])


def test_render_many_of_nothing_is_empty():
    pixels, regions, columns, captions = render_many(get_world("face"), 0, [], 16)
    assert pixels.shape == (0, 16, 16, 3)
    assert regions.shape == (0, 16, 16)
    assert captions == []
    assert all(len(column) == 0 for column in columns.values())


@pytest.mark.parametrize("resolution", [0, 8, 24, 33, 512])
def test_other_resolutions_are_refused(resolution: int):
    with pytest.raises(ImageSetError, match="16, 32, 64, 128, 256"):
        get_world("face").render(0, 0, resolution)


def test_an_unknown_world_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean face"):
        get_world("faces")


def test_a_hopeless_name_is_answered_with_all():
    with pytest.raises(ConfigError, match=r"choose one of face, painting"):
        get_world("zzzz")


def test_regions_are_those_of_the_papers():
    parsing = ("background", "skin", "eyebrow", "eye", "ear", "nose", "mouth", "neck", "cloth", "hair")
    assert all(WORLDS[name].region_names == parsing for name in FACES)
    assert all("mouth" not in WORLDS[name].region_names for name in ANIMALS)
    assert WORLDS["church"].region_names == ("sky", "wall", "roof", "tower", "window", "door", "tree", "ground")


def test_attributes_of_one_name_are_one_object():
    shared: dict[str, set[int]] = {}
    for world in WORLDS.values():
        for attribute in world.attributes:
            shared.setdefault(attribute.name, set()).add(id(attribute))
    assert all(len(ids) == 1 for ids in shared.values())
    assert all(0 <= a.low < a.high <= 320 for w in WORLDS.values() for a in w.attributes if a.name.endswith("_hue"))


RARE = {"ear": 0.6, "neck": 0.7, "heel": 0.4, "tree": 0.7}


@every_world
def test_every_region_is_seen_at_32_px(world: World):
    _, regions, _, _ = render_many(world, 2, range(120), 32)
    for number, name in enumerate(world.region_names):
        present = np.mean((regions == number).sum(axis=(1, 2)) >= 3)
        assert present >= RARE.get(name, 0.8), f"{name}: {present:.2f}"


@pytest.mark.parametrize("name", [*FACES, *ANIMALS])
def test_eyes_have_at_least_four_pixels_at_32_px(name: str):
    world = get_world(name)
    _, regions, _, _ = render_many(world, 4, range(100), 32)
    sizes = (regions == world.region_names.index("eye")).sum(axis=(1, 2))
    assert np.quantile(sizes, 0.02) >= 4


@pytest.mark.parametrize(("name", "rates"), [("face", {"glasses": 0.15, "beard": 0.18, "fringe": 0.4, "hat": 0.07})])
def test_stated_rates_hold(name: str, rates: dict[str, float]):
    _, _, columns, _ = render_many(get_world(name), 0, range(800), 16)
    for attribute, rate in rates.items():
        error = math.sqrt(rate * (1 - rate) / 800)
        assert abs(columns[attribute].mean() - rate) < 4 * error, attribute


@every_world
def test_captions_are_plain_words(world: World):
    captions = {world.render(0, index, 16).caption for index in range(30)}
    assert len(captions) > 3
    for caption in captions:
        assert re.fullmatch(r"[a-z][a-z ,-]+[a-z]", caption), caption
        assert "  " not in caption
        assert not re.search(r"\ba [aeio]", caption), caption
