"""Rows of the table of model quality, from files alone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stylealign.errors import JudgeError
from stylealign.metrics import kid as kid_module
from stylealign.metrics.features import Features, save_features
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kernel, kid, kid_interval
from stylealign.metrics.model_quality import model_quality_rows
from stylealign.tables import MODEL_QUALITY, to_frame

RNG = np.random.default_rng(0)
REAL = {"face": RNG.normal(size=(60, 8)), "dog": RNG.normal(1.5, 1, size=(60, 8))}
GENERATED = RNG.normal(0.1, 1, size=(50, 8))


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, dict[str, Path]]:
    none = np.zeros([60, 0])
    split = np.array(["train"] * 20 + ["test"] * 40)
    for domain, features in REAL.items():
        ids = np.array([f"{domain}{i}" for i in range(60)])
        save_features(tmp_path / f"{domain}.npz", Features(features, none, (), "all-60", ids, split))
    save_features(tmp_path / "model.npz", Features(GENERATED, none[:50], (), "gen-50-psi1"))
    return tmp_path / "model.npz", {domain: tmp_path / f"{domain}.npz" for domain in REAL}


def rows(files, **changes):
    settings = {"own_domain": "face", "kimg": 40, "judge": "embedded", "seed": 0} | changes
    return model_quality_rows("face", files[0], files[1], **settings)


def test_rows_fit_the_table_and_hold_its_protocol(files) -> None:
    frame = to_frame(MODEL_QUALITY, rows(files)).set_index("domain")
    assert frame.loc["face", "protocol"] == "test-40-vs-gen-50-psi1"
    assert frame.loc["face", "is_own_domain"]
    assert not frame.loc["dog", "is_own_domain"]
    assert frame.loc["face", "num_real"] == 40
    assert frame.loc["dog", "fid"] == pytest.approx(fid(REAL["dog"][20:], GENERATED))
    assert frame.loc["dog", "kid"] == pytest.approx(kid(REAL["dog"][20:], GENERATED))


def test_the_own_domain_is_the_nearer_one_and_intervals_hold_the_estimate(files) -> None:
    frame = to_frame(MODEL_QUALITY, rows(files)).set_index("domain")
    assert frame.loc["face", "kid"] < frame.loc["dog", "kid"] / 3
    assert (frame["kid_low"] <= frame["kid"]).all()
    assert (frame["kid"] <= frame["kid_high"]).all()


def test_rows_repeat_and_another_seed_moves_only_the_interval(files) -> None:
    assert rows(files) == rows(files)
    first, other = rows(files)[0], rows(files, seed=1)[0]
    assert first["kid"] == other["kid"]
    assert first["kid_low"] != other["kid_low"]


def test_one_kernel_of_the_generated_images_gives_the_numbers_of_one_a_domain(files, monkeypatch) -> None:
    shapes = []
    monkeypatch.setattr(kid_module, "kernel", lambda a, b: shapes.append((len(a), len(b))) or kernel(a, b))
    found = {row["domain"]: row for row in rows(files)}
    assert shapes.count((50, 50)) == 1
    for domain, features in REAL.items():
        alone, row = kid_interval(features[20:], GENERATED, 0, "face", domain), found[domain]
        assert (row["kid"], row["kid_low"], row["kid_high"]) == (alone.value, alone.low, alone.high)


def test_all_images_when_no_split_is_named(files) -> None:
    assert rows(files, split=None)[0]["protocol"] == "all-60-vs-gen-50-psi1"


def test_features_of_two_judges_are_refused(files) -> None:
    save_features(files[0], Features(np.zeros([50, 5]), np.zeros([50, 0]), (), "gen-50-psi1"))
    with pytest.raises(JudgeError, match="features"):
        rows(files)


def test_the_module_needs_no_torch() -> None:
    code = "import sys, stylealign.metrics.model_quality as m; m.fid; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
