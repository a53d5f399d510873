"""Golden bytes: the same seed gives the same pixels, regions and caption on every machine and in every release.

A change here changes every image set, and with it every model trained on a world. When it is meant, print the new
table with ``python tests/golden/worlds/test_world_bytes.py``, paste it, and say so in the changelog.
"""

import hashlib

import pytest

from stylealign.worlds.registry import WORLDS, get_world

GOLDEN = {
    "face": "f9d5b9ef3de237ac",
    "painting": "c31fc33522a66c4b",
    "cartoon": "95b0585911cd2bae",
    "dog": "72110054ebc6dc20",
    "cat": "bbe1a4ee2c5111d6",
    "wild": "375db0c43f8542ca",
    "church": "60de6f9214273119",
    "bedroom": "a30e34a865513fdc",
    "shoe": "aa4f74bb34b51524",
    "edge": "46fd6541192d1fda",
}


def digest(name: str) -> str:
    """Over samples 0 to 4 at 32 px and sample 5 at 64 px."""
    total = hashlib.sha256()
    for index, resolution in ((0, 32), (1, 32), (2, 32), (3, 32), (4, 32), (5, 64)):
        sample = get_world(name).render(0, index, resolution)
        total.update(sample.pixels.tobytes() + sample.regions.tobytes() + sample.caption.encode())
    return total.hexdigest()[:16]


@pytest.mark.parametrize("name", WORLDS)
def test_bytes_are_those_last_seen(name: str):
    assert digest(name) == GOLDEN[name]


if __name__ == "__main__":
    for world in WORLDS:
        print(f'    "{world}": "{digest(world)}",')
