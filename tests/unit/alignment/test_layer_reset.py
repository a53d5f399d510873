"""Table 2's machinery on a tiny family."""

import pytest

from stylealign.alignment.component_reset import component_reset_rows
from stylealign.alignment.layer_reset import layer_parts, layer_reset_rows
from stylealign.checkpoint import load_generator
from stylealign.errors import LineageError
from stylealign.tables import LAYER_RESET, to_frame


def _rows(family, judge, parent="parent"):
    return layer_reset_rows(
        "child", family["child"], [(parent, family[parent])], judge, num_images=6, truncation_psi=(1.0,), seed=0
    )


def test_rows_fit_the_table_with_a_row_a_resolution(family, judge):
    frame = to_frame(LAYER_RESET, _rows(family, judge))
    assert list(frame["resolution"]) == [4, 8, 16]
    assert (frame["lpips"] > 0).all()
    assert frame["relative_weight_change"].between(0.2, 0.4).all()


def test_parts_are_convolution_weights_only(family):
    G, _ = load_generator(family["child"])
    assert layer_parts(G) == {
        4: ("synthesis.b4.conv1.weight",),
        8: ("synthesis.b8.conv0.weight", "synthesis.b8.conv1.weight"),
        16: ("synthesis.b16.conv0.weight", "synthesis.b16.conv1.weight"),
    }


def test_one_resolution_changes_less_than_all_convolutions(family, judge):
    named = [("parent", family["parent"])]
    rows = component_reset_rows("child", family["child"], named, judge, num_images=6, truncation_psi=(1.0,), seed=0)
    whole = next(row["lpips"] for row in rows if row["component"] == "feature_conv")
    assert min(row["lpips"] for row in _rows(family, judge)) < whole


def test_another_architecture_is_refused(family, judge):
    with pytest.raises(LineageError, match="foreigner"):
        _rows(family, judge, parent="foreigner")
