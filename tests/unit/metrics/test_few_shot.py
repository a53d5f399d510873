"""Rows of the tables few_shot_scores and few_shot: planted copies; means, gains and intervals worked out by hand."""

import math

import numpy as np
import pytest
import torch

from stylealign.adaptation_tables import FEW_SHOT, FEW_SHOT_SCORES
from stylealign.checkpoint import load_generator
from stylealign.data.few_images import few_of
from stylealign.data.image_set import ImageSet
from stylealign.errors import JudgeError
from stylealign.intervals import t_interval
from stylealign.metrics import few_shot as module
from stylealign.metrics.features import drawn_images, judge_generator, judge_image_set, save_features
from stylealign.metrics.few_shot import few_shot_rows, few_shot_scores, mean_nearest, training_seconds
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kid
from stylealign.tables import to_frame


@pytest.fixture(scope="module")
def measure(faces, make_family, make_judge, tmp_path_factory):
    family, judge = make_family(0.3), make_judge()
    whole = ImageSet.open(faces.folder / "images", faces.index)
    real = tmp_path_factory.mktemp("real") / "real.npz"
    save_features(real, judge_image_set(judge, whole))
    train, test = (ImageSet.open(faces.folder / "images", faces.index, split) for split in ("train", "test"))

    def do(trained=("parent", "child"), num_images=5, method="tgan", **changes):
        cell = {"method": method, "num_images": num_images, "start": "parent"}
        settings = {"num_gen": 40, "split": None, "num_clusters": 3, "seed": 0, "cell": cell}
        judges = {"judge": judge, "diversity_judge": judge}
        models = {seed: family[name] for seed, name in enumerate(trained)}
        return few_shot_scores(models, **judges, real=real, image_set=train, held_out=test, **settings | changes)

    do.family, do.judge, do.train, do.whole = family, judge, train, whole
    return do


def test_scores_are_those_of_the_known_measures(measure):
    rows = measure()
    assert len(to_frame(FEW_SHOT_SCORES, rows)) == 2
    G, _ = load_generator(measure.family["child"])
    known = judge_generator(measure.judge, G, num=40, seed=0).features
    real = measure.judge.features(measure.whole.all())
    assert rows[1]["fid"] == pytest.approx(fid(real, known))
    assert rows[1]["kid"] == pytest.approx(kid(real, known))
    assert rows[0]["fid"] != rows[1]["fid"]
    assert (rows[1]["num_real"], rows[1]["protocol"]) == (60, "all-60-vs-gen-40-psi1-fresh-noise")
    assert measure(split="test")[0]["protocol"] == "test-40-vs-gen-40-psi1-fresh-noise"


def test_only_the_first_images_are_kept_and_looked_up(measure, monkeypatch):
    """FID is of all images whatever is kept; what is looked up is of the first."""
    whole = measure(num_gen=150)
    monkeypatch.setattr(module, "NUM_LOOKED_UP", 70)
    some = measure(num_gen=150)
    pixels = torch.cat(list(drawn_images(load_generator(measure.family["child"])[0], num=150, seed=0, psi=1.0)))
    shown = few_of(measure.train, 5, 1).all()
    assert [row["fid"] for row in some] == [row["fid"] for row in whole]
    assert whole[1]["nearest_distance"] == mean_nearest(measure.judge, pixels, shown)
    assert some[1]["nearest_distance"] == mean_nearest(measure.judge, pixels[:70], shown)
    assert some[1]["diversity"] != whole[1]["diversity"]


def test_each_training_is_compared_with_its_own_images(measure):
    first, second = measure(trained=("parent", "parent"))
    assert first["fid"] == second["fid"]
    assert first["nearest_distance"] != second["nearest_distance"], "the seed draws the images"
    G, _ = load_generator(measure.family["parent"])
    shown = few_of(measure.train, 5, 1).all()
    pixels = torch.cat(list(drawn_images(G, num=40, seed=0, psi=1.0)))
    slow = [min(float(measure.judge.distance(one[None], other[None])[0]) for other in shown) for one in pixels]
    assert second["nearest_distance"] == pytest.approx(np.mean(slow), rel=1e-3)


def test_what_was_not_trained_has_no_nearest_image(measure):
    (row,) = measure(trained=("parent",), num_images=0, method="none")
    assert math.isnan(row["nearest_distance"])
    assert math.isnan(row["nearest_real"])


def test_copies_of_training_images_are_nearest(measure):
    shown = few_of(measure.train, 5, 0).all()
    copies, others = shown.repeat(30, 1, 1, 1), torch.zeros([3, 3, 16, 16], dtype=torch.uint8)
    assert mean_nearest(measure.judge, copies, shown) == pytest.approx(0, abs=1e-5)
    assert mean_nearest(measure.judge, others, shown) > 1e-3


def test_more_clusters_than_images_are_told(measure):
    with pytest.raises(JudgeError, match="cannot be put into 41 clusters"):
        measure(num_clusters=41)


def score(method, num, start, seed, value):
    shared = {"num_real": 60, "num_gen": 40, "protocol": "p", "judge": "tiny", "diversity_judge": "tiny", "seed": 0}
    measures = dict.fromkeys(("kid", "diversity", "nearest_distance", "nearest_real"), value / 10)
    return {"method": method, "num_images": num, "start": start, "training_seed": seed, "fid": value} | (
        measures | shared | {"kimg": 6.0}
    )


def test_gains_are_between_trainings_of_one_seed():
    scores = [score("tgan", 10, "parent", seed, value) for seed, value in enumerate((40, 50, 60))]
    scores += [score("tgan", 10, "catch_up", seed, value) for seed, value in enumerate((30, 45, 30))]
    scores += [
        score("tgan", 100, "catch_up", 0, 5),
        score("none", 0, "adapted", 0, 35),
        score("none", 0, "parent", 0, 44),
    ]
    rows = to_frame(FEW_SHOT, few_shot_rows(scores, {("tgan", 10, "catch_up"): 66.0}, "cat"))
    rows = {(row.method, row.num_images, row.start): row for row in rows.itertuples()}
    caught = rows["tgan", 10, "catch_up"]
    gains = np.array([1 / 4, 1 / 10, 1 / 2])
    assert (caught.fid, caught.num_seeds, caught.seconds) == (35, 3, 66)
    assert caught.gain == pytest.approx(gains.mean())
    half = 4.302653 * gains.std(ddof=1) / math.sqrt(3)  # Student's t of two degrees of freedom
    assert (caught.gain_low, caught.gain_high) == pytest.approx((gains.mean() - half, gains.mean() + half), rel=1e-6)
    assert caught.kid == pytest.approx(3.5)
    for cell in (("tgan", 10, "parent"), ("tgan", 100, "catch_up"), ("none", 0, "adapted"), ("none", 0, "parent")):
        assert math.isnan(rows[cell].gain), cell
    assert math.isnan(rows["tgan", 100, "catch_up"].fid_low), "of one training nothing is known"


def test_seconds_are_the_mean_of_a_cells_trainings():
    costs = [
        {"model": f"few_shot.tgan_ada.10.catch_up.{seed}", "sec_per_kimg": 10 + seed, "kimg": 6} for seed in (0, 2)
    ]
    assert training_seconds(costs) == {("tgan_ada", 10, "catch_up"): 66}


def test_students_interval_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(0)
    ends = np.array([t_interval(rng.normal(3, 2, 4)) for _ in range(4000)])
    assert np.mean((ends[:, 0] < 3) & (ends[:, 1] > 3)) == pytest.approx(0.95, abs=0.015)
    assert all(math.isnan(end) for values in ([], [1.0]) for end in t_interval(np.array(values)))
