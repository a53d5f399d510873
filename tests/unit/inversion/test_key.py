"""The key of the cache: all that a code depends on is in it, and nothing else."""

import copy
import json

import pytest
import torch

from stylealign.config.inversion import Inversion
from stylealign.inversion.key import inversion_key, refinement
from stylealign.judge_identity import judge_identity
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.provenance import canonical_json


@pytest.fixture
def encoder(tmp_path):
    path = tmp_path / "w.random.safetensors"
    path.write_bytes(b"an encoder's weights")
    return path


@pytest.fixture
def key(judge, encoder):
    def make(method, generator="a" * 64, seed=0, judge=judge, **settings):
        optimisation, encoders = settings.pop("optimisation", {}), settings.pop("encoders", {})
        how = Inversion(judge="tiny", optimisation=optimisation, encoders=encoders, **settings)
        file = encoder if method.endswith("_enc") else None
        return canonical_json(inversion_key(method, how, generator=generator, judge=judge, encoder=file, seed=seed))

    return make


CHANGES = {
    "generator": {"generator": "b" * 64},
    "seed": {"seed": 1},
    "steps": {"optimisation": {"steps": 7}},
    "start": {"optimisation": {"start": "average"}},
    "candidates": {"optimisation": {"candidates": 7}},
    "batch_size": {"optimisation": {"batch_size": 7}},
    "noise_weight": {"optimisation": {"noise_weight": 7}},
    "tolerance": {"optimisation": {"tolerance": 0.5}},
    "truncation_psi": {"truncation_psi": 0.5},
    "encoder_lr": {"encoders": {"lr": 7}},
    "refine_steps": {"encoders": {"refine_steps": 7}},
    "split": {"split": "train", "num_images": 7, "images_per_job": 7, "regions_judge": "other"},
}
OF_ALL = {"generator"}
USED = {
    "z_opt": OF_ALL | {"seed", "steps", "start", "candidates", "truncation_psi"},
    "zplus_opt": OF_ALL | {"seed", "steps", "start", "candidates", "truncation_psi"},
    "w_opt": OF_ALL | {"seed", "steps"},
    "wplus_opt": OF_ALL | {"seed", "steps"},
    "z_enc": OF_ALL | {"truncation_psi", "refine_steps"},
    "wplus_enc": OF_ALL | {"refine_steps"},
}


@pytest.mark.parametrize("method", USED)
@pytest.mark.parametrize("change", CHANGES)
def test_a_key_holds_what_its_method_uses(key, method, change):
    assert (key(method) != key(method, **CHANGES[change])) == (change in USED[method])


@pytest.mark.parametrize(
    ("given", "change", "method"),
    [
        ({"noise_maps": True}, {"noise_weight": 7}, "w_opt"),
        ({"patience": 3}, {"tolerance": 0.5}, "w_opt"),
        ({"restarts": 2}, {"candidates": 7}, "w_opt"),
    ],
)
def test_a_setting_counts_once_another_makes_use_of_it(key, given, change, method):
    assert key(method, optimisation=given) != key(method, optimisation=given | change)


def test_refinement_brings_the_settings_of_optimisation_in(key):
    refined = {"encoders": {"refine_steps": 5}}
    plain = key("w_enc", **refined)
    assert key("w_enc", **refined, optimisation={"lr": 0.5}) != plain
    assert key("w_enc", **refined, seed=1) != plain
    assert key("w_enc", **refined, optimisation={"steps": 9, "restarts": 4, "candidates": 7}) == plain
    assert json.loads(plain)["optimisation"]["steps"] == 5
    assert refinement(Inversion(judge="x", **refined)).steps == 5


def test_another_encoder_is_another_key(key, encoder):
    before, without = key("w_enc"), key("w_opt")
    encoder.write_bytes(b"trained again")
    assert key("w_enc") != before
    assert key("w_opt") == without


def test_a_judge_is_known_by_its_weights_and_name(key, judge):
    assert judge_identity(EmbeddedJudge("tiny", judge.network, batch_size=3)) == judge_identity(judge)
    assert key("w_opt", judge=EmbeddedJudge("other", judge.network)) != key("w_opt")
    trained = EmbeddedJudge("tiny", copy.deepcopy(judge.network))
    with torch.no_grad():
        next(trained.network.parameters())[0] += 1e-6
    assert key("w_opt", judge=trained) != key("w_opt")
