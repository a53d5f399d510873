"""Laws of the cache: whatever was kept, in whatever batches, is found again, once, in the order asked."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.codes import Codes, Passport, read_codes, write_codes
from stylealign.inversion.cache import CodeCache
from stylealign.inversion.gather import gather

PASSPORT = Passport("w", "w_opt", (2,), "a" * 64, 1.0, "tiny", "{}")
IMAGES = "abcdefgh"

batches = st.lists(st.lists(st.sampled_from(IMAGES), unique=True, min_size=1), max_size=4)


def codes(names):
    numbers = np.array([ord(name) for name in names], np.float32)
    values = np.stack([numbers, -numbers], 1).reshape(-1, 2)
    return Codes(PASSPORT, tuple(names), values, numbers, numbers, numbers, numbers.astype(np.int32), numbers)


@settings(max_examples=25, deadline=None)
@given(kept=batches, asked=st.lists(st.sampled_from(IMAGES)))
def test_what_was_kept_is_known(kept, asked):
    with tempfile.TemporaryDirectory() as folder:
        cache = CodeCache(Path(folder), PASSPORT)
        for names in kept:
            cache.keep(codes(names))
        found = cache.known(asked)
    wanted = [name for name in dict.fromkeys(asked) if any(name in names for names in kept)]
    assert list(found.image_ids) == wanted
    np.testing.assert_array_equal(found.values, codes(wanted).values)


@settings(max_examples=15, deadline=None)
@given(names=st.permutations(IMAGES), cuts=st.lists(st.integers(0, len(IMAGES)), max_size=3))
def test_gathered_shards_are_the_whole_however_it_was_cut(names, cuts):
    ends = [0, *sorted(cuts), len(names)]
    with tempfile.TemporaryDirectory() as folder:
        shards = []
        for part, (start, end) in enumerate(itertools.pairwise(ends)):
            shards.append(Path(folder) / f"{part}.parquet")
            write_codes(shards[-1], codes(names[start:end]))
        gather(shards, Path(folder) / "all.parquet")
        write_codes(Path(folder) / "whole.parquet", codes(names))
        assert (Path(folder) / "all.parquet").read_bytes() == (Path(folder) / "whole.parquet").read_bytes()
        assert read_codes(shards[0]).num == ends[1]
