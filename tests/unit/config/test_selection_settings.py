"""`domains.NAME.only`: what is refused, who learns from a selection, and what its image set depends on."""

import pytest

from stylealign.config import slices
from stylealign.config.domains import WorldDomain
from stylealign.config.load import parse_study
from stylealign.errors import ConfigError
from stylealign.provenance import canonical_json

FACE = {"source": "world", "world": "face"}


def study_of(only, domains=None, judges=None, **more):
    declared = {"face": FACE, "part": {**FACE, "only": only, **more}, **(domains or {})}
    return parse_study(
        {
            "resolution": 16,
            "domains": declared,
            "models": {"face": {"domain": "face", "total_kimg": 1}},
            "judges": judges or {"embedded": {"kind": "embedded"}, "clip": {"kind": "embedded_clip"}},
            "studies": {"model_quality": {"judge": "embedded"}},
        }
    )


@pytest.mark.parametrize(
    ("only", "line"),
    [
        ({}, "domains.part.only = {}: "),
        (
            {"coat_lightnes": [0, 1]},
            "domains.part.only.coat_lightnes: world face has no such attribute; did you mean 'coat_lightness'?",
        ),
        (
            {"coat_lightness": [0.4, 0.2]},
            "domains.part.only.coat_lightness = [0.4, 0.2]: the second is less than the first; write [low, high]",
        ),
        (
            {"coat_lightness": [0.8, 0.9]},
            "domains.part.only.coat_lightness = [0.8, 0.9]: no image lies there: it is a number from 0.14 to",
        ),
        (
            {"coat_lightness": "dark"},
            'domains.part.only.coat_lightness = "dark": it is a number from 0.14 to 0.72 share; write [low, high]',
        ),
        ({"beard": True}, "domains.part.only.beard = true: write [low, high] of a number, or the name of a value"),
        ({"age": 0.5}, "domains.part.only.age = 0.5: write [low, high] of a number, or the name of a value"),
        ({"age": [0.5]}, "domains.part.only.age = [0.5]: write [low, high] of a number, or the name of a value"),
        ({"glasses": "perhaps"}, 'domains.part.only.glasses = "perhaps": write one of its values: no, yes'),
        ({"glasses": [0, 1]}, "domains.part.only.glasses = [0.0, 1.0]: write one of its values: no, yes"),
    ],
)
def test_mistakes_are_one_line_each(only, line):
    with pytest.raises(ConfigError) as caught:
        study_of(only)
    assert line in str(caught.value)


def test_a_selection_holds_out_what_the_whole_does():
    with pytest.raises(ConfigError, match=r"domains.part.num_train = 50: holds out other pictures than domains.face"):
        study_of({"glasses": "yes"}, num_train=50)
    study_of({"glasses": "yes"}, num_test=9000)


def test_nobody_learns_from_an_image_twice_unless_asked():
    study = study_of({"glasses": "yes"})
    assert study.judge_domains("embedded") == study.clip_domains("clip") == study.measured_domains() == ["face"]
    asked = study_of({"glasses": "yes"}, judges={"embedded": {"kind": "embedded", "domains": ["face", "part"]}})
    assert asked.judge_domains("embedded") == ["face", "part"]


@pytest.mark.parametrize(
    "whole",
    [{**FACE, "only": {"glasses": "no"}}, {**FACE, "transform": {"flip": "vertical"}}, {**FACE, "world": "dog"}],
)
def test_a_selection_whose_whole_is_not_there_counts(whole):
    raw = {"domains": {"part": {**FACE, "only": {"glasses": "yes"}}, "other": whole}, "resolution": 16}
    raw |= {"models": {"face": {"domain": "part", "total_kimg": 1}}}
    assert parse_study(raw).whole_domains() == ["part", "other"]


def test_a_clip_of_the_whole_knows_the_selection():
    clip = {"kind": "embedded_clip", "domains": ["face"]}
    adapt = {"clips": {"clip": 1}, "source_text": "a photo", "target_text": "a portrait"}
    raw = {"resolution": 16, "domains": {"face": FACE, "part": {**FACE, "only": {"beard": "yes"}}}}
    models = {"face": {"domain": "face", "total_kimg": 1}, "bearded": {"domain": "part", "parent": "face"}}
    models["bearded"]["adapt"] = adapt
    assert parse_study(raw | {"models": models, "judges": {"clip": clip}}).adapted() == ["bearded"]


def test_the_slice_names_the_selection_and_is_as_before_without():
    study = study_of({"coat_lightness": [0.2, 0.3], "glasses": "yes"})
    assert "only" not in slices.image_set(study, "face")["domain"]
    made = slices.image_set(study, "part")
    assert made["domain"]["only"] == {"coat_lightness": [0.2, 0.3], "glasses": "yes"}
    assert slices.domain_of(made) == study.domains["part"]
    assert isinstance(study.domains["part"], WorldDomain)
    assert canonical_json(made) != canonical_json(slices.image_set(study_of({"glasses": "yes"}), "part"))


def test_a_model_of_a_selection_has_the_attributes_of_the_whole():
    """A judge is scored on the domains it learned from: of a selection it would seem to read what no face has."""
    clip = {"kind": "embedded_clip", "domains": ["face"]}
    judges = {"embedded": {"kind": "embedded"}, "clip": clip}
    domains = {"face": FACE, "part": {**FACE, "only": {"beard": "yes"}}, "dog": {"source": "world", "world": "dog"}}
    adapt = {"clips": {"clip": 1}, "source_text": "a photo", "target_text": "a portrait"}
    models = {"face": {"domain": "face", "total_kimg": 1}}
    models |= {"bearded": {"domain": "part", "parent": "face", "adapt": adapt}}
    studies = {"attribute_alignment": {"judge": "embedded"}, "boundaries": {"judge": "embedded"}}
    raw = {"resolution": 16, "domains": domains, "models": models, "judges": judges, "studies": studies}
    study = parse_study(raw)
    assert study.read_as("bearded", "embedded") == study.read_as("bearded", None) == "face"
    assert slices.boundaries(study, "bearded")["domain"] == "face"
    assert slices.attribute_alignment(study, "bearded")["domain"] == "face"
    learned = {"kind": "embedded", "domains": ["face", "part"]}
    of_part = parse_study(raw | {"judges": {**judges, "embedded": learned}})
    assert of_part.read_as("bearded", "embedded") == "part"
    assert of_part.read_as("bearded", "clip") == "face", "another judge's domains say nothing of this one's"
