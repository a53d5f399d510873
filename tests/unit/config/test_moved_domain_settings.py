"""`domains.NAME.transform`: what is refused, and what an image set then depends on."""

from pathlib import Path

import pytest

from stylealign.config import slices
from stylealign.config.domains import WorldDomain, show_the_same
from stylealign.config.load import parse_study, read_study
from stylealign.errors import ConfigError
from stylealign.provenance import canonical_json

ROOT = Path(__file__).parents[3]
FACE = {"source": "world", "world": "face"}


def study_of(transform, resolution=16, **domain):
    domains = {"face": FACE, "moved": {**FACE, **domain, "transform": transform}}
    raw = {"resolution": resolution, "domains": domains, "models": {"face": {"domain": "face", "total_kimg": 1}}}
    return parse_study(raw | {"judges": {"embedded": {"kind": "embedded"}}})


@pytest.mark.parametrize(
    ("transform", "line"),
    [
        ({}, "domains.moved.transform: moves nothing; name `shift` or `flip`, or drop it"),
        ({"shift": [0, 0]}, "domains.moved.transform: moves nothing; name `shift` or `flip`, or drop it"),
        ({"shift": [1, 0]}, "domains.moved.transform.shift.0 = 1: must be at most 0.5"),
        (
            {"shift": [0.01, 0]},
            "domains.moved.transform.shift = 0.01: is no whole pixel at 16 px; 0.0625 is one",
        ),
        (
            {"flip": "horizontal"},
            'domains.moved.transform.flip = "horizontal": a world\'s labels of pose and light would be those of the '
            "other side; flip it vertically, or shift it",
        ),
        (
            {"flip": "vertcal"},
            "domains.moved.transform.flip = \"vertcal\": choose one of vertical, horizontal; did you mean 'vertical'?",
        ),
        (
            {"shfit": [0, 0.5]},
            "domains.moved.transform.shfit = [0, 0.5]: there is no such key; did you mean 'shift'?",
        ),
    ],
)
def test_mistakes_are_one_line_each(transform, line):
    with pytest.raises(ConfigError) as caught:
        study_of(transform)
    assert line in str(caught.value).splitlines()[-1]


def test_photographs_may_be_mirrored(tmp_path):
    (tmp_path / "pets").mkdir()
    domain = {"source": "folder", "path": "pets", "transform": {"flip": "horizontal"}}
    study = parse_study(
        {"domains": {"pets": domain}, "models": {"pets": {"domain": "pets", "total_kimg": 1}}}, root=tmp_path
    )
    assert slices.domain_of(slices.image_set(study, "pets")) == study.domains["pets"]


def test_an_undisturbed_image_set_depends_on_what_it_did():
    study = study_of({"shift": [0.25, 0]})
    plain = {"source": "world", "world": "face", "num_train": 8000, "num_test": 2000}
    assert slices.image_set(study, "face") == {"name": "face", "domain": plain, "resolution": 16, "seed": 0}
    moved = slices.image_set(study, "moved")
    assert moved["domain"] == plain | {"transform": {"flip": None, "shift": [0.25, 0], "fill": "edge"}}
    assert slices.domain_of(moved) == study.domains["moved"]
    assert slices.domain_of(slices.image_set(study, "face")) == study.domains["face"]


def test_a_transform_of_one_domain_changes_no_other_job_but_the_judge():
    overlay = {"domains": {"face_down": {**FACE, "num_train": 256, "transform": {"shift": [0, 0.25]}}}}
    plain, more = (read_study(ROOT / "presets/smoke.yaml", *overlays) for overlays in ((), (overlay,)))
    for domain in plain.domains:
        assert slices.image_set(plain, domain) == slices.image_set(more, domain)
    for model in plain.models:
        assert slices.training(plain, model) == slices.training(more, model)
    judged = slices.judge_training(more, "embedded")
    assert judged["domains"] == [*plain.domains, "face_down"]  # regions are read where they are moved to
    assert canonical_json(judged) != canonical_json(slices.judge_training(plain, "embedded"))


def test_domains_that_show_the_same_pictures():
    face, moved, cat = (
        WorldDomain(source="world", world=world, **more)
        for world, more in (("face", {}), ("face", {"transform": {"flip": "vertical"}, "num_test": 9}), ("cat", {}))
    )
    assert show_the_same(face, moved)
    assert not show_the_same(face, cat)


def test_who_shows_the_same_pictures_holds_out_the_same():
    moved = {**FACE, "num_train": 100, "transform": {"shift": [0, 0.25]}}
    with pytest.raises(ConfigError) as caught:
        read_study(ROOT / "presets/smoke.yaml", {"domains": {"face_down": moved}})
    (line,) = caught.value.problems
    assert line.startswith("domains.face_down.num_train = 100: holds out other pictures than domains.face")
