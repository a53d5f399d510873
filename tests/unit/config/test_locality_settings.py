"""`studies.locality_bias`: which children it finds, what it refuses, and what its jobs depend on."""

import pytest

from stylealign.config import application_plan, application_slices, plan
from stylealign.config.load import parse_study
from stylealign.errors import ConfigError

FACE = {"source": "world", "world": "face"}
DOMAINS = {
    "face": FACE,
    "down": {**FACE, "num_test": 100, "transform": {"shift": [0, 0.25]}},
    "flipped": {**FACE, "transform": {"flip": "vertical"}},
    "cat_down": {"source": "world", "world": "cat", "transform": {"shift": [0, 0.25]}},
}
MODELS = {
    "face": {"domain": "face"},
    "face_down": {"domain": "down", "parent": "face"},
    "face_flipped": {"domain": "flipped", "parent": "face"},
    "cat_down": {"domain": "cat_down", "parent": "face"},  # other pictures
    "twice": {"domain": "flipped", "parent": "face_down"},  # its parent is moved itself
    "back": {"domain": "face", "parent": "face_down"},
    "root": {"domain": "down", "seed": 1},
}


def study_of(locality=None, models=MODELS, **localized):
    studies = {"channel_maps": {}, "localized_channels": {"judge": "embedded", **localized}}
    studies["locality_bias"] = {"judge": "embedded", **(locality or {})}
    models = {name: {**model, "total_kimg": 1} for name, model in models.items()}
    judges = {"embedded": {"kind": "embedded"}}
    return parse_study({"domains": DOMAINS, "models": models, "judges": judges, "studies": studies})


def test_children_of_the_same_pictures_moved_are_found():
    study = study_of()
    assert plan.measured_models(study, "locality_bias") == ["face_down", "face_flipped"]
    assert {"locality_bias"} <= set(plan.tables(study)) & set(plan.figures(study))
    assert plan.measured_models(study_of({"models": ["face_flipped"]}), "locality_bias") == ["face_flipped"]


def test_a_study_that_does_not_ask_has_none():
    raw = {"domains": DOMAINS, "models": {"face": {"domain": "face", "total_kimg": 1}}}
    assert application_plan.moved_children(parse_study(raw)) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"locality": {"models": ["cat_down"]}},
            'studies.locality_bias.models = "cat_down": is no child whose domain is its parent\'s with a `transform`; '
            "give its domain one, or leave it out",
        ),
        (
            {"locality": {"models": ["face_dwn"]}},
            "studies.locality_bias.models = \"face_dwn\": there is no such model; did you mean 'face_down'?",
        ),
        (
            {"models": {"face": MODELS["face"], "root": MODELS["root"]}},
            "studies.locality_bias: no model is a child whose domain is its parent's with a `transform`; declare one, "
            "or drop the study",
        ),
        (
            {"locality": {"models": ["face_down"]}, "domains": ["down"]},
            "studies.localized_channels.domains: studies.locality_bias looks for regions in face_down and its parent; "
            "add face, or leave it out of studies.locality_bias.models",
        ),
    ],
)
def test_mistakes_are_one_line_each(changed, line):
    with pytest.raises(ConfigError) as caught:
        study_of(**changed)
    assert line in [one.strip() for one in str(caught.value).splitlines()]


def test_it_needs_localized_channels():
    with pytest.raises(ConfigError, match="needs localized_channels beside it"):
        parse_study(
            {"domains": DOMAINS, "models": {"face": {"domain": "face", "total_kimg": 1}}}
            | {"judges": {"embedded": {"kind": "embedded"}}, "studies": {"locality_bias": {"judge": "embedded"}}}
        )


def test_a_job_depends_on_its_pair_and_not_on_the_others():
    all_of_them, one = study_of(), study_of({"models": ["face_down"]})
    slice_ = application_slices.locality_bias(all_of_them, "face_down")
    assert slice_ == application_slices.locality_bias(one, "face_down")
    assert (slice_["parent"], slice_["settings"]["transform"]) == ("face", "shifted down by 0.25")
    assert slice_["settings"]["domains"] == {"parent": "face", "model": "down"}
    assert slice_ != application_slices.locality_bias(study_of({"min_effect": 0.7}), "face_down")
    assert slice_ != application_slices.locality_bias(study_of(min_rate=0.8), "face_down")
