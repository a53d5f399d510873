"""The embedded judge: one file rebuilds it; its values are in their own units; its distance is one."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from stylealign.errors import JudgeError
from stylealign.judges.embedded import EmbeddedJudge, attribute_values, load_embedded, save_embedded
from stylealign.judges.embedded_network import (
    Attribute,
    EmbeddedNetwork,
    Vocabulary,
    level_channels,
    num_levels,
)

VOCABULARY = Vocabulary(
    ("face", "dog"),
    (
        Attribute("yaw_deg", "number", -40, 40, "deg", mean=2.0, std=20.0),
        Attribute("hair", "class", 0, 2, "class", ("straight", "curly", "bun")),
    ),
    ("background", "skin", "fur"),
)


def network(resolution: int = 16, vocabulary: Vocabulary = VOCABULARY) -> EmbeddedNetwork:
    torch.manual_seed(1)
    return EmbeddedNetwork(resolution, 8, vocabulary)


def images(num: int, resolution: int = 16) -> torch.Tensor:
    return torch.randint(0, 256, [num, 3, resolution, resolution], dtype=torch.uint8, generator=torch.Generator())


@pytest.mark.parametrize("resolution", [16, 32, 64, 256])
def test_every_resolution_of_a_study_has_a_network(resolution: int) -> None:
    reading = network(resolution).eval()(torch.zeros([1, 3, resolution, resolution]))
    assert reading.embedding.shape == (1, 128)
    assert reading.outputs.shape == (1, 2 + 1 + 3)
    assert reading.region_logits.shape == (1, 3, resolution, resolution)


def test_levels_halve_to_four_pixels_and_channels_double_to_a_bound() -> None:
    assert num_levels(32) == 4
    assert level_channels(32, 32) == (16, 32, 64, 128)
    assert level_channels(256, 32) == (16, 32, 64, 128, 128, 128, 128)


def test_one_file_rebuilds_the_judge(tmp_path: Path) -> None:
    before = EmbeddedJudge("mine", network())
    save_embedded(tmp_path / "judge.safetensors", before.network, {"seed": 3})
    after = load_embedded("mine", tmp_path / "judge.safetensors")
    assert after.vocabulary == before.vocabulary
    with safe_open(tmp_path / "judge.safetensors", "pt") as file:
        assert json.loads(file.metadata()["stylealign"])["passport"] == {"seed": 3}
    pixels = images(3)
    np.testing.assert_array_equal(before.features(pixels), after.features(pixels))
    np.testing.assert_array_equal(before.regions(pixels), after.regions(pixels))


def test_equal_judges_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_embedded(tmp_path / name, network(), {"seed": 3, "recipe": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_numbers_come_in_their_own_unit_and_classes_as_codes() -> None:
    outputs = torch.tensor([[0.0, 0.0, 1.5, 0.1, 0.9, 0.2], [0.0, 0.0, -1.0, 0.1, 0.2, 0.9]])
    np.testing.assert_allclose(attribute_values(VOCABULARY, outputs).numpy(), [[32.0, 1.0], [-18.0, 2.0]])


def test_a_judge_without_regions_or_attributes_says_so() -> None:
    judge = EmbeddedJudge("mine", network(vocabulary=Vocabulary(("face",), (), ())))
    assert judge.measures == {"features", "distance"}
    with pytest.raises(JudgeError, match="does not measure regions"):
        judge.regions(images(1))
    assert judge.features_and_attributes(images(2))[1] == {}


def test_regions_are_ids_of_the_names() -> None:
    ids = EmbeddedJudge("mine", network()).regions(images(4))
    assert ids.dtype == np.uint8
    assert ids.shape == (4, 16, 16)
    assert ids.max() < len(VOCABULARY.region_names)


def test_the_domain_of_an_image_is_one_of_the_domains() -> None:
    assert set(EmbeddedJudge("mine", network()).judged_domains(images(4))) <= {"face", "dog"}


def test_images_of_another_resolution_are_refused() -> None:
    with pytest.raises(JudgeError, match="trained at 16 px"):
        EmbeddedJudge("mine", network()).features(images(1, 32))


def test_what_is_not_a_judge_is_refused_with_the_cure(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors", {"stylealign": '{"kind": "generator"}'})
    (tmp_path / "text.safetensors").write_text("nothing")
    for name in ("foreign", "text", "other"):
        with pytest.raises(JudgeError, match="run the workflow"):
            load_embedded("mine", tmp_path / f"{name}.safetensors")
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights: no file"):
        load_embedded("mine", tmp_path / "absent.safetensors")
