"""Regions of a parser in a study: read from mappings, pairs or presets; their order survives sorted JSON."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from stylealign.config.judges import Judge
from stylealign.config.load import parse_study
from stylealign.config.regions import Regions
from stylealign.errors import ConfigError
from stylealign.provenance import canonical_json

ADAPTER = TypeAdapter(Judge)


def parser(**section):
    return ADAPTER.validate_json(json.dumps({"kind": "transformers", "weights": "m", **section}), strict=True)


def study(tmp_path: Path, **judges) -> dict:
    (tmp_path / "photos").mkdir(exist_ok=True)
    domains = {"faces": {"source": "folder", "path": str(tmp_path / "photos")}}
    return {"domains": domains, "models": {"faces": {"domain": "faces", "total_kimg": 1}}, "judges": judges}


def problems(tmp_path: Path, **judges) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_study(study(tmp_path, **judges), root=tmp_path)
    return str(caught.value)


def test_a_mapping_keeps_its_order_through_sorted_json() -> None:
    spec = parser(regions={"z": [3, "nose"], "a": [0]})
    text = canonical_json(spec.model_dump(mode="json"))
    assert ADAPTER.validate_python(json.loads(text)) == spec
    assert spec.regions == (("z", (3, "nose")), ("a", (0,)))


def test_a_preset_is_unfolded_so_that_a_change_of_it_is_seen() -> None:
    bisenet = ADAPTER.validate_python({"kind": "bisenet", "weights": "w"})
    assert bisenet.regions == Regions.read("celebamask-hq")
    assert ["eye", ["l_eye", "r_eye"]] in bisenet.model_dump(mode="json")["regions"]
    assert parser().regions is None


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ("celeba", "there is no such preset; did you mean 'celebamask-hq'"),
        ({"eye": 4}, "give eye a list of classes"),
        ({"eye": []}, "give eye a list of classes"),
        ({"eye": [True]}, "neither an id nor a label"),
        ([["eye", [4], 3]], "give a mapping"),
        ([[4, [4]]], "not the name of a region"),
        (7, "give a mapping"),
        ({}, "name at least one region"),
        ([], "name at least one region"),
    ],
)
def test_what_is_no_regions_is_refused(regions, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        parser(regions=regions)


def test_a_class_or_a_region_twice_and_ids_out_of_range_are_named_with_their_keys(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    judge = {"kind": "transformers", "weights": "m", "regions": [["eye", [4]], ["brow", [4, -1]], ["eye", [5]]]}
    text = problems(tmp_path, parser=judge)
    assert "judges.parser.regions.brow = 4: belongs to eye already; list it once" in text
    assert "judges.parser.regions.brow = -1: class ids are from 0" in text
    assert "judges.parser.regions.eye: is given twice" in text


def test_an_unknown_preset_names_its_key(tmp_path: Path) -> None:
    (tmp_path / "w").touch()
    text = problems(tmp_path, parser={"kind": "bisenet", "weights": "w", "regions": "celebamask_hq"})
    assert 'judges.parser.regions = "celebamask_hq": there is no such preset; did you mean' in text


def test_weights_are_here_or_fetched_and_of_the_right_kind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    hub = {"repo": "someone/segformer", "revision": "0" * 40}
    text = problems(
        tmp_path,
        none={"kind": "transformers"},
        both={"kind": "transformers", "weights": "folder", "download": hub},
        file={"kind": "transformers", "weights": "file"},
        folder={"kind": "bisenet", "weights": "folder"},
        parts={"kind": "upernet", "object": "dog"},
    )
    assert "judges.none: needs either `weights` (here) or `download` (repo and revision)" in text
    assert "judges.both: needs either" in text
    assert 'judges.file.weights = "file": is a file; name a folder' in text
    assert 'judges.folder.weights = "folder": is a folder; name a file' in text
    assert "judges.parts.weights: is missing" in text


def test_a_branch_is_no_version_of_a_model(tmp_path: Path) -> None:
    text = problems(tmp_path, hub={"kind": "transformers", "download": {"repo": "a/b", "revision": "main"}})
    assert "judges.hub.download.revision" in text


def test_variations_are_for_photographs_only(tmp_path: Path) -> None:
    raw = study(tmp_path, own={"kind": "embedded", "mirror": True, "jitter": 0.1})
    raw["domains"]["face"] = {"source": "world", "world": "face"}
    with pytest.raises(ConfigError, match=r"judges\.own\.mirror = true: would make labels of face untrue") as caught:
        parse_study(raw, root=tmp_path)
    assert "judges.own.jitter" in str(caught.value)
    assert "judges.own.move" not in str(caught.value)
