"""The table ``attribute_alignment`` from kept attributes: known correlations, controls, scores, refusals."""

import subprocess
import sys

import numpy as np
import pytest

from stylealign.alignment.attribute_alignment import attribute_alignment_rows
from stylealign.errors import JudgeError
from stylealign.tables import ATTRIBUTE_ALIGNMENT, JUDGE_QUALITY, to_frame, write_table

NUM = 600
NAMES = ("yaw_deg", "smile", "glasses")


def _save(path, attributes, names=NAMES, protocol="gen-600-psi1"):
    np.savez(
        path,
        features=np.zeros([len(attributes), 2], np.float32),
        attributes=np.asarray(attributes, np.float64),
        attribute_names=np.array(names),
        protocol=np.array(protocol),
        image_ids=np.zeros(0, "U64"),
        split=np.zeros(0, "U5"),
    )
    return path


@pytest.fixture
def kept(tmp_path):
    """The child has the parent's yaw but for noise, a smile of its own, and the opposite glasses."""
    rng = np.random.default_rng(0)
    yaw, smile, glasses = rng.normal(size=NUM), rng.normal(size=NUM), rng.integers(0, 2, NUM)
    child = np.stack([np.exp(yaw + 0.3 * rng.normal(size=NUM)), rng.normal(size=NUM), 1 - glasses], 1)
    return {
        "parent": _save(tmp_path / "parent.npz", np.stack([yaw, smile, glasses], 1)),
        "child": _save(tmp_path / "child.npz", child),
    }


@pytest.fixture
def quality(tmp_path):
    def row(domain, task, target, score):
        return {"judge": "tiny", "domain": domain, "task": task, "target": target, "metric": "r2", "score": score} | {
            "num_images": 10,
            "seed": 0,
        }

    rows = [row("dog", "attribute", "yaw_deg", 0.9), row("face", "attribute", "yaw_deg", 0.8)]
    rows += [row("dog", "attribute", "glasses", 0.7)]  # on face it is unknown
    path = tmp_path / "quality.parquet"
    write_table(path, JUDGE_QUALITY, [*rows, row("dog", "region", "smile", 0.1)], {})
    return path


def _rows(kept, quality=None, domains=("face", "dog"), **changed):
    settings = {"judge": "tiny", "quality": quality, "num_z": NUM, "seed": 0} | changed
    relatives = [("parent", "child", domains[0], kept["parent"])]
    return attribute_alignment_rows("child", domains[1], kept["child"], relatives, **settings)


def test_rows_fit_the_table_and_find_what_is_shared(kept, quality):
    frame = to_frame(ATTRIBUTE_ALIGNMENT, _rows(kept, quality)).set_index("attribute")
    assert frame.loc["yaw_deg", "spearman"] > 0.9
    assert abs(frame.loc["smile", "spearman"]) < 0.15
    assert frame.loc["glasses", "spearman"] == pytest.approx(-1)
    assert (frame["spearman_shuffled"].abs() < 0.15).all()
    assert (frame["spearman_low"] <= frame["spearman"] + 1e-12).all()
    assert (frame["spearman"] <= frame["spearman_high"] + 1e-12).all()


def test_scores_are_the_judges_on_the_domain_it_reads_worse(kept, quality):
    def scores(*domains):
        return {row["attribute"]: row["judge_score"] for row in _rows(kept, quality, domains)}

    assert scores("face", "dog")["yaw_deg"] == scores("dog", "face")["yaw_deg"] == 0.8
    assert scores("dog", "dog")["yaw_deg"] == 0.9
    assert scores("dog", "dog")["glasses"] == 0.7
    assert np.isnan(scores("face", "dog")["glasses"])
    assert np.isnan(scores("dog", "face")["glasses"])
    assert np.isnan(scores("dog", "dog")["smile"])
    assert all(np.isnan(row["judge_score"]) for row in _rows(kept))


def test_rows_name_the_protocol_of_the_kept_attributes(kept, tmp_path):
    assert {row["protocol"] for row in _rows(kept)} == {"gen-600-psi1"}
    for name, path in kept.items():
        with np.load(path) as npz:
            kept[name] = _save(tmp_path / f"{name}.7.npz", npz["attributes"].copy(), protocol="gen-600-psi0.7")
    assert {row["protocol"] for row in _rows(kept)} == {"gen-600-psi0.7"}


def test_the_seed_decides_the_control_and_the_interval(kept):
    def noise(seed):
        return [(row["spearman_shuffled"], row["spearman_low"]) for row in _rows(kept, seed=seed)]

    assert noise(0) == noise(0)
    assert noise(0) != noise(1)


def test_only_the_first_codes_are_used(kept, tmp_path):
    rng = np.random.default_rng(1)
    with np.load(kept["child"]) as npz:
        attributes = npz["attributes"].copy()
    attributes[100:] = rng.normal(size=attributes[100:].shape)
    changed = {"parent": kept["parent"], "child": _save(tmp_path / "changed.npz", attributes)}
    few, same = _rows(kept, num_z=100), _rows(changed, num_z=100)
    assert repr(few) == repr(same)
    assert few[0]["num_z"] == 100


def test_an_attribute_that_does_not_vary_has_no_correlation(tmp_path):
    kept = {name: _save(tmp_path / f"{name}.npz", np.ones([50, 1]), ("yaw_deg",)) for name in ("parent", "child")}
    (row,) = _rows(kept, num_z=50)
    assert np.isnan(row["spearman"])
    assert np.isnan(row["spearman_low"])


def test_refusals_name_the_file_and_the_cure(kept, tmp_path):
    with pytest.raises(JudgeError, match=r"child\.npz: holds 600 latent codes.*num_gen"):
        _rows(kept, num_z=601)
    other_names = kept | {"child": _save(tmp_path / "names.npz", np.ones([NUM, 3]), ("a", "b", "c"))}
    with pytest.raises(JudgeError, match="different attributes"):
        _rows(other_names)
    other_z = kept | {"child": _save(tmp_path / "psi.npz", np.ones([NUM, 3]), protocol="gen-600-psi0.7")}
    with pytest.raises(JudgeError, match="not the same z"):
        _rows(other_z)
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(JudgeError, match=r"broken\.npz does not hold"):
        _rows(kept | {"child": tmp_path / "broken.npz"})


def test_no_torch_is_needed():
    code = "import sys, stylealign.alignment.attribute_alignment; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
