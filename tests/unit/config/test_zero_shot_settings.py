"""What a study may say of zero-shot transfer, and which jobs follow from it."""

from pathlib import Path

import pytest

from stylealign.config import application_plan, application_slices, plan
from stylealign.config.judges import EmbeddedJudge
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
REGRESSION = {"directions": ["dog2cat"], "attributes": ["yaw_deg"], "space": "w"}
CLASSIFICATION = {"directions": ["dog2cat"], "space": "w", "attributes": {"light_coat": {"parent": "coat_lightness"}}}


def smoke(regression=None, classification=None, *overlays):
    studies = {
        "zero_shot_regression": None if regression is None else REGRESSION | regression,
        "zero_shot_classification": None if classification is None else CLASSIFICATION | classification,
    }
    return read_study(SMOKE, {"studies": studies}, *overlays)


def test_a_study_without_it_makes_nothing_of_it():
    study = smoke()
    assert not [name for name in (*plan.tables(study), *plan.figures(study)) if name.startswith("zero_shot")]
    assert application_plan.zero_shot_parents(study) == []


def test_either_comparison_has_its_table_its_figure_and_the_examples():
    study = smoke(classification={})
    assert [name for name in plan.tables(study) if name.startswith("zero_shot")] == ["zero_shot_classification"]
    made = [name for name in plan.figures(study) if name.startswith("zero_shot")]
    assert made == ["zero_shot_classification", "zero_shot_examples"]
    both = smoke({"directions": ["cat2dog", "dog2cat"]}, {})
    assert plan.measured_models(both, "zero_shot_regression") == ["cat2dog", "dog2cat"]
    assert application_plan.zero_shot_parents(both) == ["dog", "cat"]
    assert application_plan.zero_shot_examples(both) == [
        ("zero_shot_regression", "cat2dog"),
        ("zero_shot_regression", "dog2cat"),
        ("zero_shot_classification", "dog2cat"),
    ]
    assert set(application_plan.directions(both)) >= {"dog2cat", "cat2dog"}


def test_the_network_on_images_is_trained_as_long_as_the_most_demanding_asks():
    study = smoke({"image_kimg": 3}, {"image_kimg": 5})
    made = application_slices.image_reader(study, "dog")
    assert made["domain"] == "dog"
    assert EmbeddedJudge.model_validate(made["spec"]).total_kimg == 5


def test_a_cell_depends_on_its_own_questions_in_their_order():
    asked = {"light_coat": {"parent": "coat_lightness"}, "ears": {"parent": "coat_length", "child": "pattern=spots"}}
    made = application_slices.zero_shot_classification(smoke(None, {"attributes": asked}), "dog2cat")
    assert made["attributes"] == [["light_coat"] + ["coat_lightness"] * 2, ["ears", "coat_length", "pattern=spots"]]
    assert (made["parent"], made["model"], made["judge"]) == ("dog", "cat", "embedded")
    one = application_slices.zero_shot_regression(smoke({}), "dog2cat")
    assert one == application_slices.zero_shot_regression(smoke({"image_kimg": 7}, {}), "dog2cat")
    assert one != application_slices.zero_shot_regression(smoke({"num_layers": 2}), "dog2cat")


@pytest.mark.parametrize(
    ("regression", "overlay", "complaint"),
    [
        ({"directions": ["dog2fox"]}, {}, "write parent2child"),
        ({"directions": ["dog2dog"]}, {}, "from a model to itself"),
        ({"directions": ["dog2face_other"]}, {}, "no common ancestor"),
        ({"directions": ["face2dog"]}, {}, "needs an encoder of face"),
        ({"space": "wplus"}, {}, "studies.inversion_quality.methods has no wplus_enc"),
        ({"space": "z"}, {}, "choose one of wplus, w"),
        ({"num_layers": 0}, {}, "must be at least 1"),
        ({"attributes": ["yaw_deg", "yaw_deg"]}, {}, "names one of them twice"),
        ({}, {"studies": {"boundaries": {"attributes": ["smile"]}}}, "boundaries.attributes does not have it"),
        ({}, {"studies": {"inversion_quality": None}}, "studies.zero_shot_regression: needs inversion_quality"),
        ({}, {"domains": {"cat": {"num_test": 1}}}, "studies.zero_shot_regression reads its test images"),
    ],
)
def test_a_mistake_is_named_with_its_cure(regression, overlay, complaint):
    with pytest.raises(ConfigError) as caught:
        smoke(regression, None, overlay)
    assert complaint in str(caught.value), str(caught.value)


@pytest.mark.parametrize("question", ["=floppy", "ear_shape=", ""])
def test_a_question_is_an_attribute_or_a_value_of_one(question):
    with pytest.raises(ConfigError, match="as ear_shape=floppy"):
        smoke(None, {"attributes": {"ears": {"parent": question}}})


PER_ATTRIBUTE, ALL_READ = "studies.zero_shot_regression.attributes", {"studies": {"boundaries": {"attributes": None}}}


@pytest.mark.parametrize(
    ("attribute", "line"),
    [
        ("yaw_degg", "the images of dog, cat have no exact 'yaw_degg'; did you mean 'yaw_deg'?"),
        ("pattern", "is one of plain, patches, stripes, spots, no number; ask it in zero_shot_classification"),
        ("beard", "the images of dog, cat have no exact 'beard'; known here: yaw_deg, "),
    ],
)
def test_a_number_that_is_none_is_found_before_any_job(attribute, line):
    with pytest.raises(ConfigError) as caught:
        smoke({"attributes": ["tone", attribute], "directions": ["dog2cat", "cat2dog"]}, None, ALL_READ)
    (found,) = caught.value.problems
    assert found.startswith(f'{PER_ATTRIBUTE} = "{attribute}": {line}')


@pytest.mark.parametrize(
    ("question", "line"),
    [
        (
            {"parent": "no_such=foo"},
            ".parent = \"no_such=foo\": the images of dog have no exact 'no_such'; known here: ",
        ),
        ({"parent": "pattern"}, '.parent = "pattern": has 4 values; write pattern=value with one of plain, patches, '),
        ({"parent": "tone=dark"}, '.parent = "tone=dark": is a number, which is split at its median; write tone alone'),
        (
            {"parent": "collar=no"},
            '.parent = "collar=no": of two values only the second has a boundary; ask for collar=',
        ),
        ({"parent": "collar=yea"}, ".parent = \"collar=yea\": there is no such value of collar; did you mean 'yes'?"),
        (
            {"parent": "coat_length", "child": "ear_shape=flopy"},
            ".child = \"ear_shape=flopy\": there is no such value of ear_shape; did you mean 'floppy'?",
        ),
        (
            {"parent": "tone", "child": "ton"},
            ".child = \"ton\": the images of cat have no exact 'ton'; did you mean 'to",
        ),
        ({"parent": "tone", "child": "pattern"}, '.child = "pattern": has 4 values; write pattern=value with one of '),
    ],
)
def test_a_question_that_nobody_can_answer_is_found_before_any_job(question, line):
    with pytest.raises(ConfigError) as caught:
        smoke(None, {"attributes": {"asked": question}}, ALL_READ)
    (found,) = caught.value.problems
    assert found.startswith(f"studies.zero_shot_classification.attributes.asked{line}")


def test_what_the_child_lacks_needs_another_form():
    lions = {"domains": {"cat": {"world": "wild"}}}
    with pytest.raises(ConfigError) as caught:
        smoke(None, {"attributes": {"asked": {"parent": "collar"}}}, lions)
    (found,) = caught.value.problems
    assert found.startswith('studies.zero_shot_classification.attributes.asked = "collar": the images of cat have no')
    assert found.endswith("say in child what it becomes there")
    smoke(None, {"attributes": {"asked": {"parent": "collar", "child": "species=lion"}}}, lions)


@pytest.mark.parametrize("question", ["tone", "collar", "collar=yes", "pattern=spots"])
def test_questions_of_every_kind_are_let_in(question):
    asked = {"asked": {"parent": question, "child": "collar=no"}}
    study = smoke({"attributes": ["yaw_deg", "tone"]}, {"attributes": asked}, ALL_READ)
    made = application_slices.zero_shot_classification(study, "dog2cat")["attributes"]
    assert ["asked", question, "collar=no"] in made


def test_one_mistake_is_told_once():
    """An unknown attribute is not also one that ``boundaries`` lacks."""
    with pytest.raises(ConfigError) as caught:
        smoke({"attributes": ["yaw_degg"]}, None, {"studies": {"boundaries": {"attributes": ["yaw_deg"]}}})
    assert len([line for line in caught.value.problems if line.startswith("studies.zero_shot_regression")]) == 1


def test_photographs_have_no_exact_attributes(tmp_path, monkeypatch):
    (tmp_path / "cats").mkdir()
    domain = {"source": "folder", "path": str(tmp_path / "cats")}
    raw = {"domains": {"cat": domain | {"world": None, "num_train": None, "num_test": None}}}
    with pytest.raises(ConfigError) as caught:
        smoke({}, None, raw)
    assert "the images of cat are photographs, whose attributes nobody knows" in str(caught.value)
