"""What each job depends on: a change of the study changes the slices that it must, and no other."""

import json
from pathlib import Path

import pytest

from stylealign.config import (
    adaptation_slices,
    application_plan,
    application_slices,
    inversion_plan,
    inversion_slices,
    plan,
    slices,
)
from stylealign.config.load import read_study
from stylealign.provenance import canonical_json

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"


def all_slices(*overlays) -> dict[str, str]:
    """Every job of the smoke study and the text it is tracked by."""
    study = read_study(SMOKE, *overlays)
    jobs = {}
    for domain in study.domains:
        jobs[f"image_set/{domain}"] = slices.image_set(study, domain)
        jobs[f"domain_features/{domain}"] = slices.domain_features(study, domain, "embedded")
    for model in study.trained():
        jobs[f"train/{model}"] = slices.training(study, model)
    for model in study.adapted():
        jobs[f"adapt/{model}"] = adaptation_slices.adapted_model(study, model)
    for model in study.models:
        jobs[f"model_features/{model}"] = slices.model_features(study, model, "embedded")
        jobs[f"manipulations/{model}"] = slices.manipulations(study, model)
        for shard in plan.shards(study):
            jobs[f"channel_maps/{model}.{shard}"] = slices.channel_maps(study, model, shard)
    for table in plan.CELL_TABLES:
        for model in plan.measured_models(study, table):
            jobs[f"{table}/{model}"] = slice_of(table)(study, model)
    for model in application_plan.zero_shot_parents(study):
        jobs[f"image_reader/{model}"] = application_slices.image_reader(study, model)
    jobs |= inversion_jobs(study)
    jobs["judge"] = slices.judge_training(study, "embedded")
    jobs["clip"] = slices.clip_training(study, "clip")
    return {name: canonical_json(value) for name, value in jobs.items()}


def slice_of(table: str):
    name = {"morph_smoothness": "morph"}.get(table, table)
    parts = (slices, inversion_slices, application_slices, adaptation_slices)
    return next(getattr(part, name) for part in parts if hasattr(part, name))


def inversion_jobs(study) -> dict[str, dict]:
    """The jobs of inversion and translation that have no table of their own."""
    jobs = {}
    for model in inversion_plan.inverted_models(study):
        for space in inversion_plan.encoders_of(study, model):
            for start in ("random", "parent"):
                jobs[f"encoder/{model}.{space}.{start}"] = inversion_slices.encoder(study, model, space, start)
        for name, method in inversion_plan.inversions(study, model):
            jobs[f"inversions/{model}/{name}.{method}"] = inversion_slices.inversions(study, model, name, method)
            for shard in inversion_plan.inversion_shards(study, name):
                slice_ = inversion_slices.inversion(study, model, name, method, shard)
                jobs[f"inversion/{model}/{name}.{method}.{shard}"] = slice_
    for direction in inversion_plan.directions(study, "texture_translation"):
        jobs[f"texture_translation/{direction}"] = inversion_slices.texture_translation(study, direction)
    return jobs


def changed_by(*overlays) -> set[str]:
    before, after = all_slices(), all_slices(*overlays)
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("overlay", "jobs"),
    [
        ({"models": {"cat": {"total_kimg": 0.4}}}, {"train/cat"}),
        ({"models": {"cat": {"training": {"lr": 0.001}}}}, {"train/cat"}),
        ({"models": {"cat": {"training": {"tensorboard": True}}}}, set()),
        (
            {"models": {"cartoon_by_text": {"adapt": {"iterations": 5}}}},
            {"adapt/cartoon_by_text", "adaptation/cartoon_by_text"},
        ),
        ({"models": {"cartoon_by_text": {"adapt": {"lr": 0.001}}}}, {"adapt/cartoon_by_text"}),
        ({"models": {"cartoon_by_text": {"adapt": {"checkpoint_iterations": 2}}}}, set()),
        ({"device": "auto"}, set()),
        ({"domains": {"cat": {"num_train": 300}}}, {"image_set/cat"}),
        ({"judges": {"embedded": {"total_kimg": 3}}}, None),
        ({"studies": {"clip_accuracy": {"num_images": 40}}}, "clip_accuracy"),
        ({"studies": {"adaptation": {"num_diversity": 10}}}, "adaptation"),
        ({"studies": {"quality_diversity": {"clusters": 3}}}, "quality_diversity"),
        ({"studies": {"clip_space": {"num_images": 30}}}, "clip_space"),
        ({"studies": {"mapping_drift": {"num_z": 9}}}, "mapping_drift"),
        ({"studies": {"layer_reset": {"num_images": 9}}}, "layer_reset"),
        ({"studies": {"model_quality": {"split": "train"}}}, "model_quality"),
        ({"studies": {"attribute_alignment": {"num_z": 90}}}, "attribute_alignment"),
        ({"studies": {"channel_maps": {"truncation_psi": 0.5}}}, "channel_maps"),
        ({"studies": {"channel_maps": {"memory_budget_gb": 0.5}}}, set()),
        ({"studies": {"attribute_channels": {"num_listed": 4}}}, "attribute_channels"),
        ({"studies": {"boundaries": {"extreme_share": 0.2}}}, "boundaries"),
        ({"studies": {"channel_effects": {"num_z": 2}}}, "channel_effects"),
        ({"studies": {"effect_agreement": {"num_z": 9}}}, "effect_agreement"),
        ({"studies": {"manipulations": {"num": 2}}}, "manipulations"),
        ({"inversion": {"encoders": {"checkpoint_kimg": 1}}}, set()),
        ({"inversion": {"encoders": {"lr": 0.01}}}, "encoder"),
        ({"studies": {"translation": {"num_shown": 1}}}, "translation"),
        ({"studies": {"reference_translation": {"num_references": 3}}}, "reference_translation"),
        ({"studies": {"texture_translation": {"num_styles": 3}}}, "texture_translation"),
        ({"studies": {"encoder_finetune": {"spaces": ["w"]}}}, set()),
        ({"studies": {"morph_smoothness": {"num_frames": 6}}}, "morph_smoothness"),
        ({"studies": {"blend_smoothness": {"num_z": 5}}}, "blend_smoothness"),
        ({"studies": {"return_alignment": {"num_z": 9}}}, "return_alignment"),
        ({"studies": {"zero_shot_regression": {"num_layers": 2}}}, "zero_shot_regression"),
        ({"studies": {"zero_shot_classification": {"num_test": 30}}}, "zero_shot_classification"),
        ({"studies": {"zero_shot_regression": {"image_kimg": 0.5}}}, "image_reader"),
    ],
)
def test_a_change_touches_what_it_must(overlay, jobs):
    found = changed_by(overlay)
    if isinstance(jobs, str):
        assert {name.split("/")[0] for name in found} == {jobs}
    elif jobs is None:
        assert "judge" in found
        assert not {name for name in found if name.startswith(("train/", "image_set/", "mapping_drift/"))}
    else:
        assert found == jobs


def test_thresholds_touch_what_reads_them_and_no_map():
    found = changed_by({"studies": {"localized_channels": {"min_rate": 0.6}}})
    assert {name.split("/")[0] for name in found} == {"localized_channels", "channel_overlap", "channel_fate"}


def test_shards_cover_every_image_once():
    study = read_study(SMOKE, {"studies": {"channel_maps": {"num_images": 12, "images_per_job": 5}}})
    parts = [slices.channel_maps(study, "cat", shard) for shard in plan.shards(study)]
    assert [(part["first"], part["num_images"]) for part in parts] == [(0, 5), (5, 5), (10, 2)]
    whole = read_study(SMOKE, {"studies": {"channel_maps": {"images_per_job": None}}})
    assert plan.shards(whole) == ["0"]
    assert slices.channel_maps(whole, "cat", "0")["num_images"] == 12


def test_a_domain_may_have_a_parser_of_its_own():
    other = {"kind": "embedded", "total_kimg": 1, "width": 8}
    overlay = {
        "judges": {"animals": {**other, "domains": ["dog", "cat"]}},
        "studies": {"localized_channels": {"judge_of": {"dog": "animals"}}},
    }
    study = read_study(SMOKE, overlay)
    assert [plan.parser(study, model) for model in ("face", "dog", "cat")] == ["embedded", "animals", "embedded"]
    assert plan.asked_judges(study) == ["embedded", "clip", "animals"]
    assert slices.localized_channels(study, "dog")["domain"] == "dog"
    overlay["studies"]["localized_channels"]["domains"] = ["face", "cartoon"]
    assert plan.asked_judges(read_study(SMOKE, overlay)) == ["embedded", "clip"]  # no dog is parsed


def test_models_of_some_domains_only_may_be_parsed():
    study = read_study(SMOKE, {"studies": {"localized_channels": {"domains": ["face", "cartoon"]}}})
    assert plan.parsed(study) == ["face", "face_other", "cartoon", "face_again", "cartoon_by_text"]
    assert plan.measured_models(study, "localized_channels") == plan.parsed(study)
    assert plan.measured_models(study, "channel_overlap") == plan.parsed(study)[1:]
    assert plan.parsed_kin(study, "face_again") == [("face", "grandchild")]
    assert plan.measured_models(study, "channel_fate") == ["cartoon", "cartoon_by_text"]
    assert plan.measured_models(study, "effect_agreement") == [name for name in study.models if plan.kin(study, name)]


def test_whose_channels_are_compared():
    study = read_study(SMOKE)
    assert plan.kin(study, "face_other") == [("face", "unrelated")]
    assert plan.kin(study, "cat") == [("dog", "child"), ("face", "grandchild")]
    assert plan.kin(study, "face") == []
    assert plan.parsed_children(study, "dog") == ["cat", "face_again"]
    assert plan.measured_models(study, "channel_effects") == ["face", "dog"]


def test_the_order_of_a_pictures_channels_reaches_the_job():
    edit = {"title": "two", "channels": {"6_1": 1.0, "4_2": -1.0}}
    study = read_study(SMOKE, {"studies": {"manipulations": {"edits": [edit]}}})
    found = json.loads(canonical_json(slices.manipulations(study, "cat")))
    assert found["edits"][0]["channels"] == [["6_1", 1.0], ["4_2", -1.0]]
    assert found["reference"] == "face"


def test_another_seed_changes_everything_that_draws():
    quiet = all_slices().keys() - changed_by({"seed": 1})
    assert {name.split("/")[0] for name in quiet} == {"domain_features", "inversions"}


def test_roots_that_many_wait_for_are_trained_first():
    study = read_study(SMOKE)
    order = sorted(study.models, key=lambda model: -plan.training_priority(study, model))
    assert order[:2] == ["face", "dog"]


def test_the_order_of_labels_reaches_the_import(tmp_path):
    """The first region is the default; canonical JSON alone would sort them."""
    from stylealign.config.load import parse_study

    labels = {"skin": [1], "background": [0, 7]}
    face = {"source": "folder", "path": str(tmp_path), "regions": str(tmp_path), "labels": labels}
    study = parse_study({"domains": {"face": face}, "models": {"face": {"domain": "face", "total_kimg": 1}}})
    found = slices.domain_of(json.loads(canonical_json(slices.image_set(study, "face"))))
    assert found == study.domains["face"]
    assert list(found.labels) == ["skin", "background"]


def test_a_table_depends_on_its_declaration():
    assert "num_gen" in slices.table(read_study(SMOKE), "model_quality")["declaration"]


def test_sizes_that_memory_grows_with():
    study = read_study(SMOKE)
    assert plan.quality_sizes(study)[:2] == (96, 352)
    assert plan.judge_sizes(study, "embedded") == (5 * 352, 16)


def test_tables_and_figures_follow_the_studies():
    study = read_study(SMOKE)
    pictures_only = {"channel_maps", "manipulations", "texture_translation"}
    others = {"training", "judge_quality", "image_sets"}
    assert set(plan.tables(study)) == study.studies.named().keys() - pictures_only | others
    assert {"channel_maps", "manipulations", "texture_translations"} < set(plan.figures(study))
    bare = study.model_copy(update={"studies": type(study.studies)()})
    assert plan.tables(bare) == ["training", "image_sets"]
    assert plan.figures(bare) == ["family", "training_curves", "progress"]


def test_only_children_are_reset_and_only_models_with_relatives_compared():
    study = read_study(SMOKE)
    assert "face" not in plan.measured_models(study, "component_reset")
    assert "face_other" not in plan.measured_models(study, "layer_reset")
    assert plan.measured_models(study, "mapping_drift")[0] == "face_other"
    assert plan.measured_models(study, "model_quality") == list(study.models)


def test_attributes_are_compared_between_domains_that_are_named():
    study = read_study(SMOKE)
    spec = json.loads(canonical_json(slices.attribute_alignment(study, "cat")))
    assert spec["domain"] == study.models["cat"].domain
    assert spec["domains"] == {name: study.models[name].domain for name, _ in spec["relatives"]}
    assert {"face", "dog"} <= set(spec["domains"].values())
