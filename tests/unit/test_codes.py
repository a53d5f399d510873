"""A file of codes gives back what was written, bit for bit, and is refused where it is damaged or foreign."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stylealign.codes import (
    Codes,
    Passport,
    join_codes,
    no_codes,
    read_codes,
    read_image_ids,
    write_codes,
)
from stylealign.errors import CodesError

PASSPORT = Passport("zplus", "zplus_opt", (3, 4), "a" * 64, 0.7, "embedded", '{"seed":0}')


def codes(num, seed=0, passport=PASSPORT):
    rng = np.random.default_rng(seed)
    numbers = [rng.random(num).astype(np.float32) for _ in range(4)]
    numbers[2][::2] = np.nan  # regions unknown
    values = rng.normal(size=[num, *passport.shape]).astype(np.float32)
    ids = tuple(f"{seed}-{row}" for row in range(num))
    return Codes(passport, ids, values, *numbers[:3], np.arange(num, dtype=np.int32), numbers[3])


def assert_same(a, b):
    assert (a.passport, a.image_ids) == (b.passport, b.image_ids)
    for name in ("values", "distance", "pixel", "same_region", "steps", "seconds"):
        one, other = getattr(a, name), getattr(b, name)
        assert one.dtype == other.dtype, name
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("num", [0, 1, 5])
@pytest.mark.parametrize("shape", [(4,), (3, 4)])
def test_what_is_written_is_read(tmp_path, num, shape):
    written = codes(num, passport=dataclasses.replace(PASSPORT, shape=shape))
    write_codes(tmp_path / "deep" / "codes.parquet", written)
    assert_same(read_codes(tmp_path / "deep" / "codes.parquet"), written)
    assert read_image_ids(tmp_path / "deep" / "codes.parquet") == (written.passport, written.image_ids)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["codes.parquet"]


def test_equal_codes_give_equal_bytes(tmp_path):
    for name in ("a", "b"):
        write_codes(tmp_path / name, codes(3))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_no_codes_are_of_any_passport():
    empty = no_codes(PASSPORT)
    assert (empty.num, empty.values.shape) == (0, (0, 3, 4))
    assert_same(join_codes([empty, codes(2), empty]), codes(2))


def test_parts_join_in_order_and_only_with_their_own():
    joined = join_codes([codes(2, 1), codes(3, 2)])
    assert joined.image_ids == ("1-0", "1-1", "2-0", "2-1", "2-2")
    assert_same(joined.take([2, 3, 4]), codes(3, 2))
    other = dataclasses.replace(PASSPORT, generator="b" * 64, truncation_psi=1.0)
    with pytest.raises(CodesError, match="different generator, truncation_psi do not belong"):
        join_codes([codes(2), codes(2, passport=other)])


def test_codes_of_named_images():
    found = codes(4).of_images(["0-3", "0-1"])
    assert_same(found, codes(4).take([3, 1]))
    with pytest.raises(CodesError, match="2 images, x the first, have no zplus_opt code"):
        codes(4).of_images(["0-0", "x", "y"])


@pytest.mark.parametrize("kept", [0, 3, 400, -1])
def test_a_file_cut_short_is_refused(tmp_path, kept):
    path = tmp_path / "codes.parquet"
    write_codes(path, codes(5))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CodesError, match=r"codes\.parquet: not a file of codes, or damaged .*; delete it and run"):
        read_codes(path)


def test_a_flipped_bit_in_a_code_is_noticed(tmp_path):
    path, written = tmp_path / "codes.parquet", codes(5)
    write_codes(path, written)
    content = bytearray(path.read_bytes())
    place = content.index(written.values[2, 1].tobytes()[:8])
    content[place] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(CodesError, match="damaged"):
        read_codes(path)


def test_other_tables_are_refused(tmp_path):
    pq.write_table(pa.table({"kimg": [1.0]}), tmp_path / "ticks.parquet")
    write_codes(tmp_path / "codes.parquet", codes(2))
    table = pq.read_table(tmp_path / "codes.parquet")
    pq.write_table(table.drop_columns(["steps"]), tmp_path / "fewer.parquet")
    pq.write_table(table.set_column(2, "distance", pa.array([1.0, 2.0])), tmp_path / "double.parquet")
    for name in ("ticks", "fewer", "double", "absent"):
        with pytest.raises(CodesError, match=rf"{name}\.parquet: not a file of codes"):
            read_codes(tmp_path / f"{name}.parquet")


def test_reading_codes_needs_no_torch():
    import subprocess
    import sys

    code = "import sys, stylealign.codes, stylealign.inversion.gather; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
