"""What a config may say of the region that an adaptation changes: one line a mistake, before any job."""

import pytest

from stylealign.config.load import read_study
from stylealign.errors import ConfigError

SMOKE = "presets/smoke.yaml"
BY_TEXT = {"clips": {"clip": 1}, "source_text": "a person", "target_text": "red hair"}
CLIP = {"kind": "embedded_clip", "total_kimg": 1}
HAIR = {"judge": "embedded", "regions": ["hair"]}


def study_of(region, *, parent="face", **judges):
    model = {"parent": parent, "domain": "face", "adapt": BY_TEXT | {"region": region}}
    return read_study(SMOKE, {"judges": {"clip": CLIP, **judges}, "models": {"red": model}})


def refused(region, *lines, **more):
    with pytest.raises(ConfigError) as told:
        study_of(region, **more)
    assert [line.removeprefix("models.red.adapt.region.") for line in told.value.problems] == list(lines)


def test_a_region_of_the_parents_world_is_taken_with_its_defaults():
    region = study_of(HAIR).models["red"].adapt.region
    assert (region.regions, region.seen_in, region.distance_judge()) == (("hair",), "parent", "embedded")
    assert region.asked_judges() == {"embedded"}
    lpips = {"kind": "colour"}
    assert study_of(HAIR | {"perceptual_weight": 0}, other=lpips).models["red"].adapt.region.distance_judge() is None


def test_the_region_is_part_of_what_the_model_depends_on():
    plain = {"parent": "face", "domain": "face", "adapt": BY_TEXT}
    without = read_study(SMOKE, {"judges": {"clip": CLIP}, "models": {"red": plain}}).resolved_model("red").tracked()
    assert study_of(HAIR).resolved_model("red").tracked() != without
    assert study_of(HAIR).resolved_model("red").tracked() != study_of(HAIR | {"pixel_weight": 3}).resolved_model(
        "red").tracked()  # fmt: skip


def test_a_region_that_the_parents_images_do_not_have():
    known = "judge embedded finds no such region in images of"
    refused(HAIR | {"regions": ["hiar"]}, f"regions = \"hiar\": {known} face; did you mean 'hair'?")
    refused(
        {"judge": "embedded", "regions": ["hair"]},
        f'regions = "hair": {known} dog; known here: background, eye, ear, nose, muzzle, head, neck, torso',
        parent="dog",
    )


def test_nothing_left_to_hold_and_nothing_named():
    everything = ["background", "skin", "eyebrow", "eye", "ear", "nose", "mouth", "neck", "cloth", "hair"]
    refused(
        HAIR | {"regions": everything}, "regions: is all there is, so nothing is held; drop `region`, or name fewer"
    )
    with pytest.raises(ConfigError, match=r"models.red.adapt.region.regions.*"):
        study_of(HAIR | {"regions": []})
    with pytest.raises(ConfigError, match="names one of them twice"):
        study_of(HAIR | {"regions": ["hair", "hair"]})


def test_judges_that_cannot():
    colour = {"kind": "colour"}
    refused(
        {"judge": "nobody", "regions": ["hair"]},
        'judge = "nobody": there is no such judge; known here: embedded, clip',
    )
    with pytest.raises(ConfigError) as told:
        study_of({"judge": "colours", "regions": ["hair"], "perceptual_judge": "embedded"}, colours=colour)
    (line,) = told.value.problems
    assert line.startswith('models.red.adapt.region.judge = "colours": a judge of kind colour cannot measure regions')
    with pytest.raises(ConfigError) as told:
        study_of(HAIR | {"perceptual_judge": "colours"}, colours=colour)
    (line,) = told.value.problems
    assert line.startswith('models.red.adapt.region.perceptual_judge = "colours": a judge of kind colour cannot')


def test_a_parser_of_photographs_measures_no_distance(tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "parser.pth").write_bytes(b"")
    raw = {
        "resolution": 64,
        "domains": {"photos": {"source": "folder", "path": str(tmp_path / "photos")}},
        "models": {
            "root": {"domain": "photos", "total_kimg": 1},
            "red": {"domain": "photos", "parent": "root", "adapt": BY_TEXT | {"region": HAIR | {"judge": "parser"}}},
        },
        "judges": {"parser": {"kind": "bisenet", "weights": str(tmp_path / "parser.pth")}},
    }
    from stylealign.config.load import parse_study

    with pytest.raises(ConfigError) as told:
        parse_study(raw)
    assert any(
        "region.perceptual_judge" in line and "a judge of kind bisenet cannot measure distance" in line
        for line in told.value.problems
    )


def test_a_perceptual_judge_beside_no_weight_is_contradictory():
    refused(
        HAIR | {"perceptual_judge": "embedded", "perceptual_weight": 0},
        'perceptual_judge = "embedded": means nothing where perceptual_weight is 0; drop one of them',
    )
