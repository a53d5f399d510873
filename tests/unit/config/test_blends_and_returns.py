"""What a study may say of blends and of models that return, and which jobs follow from it."""

from pathlib import Path

import pytest

from stylealign.config import application_plan, application_slices, plan
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
BLEND = {"judge": "embedded", "pairs": ["face2dog", "dog2cat"]}
RETURN = {"judge": "embedded", "num_z": 1000, "edits": []}


def smoke(*overlays, **studies):
    bare = {"blend_smoothness": None, "return_alignment": None}
    return read_study(SMOKE, {"studies": bare | studies}, *overlays)


def test_each_pair_and_each_returned_model_has_a_cell():
    study = smoke(blend_smoothness=BLEND, return_alignment=RETURN)
    assert plan.measured_models(study, "blend_smoothness") == ["face2dog", "dog2cat"]
    assert plan.measured_models(study, "return_alignment") == ["face_again"]
    assert {"blend_smoothness", "return_alignment"} < set(plan.tables(study))
    assert {"blend_grid", "blend_smoothness", "return_alignment"} < set(plan.figures(study))


def test_nothing_is_made_that_is_not_asked():
    study = smoke()
    assert application_plan.blends(study) == application_plan.returned(study) == []
    assert not {"blend_smoothness", "return_alignment"} & set(plan.tables(study))
    assert not {"blend_grid", "blend_smoothness", "return_alignment"} & set(plan.figures(study))


def test_a_model_returns_to_its_nearest_ancestor_of_its_domain():
    more = {
        "far": {"domain": "cat", "parent": "face_again", "total_kimg": 0.1},
        "home": {"domain": "face", "parent": "far", "total_kimg": 0.1},
        "stayed": {"domain": "face", "parent": "home", "total_kimg": 0.1},
        "third": {"domain": "face", "total_kimg": 0.1, "seed": 5},
        "sibling": {"domain": "dog", "parent": "face", "total_kimg": 0.1},
    }
    study = smoke({"models": more}, return_alignment=RETURN)
    assert application_plan.returned(study) == ["face_again", "home"]
    found = application_plan.return_of(study, "home")
    assert (found.ancestor, found.through, found.controls) == ("face_again", ("far",), ("face_other", "third"))
    assert application_plan.return_of(study, "face_again").through == ("dog",)
    assert application_plan.return_of(study, "stayed") is None, "its parent is of its domain: it never left"


def test_models_between_are_named_from_the_ancestor_down():
    again = {"models": {"face_again": {"parent": "cat"}}}
    found = application_plan.return_of(smoke(again, return_alignment=RETURN), "face_again")
    assert found.through == ("dog", "cat")


def test_a_pair_is_read_by_the_names_of_models():
    two = {"models": {"dog2": {"domain": "dog", "parent": "face", "total_kimg": 0.1}}}
    study = smoke(two, blend_smoothness=BLEND | {"pairs": ["dog22cat"]})
    assert application_plan.blended(study, "dog22cat") == ("dog2", "cat")


def test_who_reads_attributes():
    assert application_plan.attributes_reader(smoke(return_alignment=RETURN)) == "embedded"
    assert application_plan.attributes_reader(smoke()) is None
    other = {"judges": {"reader": {"kind": "embedded", "total_kimg": 1, "width": 8}}}
    study = smoke(other, return_alignment=RETURN | {"attributes_judge": "reader"})
    assert application_plan.attributes_reader(study) == "reader"
    assert "reader" in plan.asked_judges(study), "it is trained for this alone"


@pytest.mark.parametrize(
    ("name", "job", "setting"),
    [
        ("blend_smoothness", "face2dog", {"num_z": 9}),
        ("blend_smoothness", "face2dog", {"granularity": "layer"}),
        ("blend_smoothness", "face2dog", {"ratios": [0.5]}),
        ("return_alignment", "face_again", {"num_z": 9}),
        ("return_alignment", "face_again", {"edits": ["yaw_deg"]}),
    ],
)
def test_a_job_depends_on_its_settings(name, job, setting):
    asked = {"blend_smoothness": BLEND, "return_alignment": RETURN}[name]
    of = getattr(application_slices, name)
    assert of(smoke(**{name: asked}), job) != of(smoke(**{name: asked | setting}), job)


def test_one_more_pair_touches_no_other_job():
    more = smoke(blend_smoothness=BLEND | {"pairs": ["face2dog", "face2cat"]})
    before = smoke(blend_smoothness=BLEND)
    of = application_slices.blend_smoothness
    assert of(more, "face2dog") == of(before, "face2dog")
    assert application_slices.blend_figures(more) != application_slices.blend_figures(before)


@pytest.mark.parametrize(
    ("name", "setting", "complaint"),
    [
        ("blend_smoothness", {"pairs": ["face2wolf"]}, 'pairs = "face2wolf": write two of the models joined with 2'),
        ("blend_smoothness", {"pairs": ["face2dog2cat"]}, "write two of the models joined with 2"),
        ("blend_smoothness", {"pairs": ["face2face_other"]}, "have no common ancestor"),
        ("blend_smoothness", {"pairs": ["dog2dog"]}, "goes from a model to itself"),
        ("blend_smoothness", {"ratios": [0.5, 0.25]}, "must rise"),
        ("blend_smoothness", {"ratios": [0, 0.5]}, "ratios"),
        ("blend_smoothness", {"num_z": 2, "num_shown": 3}, "num_shown = 3: is more than num_z (2)"),
        ("blend_smoothness", {"judge": "nobody"}, "studies.blend_smoothness.judge"),
        ("return_alignment", {"attributes_judge": "nobody"}, "studies.return_alignment.attributes_judge"),
        ("return_alignment", {"edits": ["smile"]}, "studies.channel_effects does not measure it"),
        ("return_alignment", {"num_shown": 5000}, "is more than num_z (1000)"),
    ],
)
def test_a_mistake_is_named_with_its_cure(name, setting, complaint):
    asked = {"blend_smoothness": BLEND, "return_alignment": RETURN}[name]
    with pytest.raises(ConfigError) as caught:
        smoke(**{name: asked | setting})
    assert complaint in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2, "one mistake, one line"


def test_edits_need_the_studies_that_find_them():
    gone = {"studies": {"channel_effects": None, "effect_agreement": None, "manipulations": None}}
    with pytest.raises(ConfigError, match="needs channel_effects and boundaries"):
        smoke(gone, return_alignment=RETURN | {"edits": ["yaw_deg"]})
    assert smoke(gone, return_alignment=RETURN).studies.return_alignment.edits == ()


def test_a_study_in_which_nobody_returns_is_told_so():
    with pytest.raises(ConfigError, match="no model is of the domain of an ancestor"):
        smoke({"models": {"face_again": {"domain": "cat"}}}, return_alignment=RETURN)


def test_edits_must_be_among_the_boundaries_that_are_fitted():
    others = ("effect_agreement", "manipulations", "zero_shot_regression", "zero_shot_classification")
    some = {"studies": {"boundaries": {"attributes": ["yaw_deg"]}} | dict.fromkeys(others)}
    assert smoke(some, return_alignment=RETURN | {"edits": ["yaw_deg"]}).studies.return_alignment.edits == ("yaw_deg",)
    with pytest.raises(ConfigError) as caught:
        smoke(some, return_alignment=RETURN | {"edits": ["background_hue"]})
    assert 'edits = "background_hue": studies.boundaries.attributes does not have it' in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2, "one mistake, one line"
