"""What the config knows of the worlds' regions is what the worlds draw."""

from stylealign.config.world_regions import WORLD_REGIONS
from stylealign.worlds.registry import WORLDS


def test_every_worlds_regions_in_their_order():
    assert {name: world.region_names for name, world in WORLDS.items()} == WORLD_REGIONS
