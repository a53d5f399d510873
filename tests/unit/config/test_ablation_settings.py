"""What a study may say of the adaptation ablation and of edits by text, and which jobs follow from it."""

from pathlib import Path

import pytest

from stylealign.config import ablation_plan, ablation_slices, plan, slices
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
ADAPT = {"clips": {"words": 1}, "source_text": "a person", "target_text": "a painting", "iterations": 2}
MODELS = {
    "by_global": {"parent": "face", "domain": "painting", "adapt": {**ADAPT, "loss": {"global": 1}}},
    "by_choice": {"parent": "face", "domain": "painting", "adapt": {**ADAPT, "num_layers": 3}},
}
ABLATION = {"models": ["by_global", "by_choice"], "judge": "embedded", "mapper": {"of": "by_choice", "iterations": 2}}
RED = {"neutral": "a person", "target": "a person with red hair", "num_channels": 3}
DIRECTIONS = {"judge": "embedded", "clip": "words", "edits": {"red_hair": RED}}
BASE = {
    "domains": {"painting": {"source": "world", "world": "painting", "num_train": 40, "num_test": 8}},
    "judges": {"words": {"kind": "embedded_clip", "total_kimg": 0.1}},
}


def study_of(*overlays, models=MODELS, **studies):
    bare = {"adaptation_ablation": None, "global_directions": None, "adaptation": None}
    return read_study(SMOKE, BASE, {"models": models}, {"studies": bare | studies}, *overlays)


def problems(**studies):
    with pytest.raises(ConfigError) as caught:
        study_of(**studies)
    return str(caught.value)


def test_nothing_is_made_that_is_not_asked():
    study = study_of()
    assert not {"adaptation_ablation", "global_directions"} & set(plan.tables(study))
    assert "adaptation_ablation" not in plan.figures(study)
    assert ablation_plan.mapped(study) == ablation_plan.text_edited_models(study) == []
    assert ablation_plan.asked_clips(study) == set()


def test_the_ablation_is_one_cell_of_the_parent():
    study = study_of(adaptation_ablation=ABLATION)
    assert plan.measured_models(study, "adaptation_ablation") == ["face"]
    assert "adaptation_ablation" in plan.figures(study)
    assert ablation_plan.mapped(study) == ["by_choice"]
    assert (ablation_plan.ablation_clip(study), "words" in plan.asked_judges(study)) == ("words", True)
    found = ablation_slices.adaptation_ablation(study, "face")
    assert found["ways"] == [{"loss": "global", "num_layers": None}, {"loss": "directional", "num_layers": 3}]
    assert (found["domain"], found["target_text"], found["mapped"]) == ("painting", "a painting", "by_choice")
    assert ablation_slices.loss_words({"directional": 1, "global": 0.5}) == "1 directional + 0.5 global"
    assert ablation_slices.loss_words({"directional": 1, "global": 0}) == "directional"


def test_the_direction_is_of_the_first_model_that_tells_a_source():
    no_source = {name: value for name, value in ADAPT.items() if name != "source_text"}
    models = {**MODELS, "by_global": {**MODELS["by_global"], "adapt": {**no_source, "loss": {"global": 1}}}}
    found = ablation_slices.adaptation_ablation(study_of(models=models, adaptation_ablation=ABLATION), "face")
    assert (found["source_text"], found["target_text"]) == ("a person", "a painting")


def test_no_adapted_model_is_called_as_the_table_calls_the_parent():
    models = {"parent": MODELS["by_global"], "by_choice": MODELS["by_choice"]}
    with pytest.raises(ConfigError, match='models = "parent": is what its table calls'):
        study_of(models=models, adaptation_ablation={**ABLATION, "models": ["parent", "by_choice"]})


def test_a_mapper_depends_on_its_models_target_only():
    study = study_of(adaptation_ablation=ABLATION)
    mapper = ablation_slices.latent_mapper(study, "by_choice")
    assert mapper["target_text"] == "a painting"
    assert [(one["judge"], one["weight"]) for one in mapper["clips"]] == [("words", 1.0)]
    measured = study_of(adaptation_ablation={**ABLATION, "num_images": 30, "num_diversity": 25})
    assert ablation_slices.latent_mapper(measured, "by_choice") == mapper
    longer = study_of(adaptation_ablation={**ABLATION, "mapper": {"of": "by_choice", "iterations": 3}})
    assert ablation_slices.latent_mapper(longer, "by_choice") != mapper


def test_edits_are_measured_in_the_model_and_its_descendants():
    study = study_of(global_directions={**DIRECTIONS, "model": "dog"})
    named = plan.measured_models(study, "global_directions")
    assert named[0] == "dog"
    assert {"cat", "face_again"} <= set(named)
    assert not {"face", "face_other", "by_global"} & set(named)
    assert ablation_plan.text_edited(study_of(global_directions=DIRECTIONS)) == "face"
    assert ablation_slices.global_directions(study, "dog")["relation"] == "reference"
    assert ablation_slices.global_directions(study, "cat")["relation"] == "child"


def test_what_a_clip_sees_of_channels_does_not_depend_on_texts():
    first = study_of(global_directions=DIRECTIONS)
    other = study_of(global_directions={**DIRECTIONS, "edits": {"red_hair": {**RED, "target": "a person with a hat"}}})
    stronger = study_of(global_directions={**DIRECTIONS, "edits": {"red_hair": {**RED, "strength": 9}}})
    seen, edits = ablation_slices.clip_directions, ablation_slices.text_edits
    assert seen(first, "face", "words") == seen(other, "face", "words")
    assert edits(first, "face", "words") != edits(other, "face", "words")
    assert edits(first, "face", "words") == edits(stronger, "face", "words"), "channels do not depend on the strength"
    measured = ablation_slices.global_directions
    assert measured(first, "face") != measured(stronger, "face")


def test_pictures_read_edits_by_text_only_where_they_show_one():
    asked = {"attributes": [], "edits": [{"text": "red_hair"}]}
    drawn = study_of(global_directions=DIRECTIONS, manipulations=asked)
    assert ablation_plan.drawn_text_edits(drawn) == ["red_hair"]
    plain = {"attributes": [], "edits": [{"title": "one", "channels": {"3_1": 1}}]}
    assert ablation_plan.drawn_text_edits(study_of(global_directions=DIRECTIONS, manipulations=plain)) == []
    (edit,) = slices.manipulations(study_of(manipulations=plain), "face")["edits"]
    assert edit == {"title": "one", "channels": [("3_1", 1.0)], "direction": None}, "as before there were texts"
    (edit,) = slices.manipulations(drawn, "face")["edits"]
    assert edit["text"] == "red_hair"


@pytest.mark.parametrize(
    ("studies", "told"),
    [
        ({"adaptation_ablation": {**ABLATION, "models": ["dog"]}}, "there is no such adapted model"),
        ({"adaptation_ablation": {**ABLATION, "mapper": {"of": "dog"}}}, "must be one of"),
        ({"adaptation_ablation": {**ABLATION, "num_diversity": 2000}}, "is more than num_images"),
        ({"adaptation_ablation": {**ABLATION, "judge": "words"}}, "cannot measure distance"),
        ({"adaptation_ablation": {**ABLATION, "clip": "embedded"}}, "cannot measure text"),
        ({"global_directions": {**DIRECTIONS, "model": "nobody"}}, "there is no such model"),
        ({"global_directions": {**DIRECTIONS, "clip": "embedded"}}, "cannot measure text"),
        ({"global_directions": {**DIRECTIONS, "judge": "words"}}, "cannot measure attributes"),
        ({"global_directions": {**DIRECTIONS, "edits": {"x": {**RED, "beta": 0.1}}}}, "needs either `num_channels`"),
        ({"global_directions": {**DIRECTIONS, "edits": {"x": {**RED, "target": "a person"}}}}, "is the neutral text"),
        ({"manipulations": {"edits": [{"text": "red_hair"}]}}, "needs studies.global_directions"),
        (
            {"global_directions": DIRECTIONS, "manipulations": {"edits": [{"text": "red_hat"}]}},
            "does not have it; did you mean 'red_hair'",
        ),
        (
            {
                "global_directions": {**DIRECTIONS, "model": "dog"},
                "manipulations": {"edits": [{"text": "red_hair"}]},
            },
            "edits by text are found in dog",
        ),
        ({"manipulations": {"edits": [{"channels": {"3_1": 1}}]}}, "title: is missing"),
        ({"manipulations": {"edits": [{"text": "a", "direction": "b"}]}}, "needs one of"),
    ],
)
def test_mistakes_are_told_before_any_job(studies, told):
    assert told in problems(**studies)


def test_models_that_cannot_be_compared_are_told():
    other = {**MODELS, "by_text": {"parent": "face", "domain": "painting", "adapt": {**ADAPT, "target_text": "a cat"}}}
    with pytest.raises(ConfigError, match=r"models = \"by_text\": is of another adapt\.target_text than by_global"):
        study_of(models=other, adaptation_ablation={**ABLATION, "models": ["by_global", "by_text"], "mapper": None})
