"""Labels, losses and scores of the judge, on numbers small enough to check by hand."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from stylealign.errors import JudgeError
from stylealign.judges.embedded_network import Attribute, Vocabulary
from stylealign.training.judge_labels import UNKNOWN_REGION, _codes, _united
from stylealign.training.judge_loss import attribute_loss, region_loss, region_weights, soft_dice
from stylealign.training.judge_quality import accuracy, confusion_matrix, r_squared, region_overlaps

VOCABULARY = Vocabulary(
    ("face", "dog"),
    (
        Attribute("yaw_deg", "number", -40, 40, "deg", mean=10.0, std=20.0),
        Attribute("hat", "class", 0, 1, "", ("no", "yes")),
    ),
    ("background", "skin", "fur"),
)


def test_unknown_attributes_cost_nothing_and_known_ones_are_standardised() -> None:
    outputs = torch.tensor([[0.0, 0, 1.0, 5, -5], [0, 0, 3.0, 0, 0]])
    nan = float("nan")
    assert attribute_loss(outputs, torch.full([2, 2], nan), VOCABULARY) == 0
    only_yaw = attribute_loss(outputs, torch.tensor([[50.0, nan], [nan, nan]]), VOCABULARY)
    assert only_yaw == pytest.approx((1.0 - (50 - 10) / 20) ** 2)
    both = attribute_loss(outputs, torch.tensor([[50.0, nan], [nan, 1.0]]), VOCABULARY)
    assert both == pytest.approx((1.0 + np.log(2)) / 2, rel=1e-6)


def test_unknown_regions_cost_nothing_and_get_no_gradient() -> None:
    logits = torch.randn([2, 3, 4, 4], generator=torch.Generator()).requires_grad_()
    ids = torch.full([2, 4, 4], UNKNOWN_REGION, dtype=torch.uint8)
    assert region_loss(logits, ids, torch.ones(3)) == 0
    ids[0] = 1
    region_loss(logits, ids, torch.ones(3)).backward()
    assert (logits.grad[0] != 0).all()
    assert (logits.grad[1] == 0).all()


def test_region_loss_is_weighted_cross_entropy_and_dice() -> None:
    logits = torch.randn([2, 3, 4, 4], generator=torch.Generator())
    ids = torch.randint(0, 3, [2, 4, 4], dtype=torch.uint8, generator=torch.Generator())
    weights = torch.tensor([0.5, 1.0, 2.0])
    share, hot = logits.softmax(1), F.one_hot(ids.long(), 3).movedim(-1, 1)
    dice = (2 * (share * hot).sum([0, 2, 3]) + 1) / (share.sum([0, 2, 3]) + hot.sum([0, 2, 3]) + 1)
    expected = F.cross_entropy(logits, ids.long(), weights) + 1 - dice.mean()
    assert region_loss(logits, ids, weights) == pytest.approx(float(expected), rel=1e-5)


def test_dice_is_nought_for_a_perfect_parse_and_ignores_absent_regions() -> None:
    truth = torch.tensor([0, 0, 1, 1])
    assert soft_dice(F.one_hot(truth, 5).T.float(), truth) == pytest.approx(0, abs=1e-6)
    assert soft_dice(F.one_hot(1 - truth, 5).T.float(), truth) > 0.7


def test_rare_regions_weigh_more_and_the_mean_weight_of_a_pixel_is_one() -> None:
    sizes = torch.tensor([900, 90, 10])
    weights = region_weights(sizes)
    assert weights[2] > weights[1] > weights[0]
    assert weights[2] / weights[0] == pytest.approx(np.sqrt(90), rel=1e-5)
    assert float((weights * sizes).sum() / sizes.sum()) == pytest.approx(1, rel=1e-5)


def test_overlap_is_intersection_over_union() -> None:
    truth = np.array([[[0, 0, 1], [1, 1, 2]]], dtype=np.uint8)
    judged = np.array([[[0, 1, 1], [1, 1, 1]]], dtype=np.uint8)
    confusion = confusion_matrix(truth, judged, 4)
    assert confusion.sum() == 6
    np.testing.assert_allclose(region_overlaps(confusion), [1 / 2, 3 / 5, 0, np.nan])


def test_r_squared_and_accuracy() -> None:
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    assert r_squared(truth, truth) == 1
    assert r_squared(truth, np.full(4, 2.5)) == 0
    assert np.isnan(r_squared(np.ones(3), np.ones(3)))
    assert accuracy(np.array([0, 1, 2, 2]), np.array([0, 1, 1, 2])) == 0.75


def test_classes_that_domains_name_in_another_order_are_united() -> None:
    first = {"name": "hair", "kind": "class", "values": ["no", "short"], "low": 0, "high": 1, "unit": ""}
    other = {"name": "hair", "kind": "class", "values": ["long", "no"], "low": 0, "high": 1, "unit": ""}
    united = _united(_united(None, first, "face"), other, "dog")
    assert united["values"] == ["no", "short", "long"]
    attribute = Attribute("hair", "class", 0, 2, "", tuple(united["values"]))
    np.testing.assert_array_equal(_codes(np.array([0.0, 1.0, np.nan]), other, attribute), [2, 0, np.nan])


def test_an_attribute_of_two_kinds_is_refused() -> None:
    number = {"name": "hat", "kind": "number", "values": [], "low": 0, "high": 1, "unit": ""}
    with pytest.raises(JudgeError, match="hat is a class in dog and a number elsewhere"):
        _united(number, {**number, "kind": "class", "values": ["no", "yes"]}, "dog")
