"""Models that are adapted take part in every comparison by their descent alone."""

import pytest

from stylealign.config import application_slices, plan, slices
from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = "presets/smoke.yaml"
CLIP = {"kind": "embedded_clip", "total_kimg": 1}


def by_text(target, **more):
    adapt = {"clips": {"clip": 1}, "source_text": "a photo of a person", "target_text": target}
    return {"parent": "face", "domain": "painting", "adapt": adapt} | more


@pytest.fixture(scope="module")
def study():
    models = {"by_text": by_text("a painting of a person"), "toon": by_text("a cartoon of a person", domain="cartoon")}
    studies = {
        "morph_smoothness": {"judge": "embedded", "morphs": ["by_text2face2toon", "by_text2toon"], "source": "z"},
        "blend_smoothness": {"judge": "embedded", "pairs": ["by_text2toon"]},
        "inversion_quality": {"models": ["face", "dog", "cat"]},
        "translation": {"judge": "embedded", "directions": ["face2by_text", "dog2cat"]},
    }
    changed = {"num_pairs": 3, "num_shown": 2}
    studies["morph_smoothness"] |= changed
    return read_study(SMOKE, {"judges": {"clip": CLIP}, "models": models, "studies": studies})


@pytest.mark.parametrize("table", ["model_quality", "mapping_drift", "component_reset", "layer_reset",
                                   "attribute_alignment", "localized_channels", "channel_overlap", "channel_fate",
                                   "attribute_channels", "boundaries", "effect_agreement"])  # fmt: skip
def test_they_have_rows_wherever_children_have(study, table):
    assert {"painting", "by_text", "toon"} <= set(plan.measured_models(study, table))


def test_they_are_set_beside_their_ancestors(study):
    assert ("face", "child") in plan.beside(study, "mapping_drift", "by_text")


def test_ways_between_them_are_planned(study):
    assert plan.measured_models(study, "morph_smoothness") == ["by_text2face2toon", "by_text2toon"]
    assert plan.measured_models(study, "blend_smoothness") == ["by_text2toon"]
    assert plan.measured_models(study, "translation") == ["face2by_text", "dog2cat"]
    assert application_slices.morph(study, "by_text2toon")["models"] == ["by_text", "toon"]


def test_nobody_is_trained_on_their_domain_for_them(study):
    assert "by_text" not in study.trained()
    own = read_study(SMOKE).adapted()
    assert study.adapted() == [*own, "by_text", "toon"]
    assert plan.snapshotted(study) == []


def test_the_family_tells_what_they_were_adapted_by(study):
    by_images = {"clips": {"clip": 1}, "image_domain": "painting", "num_images": 4}
    models = {"few": {"parent": "face", "domain": "painting", "adapt": by_images}}
    told = slices.family(read_study(SMOKE, {"judges": {"clip": CLIP}, "models": models}))
    assert told["notes"]["few"] == "by 4 images"
    notes = slices.family(study)["notes"]
    assert notes["by_text"] == notes["toon"] == "by text"
    assert set(notes) == set(study.adapted()), "nothing is said of models that were trained"


def test_strangers_of_them_are_refused():
    morph = {"judge": "embedded", "morphs": ["by_text2face_other"], "source": "z", "num_pairs": 3, "num_shown": 2}
    with pytest.raises(ConfigError, match="no common ancestor"):
        read_study(
            SMOKE,
            {
                "judges": {"clip": CLIP},
                "models": {"by_text": by_text("a painting")},
                "studies": {"morph_smoothness": morph},
            },
        )
