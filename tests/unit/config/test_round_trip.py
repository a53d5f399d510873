"""The law of the resolved study: what `results/config.yaml` says, read again, is the same study."""

from pathlib import Path

import pytest

from stylealign.config import slices
from stylealign.config.load import parse_study, read_study
from stylealign.config.study import Study
from stylealign.config.yaml_file import parse_yaml

ROOT = Path(__file__).parents[3]


def again(study: Study, root: Path = ROOT) -> Study:
    return parse_study(parse_yaml(slices.everything(study)["yaml"], "results/config.yaml"), root=root)


def assert_same(study: Study, other: Study) -> None:
    for name in study.models:
        assert other.resolved_model(name).tracked() == study.resolved_model(name).tracked()
    assert list(other.parents().items()) == list(study.parents().items()), "the order of models says who are controls"
    assert other.canonical() == study.canonical()


@pytest.mark.parametrize("file", ["config.yaml", "presets/smoke.yaml", "presets/full.yaml"])
def test_drawn_studies(file):
    study = read_study(ROOT / file)
    assert_same(study, again(study))


@pytest.mark.parametrize("preset", ["paper", "photographs"])
def test_studies_of_photographs(preset, tmp_path, papers_files, photographs_files):
    papers_files(tmp_path)
    photographs_files(tmp_path)
    study = read_study(ROOT / f"presets/{preset}.yaml", root=tmp_path)
    assert_same(study, again(study, tmp_path))


def test_a_models_own_settings_stay_the_only_ones_it_overrides():
    study = read_study(ROOT / "config.yaml", {"models": {"dog": {"training": {"ema_rampup": 0.2}}}})
    assert study.canonical()["models"]["dog"]["training"] == {"ema_rampup": 0.2}
    assert "training" not in study.canonical()["models"]["cat"]
    assert_same(study, again(study))


def test_an_adopted_model(tmp_path):
    from stylealign.checkpoint import ModelCard, save_generator
    from stylealign.networks.generator import Generator

    shape = {"z_dim": 8, "w_dim": 8, "mapping_layers": 1, "channel_base": 32, "channel_max": 4}
    G = Generator(img_resolution=16, **shape)
    card = ModelCard("ready", "face", G.init_kwargs, 16, ("ready",), ("0" * 64,), 1.0, 1.0, 0, 1, "0")
    save_generator(tmp_path / "ready.safetensors", G, card)
    models = {
        "ready": {"domain": "face", "from": "ready.safetensors"},
        "child": {"domain": "face", "parent": "ready", "total_kimg": 1, "training": {"freeze_d": 2}},
    }
    domains = {"face": {"source": "world", "world": "face"}}
    raw = {"resolution": 16, "architecture": shape, "domains": domains, "models": models}
    study = parse_study(raw, root=tmp_path)
    assert_same(study, again(study, tmp_path))
    assert "training" not in slices.adoption(study, "ready")
