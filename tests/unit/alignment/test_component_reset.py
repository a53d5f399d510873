"""Figures 1 and 8's machinery on a tiny family: rows, images, truncation, refusals."""

import numpy as np
import pytest

from stylealign.alignment.component_reset import COMPONENTS, component_reset_images, component_reset_rows
from stylealign.alignment.reset import render
from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError, LineageError
from stylealign.images import to_hwc
from stylealign.judges.colour import ColourJudge
from stylealign.latents import sample_z
from stylealign.tables import COMPONENT_RESET, to_frame


def _rows(family, judge, child="child", parents=("parent",), psi=(1.0,), num_images=6):
    named = [(name, family[name]) for name in parents]
    return component_reset_rows(child, family[child], named, judge, num_images=num_images, truncation_psi=psi, seed=0)


def test_rows_fit_the_table(family, judge):
    rows = _rows(family, judge, parents=("parent", "stranger"), psi=(1.0, 0.7))
    frame = to_frame(COMPONENT_RESET, rows)
    assert len(frame) == 2 * 2 * 4
    assert set(frame["component"]) == set(COMPONENTS)
    assert set(frame["judge"]) == {"tiny"}
    assert (frame["lpips"] > 0).all()
    assert (frame["lpips_low"] <= frame["lpips"]).all()
    assert (frame["lpips"] <= frame["lpips_high"]).all()


def test_the_weight_change_is_that_of_the_parent_and_not_of_the_truncation(family, judge):
    frame = to_frame(COMPONENT_RESET, _rows(family, judge, parents=("parent", "stranger"), psi=(1.0, 0.7)))
    change = frame.set_index(["parent", "truncation_psi", "component"])["relative_weight_change"]
    assert (change["parent", 1.0] == change["parent", 0.7]).all()
    assert (change["parent", 1.0] < change["stranger", 1.0]).all()
    assert change["parent", 1.0]["feature_conv"] == pytest.approx(0.3, rel=0.2)


def test_a_parent_against_itself_changes_nothing(family, judge):
    for row in component_reset_rows(
        "parent", family["parent"], [("again", family["parent"])], judge, num_images=4, truncation_psi=(0.7,), seed=0
    ):
        assert (row["lpips"], row["lpips_low"], row["lpips_high"], row["relative_weight_change"]) == (0, 0, 0, 0)


def test_rows_are_deterministic_and_whole_psi_is_a_number(family, judge):
    assert _rows(family, judge, psi=(1,)) == _rows(family, judge, psi=(1.0,))


def test_w_avg_moves_with_the_mapping_only_below_psi_one(family, judge, tmp_path):
    """At psi 0 every z is w_avg, so resetting the mapping shows the parent's w_avg in the child."""
    path = tmp_path / "images.npz"
    component_reset_images(family["child"], family["parent"], path, num_samples=3, seed=0, truncation_psi=0.0)
    with np.load(path) as npz:
        pixels, names = npz["pixels"], list(npz["names"])
    by_name = {name: pixels[:, names.index(name)] for name in names}
    assert (by_name["child"] == by_name["child"][:1]).all()
    assert (by_name["mapping"] == by_name["mapping"][:1]).all()
    assert (by_name["mapping"] != by_name["child"]).any()


def test_images_for_the_figure(family, tmp_path):
    path = tmp_path / "images.npz"
    component_reset_images(family["child"], family["parent"], path, num_samples=5, seed=3, truncation_psi=0.7)
    with np.load(path, allow_pickle=False) as npz:
        pixels, names = npz["pixels"], list(npz["names"])
    assert names == ["child", "mapping", "affine", "feature_conv", "torgb", "parent"]
    assert pixels.shape == (5, 6, 16, 16, 3)
    assert pixels.dtype == np.uint8
    z = sample_z(5, 8, 3, "family")
    for name in ("child", "parent"):
        expected = to_hwc(render(load_generator(family[name])[0], z, 0.7))
        assert np.array_equal(pixels[:, names.index(name)], expected)
    assert len(np.unique(pixels.reshape(5, 6, -1)[0], axis=0)) == 6
    assert list(tmp_path.iterdir()) == [path]


def test_equal_images_give_equal_bytes(family, tmp_path):
    for name in ("a", "b"):
        component_reset_images(
            family["child"], family["parent"], tmp_path / name, num_samples=2, seed=0, truncation_psi=1.0
        )
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_another_architecture_is_refused(family, judge, tmp_path):
    with pytest.raises(LineageError, match=r"models\.child and models\.foreigner: .*w_dim 8 and 12"):
        _rows(family, judge, parents=("foreigner",))
    with pytest.raises(LineageError, match="foreigner"):
        component_reset_images(
            family["child"], family["foreigner"], tmp_path / "x", num_samples=1, seed=0, truncation_psi=1.0
        )


def test_a_judge_without_distance_is_refused(family):
    with pytest.raises(JudgeError, match="colour"):
        _rows(family, ColourJudge("colours"))
