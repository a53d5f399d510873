"""What holds for every judge: it says what it measures, takes uint8 images, and batches do not matter."""

import numpy as np
import pytest
import torch

from stylealign.config import judges as config
from stylealign.errors import JudgeError
from stylealign.judges.bisenet import BisenetParser
from stylealign.judges.clip import ClipJudge
from stylealign.judges.colour import ColourJudge
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.judges.inception import InceptionJudge
from stylealign.judges.judge import FEATURES, KINDS_THAT_MEASURE, Judge
from stylealign.judges.lpips import LpipsJudge
from stylealign.judges.published_clip import PublishedClip
from stylealign.judges.torchvision import TorchvisionJudge
from stylealign.judges.transformers_parser import TransformersParser
from stylealign.judges.upernet import UpernetParser

VOCABULARY = Vocabulary(
    ("face", "dog"),
    (
        Attribute("yaw_deg", "number", -40, 40, "deg", mean=1.0, std=20.0),
        Attribute("hat", "class", 0, 1, "", ("no", "yes")),
    ),
    ("background", "skin", "fur"),
)


def embedded(batch_size: int = 64) -> EmbeddedJudge:
    torch.manual_seed(0)
    return EmbeddedJudge("embedded", EmbeddedNetwork(16, 8, VOCABULARY), batch_size=batch_size)


def images(num: int, resolution: int = 16) -> torch.Tensor:
    return torch.randint(0, 256, [num, 3, resolution, resolution], dtype=torch.uint8, generator=torch.Generator())


@pytest.mark.parametrize("make", [embedded, lambda batch_size=64: ColourJudge("colour", batch_size=batch_size)])
def test_results_do_not_depend_on_the_batch_split(make) -> None:
    pixels = images(11)
    whole, split = make(64), make(4)
    if FEATURES in whole.measures:
        np.testing.assert_allclose(whole.features(pixels), split.features(pixels), rtol=1e-4, atol=1e-5)
    for name, values in whole.attributes(pixels).items():
        np.testing.assert_allclose(values, split.attributes(pixels)[name], rtol=1e-4, atol=1e-4)


def test_distance_and_regions_do_not_depend_on_the_batch_split() -> None:
    a, b = images(9), images(9).flip(0)
    np.testing.assert_allclose(embedded(64).distance(a, b), embedded(2).distance(a, b), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(embedded(64).regions(a), embedded(2).regions(a))


def test_distances_are_the_distance_to_each_with_one_look_at_the_base(monkeypatch) -> None:
    judge, base = embedded(4), images(9)
    others = [base.flip(0), base.flip(3), base]
    expected = [judge.distance(base, other) for other in others]
    looks, look = [], judge._look
    monkeypatch.setattr(judge, "_look", lambda pixels: looks.append(len(pixels)) or look(pixels))
    found = judge.distances(base, iter(others))
    assert looks == [4, 4, 1] * (1 + len(others))
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert judge.distances(images(0), [images(0)])[0].shape == (0,)
    with pytest.raises(JudgeError, match="distance between"):
        judge.distances(base, [images(3)])


def test_one_pass_gives_what_two_give() -> None:
    pixels = images(5)
    np.testing.assert_array_equal(embedded().features_and_attributes(pixels)[0], embedded().features(pixels))
    for judge in (embedded(), ColourJudge("colour")):
        features, attributes = judge.features_and_attributes(pixels)
        assert features.shape == (5, 128 if judge.kind == "embedded" else 0)
        assert list(attributes) == list(judge.attribute_names)
        for name, values in judge.attributes(pixels).items():
            assert values.dtype == np.float64
            np.testing.assert_array_equal(values, attributes[name])


def test_no_images_give_empty_results_of_the_right_shape() -> None:
    judge, none = embedded(), images(0)
    assert judge.features(none).shape == (0, 128)
    assert judge.regions(none).shape == (0, 16, 16)
    assert judge.distance(none, none).shape == (0,)


def test_asking_for_what_a_kind_does_not_measure_names_the_kinds_that_do() -> None:
    with pytest.raises(JudgeError, match=r"judge c is of kind colour, which does not measure regions; .* embedded"):
        ColourJudge("c").regions(images(1))
    with pytest.raises(JudgeError, match=r"does not measure distance.*lpips"):
        ColourJudge("c").distance(images(1), images(1))
    with pytest.raises(JudgeError, match=r"does not measure distance.*lpips"):
        ColourJudge("c").distances(images(1), [images(1)])


@pytest.mark.parametrize(
    "pixels",
    [torch.zeros([2, 3, 16, 16]), torch.zeros([3, 16, 16], dtype=torch.uint8), images(1).expand(1, 3, 16, 16)[:, :1]],
)
def test_anything_but_uint8_rgb_images_is_refused(pixels: torch.Tensor) -> None:
    with pytest.raises(JudgeError, match="wants uint8"):
        ColourJudge("c").attributes(pixels)


def test_images_of_different_shapes_have_no_distance() -> None:
    with pytest.raises(JudgeError, match="distance between"):
        embedded().distance(images(2), images(3))


def test_the_config_and_the_judges_agree_on_what_a_kind_measures() -> None:
    kinds: list[type[Judge]] = [ColourJudge, InceptionJudge, LpipsJudge, TorchvisionJudge]
    kinds += [BisenetParser, TransformersParser, UpernetParser, ClipJudge, PublishedClip]
    measured = {kind.kind: kind.measures for kind in kinds} | {"embedded": embedded().measures}
    assert measured == config.MEASURES


def test_every_measure_names_every_kind_that_has_it() -> None:
    for measure, kinds in KINDS_THAT_MEASURE.items():
        assert set(kinds) == {kind for kind, measures in config.MEASURES.items() if measure in measures}
