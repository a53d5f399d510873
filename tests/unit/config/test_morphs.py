"""What a study may say of morphs: ways that can be read one way only, relatives, codes that are there."""

import pytest

from stylealign.config import application_plan, application_slices, plan
from stylealign.config.application_plan import ways
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = "presets/smoke.yaml"


def study_of(**changed):
    asked = {"judge": "embedded", "morphs": ["dog2cat"], "num_pairs": 4, "num_shown": 2} | changed
    return read_study(SMOKE, {"studies": {"morph_smoothness": asked}})


def refused(*words, **changed):
    with pytest.raises(ConfigError) as told:
        study_of(**changed)
    (line,) = [one for one in str(told.value).splitlines() if "morph_smoothness" in one]
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("name", "models", "expected"),
    [
        ("dog2cat", ("dog", "cat"), [["dog", "cat"]]),
        ("face2dog2cat", ("face", "dog", "cat"), [["face", "dog", "cat"]]),
        ("dog2cat", ("dog2", "dog", "cat"), [["dog", "cat"]]),
        ("dog22cat", ("dog2", "dog", "cat"), [["dog2", "cat"]]),
        ("a2b2c", ("a", "b", "c", "a2b", "b2c"), [["a", "b", "c"], ["a", "b2c"], ["a2b", "c"]]),
        ("dog", ("dog",), []),
        ("dog2wolf", ("dog", "cat"), []),
    ],
)
def test_every_reading_of_a_name_is_found(name, models, expected):
    assert sorted(ways(name, models)) == sorted(expected)


def test_a_study_with_morphs_makes_a_table_two_figures_and_videos():
    study = study_of(formats=["webp"])
    assert "morph_smoothness" in plan.tables(study)
    assert {"morph_grid", "morph_smoothness"} <= set(plan.figures(study))
    assert plan.measured_models(study, "morph_smoothness") == ["dog2cat"]
    assert application_plan.video_formats(study) == ["webp"]
    assert not application_plan.morphs(read_study(SMOKE, {"studies": {"morph_smoothness": None}}))


def test_a_morphs_slice_holds_what_changes_it_and_nothing_else():
    made = application_slices.morph(study_of(), "dog2cat")
    assert (made["models"], made["image_sets"], made["split"]) == (["dog", "cat"], ["dog", "cat"], "test")
    assert "truncation_psi" not in made
    assert made == application_slices.morph(study_of(truncation_psi=0.5), "dog2cat")
    random = application_slices.morph(study_of(source="z"), "dog2cat")
    assert (random["image_sets"], random["split"], random["truncation_psi"]) == ([], None, 0.7)
    assert random == application_slices.morph(study_of(source="z", method="z_opt"), "dog2cat")
    assert random != application_slices.morph(study_of(source="z", truncation_psi=0.5), "dog2cat")
    assert made == application_slices.morph(study_of(morphs=["dog2cat", "cat2dog"]), "dog2cat"), "another's morph"


def test_what_cannot_be_morphed_is_refused_in_a_line():
    refused("no common ancestor", morphs=["face_other2dog"], source="z")
    refused("no common ancestor", morphs=["dog2cat2face_other"], source="z")
    refused("goes from a model to itself", morphs=["dog2dog"])
    refused("write two or more of the models", morphs=["dog2wolf"])
    refused("add it to studies.inversion_quality.models", "painting", morphs=["painting2dog"])
    refused("studies.inversion_quality.methods does not have it", method="zplus_enc")
    refused("only 8 images are inverted", num_pairs=9)
    refused("is more than num_pairs", num_shown=5)
    refused("there is no such judge", judge="nobody")
    refused("with a GIF at most 50 frames a second", formats=["gif"], num_frames=60, seconds=1)


def test_images_of_another_domain_do_not_stand_for_a_models_own():
    """Dogs inverted in the model of cats are no cats."""
    dogs_only = {"models": ["dog"], "image_sets": {"cat": ["dog"]}}
    with pytest.raises(ConfigError, match="its own images inverted in cat"):
        read_study(SMOKE, {"studies": {"inversion_quality": dogs_only, "encoder_finetune": None}})


def test_random_codes_need_no_inversion():
    assert application_plan.models_on_way(study_of(morphs=["face2painting"], source="z"), "face2painting")
    assert application_plan.models_on_way(study_of(morphs=["dog2cat2dog"]), "dog2cat2dog") == ["dog", "cat", "dog"]


def test_images_need_the_codes_of_an_inversion():
    without = dict.fromkeys(("inversion_quality", "encoder_finetune", "translation", "reference_translation",
                             "texture_translation", "zero_shot_regression", "zero_shot_classification"))  # fmt: skip
    asked = {"judge": "embedded", "morphs": ["dog2cat"], "num_shown": 2}
    with pytest.raises(ConfigError, match="source: z"):
        read_study(SMOKE, {"studies": without | {"morph_smoothness": asked}})
    assert read_study(SMOKE, {"studies": without | {"morph_smoothness": asked | {"source": "z"}}})
