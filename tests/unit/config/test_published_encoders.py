"""`inversion.encoders.from`: published encoders in place of trained ones; what stays as it was without the key."""

from pathlib import Path

import pytest

from stylealign.config import inversion_plan, inversion_slices
from stylealign.config.load import parse_study, read_study
from stylealign.errors import ConfigError

SMOKE = Path(__file__).parents[3] / "presets/smoke.yaml"
ALONE = {"studies": {"encoder_finetune": None}}


@pytest.fixture
def file(tmp_path):
    """A file that nobody reads: whether it holds an encoder is found out by the job."""
    (tmp_path / "e4e.pt").write_bytes(b"")
    return str(tmp_path / "e4e.pt")


def smoke(named, *overlays):
    return read_study(SMOKE, ALONE, {"inversion": {"encoders": {"from": named}}}, *overlays)


def complaints(named, *overlays):
    with pytest.raises(ConfigError) as caught:
        smoke(named, *overlays)
    return caught.value.problems


def test_a_published_encoder_is_used_and_none_is_trained_on_from_it(file):
    study = smoke({"dog": {"w": file}})
    starts = {model: inversion_plan.encoder_start(study, model, "w") for model in study.trained()}
    assert starts == {"face": "random", "face_other": "random", "painting": "parent", "cartoon": "parent",
                      "dog": "published", "cat": "random", "face_again": "random"}  # fmt: skip
    assert inversion_plan.encoder_start(study, "dog", "wplus") == "parent"
    assert inversion_plan.encoder_start(study, "cat", "wplus") == "parent"
    assert inversion_plan.published_encoder(study, "dog", "w") == Path(file)
    assert inversion_plan.published_encoder(study, "dog", "wplus") is None
    assert inversion_slices.published_encoder(study, "dog", "w") == {"model": "dog", "space": "w", "seed": 0}


def test_no_trained_encoder_depends_on_it(file):
    with_it, without = smoke({"dog": {"w": file}}), read_study(SMOKE, ALONE)
    for job in (("cat", "w", "random"), ("face", "w", "random"), ("cat", "wplus", "parent")):
        assert inversion_slices.encoder(with_it, *job) == inversion_slices.encoder(without, *job)
    job = ("dog", "dog", "w_enc", "0")
    assert inversion_slices.inversion(with_it, *job) == inversion_slices.inversion(without, *job)


def test_a_study_without_the_key_is_written_as_before_there_was_one(file):
    assert "from" not in read_study(SMOKE).canonical()["inversion"]["encoders"]
    assert smoke({}).canonical() == read_study(SMOKE, ALONE).canonical()
    study = smoke({"dog": {"w": file}})
    assert study.canonical()["inversion"]["encoders"]["from"] == {"dog": {"w": file}}
    assert parse_study(study.canonical()) == study


@pytest.mark.parametrize(
    ("named", "complaint"),
    [
        ({"dig": {"w": "FILE"}}, 'inversion.encoders.from = "dig": there is no such model; did you mean'),
        ({"dog": {"w": "nowhere.pt"}}, 'inversion.encoders.from.dog.w = "nowhere.pt": there is no such file'),
        ({"dog": {"w": "FOLDER"}}, "is a folder; name a file"),
        ({"dog": {"z": "FILE"}}, "inversion.encoders.from.dog.z"),
        ({"dog": "FILE"}, "inversion.encoders.from.dog"),
        ({"dog": {"w": 3}}, "inversion.encoders.from.dog.w"),
        ({"dog": {"wplus": "FILE"}}, "studies.inversion_quality.methods has no wplus_enc; add it, or drop"),
        ({"face": {"w": "FILE"}}, "no image is inverted in this model; add it to studies.inversion_quality.models"),
    ],
)
def test_a_mistake_is_named_with_its_cure(file, named, complaint):
    places = {"FILE": file, "FOLDER": str(Path(file).parent)}
    files = {
        model: {space: places.get(path, path) for space, path in spaces.items()}
        if isinstance(spaces, dict)
        else places[spaces]
        for model, spaces in named.items()
    }
    found = complaints(files)
    assert len(found) == 1, found
    assert complaint in found[0]


def test_starts_are_not_compared_where_one_is_published(file):
    compared = {"studies": {"encoder_finetune": {"models": ["cat"]}}}
    for model in ("dog", "cat"):  # the parent's, its own
        (found,) = complaints({model: {"w": file}}, compared)
        assert "studies.encoder_finetune.spaces" in found
        assert "no encoder is trained on from a published one, as cat's or its parent's is" in found


def test_a_model_with_a_published_encoder_needs_no_images_to_learn_from(file, tmp_path):
    ready = {"models": {"dog": {"from": file, "parent": None, "total_kimg": None}}}
    held_out = {"domains": {"dog": {"num_train": 1}}}
    studies = {"studies": {"translation": None, "reference_translation": None, "texture_translation": None}}
    asked = {"judges": {"embedded": {"domains": ["face", "painting", "cartoon", "cat"]}}}

    def problems(named):
        try:
            smoke(named, ready, held_out, studies, asked)
        except ConfigError as error:
            return [problem for problem in error.problems if "an encoder learns from its train images" in problem]
        return []

    assert len(problems({})) == 1
    assert problems({"dog": {"w": file}}) == []
