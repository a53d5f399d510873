"""What a study may say of inversion and translation, and which jobs follow from it."""

from pathlib import Path

import pytest

from stylealign.config import inversion_plan, inversion_slices
from stylealign.config.inversion import METHODS, SPACES, Inversion
from stylealign.config.load import read_study
from stylealign.config.models import Model
from stylealign.errors import ConfigError

ROOT = Path(__file__).parents[3]
SMOKE = ROOT / "presets/smoke.yaml"


INVERTING = (
    "inversion_quality", "encoder_finetune", "translation", "reference_translation", "texture_translation",
    "morph_smoothness", "zero_shot_regression", "zero_shot_classification")  # fmt: skip


def smoke(*overlays):
    return read_study(SMOKE, *overlays)


def test_images_are_divided_among_jobs_and_none_is_inverted_twice():
    study = smoke({"inversion": {"num_images": 8, "images_per_job": 3}})
    parts = [
        inversion_slices.inversion(study, "cat", "cat", "z_opt", shard)
        for shard in inversion_plan.inversion_shards(study, "cat")
    ]
    assert [(part["first"], part["num"]) for part in parts] == [(0, 3), (3, 3), (6, 2)]
    whole = smoke({"inversion": {"num_images": None, "images_per_job": None}})
    assert inversion_plan.inversion_shards(whole, "cat") == ["0"]
    assert inversion_slices.inversion(whole, "cat", "cat", "z_opt", "0")["num"] == 96
    more = smoke({"inversion": {"num_images": 1000, "images_per_job": 50}})
    assert inversion_plan.inversion_shards(more, "cat") == ["0", "1"]  # it has 96


def test_codes_depend_on_the_settings_of_their_own_method():
    def of(method, settings):
        return inversion_slices.inversion(smoke({"inversion": settings}), "cat", "cat", method, "0")

    for method, indifferent, minding in (
        ("z_opt", {"encoders": {"refine_steps": 3}}, {"optimisation": {"steps": 5}}),
        ("w_enc", {"optimisation": {"steps": 5}}, {"encoders": {"refine_steps": 3}}),
    ):
        assert of(method, {}) == of(method, indifferent) != of(method, minding)
    refining = {"encoders": {"refine_steps": 3}, "optimisation": {"steps": 5}}
    assert of("w_enc", refining) != of("w_enc", {"encoders": {"refine_steps": 3}})


def test_truncation_is_asked_for_in_z_and_zplus_alone():
    """As the guide's table says: a change of it leaves W and W+, and their encoders, as they are."""
    psi = smoke({"inversion": {"truncation_psi": 0.5}})

    def is_moved(slice_of, *job):
        return slice_of(smoke(), *job) != slice_of(psi, *job)

    moved = {method for method in METHODS if is_moved(inversion_slices.inversion, "cat", "cat", method, "0")}
    assert moved == {"z_opt", "zplus_opt", "z_enc", "zplus_enc"}
    assert {space for space in SPACES if is_moved(inversion_slices.encoder, "cat", space, "random")} == {"z", "zplus"}


@pytest.mark.parametrize(
    ("setting", "space", "start", "matters"),
    [
        ({"child_kimg": 0.1}, "w", "random", False),
        ({"child_kimg": 0.1}, "w", "parent", True),
        ({"total_kimg": 0.3}, "w", "random", True),
        ({"total_kimg": 0.3}, "w", "parent", True),
        ({"offset_weight": 1.0}, "w", "random", False),
        ({"offset_weight": 1.0}, "wplus", "random", True),
        ({"code_weight": 1.0}, "w", "random", True),
    ],
)
def test_an_encoder_depends_on_the_settings_that_it_uses(setting, space, start, matters):
    def of(**encoders):
        return inversion_slices.encoder(smoke({"inversion": {"encoders": encoders}}), "cat", space, start)

    assert (of() != of(**setting)) == matters


def test_a_childs_own_kimg_makes_it_independent_of_the_others():
    first, other = (
        smoke({"inversion": {"encoders": {"child_kimg": 0.1, "total_kimg": total}}}) for total in (0.2, 0.4)
    )
    assert inversion_slices.encoder(first, "cat", "w", "parent") == inversion_slices.encoder(
        other, "cat", "w", "parent"
    )


def test_a_figure_of_translations_depends_on_its_own_directions():
    study = smoke({"studies": {"texture_translation": {"directions": ["cat2dog"]}}})
    assert inversion_slices.translations_figure(study) == inversion_slices.translations_figure(smoke())
    names = [inversion_slices.reference_translations_figure(study), inversion_slices.texture_translations_figure(study)]
    assert names == [{"directions": ["dog2cat"]}, {"directions": ["cat2dog"]}]


def test_diversity_has_a_judge_with_a_distance(tmp_path, papers_files):
    papers_files(tmp_path)
    paper = ROOT / "presets/paper.yaml"
    study = read_study(paper, root=tmp_path)
    assert study.studies.reference_translation.judge == "inception"  # which has features alone
    assert inversion_plan.diversity_judge(study) == "lpips"
    assert "lpips" in inversion_plan.asked_judges(study)
    assert inversion_slices.reference_translation(study, "dog2cat")["diversity_spec"]["kind"] == "lpips"
    assert inversion_plan.diversity_judge(smoke()) == "embedded"


def test_a_slice_gives_the_settings_back():
    part = inversion_slices.inversion(smoke(), "cat", "cat", "z_opt", "0")
    settings = Inversion.model_validate(part["settings"])
    assert (settings.optimisation.steps, settings.truncation_psi) == (4, 0.7)


def test_an_encoder_starts_from_the_parents_unless_told_otherwise():
    assert [inversion_plan.encoder_start(smoke(), model, "w") for model in ("face", "dog")] == ["random", "parent"]
    alone = smoke({"inversion": {"encoders": {"from_parent": False}}, "studies": {"encoder_finetune": None}})
    assert inversion_plan.encoder_start(alone, "dog", "w") == "random"


def test_directions_are_read_by_the_names_of_models():
    names = ["a", "a2b", "b2c", "c", "dog", "cat"]
    assert inversion_plan.splits("dog2cat", names) == [("dog", "cat")]
    assert inversion_plan.splits("a2b2c", names) == [("a", "b2c"), ("a2b", "c")]
    assert inversion_plan.splits("dog2fox", names) == []


def test_the_control_is_a_root_that_is_unrelated_to_the_source():
    assert inversion_plan.stranger(smoke(), "dog2cat") == "face_other"
    alone = smoke({"models": {"face_other": {"parent": "face"}}})
    assert inversion_plan.stranger(alone, "dog2cat") is None


def test_of_two_finished_checkpoints_nobody_knows_yet_whether_they_are_related():
    study = smoke()
    ready = Model.model_validate({"domain": "face", "from": "ready.safetensors"})
    adopted = study.model_copy(update={"models": {"other": ready, **study.models, "face": ready}})
    assert inversion_plan.stranger(adopted, "dog2cat") == "face_other"  # trained here from nothing
    del adopted.models["face_other"]
    assert inversion_plan.stranger(adopted, "dog2cat") == "other"  # it may be; the job looks
    trained = study.model_copy(update={"models": {"other": ready, **study.models}})
    assert inversion_plan.stranger(trained, "dog2cat") == "other"


def test_more_image_sets_are_inverted_beside_a_models_own():
    study = smoke({"studies": {"inversion_quality": {"image_sets": {"cat": ["painting"], "face": ["cartoon"]}}}})
    assert inversion_plan.inverted_models(study) == ["face", "dog", "cat"]
    assert inversion_plan.inverted_sets(study, "cat") == ["cat", "painting"]
    assert inversion_plan.inverted_sets(study, "face") == ["cartoon"]


def test_judges_that_only_inversion_asks_are_made():
    other = {"kind": "embedded", "total_kimg": 1, "width": 8}
    study = smoke({"judges": {"alike": other}, "inversion": {"judge": "alike", "regions_judge": "embedded"}})
    assert inversion_plan.asked_judges(study) == {"alike", "embedded"}
    assert inversion_plan.regions_judge(smoke()) == "embedded"
    assert inversion_plan.attributes_judge(smoke(), "translation") == "embedded"


@pytest.mark.parametrize(
    ("overlay", "complaint"),
    [
        ({"inversion": None}, "studies.inversion_quality: needs the section `inversion`"),
        ({"inversion": {"judge": "nobody"}}, 'inversion.judge = "nobody": there is no such judge'),
        ({"judges": {"colour": {"kind": "colour"}}, "inversion": {"judge": "colour"}}, "cannot measure distance"),
        ({"judges": {"colour": {"kind": "colour"}}, "inversion": {"regions_judge": "colour"}}, "not measure regions"),
        ({"inversion": {"optimisation": {"perceptual_weight": 0}}}, "there is nothing to optimise"),
        ({"inversion": {"encoders": {"progressive_from": 0.9}}}, "comes after progressive_until (0.5)"),
        ({"domains": {"cat": {"num_test": 1}}}, "domains.cat.num_test = 1: its images are inverted"),
        ({"studies": {"inversion_quality": {"models": ["dog", "kat"]}}}, "there is no such model"),
        ({"studies": {"inversion_quality": {"image_sets": {"cat": ["kats"]}}}}, "there is no such domain"),
        ({"studies": {"inversion_quality": {"methods": ["z_opt", "z_opt"]}}}, "names one of them twice"),
        ({"studies": {"inversion_quality": {"methods": ["y_opt"]}}}, "studies.inversion_quality.methods"),
        ({"studies": {"encoder_finetune": {"spaces": ["z"]}}}, "has no z_enc"),
        ({"studies": {"encoder_finetune": {"models": ["face"]}}}, "no such child that is inverted"),
        ({"inversion": {"encoders": {"from_parent": False}}}, "set inversion.encoders.from_parent: true"),
        ({"studies": {"translation": {"directions": ["dog2fox"]}}}, "write source2target"),
        ({"studies": {"translation": {"directions": ["dog2dog"]}}}, "from a model to itself"),
        ({"studies": {"translation": {"directions": ["dog2face_other"]}}}, "no common ancestor"),
        ({"studies": {"translation": {"directions": ["face2cat"]}}}, "needs images inverted in face"),
        ({"studies": {"reference_translation": {"directions": ["dog2face"]}}}, "needs images inverted in face"),
        ({"studies": {"translation": {"methods": ["z_enc"]}}}, "studies.inversion_quality.methods does not have it"),
        ({"studies": {"texture_translation": {"method": "w_opt"}}}, "studies.texture_translation.method"),
        ({"studies": {"reference_translation": {"switch_px": 12}}}, "must be a power of two"),
        ({"studies": {"translation": {"baselines": {"cut": {"dog2cat": "nowhere"}}}}}, "no such file or folder"),
        ({"studies": {"translation": {"baselines": {"cut": {"cat2fox": "."}}}}}, "is not among studies.translation"),
        ({"studies": {"translation": {"attributes_judge": "nobody"}}}, "there is no such judge"),
        ({"studies": {"inversion_quality": None}}, "studies.translation: needs inversion_quality"),
        (
            {"inversion": {"judge": "nobody"}, "studies": dict.fromkeys(INVERTING)},
            'inversion.judge = "nobody": there is no such judge',
        ),
        ({"studies": {"reference_translation": {"diversity_judge": "nobody"}}}, "n.diversity_judge = "),
        ({"domains": {"cat": {"num_train": 1}}}, "domains.cat.num_train = 1: studies.reference_translation compares"),
        (
            {"domains": {"cat": {"num_test": 1}}, "studies": {"inversion_quality": {"models": ["dog"]}}},
            "domains.cat.num_test = 1: studies.translation compares with its test images",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_cure(overlay, complaint):
    with pytest.raises(ConfigError) as caught:
        smoke(overlay)
    assert complaint in str(caught.value), str(caught.value)


def test_a_mistake_within_inversion_is_not_that_it_is_missing():
    with pytest.raises(ConfigError) as caught:
        smoke({"inversion": {"judge": 3}})
    assert len(caught.value.problems) == 1, caught.value.problems


def test_a_study_may_say_how_to_invert_and_invert_nothing():
    """The command `invert` reads it."""
    study = smoke({"studies": dict.fromkeys(INVERTING)})
    assert not inversion_plan.inverts(study)
    assert inversion_plan.inverted_models(study) == inversion_plan.directions(study) == []


def test_images_that_are_held_at_once_are_what_memory_grows_with(tmp_path):
    def held(comparison, *overlays):
        return inversion_plan.num_translated(smoke(*overlays), "dog2cat", comparison)

    assert held("translation") == 8 * (3 + 3)  # three methods, three controls
    assert held("translation", {"studies": {"translation": {"methods": ["z_opt"]}}}) == 8 * 4
    (tmp_path / "cut").mkdir()
    assert (
        held("translation", {"studies": {"translation": {"baselines": {"cut": {"dog2cat": str(tmp_path)}}}}}) == 8 * 7
    )
    assert held("translation", {"studies": {"inversion_quality": {"image_sets": {"dog": ["cat"]}}}}) == 16 * 6
    assert held("reference_translation") == 8 * 2
    methods = {"studies": {"reference_translation": {"methods": ["z_opt", "w_enc"], "num_references": 5}}}
    assert held("reference_translation", methods) == 8 * 5


def test_two_ways_to_read_a_direction_are_refused():
    small = {"domain": "cat", "parent": "dog", "total_kimg": 0.1}
    models = {"dog2cat": small, "cat2dog": small}
    with pytest.raises(ConfigError, match="can be read in two ways"):
        smoke({"models": models, "studies": {"translation": {"directions": ["dog2cat2dog"]}}})


def test_jobs_for_a_folder_of_unknown_size_need_a_number(tmp_path):
    (tmp_path / "photos").mkdir()
    mine = {"source": "folder", "path": str(tmp_path / "photos"), "test_fraction": 1}
    added = {"domains": {"mine": mine}, "studies": {"inversion_quality": {"image_sets": {"cat": ["mine"]}}}}
    quality = {"judges": {"embedded": {"domains": ["face", "painting", "cartoon", "dog", "cat"]}}}
    with pytest.raises(ConfigError) as caught:
        smoke(added, quality, {"inversion": {"num_images": None}})
    assert "how many jobs mine needs is not known" in str(caught.value)


def test_a_model_cannot_learn_from_a_domain_that_is_all_held_out(tmp_path):
    (tmp_path / "photos").mkdir()
    mine = {"source": "folder", "path": str(tmp_path / "photos"), "test_fraction": 1}
    with pytest.raises(ConfigError, match=r"domains\.mine\.test_fraction.*all are held out"):
        smoke({"domains": {"mine": mine}, "models": {"own": {"domain": "mine", "parent": "face", "total_kimg": 1}}})
