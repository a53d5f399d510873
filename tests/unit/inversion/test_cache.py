"""The cache of an inversion: codes by image, parts that are whole or not there, and nothing foreign."""

import dataclasses
import json
import logging

import numpy as np
import pytest

from stylealign.codes import Codes, Passport, join_codes, read_codes, write_codes
from stylealign.inversion.cache import CodeCache

PASSPORT = Passport("w", "w_opt", (4,), "a" * 64, 1.0, "tiny", '{"steps":3}')


def codes(names, passport=PASSPORT):
    """Codes whose numbers depend on nothing but the image."""
    values = np.array([[ord(name), -ord(name), 0, 1] for name in names], np.float32).reshape(-1, 4)
    first = values[:, 0]
    return Codes(passport, tuple(names), values, first, first, first, first.astype(np.int32), first)


@pytest.fixture
def cache(tmp_path):
    return CodeCache(tmp_path / "w_opt", PASSPORT)


def assert_same(found, names):
    wanted = codes(names)
    assert (found.passport, found.image_ids) == (wanted.passport, wanted.image_ids)
    for name in ("values", "distance", "pixel", "same_region", "steps", "seconds"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_nothing_is_known_at_first(cache):
    assert_same(cache.known("abc"), "")


def test_codes_are_found_by_image_in_the_order_asked(cache):
    cache.keep(codes("abc"))
    cache.keep(codes("d"))
    assert_same(cache.known("dxcaa"), "dca")
    assert_same(cache.known(""), "")


def test_an_image_that_two_batches_have_comes_once(cache):
    cache.keep(codes("ab"))
    cache.keep(codes("bc"))
    assert_same(cache.known("abc"), "abc")


def test_keys_have_folders_of_their_own_and_say_what_they_are(cache):
    other = dataclasses.replace(PASSPORT, settings='{"steps":4}')
    cache.keep(codes("ab"))
    CodeCache(cache.root, other).keep(codes("c", other))
    assert_same(cache.known("abc"), "ab")
    assert CodeCache(cache.root, other).known("abc").image_ids == ("c",)
    assert {json.loads(path.read_text())["steps"] for path in cache.root.glob("*/key.json")} == {3, 4}


def test_a_batch_is_one_file_whoever_writes_it(cache):
    cache.keep(codes("ab"))
    content = next(cache.folder.glob("*.parquet")).read_bytes()
    cache.keep(codes("ab"))
    assert [path.name for path in cache.folder.iterdir() if path.suffix != ".json"] == [
        path.name for path in cache.folder.glob("*.parquet")
    ]
    assert next(cache.folder.glob("*.parquet")).read_bytes() == content


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "flipped"])
def test_a_damaged_part_is_as_if_it_were_not_there(cache, damage, caplog):
    cache.keep(codes("a"))
    cache.keep(codes("bc"))
    part = next(path for path in cache.folder.glob("*.parquet") if "b" in read_codes(path).image_ids)
    content = bytearray(part.read_bytes())
    content[content.index(np.float32([ord("b"), -ord("b")]).tobytes())] ^= 1
    damaged = {"empty": b"", "cut": part.read_bytes()[:-9], "text": b"text", "flipped": bytes(content)}
    part.write_bytes(damaged[damage])
    with caplog.at_level(logging.WARNING):
        assert_same(cache.known("abc"), "a")
    assert len(caplog.records) == 1
    assert "\n" not in caplog.text.strip()
    assert f"{part.name}: not a file of codes" in caplog.text
    cache.keep(codes("bc"))
    assert_same(cache.known("abc"), "abc")


def test_a_part_of_another_key_is_not_taken(cache, caplog):
    stranger = dataclasses.replace(PASSPORT, generator="b" * 64)
    write_codes(cache.folder / "copied.parquet", codes("a", stranger))
    with caplog.at_level(logging.WARNING):
        assert_same(cache.known("a"), "")
    assert "copied.parquet: codes of another key" in caplog.text


def test_what_a_killed_job_left_half_written_is_ignored(cache):
    cache.keep(codes("a"))
    whole = next(cache.folder.glob("*.parquet"))
    (cache.folder / f"{'0' * 32}.parquet.node.17.partial").write_bytes(whole.read_bytes()[:50])
    assert_same(cache.known("a"), "a")


def test_the_codes_of_another_key_are_not_kept(cache):
    with pytest.raises(AssertionError):
        cache.keep(codes("a", dataclasses.replace(PASSPORT, method="z_opt")))


def test_joined_parts_are_the_whole(cache):
    for name in "cab":
        cache.keep(codes(name))
    assert_same(cache.known("abc"), "abc")
    assert_same(join_codes([cache.known("a"), cache.known("bc")]), "abc")
