"""Table 7's machinery: exact zero for the same model, order of magnitude, interval, determinism, refusals."""

import pytest

from stylealign.alignment.mapping_drift import mapping_drift_rows
from stylealign.errors import CheckpointError, LineageError
from stylealign.tables import MAPPING_DRIFT, to_frame


def _rows(family, model="child", relatives=("parent",), num_z=500, seed=0):
    named = [(name, "child", family[name]) for name in relatives]
    return mapping_drift_rows(model, family[model], named, num_z=num_z, seed=seed)


def test_rows_fit_the_table(family):
    frame = to_frame(MAPPING_DRIFT, _rows(family, relatives=("parent", "stranger")))
    assert list(frame["parent"]) == ["parent", "stranger"]
    assert (frame["l1_w_low"] < frame["l1_w"]).all()
    assert (frame["l1_w"] < frame["l1_w_high"]).all()
    assert (frame["num_z"] == 500).all()


def test_the_same_mapping_drifts_by_exactly_nothing(family):
    (row,) = mapping_drift_rows("parent", family["parent"], [("again", "child", family["parent"])], num_z=300, seed=0)
    assert (row["l1_w"], row["l1_w_low"], row["l1_w_high"]) == (0, 0, 0)


def test_a_stranger_is_farther_than_a_child(family):
    child, stranger = _rows(family, relatives=("parent", "stranger"))
    assert 0 < child["l1_w"] < stranger["l1_w"] / 5


def test_the_seed_decides_everything(family):
    assert _rows(family) == _rows(family)
    assert _rows(family)[0]["l1_w"] != _rows(family, seed=1)[0]["l1_w"]


def test_more_codes_narrow_the_interval(family):
    few, many = (_rows(family, num_z=num_z)[0] for num_z in (100, 10_000))
    assert many["l1_w_high"] - many["l1_w_low"] < (few["l1_w_high"] - few["l1_w_low"]) / 4


def test_other_spaces_are_refused(family):
    with pytest.raises(LineageError, match=r"models\.child and models\.foreigner.*\(8, 8\) and \(8, 12\)"):
        _rows(family, relatives=("foreigner",))


def test_a_missing_checkpoint_is_named(family, tmp_path):
    with pytest.raises(CheckpointError, match="nowhere"):
        mapping_drift_rows("child", family["child"], [("p", "child", tmp_path / "nowhere")], num_z=10, seed=0)


def test_a_model_without_relatives_has_no_rows(family):
    assert _rows(family, relatives=()) == []
