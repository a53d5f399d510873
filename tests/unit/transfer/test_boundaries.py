"""Boundaries in W: a planted one is found, classes, conditional ones, the file, equal seeds, refusals."""

import numpy as np
import pytest
import torch

from stylealign.boundaries import Boundaries, load_boundaries, save_boundaries
from stylealign.checkpoint import ModelCard, load_generator, save_generator, state_digest
from stylealign.errors import CheckpointError, JudgeError
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.tables import BOUNDARIES, JUDGE_QUALITY, to_frame, write_table
from stylealign.transfer.boundaries import fit_boundaries

NUM = 3000
NAMES = ("yaw_deg", "smile", "glasses", "hair_style", "age")
TINY = {"z_dim": 8, "w_dim": 8, "img_resolution": 8, "channel_base": 64, "channel_max": 8, "mapping_layers": 2}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    torch.manual_seed(0)
    G = Generator(**TINY)
    digest = state_digest(G.state_dict())
    card = ModelCard("tiny", "face", G.init_kwargs, 8, ("tiny",), (digest,), 0, 0, 0, 1, "test")
    path = tmp_path_factory.mktemp("model") / "tiny.safetensors"
    save_generator(path, G, card)
    return path


@pytest.fixture(scope="module")
def planted():
    """Two hyperplanes, at any angle."""
    normals = np.stack([np.random.default_rng(seed).normal(size=8) for seed in (2, 1)])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def features(model, planted, tmp_path_factory):
    """Yaw and smile are distances from the planes, monotone but not linear; glasses a side; age is noise."""
    w = load_generator(model)[0].mapping.w(sample_z(NUM, 8, 0, "family")).double().numpy()
    rng = np.random.default_rng(0)
    yaw, smile = ((w - w.mean(axis=0)) @ planted.T).T
    glasses = (smile > np.quantile(smile, 0.8)).astype(float)
    hair = np.digitize(yaw, np.quantile(yaw, [0.3, 0.999])).astype(float)  # the third style is rare
    values = np.stack([np.exp(yaw), smile, glasses, hair, rng.normal(size=NUM)], axis=1)
    path = tmp_path_factory.mktemp("features") / "tiny.npz"
    np.savez(path, attributes=values, attribute_names=np.array(NAMES), protocol=np.array("gen-psi1"))
    return path


@pytest.fixture(scope="module")
def fit(model, features):
    def fitted(**changed):
        settings = {"attributes": None, "extreme_share": 0.1, "conditional": {}, "num_z": NUM, "judge": "tiny"}
        settings |= {"quality": None, "domain": "face", "seed": 0}
        return fit_boundaries("tiny", model, features, **(settings | changed))

    return fitted


@pytest.fixture(scope="module")
def all_fitted(fit):
    return fit()


def test_planted_boundaries_are_found(all_fitted, planted):
    rows, found = all_fitted
    assert found.normal("yaw_deg") @ planted[0] > 0.95
    assert found.normal("smile") @ planted[1] > 0.95
    assert found.normal("glasses:yes") @ planted[1] > 0.9
    frame = to_frame(BOUNDARIES, rows).set_index("boundary")
    assert (frame.loc[["yaw_deg", "smile"], "accuracy"] > 0.95).all()
    assert (frame.loc[["yaw_deg", "smile"], "accuracy_all"] > 0.85).all()
    np.testing.assert_allclose(np.linalg.norm(found.normals, axis=1), 1, atol=1e-6)


def test_noise_has_no_boundary_and_the_held_out_accuracy_says_so(all_fitted):
    (age,) = (row for row in all_fitted[0] if row["boundary"] == "age")
    assert 0.3 < age["accuracy"] < 0.7
    assert age["accuracy_low"] < 0.5 < age["accuracy_high"]
    assert 0.4 < age["accuracy_all"] < 0.6


def test_a_number_has_one_boundary_and_classes_one_each_but_rare_ones(all_fitted):
    rows, found = all_fitted
    assert found.names == ("yaw_deg", "smile", "glasses:yes", "hair_style:straight", "hair_style:curly", "age")
    assert found.of("hair_style") == ("hair_style:straight", "hair_style:curly")
    sizes = {row["boundary"]: (row["num_train"], row["num_test"]) for row in rows}
    assert sizes["yaw_deg"] == sizes["glasses:yes"] == (420, 180)


def test_the_intercept_places_the_boundary(all_fitted, model, features):
    _, found = all_fitted
    w = load_generator(model)[0].mapping.w(sample_z(NUM, 8, 0, "family")).double().numpy()
    with np.load(features) as npz:
        smile = npz["attributes"][:, 1]
    side = w @ found.normal("smile") + found.intercepts[1] > 0
    assert (side == (smile > np.median(smile))).mean() > 0.85


def test_a_conditional_boundary_leaves_the_others_alone(fit):
    rows, found = fit(attributes=("yaw_deg",), conditional={"yaw_deg": ("smile", "glasses")})
    assert found.names == ("yaw_deg", "smile", "glasses:yes", "yaw_deg|smile,glasses")
    normal = found.normal("yaw_deg|smile,glasses")
    assert np.linalg.norm(normal) == pytest.approx(1)
    assert abs(normal @ found.normal("smile")) < 1e-6
    assert abs(normal @ found.normal("glasses:yes")) < 1e-6
    assert normal @ found.normal("yaw_deg") > 0
    assert found.of("yaw_deg") == ("yaw_deg",)
    assert found.unconditional == found.names[:3]
    assert np.isnan(rows[-1]["accuracy"])


def test_all_attributes_are_those_that_the_judge_is_scored_on(fit, tmp_path):
    def row(domain, target, metric):
        return {"judge": "tiny", "domain": domain, "task": "attribute", "target": target, "metric": metric} | {
            "score": 0.9,
            "num_images": 9,
            "seed": 0,
        }

    rows = [row("face", "smile", "r2"), row("face", "glasses", "accuracy"), row("dog", "yaw_deg", "r2")]
    write_table(tmp_path / "q.parquet", JUDGE_QUALITY, rows, {})
    assert fit(quality=tmp_path / "q.parquet")[1].names == ("smile", "glasses:yes")
    assert {row["judge_score"] for row in fit(quality=tmp_path / "q.parquet")[0]} == {0.9}
    assert fit(quality=tmp_path / "q.parquet", domain="shoe")[1].names[0] == "yaw_deg"


def test_equal_seeds_equal_rows_and_bytes(fit, tmp_path):
    first, again, other = (fit(attributes=("yaw_deg", "glasses"), seed=seed) for seed in (0, 0, 1))
    assert repr(first[0]) == repr(again[0])
    assert repr(first[0]) != repr(other[0])
    for name, (_, found) in {"a": first, "b": again}.items():
        save_boundaries(tmp_path / f"{name}.npz", found)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_the_file_keeps_everything(tmp_path):
    kept = Boundaries(("a", "b:c"), np.eye(3)[:2], np.array([0.5, -1]), ("a", "b"))
    save_boundaries(tmp_path / "b.npz", kept)
    found = load_boundaries(tmp_path / "b.npz")
    assert (found.names, found.attributes) == (kept.names, kept.attributes)
    np.testing.assert_array_equal(found.normals, kept.normals)
    np.testing.assert_array_equal(found.intercepts, kept.intercepts)
    (tmp_path / "bad.npz").write_bytes(b"x")
    with pytest.raises(CheckpointError, match=r"bad\.npz does not hold boundaries"):
        load_boundaries(tmp_path / "bad.npz")


@pytest.fixture
def odd_fit(model, fit, tmp_path):
    """Fits to values [n, 2] of smile and hair_style, whatever they are."""

    def fitted(smile, hair, **changed):
        path, names = tmp_path / "odd.npz", np.array(["smile", "hair_style"])
        np.savez(path, attributes=np.stack([smile, hair], axis=1), attribute_names=names, protocol=np.array("gen-psi1"))
        settings = {"attributes": None, "extreme_share": 0.1, "conditional": {}, "num_z": len(smile), "judge": "tiny"}
        return fit_boundaries(
            "tiny", model, path, **(settings | {"quality": None, "domain": "face", "seed": 0} | changed)
        )

    return fitted


@pytest.mark.parametrize(
    "smile", [np.full(99, 3.0), np.full(99, np.nan), np.r_[np.full(95, 3.0), 1, np.full(3, np.nan)]]
)
def test_what_does_not_vary_has_no_boundary_and_says_so(odd_fit, smile, caplog):
    hair = np.arange(99) % 2.0
    _, found = odd_fit(smile, hair)
    assert found.names == ("hair_style:curly",)
    assert "smile: " in caplog.text
    _, found = odd_fit(smile, hair, conditional={"hair_style": ("smile",)})
    assert found.names == ("hair_style:curly",)
    assert "no boundary of smile to leave alone" in caplog.text


def test_no_code_is_on_both_sides_or_both_fitted_on_and_held_out(odd_fit):
    (row, *_), found = odd_fit(np.arange(47.0), np.zeros(47), extreme_share=0.5)
    assert found.names == ("smile",)
    assert (row["num_train"], row["num_test"]) == (32, 14)  # 23 of each side; the middle one is of neither


def test_refusals(fit):
    with pytest.raises(JudgeError, match=r"studies\.boundaries\.attributes: .*'yaw'; did you mean 'yaw_deg'"):
        fit(attributes=("yaw",))
    with pytest.raises(JudgeError, match=r"studies\.boundaries\.conditional: .*'smil'"):
        fit(attributes=("yaw_deg",), conditional={"yaw_deg": ("smil",)})
    with pytest.raises(JudgeError, match=r"holds 3000 latent codes, studies\.boundaries\.num_z asks for 3001"):
        fit(num_z=3001)
