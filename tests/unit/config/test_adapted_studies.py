"""What a study may ask of adapted models' worth, and which jobs follow from it."""

from pathlib import Path

import pytest
import yaml

from stylealign.config import adaptation_plan, adaptation_slices, plan
from stylealign.config.load import parse_study, read_study
from stylealign.config.yaml_file import read_yaml
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
TEXTS = {"source_text": "a photo of a person", "target_text": "a painting of a person"}
VIEW = {"models": ["dog", "by_text", "by_global"], "domains": ["dog", "painting"]}
DIVERSITY = {"judge": "embedded", "num_images": 40, "clusters": 4}
SPACE = {"clip": "clip", "views": {"dog2painting": VIEW}}
READERS = ("model_quality", "attribute_alignment", "attribute_channels", "boundaries", "effect_agreement",
           "manipulations", "return_alignment", "zero_shot_regression", "zero_shot_classification")  # fmt: skip
EDITS = {"judge": "embedded", "method": "wplus_opt", "attributes": ["background_hue"]}


def smoke(models=None, **studies):
    """The smoke study with other adapted models than its own."""
    adapt = {"clips": {"clip": 1}, "iterations": 2, **TEXTS}
    adapted = {
        "by_text": {"domain": "painting", "parent": "dog", "adapt": adapt},
        "by_global": {"domain": "painting", "parent": "dog", "adapt": {**adapt, "loss": {"global": 1}}},
        "toon": {"domain": "cartoon", "parent": "face", "adapt": adapt},
    }
    none = dict.fromkeys(("quality_diversity", "clip_space", "edits_across_domains"))
    judges = {"clip": {"kind": "embedded_clip", "total_kimg": 1}}
    raw = read_yaml(SMOKE)
    trained = {name: model for name, model in raw["models"].items() if "adapt" not in model}
    raw["models"] = trained | adapted | (models or {})
    raw["judges"] |= judges
    raw["studies"] |= none | {"adaptation": None} | studies
    return parse_study(raw)


def refused(match, **studies):
    with pytest.raises(ConfigError, match=match):
        smoke(**studies)


def test_each_domain_view_and_adapted_model_has_a_cell():
    study = smoke(quality_diversity=DIVERSITY, clip_space=SPACE, edits_across_domains=EDITS)
    assert plan.measured_models(study, "quality_diversity") == ["painting", "cartoon"]
    assert plan.measured_models(study, "clip_space") == ["dog2painting"]
    assert plan.measured_models(study, "edits_across_domains") == ["by_text", "by_global"], "no image inverted in face"
    for made in (plan.tables(study), plan.figures(study)):
        assert {"quality_diversity", "clip_space", "edits_across_domains"} < set(made)
    assert "clip" in plan.asked_judges(study)


def test_nothing_is_made_that_is_not_asked():
    study = smoke()
    assert adaptation_plan.diversity_domains(study) == adaptation_plan.clip_views(study) == []
    assert adaptation_plan.edited_models(study) == []
    assert not {"quality_diversity", "clip_space", "edits_across_domains"} & {*plan.tables(study), *plan.figures(study)}


def test_beside_a_domain_stand_adapted_models_their_parents_and_those_trained_on_it():
    study = smoke(quality_diversity=DIVERSITY)
    roles = adaptation_plan.diversity_roles(study, "painting")
    assert roles == {"painting": "trained", "dog": "parent", "by_text": "adapted", "by_global": "adapted"}
    chosen = smoke(quality_diversity=DIVERSITY | {"models": ["toon"]})
    assert adaptation_plan.diversity_domains(chosen) == ["cartoon"]
    assert adaptation_plan.diversity_roles(chosen, "cartoon") == {
        "face": "parent",
        "cartoon": "trained",
        "toon": "adapted",
    }


def test_features_are_read_of_as_many_images_as_are_compared():
    alone = smoke(quality_diversity=DIVERSITY, **dict.fromkeys(READERS))
    assert alone.num_judged("embedded") == 40
    assert smoke(quality_diversity=DIVERSITY).num_judged("embedded") == 96


def test_texts_of_a_view_are_those_the_models_were_adapted_by():
    study = smoke(clip_space=SPACE)
    spec = adaptation_slices.clip_space(study, "dog2painting")
    assert spec["texts"] == ["a photo of a person", "a painting of a person"]
    assert spec["notes"] == ["trained", "directional loss", "global loss"]
    assert spec["parents"] == ["face", "dog", "dog"]
    own = smoke(clip_space={"clip": "clip", "views": {"a": {**VIEW, "texts": ["a dog"]}}})
    assert adaptation_slices.clip_space(own, "a")["texts"] == ["a dog"]


def test_slices_hold_what_matters():
    study = smoke(quality_diversity=DIVERSITY, edits_across_domains=EDITS | {"named": {"by_text": ["coat_hue"]}})
    spec = adaptation_slices.edits_across_domains(study, "by_text")
    assert (spec["parent"], spec["image_set"], spec["domains"]) == ("dog", "dog", ["dog", "painting"])
    assert spec["settings"]["named"] == ["coat_hue"]
    assert adaptation_slices.edits_across_domains(study, "by_global")["settings"]["named"] == []
    assert adaptation_plan.edited_codes(study, "by_text") == ("dog", "dog", "wplus_opt")
    assert adaptation_slices.quality_diversity(study, "cartoon")["settings"] == {"num_images": 40, "clusters": 4}


def test_mistakes_are_told_before_any_job():
    refused(r"quality_diversity\.models = .*no such adapted model", quality_diversity=DIVERSITY | {"models": ["dog"]})
    refused(r"quality_diversity\.clusters", quality_diversity=DIVERSITY | {"clusters": 30})
    refused(r"quality_diversity\.num_images .*num_gen", quality_diversity=DIVERSITY | {"num_images": 500})
    refused(r"clip_space\.clip .*cannot measure text", clip_space=SPACE | {"clip": "embedded"})
    refused(r"views\.a\.models .*no such model", clip_space={"clip": "clip", "views": {"a": VIEW | {"models": ["d"]}}})
    refused(r"views\.a\.domains", clip_space={"clip": "clip", "views": {"a": VIEW | {"domains": ["dog"]}}})
    refused(r"edits_across_domains\.method", edits_across_domains=EDITS | {"method": "zplus_opt"})
    refused(r"edits_across_domains\.attributes", edits_across_domains=EDITS | {"attributes": ["smile"]})
    refused(r"edits_across_domains\.models .*no image is inverted", edits_across_domains=EDITS | {"models": ["toon"]})
    refused(r"edits_across_domains\.named", edits_across_domains=EDITS | {"named": {"dog": ["tone"]}})


def test_without_adapted_models_there_is_nothing_to_compare(tmp_path):
    study = read_yaml(SMOKE)
    study["models"] = {name: model for name, model in study["models"].items() if "adapt" not in model}
    study["studies"] = {"quality_diversity": DIVERSITY}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    with pytest.raises(ConfigError, match="compares adapted models, and no model has `adapt`"):
        read_study(tmp_path / "study.yaml")
