"""One door: every kind of the config opens as its judge, or says what is missing."""

import hashlib
from pathlib import Path

import pytest
import torch
from pydantic import TypeAdapter
from torchvision.models import get_model

from stylealign.config import judges as config
from stylealign.errors import JudgeError
from stylealign.judges.embedded import save_embedded
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.judges.load import load_judge


def spec(**section) -> config.Judge:
    return TypeAdapter(config.Judge).validate_python(section)


@pytest.fixture(scope="module")
def squeezenet(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "squeezenet.pt"
    torch.save(get_model("squeezenet1_1", weights=None).state_dict(), path)
    return path


def test_kinds_open_as_themselves(squeezenet: Path, tmp_path: Path) -> None:
    save_embedded(tmp_path / "judge.safetensors", EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())), {})
    sections = [
        ({"kind": "colour"}, None),
        ({"kind": "embedded"}, tmp_path / "judge.safetensors"),
        ({"kind": "lpips", "network": "squeeze", "weights": squeezenet}, None),
        ({"kind": "torchvision", "network": "squeezenet1_1", "weights": squeezenet, "scale": "unit"}, None),
    ]
    for section, weights in sections:
        judge = load_judge("mine", spec(**section), weights)
        assert (judge.name, judge.kind) == ("mine", section["kind"])
        assert judge.measures <= config.MEASURES[judge.kind]


def test_settings_reach_the_judge(squeezenet: Path) -> None:
    section = {"kind": "torchvision", "network": "squeezenet1_1", "weights": squeezenet}
    judge = load_judge("sq", spec(**section, scale="unit", layers=["features.4"]))
    assert judge.scale == "unit"
    assert judge.layers == ("features.4",)


@pytest.mark.parametrize(
    "section", [{"kind": "inception"}, {"kind": "lpips"}, {"kind": "torchvision", "network": "resnet18"}]
)
def test_absent_weights_name_the_key(section: dict, tmp_path: Path) -> None:
    with pytest.raises(JudgeError, match=r"judges\.mine\.weights"):
        load_judge("mine", spec(**section, weights=tmp_path / "absent.pt"))


def test_a_download_is_kept_where_the_caller_says(squeezenet: Path, tmp_path: Path) -> None:
    checksum = hashlib.sha256(squeezenet.read_bytes()).hexdigest()
    download = config.Download.model_construct(url=squeezenet.as_uri(), sha256=checksum)
    wanted = spec(kind="lpips", network="squeeze").model_copy(update={"download": download})
    assert load_judge("mine", wanted, tmp_path / "kept.pt").measures == {"distance"}
    assert (tmp_path / "kept.pt").is_file()
    with pytest.raises(JudgeError, match="where the download is kept"):
        load_judge("mine", wanted)
