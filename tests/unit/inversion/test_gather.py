"""Shards in one file: in order, of one kind, each image once."""

import dataclasses

import numpy as np
import pytest

from stylealign.codes import Codes, Passport, join_codes, read_codes, write_codes
from stylealign.errors import CodesError
from stylealign.inversion.gather import gather

PASSPORT = Passport("wplus", "wplus_opt", (2, 4), "a" * 64, 1.0, "tiny", "{}")


def shard(path, names, passport=PASSPORT):
    rng = np.random.default_rng([ord(name) for name in names])
    numbers = [rng.random(len(names)).astype(np.float32) for _ in range(4)]
    values = rng.normal(size=[len(names), 2, 4]).astype(np.float32)
    codes = Codes(passport, tuple(names), values, *numbers[:3], np.ones(len(names), np.int32), numbers[3])
    write_codes(path, codes)
    return codes


@pytest.fixture
def paths(tmp_path):
    return [tmp_path / "dog.wplus_opt" / f"{part}.parquet" for part in range(3)]


def test_shards_are_joined_in_their_order(paths, tmp_path):
    parts = [shard(path, names) for path, names in zip(paths, ["ba", "", "dc"], strict=True)]  # one past the last image
    gather(paths, tmp_path / "dog.parquet")
    gathered = read_codes(tmp_path / "dog.parquet")
    assert gathered.image_ids == tuple("badc")
    np.testing.assert_array_equal(gathered.values, join_codes(parts).values)
    gather(paths, tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == (tmp_path / "dog.parquet").read_bytes()


def test_shards_of_another_key_are_refused(paths, tmp_path):
    shard(paths[0], "ab")
    shard(paths[1], "c", dataclasses.replace(PASSPORT, settings='{"steps":4}'))
    with pytest.raises(CodesError, match=r"dog\.wplus_opt: codes of different settings .*invert them again"):
        gather(paths[:2], tmp_path / "dog.parquet")
    assert not (tmp_path / "dog.parquet").exists()


def test_an_image_of_two_shards_is_refused(paths, tmp_path):
    for path, names in zip(paths, ["ab", "cd", "eb"], strict=True):
        shard(path, names)
    with pytest.raises(CodesError, match=r"1 images are inverted twice, b in .*0\.parquet and .*2\.parquet"):
        gather(paths, tmp_path / "dog.parquet")


def test_a_damaged_shard_is_named(paths, tmp_path):
    shard(paths[0], "ab")
    paths[1].write_bytes(b"")
    with pytest.raises(CodesError, match=r"1\.parquet: not a file of codes"):
        gather(paths[:2], tmp_path / "dog.parquet")
