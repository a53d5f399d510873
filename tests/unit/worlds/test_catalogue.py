"""The catalogue is what the worlds draw, and every world of the config is in it."""

from typing import get_args

import pytest

from stylealign.catalogue import CATALOGUE, WORLD_ATTRIBUTES
from stylealign.config.domains import WorldName
from stylealign.worlds.registry import WORLDS


def test_every_world_of_the_config_is_in_the_catalogue():
    assert tuple(WORLD_ATTRIBUTES) == get_args(WorldName)
    assert set(WORLD_ATTRIBUTES) == set(WORLDS)


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_draws_what_the_catalogue_says(name):
    drawn = WORLDS[name].render(0, 0, 16).attributes
    assert set(drawn) == {one.name for one in WORLD_ATTRIBUTES[name]}
    assert WORLDS[name].attributes == WORLD_ATTRIBUTES[name]


def test_classes_have_a_word_for_each_code_and_numbers_none():
    for name, one in CATALOGUE.items():
        assert one.name == name
        assert len(one.values) == (one.high + 1 if one.kind == "class" else 0)
