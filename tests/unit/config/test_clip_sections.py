"""CLIPs in a study: what they make, what their jobs depend on, what is told before any."""

from pathlib import Path

import pytest

from stylealign.config import adaptation_slices, plan, slices
from stylealign.config.check_clips import open_clip_architectures
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets" / "smoke.yaml"
CLIP = {"kind": "embedded_clip"}


def smoke(clip=None, **asked):
    judges = {"seer": CLIP | (clip or {})}
    return read_study(SMOKE, {"judges": judges, "studies": {"clip_accuracy": {"clips": ["seer"]} | asked}})


def test_a_clip_is_trained_and_asked() -> None:
    study = smoke()
    assert plan.measured_models(study, "clip_accuracy") == ["seer"]
    assert "clip_accuracy" in plan.tables(study)
    assert "clip_accuracy" in plan.figures(study)
    assert "seer" in plan.asked_judges(study)
    assert "seer" in plan.trained_clips(study)
    assert plan.weights_source(study.judges["seer"]) == "trained"
    assert "seer" not in plan.trained_judges(study)  # whose rule is another, and which has a quality


def test_jobs_depend_on_what_can_change_them() -> None:
    before, more = smoke(), smoke(num_images=50)
    assert slices.clip_training(before, "seer") == slices.clip_training(more, "seer")
    assert adaptation_slices.clip_accuracy(before, "seer") != adaptation_slices.clip_accuracy(more, "seer")
    assert slices.clip_training(before, "seer") != slices.clip_training(smoke({"lr": 0.001}), "seer")
    fewer = slices.clip_training(smoke({"domains": ["face", "dog"]}, domains=["dog"]), "seer")
    assert fewer["domains"] == ["face", "dog"]


@pytest.mark.parametrize(
    ("clip", "asked", "told"),
    [
        ({"domains": ["wolf"]}, {}, "judges.seer.domains"),
        ({"patch_px": 5}, {}, "does not divide the resolution"),
        ({"width": 40}, {}, "no multiple of 32"),
        ({"network": "resnet"}, {}, "at 16 px take network: vit"),
        ({"batch_size": 4}, {}, "less than one image of each of its 5 domains"),
        ({}, {"clips": ["embedded"]}, "cannot measure text"),
        ({}, {"clips": ["nobody"]}, "there is no such judge"),
        ({}, {"domains": ["wolf"]}, "there is no such domain"),
        ({"domains": ["face"]}, {}, "knows only the worlds it is trained on"),
    ],
)
def test_mistakes_are_told_before_any_job(clip: dict, asked: dict, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        smoke(clip, **asked)


@pytest.mark.parametrize(
    ("architecture", "told"),
    [("ViT-B-33", "did you mean 'ViT-B-32'"), ("ViT-B-16-SigLIP", "a tokenizer that is fetched")],
)
def test_published_architectures_are_open_clips_own(architecture: str, told: str) -> None:
    section = {"kind": "open_clip", "architecture": architecture, "weights": str(SMOKE)}
    with pytest.raises(ConfigError, match=told):
        read_study(SMOKE, {"judges": {"vit": section}})


def test_architectures_are_read_without_an_import() -> None:
    known = open_clip_architectures()
    assert not known["ViT-B-32-quickgelu"]
    assert not known["RN50"]
    assert known["ViT-B-16-SigLIP"]
