"""`models.NAME.resolution`: who takes part in what, what is refused, what stays as it was without the key."""

from pathlib import Path

import pytest

from stylealign.config import application_plan, application_slices, inversion_plan, plan, slices
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

ROOT = Path(__file__).parents[3]
HALF = {"domain": "face", "parent": "face", "resolution": 16, "total_kimg": 1}
SCRATCH = {"domain": "face", "resolution": 16, "seed": 7, "total_kimg": 1}
ASKED = {"judge": "embedded", "attributes": ["yaw_deg"]}
LOWER = {
    "models": {"face_half": HALF, "face_half_scratch": SCRATCH},
    "studies": {"resolution_alignment": ASKED},
}


def default(*overlays):
    return read_study(ROOT / "config.yaml", *overlays)


def complaints(*overlays):
    with pytest.raises(ConfigError) as caught:
        default(*overlays)
    return "\n".join(caught.value.problems)


def test_a_lower_resolution_takes_part_in_two_comparisons_only():
    study, without = default(LOWER), default()
    for table in plan.tables(without):
        if table in plan.CELL_TABLES and table != "mapping_drift":
            assert plan.measured_models(study, table) == plan.measured_models(without, table), table
    assert plan.measured_models(study, "mapping_drift")[-2:] == ["face_half", "face_half_scratch"]
    assert plan.measured_models(study, "resolution_alignment") == ["face_half"]
    assert "resolution_alignment" in plan.figures(study)
    assert inversion_plan.stranger(study, "dog2cat") == "face_other"


def test_no_other_job_depends_on_one():
    study, without = default(LOWER), default()
    for model in without.models:
        for slice_of in (slices.training, slices.model_quality, slices.attribute_alignment, slices.effect_agreement):
            assert slice_of(study, model) == slice_of(without, model)
    assert slices.manipulations_figure(study) == slices.manipulations_figure(without)


def test_what_it_is_trained_as():
    study = default(LOWER, {"training": {"from_rgb": "random"}})
    assert study.resolved_model("face_half").resolution == 16
    assert study.resolved_model("face_half").training.from_rgb == "random"
    assert "from_rgb" in slices.training(study, "face_half")["training"]
    for other in ("face", "dog", "face_half_scratch"):  # who has all of a discriminator needs none made
        assert "from_rgb" not in slices.training(study, other)["training"]
    assert plan.snapshotted(study) == []
    kept = default(LOWER, {"models": {"face_half": {"training": {"snapshot_kimg": [0.5]}}}})
    assert plan.snapshotted(kept) == ["face_half"]


def test_its_control_is_the_root_of_its_own_domain_and_resolution():
    assert application_plan.scratch_of(default(LOWER), "face_half") == "face_half_scratch"
    assert application_slices.resolution_alignment(default(LOWER), "face_half")["scratch"] == "face_half_scratch"
    alone = {"models": {"face_half": HALF}, "studies": {"resolution_alignment": ASKED}}
    assert application_plan.scratch_of(default(alone), "face_half") is None
    quarter = {"models": {"deeper": {**HALF, "parent": "face_half"}}}  # no lower than its parent: compared with nobody
    assert plan.measured_models(default(LOWER, quarter), "resolution_alignment") == ["face_half"]


@pytest.mark.parametrize(("resolution", "told"), [(64, "above the study's (32)"), (24, "power of two"), (4, "from 8")])
def test_a_resolution_that_cannot_be_is_refused(resolution, told):
    (line,) = complaints({"models": {"face_half": {**HALF, "resolution": resolution}}}).splitlines()
    assert line.startswith("models.face_half.resolution")
    assert told in line


def test_no_child_is_larger_than_its_parent():
    line = complaints(LOWER, {"models": {"grown": {"domain": "face", "parent": "face_half", "total_kimg": 1}}})
    assert "models.grown.resolution" in line
    assert "above its parent's (16)" in line


def test_a_made_from_rgb_is_for_lower_children_only():
    line = complaints({"models": {"dog": {"training": {"from_rgb": "random"}}}})
    assert "models.dog.training.from_rgb" in line


@pytest.mark.parametrize(
    "studies",
    [
        {"translation": {"judge": "embedded", "directions": ["face2face_half"]}},
        {"inversion_quality": {"models": ["face", "dog", "cat", "face_half"]}},
        {"manipulations": {"attributes": ["yaw_deg"], "reference": "face_half"}},
        {"morph_smoothness": {"judge": "embedded", "morphs": ["face2face_half"]}},
        {"blend_smoothness": {"judge": "embedded", "pairs": ["face2face_half"]}},
    ],
)
def test_a_comparison_of_the_studys_size_names_no_smaller_model(studies):
    (name,) = studies
    lines = [line for line in complaints(LOWER, {"studies": studies}).splitlines() if "lower resolution" in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"studies.{name}.")


def test_a_study_of_nobody_is_refused():
    assert "there is none" in complaints({"studies": {"resolution_alignment": ASKED}})
    every = {name: {"resolution": 16} for name in default().models}
    assert "resolution = 32: no model has it" in complaints({"models": every})


def test_a_wrong_resolution_of_the_study_is_told_once():
    (line,) = complaints({"resolution": 33}).splitlines()
    assert line.startswith("resolution = 33")


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"freeze_d": 2}, "training.freeze_d = 2: would freeze the FromRGB"),
        ({"snapshot_kimg": [0.5, 4]}, "training.snapshot_kimg = 4.0: lies at or beyond the end of its training (1)"),
    ],
)
def test_a_setting_that_would_do_nothing_good_is_refused(training, told):
    (line,) = complaints({"models": {"face_half": {**HALF, "training": training}}}).splitlines()
    assert told in line


def test_a_child_of_another_domain_is_not_compared_by_its_resolution():
    of_dog = {"models": {"face_half": {**HALF, "domain": "dog"}}, "studies": {"resolution_alignment": ASKED}}
    assert "children of their parent's domain" in complaints(of_dog)
    both = {"models": {**LOWER["models"], "dog_half": {**HALF, "domain": "dog"}}}
    assert application_plan.lowered(default(LOWER, both)) == ["face_half"]
