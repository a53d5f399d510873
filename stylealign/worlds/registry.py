"""Every world, by name."""

from difflib import get_close_matches

from stylealign.errors import ConfigError
from stylealign.worlds.animals import CATS, DOGS, WILD
from stylealign.worlds.bedroom import BEDROOM
from stylealign.worlds.church import CHURCH
from stylealign.worlds.faces import CARTOON, FACE, PAINTING
from stylealign.worlds.shoes import EDGE, SHOE
from stylealign.worlds.world import World

ALL = (FACE, PAINTING, CARTOON, DOGS, CATS, WILD, CHURCH, BEDROOM, SHOE, EDGE)
WORLDS: dict[str, World] = {world.name: world for world in ALL}


def get_world(name: str) -> World:
    """The world of that name.

    Raises:
        ConfigError: there is none; the message names the nearest.
    """
    if name in WORLDS:
        return WORLDS[name]
    near = get_close_matches(name, WORLDS, n=3, cutoff=0.4)
    hint = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(WORLDS)}"
    raise ConfigError([f"world: {name!r} is not a world; {hint}"])
