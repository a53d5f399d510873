"""Quality and diversity: copies of training images are told, real images are the reference, blocks change nothing."""

import numpy as np
import pytest

from stylealign.adaptation_tables import QUALITY_DIVERSITY
from stylealign.data.image_set import ImageSet
from stylealign.images import from_hwc
from stylealign.metrics import diversity, quality_diversity
from stylealign.metrics.diversity import cross_distances
from stylealign.metrics.features import drawn_images, judge_generator, load_features, save_features
from stylealign.metrics.quality_diversity import (
    Compared,
    Domain,
    compared_models,
    memorisation_columns,
    nearest_distances,
    quality_diversity_rows,
)
from stylealign.tables import to_frame

SETTINGS = {"num_images": 20, "clusters": 4, "truncation_psi": 1.0, "seed": 0}


@pytest.fixture(scope="module")
def domain(faces, real):
    held_out, training = (ImageSet.open(faces.folder / "images", faces.index, split) for split in ("test", "train"))
    return Domain("face", load_features(real), held_out, training)


@pytest.fixture(scope="module")
def rows(domain, embedded):
    """Of a model that draws training images again, of one that draws few pictures, and of real images."""
    training = domain.training.all()
    features = domain.features.of_split("train")
    few = training[np.arange(20) % 4]
    models = [Compared("copies", "trained", features, training), Compared("few", "adapted", features, few)]
    frame = to_frame(QUALITY_DIVERSITY, quality_diversity_rows(domain, models, embedded, **SETTINGS))
    return {row["model"]: row for row in frame.to_dict("records")}


def test_a_model_that_copies_training_images_is_told(rows):
    assert rows["copies"]["nearest"] == pytest.approx(0, abs=1e-5)
    assert rows["copies"]["nearest_ratio"] == pytest.approx(0, abs=1e-3)
    assert rows["copies"]["ratio_high"] < 0.01
    assert rows["(real)"]["nearest"] > 0.01


def test_a_model_of_few_pictures_has_no_diversity(rows):
    assert rows["few"]["diversity"] == pytest.approx(0, abs=1e-6)
    assert rows["copies"]["diversity_low"] > 0


def test_real_images_are_the_reference(rows, domain):
    real = rows["(real)"]
    assert (real["role"], real["nearest_ratio"], real["least_ratio"]) == ("real", 1, 1)
    assert np.isnan(real["ratio_low"]), "beside itself there is nothing to be unsure of"
    assert (real["num_images"], real["num_real"], real["num_train"]) == (20, 40, 20)
    assert real["kid_low"] < real["kid"] < real["kid_high"]


def test_the_nearest_is_found_whatever_the_blocks(domain, embedded, faces, monkeypatch):
    some, training = from_hwc(faces.pixels[:7]), domain.training.all()
    one_by_one = [min(embedded.distance(image[None], other[None])[0] for other in training) for image in some]
    whole = nearest_distances(embedded, [some], domain.training)[0]
    np.testing.assert_allclose(whole, one_by_one, rtol=1e-3, atol=1e-5)
    monkeypatch.setattr(diversity, "SMALLEST_BLOCK", 3)
    monkeypatch.setattr(diversity, "MAX_SEEN", 1)
    monkeypatch.setattr(quality_diversity, "CHUNK", 6)
    np.testing.assert_allclose(nearest_distances(embedded, [some], domain.training)[0], whole, rtol=1e-4, atol=1e-6)
    assert cross_distances(embedded, some, training).shape == (7, 20)


def test_ratios_have_intervals_over_both_sides():
    rng = np.random.default_rng(0)
    own, held_out = rng.uniform(1, 3, 50), rng.uniform(1, 3, 40)
    found = memorisation_columns(own, held_out, 0, "a")
    assert found["nearest_ratio"] == pytest.approx(own.mean() / held_out.mean())
    assert found["ratio_low"] < found["nearest_ratio"] < found["ratio_high"]
    assert found["least_ratio"] == pytest.approx(own[:40].min() / held_out.min()), "of as many"
    assert found == memorisation_columns(own, held_out, 0, "a")


def test_the_images_are_those_whose_features_are_kept(make_family, embedded, tmp_path):
    family = make_family(0.1)
    from stylealign.checkpoint import load_generator

    G = load_generator(family["child"])[0]
    seen = judge_generator(embedded, G, num=70, seed=0)
    save_features(tmp_path / "child.npz", seen)
    drawn = {"num_images": 64, "truncation_psi": 1.0, "seed": 0}
    (child,) = compared_models([family["child"]], [tmp_path / "child.npz"], ["child"], ["adapted"], **drawn)
    np.testing.assert_allclose(embedded.features(child.pixels), seen.features[:64], rtol=1e-5, atol=1e-6)
    assert sum(len(part) for part in drawn_images(G, num=70, seed=0, psi=1.0)) == 70
