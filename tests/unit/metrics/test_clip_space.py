"""A plane fitted to real images alone, clouds and their spreads in it, and what the rows say of them."""

import numpy as np
import pytest

from stylealign.adaptation_tables import CLIP_SPACE
from stylealign.data.image_set import ImageSet
from stylealign.errors import JudgeError
from stylealign.metrics.clip_space import (
    Cloud,
    clip_space_rows,
    fitted_plane,
    generated_clouds,
    real_clouds,
    spreads_of,
    text_clouds,
    view_arrays,
)
from stylealign.tables import to_frame

ABOUT = {"judge": "tiny", "seed": 0, "protocol": "test"}


def unit(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def around(centre: np.ndarray, width: float, num: int = 40, seed: int = 0) -> np.ndarray:
    return unit(centre + width * np.random.default_rng(seed).normal(size=[num, len(centre)]))


@pytest.fixture
def clouds():
    first, second = np.eye(6)[0], np.eye(6)[1]
    real = [Cloud("real", "face", "", around(first, 0.2)), Cloud("real", "dog", "", around(second, 0.2, seed=1))]
    parent = Cloud("generated", "face", "the parent", around(first, 0.2, seed=2))
    wide = Cloud("generated", "moved", "directional loss", around(second, 0.2, seed=2), "face")
    narrow = Cloud("generated", "fallen", "global loss", around(second, 0.05, seed=2), "face")
    return [*real, parent, wide, narrow, Cloud("text", "a dog", "text", second[None])]


def rows_of(clouds):
    plane = fitted_plane([one.embeddings for one in clouds if one.kind == "real"])
    frame = to_frame(CLIP_SPACE, clip_space_rows("view", clouds, plane, ABOUT))
    return {(row["kind"], row["name"]): row for row in frame.to_dict("records")}


def test_the_plane_is_that_of_the_largest_singular_values(clouds):
    real = np.concatenate([one.embeddings for one in clouds if one.kind == "real"])
    plane = fitted_plane([real[:40], real[40:]])
    _, values, axes = np.linalg.svd(real - real.mean(0))
    np.testing.assert_allclose(np.abs(plane.axes @ axes[:2].T), np.eye(2), atol=1e-9)
    assert plane.variance_kept == pytest.approx((values[:2] ** 2).sum() / (values**2).sum())
    np.testing.assert_allclose(plane.points(real).mean(0), 0, atol=1e-12)


def test_generated_images_and_texts_do_not_move_real_ones(clouds):
    elsewhere = [Cloud(one.kind, one.name, one.note, one.embeddings[:, ::-1].copy(), one.parent) for one in clouds[2:]]
    before, after = rows_of(clouds), rows_of([*clouds[:2], *elsewhere])
    for key in (("real", "face"), ("real", "dog")):
        assert before[key] == pytest.approx(after[key], nan_ok=True)
    assert before["generated", "moved"]["x"] != pytest.approx(after["generated", "moved"]["x"])


def test_a_cloud_that_falls_together_has_a_small_spread(clouds):
    rows = rows_of(clouds)
    fallen, moved = rows["generated", "fallen"], rows["generated", "moved"]
    assert fallen["ratio_high"] < 0.3 < moved["ratio_low"] < moved["parent_ratio"] < moved["ratio_high"]
    assert moved["parent_ratio"] == pytest.approx(1, abs=0.1)
    assert moved["parent_ratio"] == pytest.approx(moved["spread"] / rows["generated", "face"]["spread"])
    assert np.isnan(rows["generated", "face"]["parent_ratio"])
    assert np.isnan(rows["text", "a dog"]["spread"])


def test_the_spread_is_the_mean_over_pairs_of_different_images(clouds):
    some = clouds[2].embeddings[:9]
    pairs = [1 - some[a] @ some[b] for a in range(9) for b in range(9) if a != b]
    values = spreads_of(some, 0, "a")
    assert values[0] == pytest.approx(np.mean(pairs))
    assert values[1:].mean() == pytest.approx(values[0], rel=0.05), "copies of an image are no pair"
    np.testing.assert_array_equal(values, spreads_of(some, 0, "a"))


def test_what_spans_no_plane_is_refused():
    with pytest.raises(JudgeError, match="span no plane"):
        fitted_plane([np.ones([5, 4]) / 2, np.ones([5, 4]) / 2])


def test_real_models_images_and_texts_are_seen(tiny_clip, make_family, faces):
    images = ImageSet.open(faces.folder / "images", faces.index, "test")
    family = make_family(0.1)
    real = real_clouds(tiny_clip, {"face": images, "again": images}, 12)
    paths, names = [family["parent"], family["child"]], ["parent", "child"]
    drawn = generated_clouds(
        tiny_clip, paths, names, ["the parent", "global loss"], [None, "parent"], num=10, truncation_psi=1.0, seed=0
    )
    clouds = [*real, *drawn, *text_clouds(tiny_clip, ["a face", "a dog"])]
    assert [len(one.embeddings) for one in clouds] == [12, 12, 10, 10, 1, 1]
    assert [one.parent for one in drawn] == [None, "parent"]
    np.testing.assert_allclose([np.linalg.norm(one.embeddings, axis=1).max() for one in clouds], 1)
    arrays = view_arrays(clouds, fitted_plane([one.embeddings for one in real]))
    assert arrays["points"].shape == (46, 2)
    assert np.bincount(arrays["cloud"]).tolist() == [12, 12, 10, 10, 1, 1]
