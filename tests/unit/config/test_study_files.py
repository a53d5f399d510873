"""Reading a study: what is right comes out whole, and what is wrong is said at once, in one line each."""

from pathlib import Path

import pytest

from stylealign.config.load import merged, parse_study, read_study
from stylealign.errors import ConfigError

ROOT = Path(__file__).parents[3]

WORLD = {"source": "world", "world": "face", "num_train": 32, "num_test": 8}
GOOD = {
    "domains": {"face": WORLD, "dog": {**WORLD, "world": "dog"}},
    "models": {
        "face": {"domain": "face", "total_kimg": 1},
        "dog": {"domain": "dog", "parent": "face", "total_kimg": 1},
    },
    "judges": {"embedded": {"kind": "embedded"}},
    "studies": {"model_quality": {"judge": "embedded"}},
}


def with_keys(*changes: tuple[str, object]) -> dict:
    """The good study with some dotted keys set to a value, or removed (``...``)."""
    raw = merged(GOOD, {})
    for dotted, value in changes:
        *above, last = dotted.split(".")
        overlay: dict = {last: value}
        for name in reversed(above):
            overlay = {name: overlay}
        raw = merged(raw, overlay)
        if value is ...:
            part = raw
            for name in above:
                part = part[name]
            del part[last]
    return raw


def mistakes(*changes: tuple[str, object], root: Path = ROOT) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_study(with_keys(*changes), root=root)
    return caught.value.problems


def test_a_good_study_is_read_whole():
    study = parse_study(GOOD)
    assert list(study.models) == ["face", "dog"]
    assert study.parents() == {"face": None, "dog": "face"}
    assert study.domains["face"].num_train == 32
    assert study.training.batch_size == 16


def test_a_study_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        parse_study(GOOD).resolution = 64


@pytest.mark.parametrize("preset", ["config.yaml", "presets/smoke.yaml", "presets/full.yaml"])
def test_the_committed_studies_have_no_mistake(preset):
    assert read_study(ROOT / preset).models


def test_the_default_study_is_the_one_of_the_guide():
    study = read_study(ROOT / "config.yaml")
    assert {name: (model.domain, model.parent, model.seed) for name, model in study.models.items()} == {
        "face": ("face", None, 0),
        "face_other": ("face", None, 1),
        "painting": ("painting", "face", 0),
        "cartoon": ("cartoon", "face", 0),
        "dog": ("dog", "face", 0),
        "cat": ("cat", "dog", 0),
        "face_again": ("face", "dog", 0),
        "painting_by_text": ("painting", "face", 0),
        "cartoon_by_text": ("cartoon", "face", 0),
    }
    assert study.models["face"].total_kimg == study.models["face_other"].total_kimg, "a fair control"
    assert all((d.num_train, d.num_test) == (8000, 2000) for d in study.domains.values())
    smoke = read_study(ROOT / "presets/smoke.yaml")
    assert smoke.parents() == study.parents()
    assert smoke.adapted() == study.adapted() == ["painting_by_text", "cartoon_by_text"]
    assert list(smoke.domains) == list(study.domains)
    assert set(smoke.studies.named()) == set(study.studies.named())


def test_config_yaml_has_more_comments_than_keys():
    lines = (ROOT / "config.yaml").read_text().splitlines()
    commented = sum("#" in line for line in lines)
    keys = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)
    assert commented >= keys


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("trianing", {}, "trianing = {}: there is no such key; did you mean 'training'?"),
        ("domains.face.num_trian", 3, "domains.face.num_trian = 3: there is no such key; did you mean 'num_train'?"),
        ("models.dog.training", {"lrr": 1}, "models.dog.training.lrr = 1: there is no such key; did you mean 'lr'?"),
        ("models.dog.domain", "dgo", "models.dog.domain = \"dgo\": there is no such domain; did you mean 'dog'?"),
        ("models.dog.parent", "fase", "models.dog.parent = \"fase\": there is no such model; did you mean 'face'?"),
        (
            "models.dog.total_kimg",
            None,
            "models.dog.total_kimg: is missing; a child needs it: thousands of images of training",
        ),
        (
            "models.face.total_kimg",
            ...,
            "models.face.total_kimg: is missing; a root needs it: thousands of images of training",
        ),
        (
            "models.face.parent",
            "dog",
            'models.face.parent = "dog": the lineage is a circle (face -> dog -> face); one must be a root',
        ),
        (
            "models.dog.parent",
            "dog",
            'models.dog.parent = "dog": the lineage is a circle (dog -> dog); one must be a root',
        ),
        ("resolution", 48, "resolution = 48: must be a power of two from 16 to 1024"),
        ("resolution", 8, "resolution = 8: must be a power of two from 16 to 1024"),
        ("resolution", 2048, "resolution = 2048: must be a power of two from 16 to 1024"),
        ("resolution", "32", 'resolution = "32": give a whole number'),
        ("seed", 1.5, "seed = 1.5: give a whole number"),
        ("training.lr", 0, "training.lr = 0: must be more than 0.0"),
        (
            "training.batch_size",
            18,
            "training.batch_size = 18: must be a multiple of architecture.mbstd_group_size (4)",
        ),
        ("training.augment", "maybe", 'training.augment = "maybe": choose one of on, off, auto'),
        ("training.mirror", "yes", 'training.mirror = "yes": give true or false'),
        ("domains.face.source", ..., "domains.face.source: is missing; known here: world, folder, zip"),
        (
            "domains.face.source",
            "wrld",
            'domains.face.source = "wrld": there is no such source; known here: world, folder, zip',
        ),
        (
            "studies.model_quality.judge",
            "embeded",
            "studies.model_quality.judge = \"embeded\": there is no such judge; did you mean 'embedded'?",
        ),
        (
            "studies.component_reset",
            {"judge": "embedded", "truncation_psi": [2]},
            "studies.component_reset.truncation_psi.0 = 2: must be at most 1.0",
        ),
        (
            "studies.attribute_alignment",
            {"judge": "embedded", "num_z": 9000},
            "studies.attribute_alignment.num_z = 9000: the same judge looks at model_quality.num_gen = 4000 images; "
            "lower this or raise that",
        ),
        (
            "domains.cats",
            {"source": "folder", "path": "no/where"},
            'domains.cats.path = "no/where": there is no such file or folder, seen from the working directory',
        ),
        (
            "models.ready",
            {"domain": "face", "from": "no.safetensors"},
            'models.ready.from = "no.safetensors": there is no such file or folder, seen from the working directory',
        ),
        (
            "judges.squeeze",
            {"kind": "torchvision", "network": "squeezenet1_1", "weights": "no.pt"},
            'judges.squeeze.weights = "no.pt": there is no such file or folder, seen from the working directory',
        ),
        (
            "judges.squeeze",
            {"kind": "torchvision", "network": "squeezenet1_1"},
            "judges.squeeze: needs either `weights` (a local file) or `download` (url and sha256)",
        ),
        (
            "judges.squeeze",
            {"kind": "torchvision", "network": "squeezenet", "weights": "pyproject.toml"},
            "judges.squeeze.network = \"squeezenet\": torchvision has no such network; did you mean 'squeezenet1_1'?",
        ),
        (
            "judges.squeeze",
            {"kind": "torchvision", "network": "squeezenet1_1", "weights": "docs"},
            'judges.squeeze.weights = "docs": is a folder; name a file',
        ),
        (
            "domains.cats",
            {"source": "folder", "path": "pyproject.toml"},
            'domains.cats.path = "pyproject.toml": is a file; name a folder',
        ),
        (
            "domains.cats",
            {"source": "zip", "path": "docs"},
            'domains.cats.path = "docs": is a folder; name a file',
        ),
        (
            "models.ready",
            {"domain": "face", "from": "docs"},
            'models.ready.from = "docs": is a folder; name a file',
        ),
        (
            "models.other",
            {"domain": "face", "total_kimg": 1},
            "models.other.seed = 0: the root face (models.face.seed) has the same and would start from identical "
            "weights; give one another seed",
        ),
        (
            "models.face.training",
            {"freeze_d": 1},
            "models.face.training.freeze_d = 1: a root has no discriminator to keep; freeze_d is for children, "
            "drop it here",
        ),
        ("training.batch_size", 2, "training.batch_size = 2: must be a multiple of architecture.mbstd_group_size (4)"),
        (
            "training.mixed_precision",
            "on",
            "architecture.conv_clamp = null: half precision overflows without it; set architecture.conv_clamp: 256 "
            "(or leave training.mixed_precision off)",
        ),
        ("training.sample_kimg", [0, -1], "training.sample_kimg.1 = -1: must be at least 0.0"),
        (
            "studies.component_reset",
            {"judge": "embedded", "truncation_psi": [1, 1.0]},
            "studies.component_reset.truncation_psi = [1, 1.0]: names one of them twice; keep one",
        ),
        (
            "domains.dog.num_test",
            1,
            "domains.dog.num_test = 1: studies.model_quality measures it and needs two images at least",
        ),
        (
            "judges.embedded.batch_size",
            1,
            "judges.embedded.batch_size = 1: must be at least 2",
        ),
        (
            "architecture.channel_base",
            16,
            "architecture.channel_base = 16: leaves no channel at 32 px; at least 32, better 32 times that",
        ),
    ],
)
def test_one_mistake_is_one_line(key, value, line):
    problems = mistakes((key, value))
    if "cats" in key:  # the embedded judge cannot measure photographs, which is another mistake
        problems = [problem for problem in problems if "studies" not in problem]
    assert problems == [line]


def test_a_judges_batch_has_an_image_of_each_of_its_domains():
    more = {f"domains.{name}": {**WORLD, "world": name} for name in ("cat", "wild", "shoe")}
    assert mistakes(*more.items(), ("judges.embedded.batch_size", 4)) == [
        "judges.embedded.batch_size = 4: is less than one image of each of its 5 domains; raise it"
    ]


def test_lpips_needs_32_px():
    lpips = {"kind": "lpips", "weights": "pyproject.toml"}
    assert mistakes(("judges.lpips", lpips), ("resolution", 16)) == [
        'judges.lpips.kind = "lpips": needs images of 32 px or more, and the study has 16; '
        "raise resolution, or take a judge of kind torchvision"
    ]


def test_half_precision_is_asked_only_where_it_may_be_used():
    parse_study(with_keys(("training.mixed_precision", "on"), ("device", "cpu")))
    parse_study(with_keys(("training.mixed_precision", "on"), ("architecture.conv_clamp", 256)))
    parse_study(with_keys(("training.mixed_precision", "auto"), ("device", "cuda")))


@pytest.mark.parametrize(
    ("labels", "line"),
    [
        ({}, "domains.cats.labels: names 0 regions; name 1 to 256"),
        ({"skin": [1], "hair": [2, 1]}, "domains.cats.labels.hair = 1: belongs to skin already; list it once"),
        ({"skin": [-1]}, "domains.cats.labels.skin = -1: class ids are from 0 to 65535"),
        ({"skin": [65536]}, "domains.cats.labels.skin = 65536: class ids are from 0 to 65535"),
    ],
)
def test_labels_are_looked_at_before_any_job(tmp_path, labels, line):
    masks = {"source": "folder", "path": str(tmp_path), "regions": str(tmp_path), "labels": labels}
    assert mistakes(("domains.cats", masks), ("studies.model_quality", ...)) == [line]


def test_a_checkpoint_has_one_spelling():
    (line, *_) = mistakes(("models.ready", {"domain": "face", "checkpoint": "pyproject.toml"}))
    assert line.startswith('models.ready.checkpoint = "pyproject.toml": there is no such key; ')


def test_every_mistake_at_once_and_none_twice():
    problems = mistakes(
        ("seed", -1), ("trianing", {}), ("models.dog.parent", "fase"), ("models.dog.training", {"lrr": 1}),
        ("domains.face.num_train", "many"), ("judges.lpips", {"kind": "lpips"}), ("studies.model_quality.judge", "x"),
    )  # fmt: skip
    keys = [problem.split(" = ")[0].split(": ")[0] for problem in problems]
    assert sorted(keys) == sorted(
        [
            "seed",
            "trianing",
            "models.dog.parent",
            "models.dog.training.lrr",
            "domains.face.num_train",
            "judges.lpips",
            "studies.model_quality.judge",
        ]
    )


@pytest.mark.parametrize("name", ["Dog 2", "d" * 65, "../dog", "dog\n", "d\u043eg"])
def test_a_name_that_cannot_be_a_file_name_is_refused(name):
    raw = {**GOOD, "models": {**GOOD["models"], name: {"domain": "dog", "parent": "face", "total_kimg": 1}}}
    with pytest.raises(ConfigError) as caught:
        parse_study(raw)
    (line,) = caught.value.problems
    assert line.isprintable()
    assert line.startswith("models.")
    assert line.endswith(
        ": a name is lower-case letters, digits and underscores, begins with a letter, and has at most 64 characters"
    )


@pytest.mark.parametrize(
    ("path", "what"),
    [("n" * 300, "there is no such"), ("a\0b", "there is no such"), ("/dev/null", "is a device or a pipe")],
)
def test_a_path_that_no_file_can_have_is_a_line(path, what):
    (line,) = mistakes(("models.ready", {"domain": "face", "from": path}))
    assert line.isprintable()
    assert what in line


def test_a_long_list_of_mistakes_is_shown_in_part():
    with pytest.raises(ConfigError) as caught:
        parse_study({**GOOD, **{f"modles{n}": 1 for n in range(200)}})
    assert len(caught.value.problems) == 200
    assert str(caught.value).splitlines()[-1] == "  and 100 more"


def test_a_finished_checkpoint_is_not_trained():
    ready = {"domain": "face", "from": "pyproject.toml", "parent": "face", "total_kimg": 3, "training": {"lr": 0.1}}
    lines = mistakes(("models.ready", ready))
    assert [line.split(":")[0] for line in lines[:2]] == ["models.ready.total_kimg", "models.ready.training"]
    assert "is no checkpoint of a known kind" in lines[2]
    assert len(lines) == 3  # a parent may stand beside it


def test_photographs_are_not_measured_by_the_embedded_judge(tmp_path):
    cats = {"source": "folder", "path": str(tmp_path)}
    (line,) = mistakes(("domains.cats", cats))
    assert line == (
        'studies.model_quality.judge = "embedded": '
        "an embedded judge measures only the labelled domains it is trained on; not cats"
    )
    parse_study(with_keys(("domains.cats", cats), ("studies.model_quality.domains", ["face", "dog"])))


def test_worlds_are_not_measured_by_a_network_made_for_photographs(tmp_path):
    weights = tmp_path / "w.pt"
    weights.write_bytes(b"")
    squeeze = {"kind": "torchvision", "network": "squeezenet1_1", "weights": str(weights)}
    (line,) = mistakes(("judges.squeeze", squeeze), ("studies.model_quality.judge", "squeeze"))
    assert "made for photographs; worlds are measured by an embedded judge; not face, dog" in line


def test_a_judge_is_asked_only_what_it_measures():
    (line,) = mistakes(("judges.colour", {"kind": "colour"}), ("studies.layer_reset", {"judge": "colour"}))
    assert line == (
        'studies.layer_reset.judge = "colour": a judge of kind colour cannot measure distance; '
        "these can: embedded, torchvision, lpips"
    )
    parse_study(with_keys(("judges.colour", {"kind": "colour"}), ("studies.attribute_alignment", {"judge": "colour"})))


def test_embedded_judges_learn_from_labels(tmp_path):
    cats = {"source": "folder", "path": str(tmp_path)}
    lines = mistakes(("domains.cats", cats), ("judges.embedded.domains", ["face", "cats", "dgo"]), ("studies", {}))
    assert lines[0].startswith('judges.embedded.domains = "cats": has no exact labels')
    assert lines[1].startswith('judges.embedded.domains = "dgo": there is no such domain')


def test_masks_and_their_labels_belong_together(tmp_path):
    masks = {"source": "folder", "path": str(tmp_path), "regions": str(tmp_path)}
    lines = mistakes(("domains.cats", masks), ("studies.model_quality", ...))
    assert lines == ["domains.cats.labels: is missing; say which class ids of the masks in `regions` are which region"]
    parse_study(with_keys(("domains.cats", {**masks, "labels": {"skin": [1, 2]}})))


def test_comparisons_need_somebody_to_compare():
    lone = {"face": {"domain": "face", "total_kimg": 1}}
    raw = {**GOOD, "models": lone, "studies": {"mapping_drift": {}, "component_reset": {"judge": "embedded"}}}
    with pytest.raises(ConfigError) as caught:
        parse_study(raw)
    assert [line.split(":")[0] for line in caught.value.problems] == [
        "studies.mapping_drift",
        "studies.component_reset",
    ]


CHANNELS = {"channel_maps": {}, "localized_channels": {"judge": "embedded"}}
EDITS = {
    "channel_effects": {"judge": "embedded", "attributes": ["yaw_deg"]},
    "boundaries": {"judge": "embedded"},
}


@pytest.mark.parametrize(
    ("studies", "line"),
    [
        ({"localized_channels": {"judge": "embedded"}},
         "studies.localized_channels: needs channel_maps beside it; add what is missing, or drop this one"),
        ({"channel_overlap": {}},
         "studies.channel_overlap: needs localized_channels beside it; add what is missing, or drop this one"),
        ({"manipulations": {"attributes": ["yaw_deg"]}},
         "studies.manipulations: needs channel_effects and boundaries beside it; "
         "add what is missing, or drop this one"),
        ({**EDITS, "manipulations": {}},
         "studies.manipulations: shows nothing: name `attributes`, `edits` or both"),
        ({**EDITS, "manipulations": {"attributes": ["yaw_deg"], "reference": "fase"}},
         "studies.manipulations.reference = \"fase\": there is no such model; did you mean 'face'?"),
        ({**EDITS, "manipulations": {"attributes": ["yaw_deg", "yaw"]}},
         "studies.manipulations.attributes = \"yaw\": studies.channel_effects does not measure it; "
         "did you mean 'yaw_deg'?"),
        ({**EDITS, "manipulations": {"edits": [{"title": "turn"}]}},
         "studies.manipulations.edits.0 = \"turn\": needs one of `channels`, `direction` and `text`"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "judge_of": {"dgo": "embedded"}}},
         "studies.localized_channels.judge_of = \"dgo\": there is no such domain; did you mean 'dog'?"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "judge_of": {"dog": "parts"}}},
         "studies.localized_channels.judge_of.dog = \"parts\": there is no such judge; known here: embedded"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "domains": ["dgo"]}},
         "studies.localized_channels.domains = \"dgo\": no model is of this domain; did you mean 'dog'?"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "domains": ["dog"]}, "channel_overlap": {}},
         "studies.channel_overlap: localized_channels.domains leaves it nobody to compare; "
         "name more domains there, or drop the study"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "domains": ["dog"]}, "channel_fate": {}},
         "studies.channel_fate: localized_channels.domains leaves it nobody to compare; "
         "name more domains there, or drop the study"),
        ({"channel_maps": {"grid": 24}},
         "studies.channel_maps.grid = 24: must divide the resolution (32); a power of 2 does"),
        ({**CHANNELS, "localized_channels": {"judge": "embedded", "loose_rate": 0.8}},
         "studies.localized_channels.loose_rate = 0.8: is above min_rate (0.75), so it is not the looser one; "
         "lower this or raise that"),
        ({"boundaries": {"judge": "embedded", "num_z": 9000}},
         "studies.boundaries.num_z = 9000: the same judge looks at model_quality.num_gen = 4000 images; "
         "lower this or raise that"),
    ],
)  # fmt: skip
def test_studies_of_channels_and_edits_name_what_they_lack(studies, line):
    assert mistakes(*((f"studies.{name}", value) for name, value in studies.items())) == [line]


def test_photographs_may_be_parsed_by_what_learned_from_masks_of_others(tmp_path):
    cats = {"source": "folder", "path": str(tmp_path)}
    masks = {**cats, "regions": str(tmp_path), "labels": {"background": [0], "skin": [1]}}
    parser = {"kind": "embedded", "domains": ["masks"]}
    parse_study(
        {
            "domains": {"cats": cats, "masks": masks},
            "models": {"cats": {"domain": "cats", "total_kimg": 1}},
            "judges": {"parser": parser},
            "studies": {"channel_maps": {}, "localized_channels": {"judge": "parser"}},
        }
    )


def test_worlds_are_drawn_up_to_256_px():
    (line, *_) = mistakes(("resolution", 512))
    assert line == 'domains.face.world = "face": worlds are drawn up to 256 px, and the study has 512'


def test_overlays_are_laid_over_the_file():
    study = read_study(ROOT / "config.yaml", {"resolution": 64}, {"models": {"cat": {"total_kimg": 3}}})
    assert (study.resolution, study.models["cat"].total_kimg, study.models["cat"].parent) == (64, 3, "dog")


def test_on_and_off_survive_a_reader_that_makes_them_booleans():
    study = parse_study(with_keys(("training.augment", True), ("training.mixed_precision", False)))
    assert (study.training.augment, study.training.mixed_precision) == ("on", "off")


def test_the_papers_preset_is_right_once_its_photographs_are_there(tmp_path, papers_files):
    papers_files(tmp_path)
    study = read_study(ROOT / "presets/paper.yaml", root=tmp_path)
    assert study.resolved_model("dog").training.augment == "on"
    assert study.architecture.channel_base == 32768


def test_without_them_each_is_a_line(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_study(ROOT / "presets/paper.yaml", root=tmp_path)
    assert len(caught.value.problems) == 12
    assert all("there is no such file or folder" in line for line in caught.value.problems)
