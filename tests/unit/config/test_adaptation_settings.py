"""Adapted models in a study: what is refused, what they depend on, what is planned for them and for their children."""

import json

import pytest

from stylealign.config import adaptation_plan, adaptation_slices, plan, slices
from stylealign.config.load import parse_study
from stylealign.config.models import ResolvedModel
from stylealign.config.world_regions import WORLD_REGIONS
from stylealign.errors import ConfigError

TEXTS = {"clips": {"clip": 1}, "source_text": "a photo of a person", "target_text": "a painting of a person"}


RELEASED = {"clips": {"clip": 1}, "rules": "released", "image_domain": "painting", "num_images": 2}


def described(adapt=TEXTS, *, others=None, studies=None, **model):
    """A study with a face, and a child of it that is adapted by ``adapt``."""
    child = {"domain": "painting", "parent": "face", "adapt": adapt, **model}
    return {
        "resolution": 16,
        "architecture": {"channel_base": 512},
        "domains": {
            name: {"source": "world", "world": name, "num_train": 20, "num_test": 8} for name in ("face", "painting")
        },
        "models": {"face": {"domain": "face", "total_kimg": 1}, "child": child, **(others or {})},
        "judges": {
            "embedded": {"kind": "embedded"},
            "clip": {"kind": "embedded_clip"},
            "clip2": {"kind": "embedded_clip"},
        },
        "studies": studies or {},
    }


def problems(*args, **kwargs):
    with pytest.raises(ConfigError) as refused:
        parse_study(described(*args, **kwargs))
    return str(refused.value)


def test_an_adapted_model_is_neither_trained_nor_adopted():
    study = parse_study(described())
    assert (study.adapted(), study.trained(), study.adopted()) == (["child"], ["face"], [])


@pytest.mark.parametrize(
    ("adapt", "model", "told"),
    [
        (TEXTS, {"parent": None}, "models.child.parent: is missing"),
        (TEXTS, {"total_kimg": 3}, "models.child.total_kimg"),
        (TEXTS, {"resolution": 16}, "models.child.resolution"),
        (TEXTS, {"training": {"lr": 0.1}}, "models.child.training"),
        (TEXTS, {"from": "a.safetensors"}, "models.child.from"),
        (TEXTS | {"clips": {"embedded": 1}}, {}, "a judge of kind embedded cannot measure text"),
        (TEXTS | {"clips": {"clop": 1}}, {}, "there is no such judge"),
        (TEXTS | {"clips": {"clip": 0}}, {}, "models.child.adapt.clips.clip"),
        (TEXTS | {"target_text": None}, {}, "models.child.adapt: names no target"),
        (TEXTS | {"image_domain": "painting", "num_images": 2}, {}, "names 2 targets (target_text, image_domain)"),
        (TEXTS | {"source_text": None}, {}, "models.child.adapt.source_text: is missing"),
        (TEXTS | {"loss": {"directional": 0}}, {}, "models.child.adapt.loss"),
        (TEXTS | {"num_layers": 7}, {}, "at 16 px there are 6 layers"),
        (TEXTS | {"snapshot_iterations": [300]}, {}, "lies at or beyond the last iteration (300)"),
        (TEXTS | {"templates": ["no place"]}, {}, "models.child.adapt.templates"),
        ({"clips": {"clip": 1}, "image_domain": "painting"}, {}, "models.child.adapt.num_images: is missing"),
        ({"clips": {"clip": 1}, "image_domain": "cat", "num_images": 2}, {}, "there is no such domain"),
        ({"clips": {"clip": 1}, "images": "nowhere"}, {}, "there is no such file or folder"),
        (RELEASED | {"num_layers": 2}, {}, "models.child.adapt.num_layers = 2: would ask for a text"),
        (
            RELEASED | {"loss": {"directional": 1, "global": 0.5}},
            {},
            "models.child.adapt.loss.global = 0.5: would ask for",
        ),
    ],
)
def test_what_cannot_be_adapted_is_told_with_its_key(adapt, model, told):
    assert told in problems(adapt, **model)


def test_a_folder_of_images_is_counted(tmp_path):
    from PIL import Image

    for name in range(2):
        Image.new("RGB", (16, 16)).save(tmp_path / f"{name}.png")
    asked = {"clips": {"clip": 1}, "images": str(tmp_path)}
    study = parse_study(described(asked))
    files = adaptation_plan.target_files(study, "child", "", "")
    assert files == [str(tmp_path / "0.png"), str(tmp_path / "1.png")]
    for name in range(20):
        Image.new("RGB", (16, 16)).save(tmp_path / f"more{name}.png")
    assert "holds 22 images; give 1 to 16" in problems(asked)


def test_a_global_loss_alone_needs_no_source():
    parse_study(described({"clips": {"clip": 1}, "target_text": "a painting", "loss": {"global": 1}}))


def test_the_released_rules_are_refused_for_images_only_where_they_would_ask_for_a_text():
    parse_study(described(RELEASED))
    parse_study(described(TEXTS | {"rules": "released", "num_layers": 2, "loss": {"global": 1, "directional": 1}}))
    parse_study(described(RELEASED | {"rules": "paper", "num_layers": 2, "loss": {"global": 1}}))


def test_no_setting_of_training_is_what_an_adapted_model_depends_on():
    raw = described()
    before = adaptation_slices.adapted_model(parse_study(raw), "child")
    after = adaptation_slices.adapted_model(parse_study(raw | {"training": {"lr": 0.1}}), "child")
    longer = described(TEXTS | {"checkpoint_iterations": 3})
    assert before == after == adaptation_slices.adapted_model(parse_study(longer), "child")
    for changed in ({"lr": 0.1}, {"rules": "released"}, {"clips": {"clip": 1, "clip2": 1}}):
        assert adaptation_slices.adapted_model(parse_study(described(TEXTS | changed)), "child") != before


def test_a_slice_and_what_is_untracked_make_the_model_again():
    study = parse_study(described(TEXTS | {"checkpoint_iterations": 3}))
    model = study.resolved_model("child")
    again = ResolvedModel.joined(json.loads(json.dumps(model.tracked())), model.untracked())
    assert again.adapt == model.adapt
    assert again.adapt.checkpoint_iterations == 3


def test_models_without_adapt_say_nothing_of_it():
    study = parse_study(described())
    model = study.resolved_model("face")
    assert "adapt" not in model.tracked()
    assert "adapt" not in model.untracked()
    assert ResolvedModel.joined(model.tracked(), model.untracked()) == model


def test_a_child_of_an_adapted_model_is_trained_as_any_other():
    study = parse_study(described(others={"grandchild": {"domain": "painting", "parent": "child", "total_kimg": 1}}))
    assert study.trained() == ["face", "grandchild"]
    assert slices.training(study, "grandchild")["parent"] == "child"
    assert plan.training_priority(study, "child") > plan.training_priority(study, "grandchild")


def test_adapted_models_take_part_in_comparisons_like_any_child():
    studies = {"mapping_drift": {}, "attribute_alignment": {"judge": "embedded", "num_z": 10}}
    study = parse_study(described(studies=studies))
    assert plan.measured_models(study, "mapping_drift") == ["child"]
    assert plan.measured_models(study, "attribute_alignment") == ["child"]


def test_the_study_of_adapted_models_has_a_cell_for_each_and_one_figure():
    asked = {"judge": "embedded", "clip": "clip2", "num_images": 30, "num_diversity": 10}
    others = {"second": {"domain": "face", "parent": "child", "adapt": TEXTS | {"target_text": "a dog"}}}
    study = parse_study(described(others=others, studies={"adaptation": asked}))
    assert plan.measured_models(study, "adaptation") == ["child", "second"]
    assert "adaptations" in plan.figures(study)
    assert adaptation_plan.adapted_and_parents(study) == ["face", "child", "second"]
    assert study.num_judged("embedded") == 30
    cell = adaptation_slices.adaptation(study, "second")
    assert (cell["parent"], cell["clip"], cell["told"]["target"]) == ("child", "clip2", "a dog")
    assert cell["told"]["num_layers"] == "all"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"clip": "embedded"}, "studies.adaptation.clip"),
        ({"judge": "clip"}, "studies.adaptation.judge"),
        ({"num_diversity": 40}, "is more than num_images (30)"),
    ],
)
def test_who_measures_must_be_able_to(changed, told):
    asked = {"judge": "embedded", "clip": "clip", "num_images": 30, "num_diversity": 10} | changed
    assert told in problems(studies={"adaptation": asked})


def test_snapshots_are_planned_where_they_are_asked():
    assert adaptation_plan.kept_snapshots(parse_study(described())) == []
    assert adaptation_plan.kept_snapshots(parse_study(described(TEXTS | {"snapshot_iterations": [3]}))) == ["child"]


HAIR = {"judge": "embedded", "regions": ["hair"]}
MEASURING = {"judge": "embedded", "clip": "clip", "num_images": 30, "num_diversity": 10}


def measured(region=None):
    """The study of adapted models, with a region or as it was before there were any."""
    return parse_study(described(studies={"adaptation": MEASURING | ({} if region is None else {"region": region})}))


def test_a_region_is_in_the_slice_that_measures_and_only_where_one_is_asked():
    plain, asked = (adaptation_slices.adaptation(measured(region), "child") for region in (None, HAIR))
    added = {name: asked[name] for name in asked if name not in plain}
    assert {name: asked[name] for name in plain} == plain
    assert (added["regions_judge"], added["regions"]) == ("embedded", ["hair"])
    assert added["regions_spec"] == asked["spec"]
    assert "region" not in plain["settings"]


def test_who_finds_a_measured_region_is_asked_and_trained():
    raw = described(studies={"adaptation": MEASURING | {"region": HAIR | {"judge": "parser"}}})
    raw["judges"]["parser"] = {"kind": "embedded"}
    assert plan.asked_judges(parse_study(raw)) == ["embedded", "clip", "parser"]
    assert plan.trained_judges(parse_study(raw)) == ["embedded", "parser"]
    assert adaptation_plan.measured_parser(measured()) is None


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ({"judge": "clip"}, 'studies.adaptation.region.judge = "clip": a judge of kind embedded_clip cannot measure'),
        ({"judge": "nobody"}, 'studies.adaptation.region.judge = "nobody": there is no such judge'),
        ({"regions": ["hiar"]}, "finds no such region in images of face; did you mean 'hair'?"),
        ({"regions": ["hair", "hair"]}, "names one of them twice"),
        ({"regions": []}, "studies.adaptation.region.regions"),
        ({"regions": list(WORLD_REGIONS["face"])}, "is all there is, so nothing is outside; drop `region`"),
        ({"pixel_weight": 1}, "studies.adaptation.region.pixel_weight"),
    ],
)
def test_a_region_that_cannot_be_measured_is_told(region, told):
    assert told in problems(studies={"adaptation": MEASURING | {"region": HAIR | region}})


def test_one_parent_that_has_the_region_is_enough():
    """Models of other parents are measured too: their images count as outside."""
    dogs = {
        "dog": {"domain": "painting", "total_kimg": 1, "seed": 1},
        "second": {"domain": "face", "parent": "dog", "adapt": TEXTS},
    }
    raw = described(others=dogs, studies={"adaptation": MEASURING | {"region": HAIR}})
    raw["domains"]["painting"]["world"] = "dog"
    parse_study(raw)
    raw["studies"]["adaptation"]["region"]["regions"] = ["roof"]
    with pytest.raises(ConfigError, match=r'regions = "roof": .* in images of face or painting; known here'):
        parse_study(raw)
