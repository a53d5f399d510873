"""Zero-shot prediction: planted knowledge carries over, and no label of the child leaks into what is predicted."""

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.transfer.zero_shot import (
    IMAGE_TRAINED,
    METHODS,
    RANDOM,
    UPPER,
    ZERO_SHOT,
    Boundary,
    Labelled,
    Seen,
    fit,
    fit_methods,
    random_boundaries,
    signed_distances,
)

ROWS, DIM, NUM_RANDOM = 6, 8, 5
HOW = {"is_class": False, "num_layers": 4, "num_random": NUM_RANDOM, "seed": 0, "asked": "key = smile"}


@pytest.fixture(scope="module")
def boundary():
    normal = np.random.default_rng(0).normal(size=DIM)
    return Boundary(normal / np.linalg.norm(normal), 0.3)


@pytest.fixture
def world(boundary):
    """Codes whose first row tells the label along the boundary; in pixels the child is drawn the other way round."""

    def make(seed, num=200, *, child=False):
        rng = np.random.default_rng(seed)
        codes = rng.normal(size=[num, ROWS, DIM])
        labels = 20 * (codes[:, 0] @ boundary.normal) + 5 + rng.normal(size=num)
        outputs = ((-1 if child else 1) * labels + rng.normal(size=num))[:, None]
        return Labelled(Seen(codes, outputs), labels)

    return make


def correlation(predicted, labels):
    return np.corrcoef(predicted, labels)[0, 1]


def test_what_the_parent_knows_is_read_in_the_child(world, boundary):
    methods = fit_methods(world(1), world(2, child=True), boundary, **HOW)
    unseen = world(3, child=True)
    found = {name: predict(unseen.seen) for name, predict in methods.items()}
    assert tuple(found) == METHODS
    assert {name: len(one) for name, one in found.items()} == dict.fromkeys(METHODS, 1) | {RANDOM: NUM_RANDOM}
    assert np.abs(found[ZERO_SHOT][0] - unseen.labels).mean() < 2  # in the label's own unit
    assert correlation(found[IMAGE_TRAINED][0], unseen.labels) < -0.9
    assert correlation(found[UPPER][0], unseen.labels) > 0.9
    assert np.mean([correlation(one, unseen.labels) for one in found[RANDOM]]) < 0.8


@pytest.mark.parametrize("is_class", [False, True])
def test_labels_of_the_child_reach_the_upper_bound_alone(world, boundary, is_class):
    parent, child, unseen = world(1), world(2, child=True), world(3, child=True)
    if is_class:
        parent, child = (Labelled(one.seen, (one.labels > 5).astype(float)) for one in (parent, child))
    shuffled = Labelled(child.seen, np.random.default_rng(4).permutation(child.labels))
    one, other = (fit_methods(parent, of, boundary, **{**HOW, "is_class": is_class}) for of in (child, shuffled))
    same = {name for name in METHODS if np.array_equal(one[name](unseen.seen), other[name](unseen.seen))}
    assert same == {ZERO_SHOT, IMAGE_TRAINED, RANDOM}


def test_only_the_first_rows_are_read(world, boundary):
    methods, unseen = fit_methods(world(1), world(2), boundary, **HOW), world(3).seen
    changed = unseen.codes.copy()
    changed[:, 4:] += 7
    other = Seen(changed, unseen.outputs)
    for name in (ZERO_SHOT, RANDOM):
        assert np.array_equal(methods[name](unseen), methods[name](other))
    assert not np.allclose(methods[UPPER](unseen), methods[UPPER](other))


def test_the_place_of_the_boundary_changes_no_prediction(world, boundary):
    unseen, moved = world(3).seen, Boundary(boundary.normal, boundary.intercept + 11)
    one, other = (fit_methods(world(1), world(2), where, **HOW)[ZERO_SHOT](unseen) for where in (boundary, moved))
    assert np.allclose(one, other)


def test_unknown_labels_are_left_out(world, boundary):
    parent, unseen = world(1), world(3).seen
    partly = Labelled(parent.seen, np.where(np.arange(200) < 150, parent.labels, np.nan))
    only = Labelled(parent.seen.take(np.arange(150)), parent.labels[:150])
    one, other = (fit_methods(of, world(2), boundary, **HOW)[ZERO_SHOT](unseen) for of in (partly, only))
    assert np.array_equal(one, other)


def test_labels_that_are_alike(world, boundary):
    parent, alike = world(1), Labelled(world(2).seen, np.ones(200))
    methods = fit_methods(parent, alike, boundary, **HOW)
    assert np.isnan(methods[UPPER](parent.seen)).all()
    with pytest.raises(JudgeError, match=r"^key = smile: .* all alike"):
        fit_methods(alike, parent, boundary, **HOW)


def test_distances_are_those_to_a_plane(boundary):
    on_plane = -boundary.intercept * boundary.normal
    codes = np.stack([on_plane, on_plane + 2 * boundary.normal, on_plane - boundary.normal])[None]
    assert np.allclose(signed_distances(codes, boundary, 3), [[0, 2, -1]])
    assert signed_distances(codes, boundary, 2).shape == (1, 2)


def test_random_boundaries_are_units_and_named_draws():
    drawn = random_boundaries(20, DIM, seed=3)
    assert np.allclose([np.linalg.norm(one.normal) for one in drawn], 1)
    assert np.array_equal(drawn[4].normal, random_boundaries(20, DIM, seed=3)[4].normal)
    assert not np.array_equal(drawn[0].normal, random_boundaries(20, DIM, seed=4)[0].normal)


def test_a_feature_that_does_not_vary_does_no_harm():
    rng = np.random.default_rng(0)
    features = np.stack([rng.normal(size=100), np.full(100, 0.1)], axis=1)
    fitted = fit(features, 3 * features[:, 0] + 1, is_class=False)
    assert np.allclose(fitted(np.array([[2.0, 0.1]])), 7, atol=0.1)
    probabilities = fit(features, (features[:, 0] > 0).astype(float), is_class=True)(features)
    assert ((probabilities > 0.5) == (features[:, 0] > 0)).mean() > 0.95
    assert (probabilities > 0).all()
    assert (probabilities < 1).all()
