"""What a study may say of trainings on few images, and which jobs follow from it."""

from pathlib import Path

import pytest

from stylealign.config import few_shot_plan, few_shot_slices, plan
from stylealign.config.correspondence import Correspondence
from stylealign.config.load import read_study
from stylealign.config.models import ResolvedModel
from stylealign.config.slices import training as training_of_model
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
FEW = {"judge": "embedded", "parent": "dog", "pretrained": "cat_by_text", "target": "cat"}
ADAPT = {"clips": {"clip": 1}, "source_text": "a photo of a dog", "target_text": "a photo of a cat"}
BY_TEXT = {
    "judges": {"clip": {"kind": "embedded_clip", "total_kimg": 1}},
    "models": {"cat_by_text": {"parent": "dog", "domain": "cat", "adapt": ADAPT}},
}


def smoke(*overlays, **few):
    return read_study(SMOKE, {"studies": {"few_shot": None}}, BY_TEXT, {"studies": {"few_shot": FEW | few}}, *overlays)


def problems(*overlays, **few):
    with pytest.raises(ConfigError) as caught:
        smoke(*overlays, **few)
    return caught.value.problems


def test_every_cell_is_trained_with_every_seed_and_measured_once():
    study = smoke(num_images=[10, 40], methods=["tgan", "correspondence"], seeds=[0, 1, 2])
    assert len(few_shot_plan.cells(study)) == 2 * 2 * 4
    trainings = few_shot_plan.trainings(study)
    assert len(trainings) == 2 * 2 * 4 * 3 + 1, "and the pair that is tuned"
    assert len({one.name for one in trainings}) == len(trainings)
    assert not {one.name for one in trainings} & set(study.models)
    shots = few_shot_plan.untrained(study)
    assert [(one.num_images, one.start) for one in shots] == [(0, "parent"), (0, "adapted"), (0, "tuned")]
    assert few_shot_plan.seeds(study, "none") == (0,)
    assert plan.measured_models(study, "few_shot") == ["study"]
    assert "few_shot" in plan.tables(study)
    assert "few_shot" in plan.figures(study)


def test_nothing_is_made_that_is_not_asked():
    study = read_study(SMOKE, {"studies": {"few_shot": None}})
    assert few_shot_plan.trainings(study) == few_shot_plan.measured(study) == []
    assert plan.measured_models(study, "few_shot") == []
    assert not few_shot_plan.is_tuned(study)
    assert {"few_shot"}.isdisjoint({*plan.tables(study), *plan.figures(study)})


@pytest.mark.parametrize(
    ("method", "start", "said"),
    [
        ("tgan", "parent", {"augment": "off", "freeze_d": 0, "correspondence": None, "catch_up_kimg": 0.0}),
        ("tgan_ada", "adapted", {"augment": "on", "ada_kimg": 4.0, "freeze_d": 0, "catch_up_kimg": 0.0}),
        ("freeze_d", "catch_up", {"augment": "off", "freeze_d": 4, "catch_up_kimg": 0.8}),
        ("correspondence", "tuned", {"correspondence": Correspondence(), "freeze_d": 0, "catch_up_kimg": 0.0}),
    ],
)
def test_a_method_and_a_start_say_how_it_is_trained(method, start, said):
    study = smoke({"training": {"augment": "auto", "freeze_d": 1, "num_images": 9, "catch_up_kimg": 0.1}})
    training = few_shot_plan.training(study, method, 10, start, 2)
    assert said.items() <= dict(training.training).items()
    assert (training.training.num_images, training.seed, training.total_kimg) == (10, 2, 6.0)
    assert training.parent == {"parent": "dog", "tuned": "dog"}.get(start, "cat_by_text")
    assert (training.domain, training.training.ema_rampup) == ("cat", None)
    assert few_shot_plan.tuning(study).training.num_images is None
    assert few_shot_plan.cell_of(training.name) == few_shot_plan.Shots(method, 10, start)


def test_a_training_travels_as_any_models_does():
    study = smoke()
    for one in few_shot_plan.trainings(study):
        assert ResolvedModel.joined(one.tracked(), one.untracked()) == one


@pytest.mark.parametrize(
    ("setting", "trained", "measured"),
    [
        ({"num_gen": 50}, False, True),
        ({"num_clusters": 3}, False, True),
        ({"total_kimg": 3}, True, False),
        ({"ada_kimg": 2}, False, False),
        ({"correspondence": {"weight": 10}}, True, False),
        ({"num_tuned": 99}, False, False),
    ],
)
def test_a_setting_changes_the_jobs_that_it_is_about(setting, trained, measured):
    before, after = smoke(), smoke(**setting)
    cell = ("correspondence", "10", "catch_up")
    assert (few_shot_slices.training(before, *cell, "0") != few_shot_slices.training(after, *cell, "0")) == trained
    assert (few_shot_slices.scores(before, *cell) != few_shot_slices.scores(after, *cell)) == measured
    others = ("dog", "cat")
    assert all(training_of_model(before, name) == training_of_model(after, name) for name in others)


def test_of_the_tuned_pair_only_its_own_settings_count():
    before = few_shot_slices.generated(smoke()), few_shot_slices.tuning(smoke())
    assert (few_shot_slices.generated(smoke(num_tuned=99)), few_shot_slices.tuning(smoke(num_tuned=99)))[1] == before[1]
    assert few_shot_slices.generated(smoke(num_tuned=99)) != before[0]
    assert few_shot_slices.tuning(smoke(tuned_kimg=1)) != before[1]


@pytest.mark.parametrize(
    ("few", "told"),
    [
        ({"parent": "dig"}, "studies.few_shot.parent = \"dig\": there is no such model; did you mean 'dog'?"),
        (
            {"pretrained": "cat"},
            'pretrained = "cat": is not adapted by text; name a model that has `adapt` (painting_by_text, '
            "cartoon_by_text, cat_by_text)",
        ),
        ({"parent": "cartoon"}, "is not adapted from cartoon (studies.few_shot.parent)"),
        ({"target": "bat"}, "studies.few_shot.target = \"bat\": there is no such domain; did you mean 'cat'?"),
        ({"num_images": [10, 300]}, "num_images = 300: domains.cat has 256 training images (num_train); lower this"),
        ({"catch_up_kimg": 6}, "catch_up_kimg = 6.0: leaves nothing of total_kimg (6) for G to learn in; lower it"),
        ({"judge": "clip"}, "a judge of kind embedded_clip cannot measure distance"),
        ({"num_gen": 12}, "num_clusters = 10: is too many for num_gen (12) images"),
        ({"methods": ["mine_gan"]}, "choose one of tgan, tgan_ada, freeze_d, correspondence"),
        ({"seeds": [0, 0]}, "names one of them twice"),
    ],
)
def test_a_mistake_is_told_before_any_job(few, told):
    (found,) = problems(**few)
    assert told in found


def test_a_far_descendant_of_the_parent_will_do():
    more = {"models": {"cat_twice": {"parent": "cat_by_text", "domain": "cat", "adapt": ADAPT}}}
    assert few_shot_plan.start_model(smoke(more, pretrained="cat_twice"), "catch_up") == "cat_twice"


def test_distances_may_be_another_judges():
    other = {"judges": {"far": {"kind": "embedded", "total_kimg": 1, "width": 8}}}
    study = smoke(other, distance_judge="far")
    assert "far" in plan.asked_judges(study)
    assert few_shot_slices.scores(study, "tgan", "10", "parent")["diversity_judge"] == "far"
    (found,) = problems(distance_judge="clip")
    assert found.startswith("studies.few_shot.distance_judge = ")


@pytest.mark.parametrize(
    ("training", "told"),
    [
        ({"num_images": 257}, "models.cat.training.num_images = 257: domains.cat has 256 training images"),
        ({"catch_up_kimg": 0.3}, "models.cat.training.catch_up_kimg = 0.3: leaves nothing of total_kimg (0.3)"),
        ({"num_images": 0}, "models.cat.training.num_images = 0: must be at least 1"),
        (
            {"correspondence": {"batch_size": 2}},
            "models.cat.training.correspondence.batch_size = 2: must be at least 3",
        ),
    ],
)
def test_a_childs_own_mistake_is_told(training, told):
    (found,) = problems({"models": {"cat": {"training": training}}})
    assert told in found


@pytest.mark.parametrize("setting", [{"catch_up_kimg": 0.1}, {"correspondence": {}}])
def test_a_root_has_no_parent_to_be_like(setting):
    (found,) = problems({"models": {"face": {"training": setting}}})
    assert found.startswith(f"models.face.training.{next(iter(setting))}: a root has no parent")
    study = smoke({"training": setting})  # of all models: of children
    assert study.resolved_model("face").training.catch_up_kimg == 0
    assert study.resolved_model("face").training.correspondence is None
    assert dict(study.resolved_model("cat").training) != dict(study.resolved_model("face").training)


def test_correspondence_is_of_one_resolution():
    low = {"domain": "face", "parent": "face", "resolution": 8, "total_kimg": 1, "training": {"correspondence": {}}}
    (found,) = problems({"models": {"small": low}})
    assert found.startswith("models.small.training.correspondence: compares images with the parent's")
