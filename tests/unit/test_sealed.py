"""Seals of tensors and of tables: what is altered is refused, whoever altered it; what has no seal is read as it is."""

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from stylealign.reading import SEAL, Unreadable, read_npz, read_parquet, read_schema
from stylealign.sealed import KEY, read_sealed, read_sealed_meta, write_sealed
from stylealign.writing import write_npz, write_parquet

TENSORS = {"x": torch.arange(6.0).reshape(2, 3), "n": torch.tensor(3), "none": torch.zeros(0)}
META = {"kind": "pair", "ticks": [{"loss": float("nan")}, {"loss": 0.1}], "names": ["ä"]}
TABLE = pa.table(
    {"model": ["cat", "dog"], "fid": [1.0, float("nan")]}, metadata={"stylealign.provenance": '{"seed": 0}'}
)


@pytest.fixture
def sealed(tmp_path):
    write_sealed(tmp_path / "a.safetensors", TENSORS, META)
    return tmp_path / "a.safetensors"


def held(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(file.metadata()[KEY])  # noqa: SIM118


def test_what_is_sealed_comes_back_without_its_seal(sealed):
    tensors, meta = read_sealed(sealed)
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)
    assert repr(meta) == repr(read_sealed_meta(sealed))
    assert json.dumps(meta, sort_keys=True) == json.dumps(META, sort_keys=True)


def test_equal_contents_give_equal_bytes_in_whatever_order(sealed, tmp_path):
    write_sealed(tmp_path / "b.safetensors", dict(reversed(TENSORS.items())), dict(reversed(META.items())))
    assert (tmp_path / "b.safetensors").read_bytes() == sealed.read_bytes()


@pytest.mark.parametrize("part", ["x", "n"])
def test_an_altered_tensor_is_refused(sealed, part):
    tensors, meta = held(sealed)
    tensors[part] = tensors[part] + 1
    save_file(tensors, sealed, {KEY: json.dumps(meta, sort_keys=True)})
    with pytest.raises(ValueError, match="its tensors do not match its seal"):
        read_sealed(sealed)


def test_altered_metadata_are_refused_without_reading_a_tensor(sealed):
    tensors, meta = held(sealed)
    save_file(tensors, sealed, {KEY: json.dumps({**meta, "kind": "generator"}, sort_keys=True)})
    for read in (read_sealed, read_sealed_meta):
        with pytest.raises(ValueError, match="its metadata do not match their seal"):
            read(sealed)


def test_a_file_of_before_seals_is_read(sealed):
    tensors, meta = held(sealed)
    del meta["seal"]
    save_file(tensors, sealed, {KEY: json.dumps(meta)})
    assert read_sealed(sealed)[1]["kind"] == "pair"


def test_a_table_comes_back_and_says_what_it_said(tmp_path):
    write_parquet(tmp_path / "a.parquet", TABLE)
    back = read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(back.to_pandas(), TABLE.to_pandas())
    assert json.loads(read_schema(tmp_path / "a.parquet").metadata[b"stylealign.provenance"]) == {"seed": 0}
    assert read_parquet(tmp_path / "a.parquet", ["fid"]).column_names == ["fid"]


@pytest.mark.parametrize(
    "altered",
    [
        TABLE.slice(0, 1),
        TABLE.rename_columns(["name", "fid"]),
        TABLE.set_column(1, "fid", pa.array([1, 2])),
        TABLE.replace_schema_metadata({"stylealign.provenance": '{"seed": 1}'}),
    ],
)
def test_a_table_altered_under_its_seal_is_refused(tmp_path, altered):
    write_parquet(tmp_path / "a.parquet", TABLE)
    told = {**TABLE.schema.metadata, SEAL: read_schema(tmp_path / "a.parquet").metadata[SEAL]}
    told |= altered.schema.metadata or {}
    pq.write_table(altered.replace_schema_metadata(told), tmp_path / "a.parquet")
    for read in (read_parquet, read_schema):
        with pytest.raises(Unreadable, match="does not match its seal"):
            read(tmp_path / "a.parquet")


def test_a_table_of_before_seals_is_read(tmp_path):
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet").num_rows == 2


def test_arrays_are_read_by_name_and_an_absent_one_is_said(tmp_path):
    import numpy as np

    write_npz(tmp_path / "a.npz", {"b": np.ones(2), "a": np.zeros(2)})
    assert list(read_npz(tmp_path / "a.npz")) == ["b", "a"]
    assert list(read_npz(tmp_path / "a.npz", "a")) == ["a"]
    with pytest.raises(Unreadable, match="c is not a file in the archive"):
        read_npz(tmp_path / "a.npz", "c")
