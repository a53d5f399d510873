"""What became of the parent's channels: by hand, in a child and in grandchildren."""

import numpy as np
import pytest

from stylealign.alignment.channel_fate import channel_fate_rows
from stylealign.alignment.localized_channels import Evidence, Thresholds, save_evidence
from stylealign.errors import LineageError
from stylealign.tables import CHANNEL_FATE, to_frame

NAMES = ("background", "skin", "ear", "hair", "neck")

FACE = "ear ear  hair hair hair       hair skin -    neck"
DOG = "ear neck -    -    background hair ear  ear  -"
AGAIN = "ear ear  hair skin hair       -    -    neck -"
CAT = "-   neck -    -    -          neck -    -    hair"


def _save(path, labels):
    labels = labels.split()
    ids = np.array([NAMES.index(label) if label != "-" else -1 for label in labels], np.int16)
    maps = np.zeros([1, len(ids), 4, 4])
    evidence = Evidence(
        dominant=np.tile(ids, [10, 1]),
        present=np.ones([10, len(NAMES)], bool),
        region_names=np.array(NAMES),
        channel_names=np.array([f"b4.conv1:{c}" for c in range(len(ids))]),
        paper_index=np.array([f"0_{c}" for c in range(len(ids))]),
        layers=np.array(["b4.conv1"] * len(ids)),
        mean_area=np.full(len(NAMES), 0.2),
        mean_map=maps[0].astype(np.float32),
        example_pixels=np.zeros([1, 4, 4, 3], np.uint8),
        example_regions=np.zeros([1, 4, 4], np.uint8),
        example_maps=maps.astype(np.float16),
        first=np.array(0),
        judge=np.array("parser"),
        digest=np.array(path.stem),
        protocol=np.array("psi0.7-const-noise-grid4"),
    )
    save_evidence(path, evidence)
    return path.stem, path


@pytest.fixture
def models(tmp_path):
    told = {"face": FACE, "dog": DOG, "again": AGAIN, "cat": CAT}
    return {name: _save(tmp_path / f"{name}.npz", labels) for name, labels in told.items()}


def _frame(models, *grandchildren, thresholds=Thresholds()):  # noqa: B008  frozen
    later = [models[name] for name in grandchildren]
    rows = to_frame(CHANNEL_FATE, channel_fate_rows(models["face"], models["dog"], later, thresholds, seed=0))
    return rows[rows["rule"] == "strict"].reset_index(drop=True)


def _counts(frame, grandchild):
    rows = frame[frame["grandchild"] == grandchild]
    keys = zip(rows["region"], rows["fate_in_child"], rows["fate_in_grandchild"], strict=True)
    return dict(zip(keys, rows["num_channels"], strict=True))


def test_every_fate_in_the_child_by_hand(models):
    frame = _frame(models)
    assert _counts(frame, "") == {
        ("ear", "retained", ""): 1,
        ("ear", "moved", ""): 1,
        ("hair", "retained", ""): 1,
        ("hair", "inactive", ""): 2,
        ("hair", "unlisted", ""): 1,
        ("neck", "inactive", ""): 1,
    }
    told = ["parent", "child", "grandchild", "num_images", "judge", "seed"]
    assert (frame[told] == ["face", "dog", "", 10, "parser", 0]).all(axis=None)


def test_hidden_channels_return_in_the_grandchild_trained_back(models):
    """Fates in the grandchild are against the parent's region, whatever the child made of it."""
    frame = _frame(models, "again", "cat")
    again, cat = _counts(frame, "again"), _counts(frame, "cat")
    assert again == {
        ("ear", "retained", "retained"): 1,
        ("ear", "moved", "retained"): 1,
        ("hair", "inactive", "retained"): 1,
        ("hair", "inactive", "unlisted"): 1,
        ("hair", "unlisted", "retained"): 1,
        ("hair", "retained", "inactive"): 1,
        ("neck", "inactive", "inactive"): 1,
    }
    assert cat[("ear", "moved", "moved")] == 1
    assert cat[("hair", "retained", "moved")] == 1
    assert cat[("neck", "inactive", "moved")] == 1


def test_fates_add_up_to_the_parents_channels(models):
    frame = _frame(models, "again", "cat")
    totals = {"ear": 2, "hair": 4, "neck": 1}
    for (_, region), rows in frame.groupby(["grandchild", "region"]):
        assert rows["num_channels"].sum() == totals[region]
        assert set(rows["parent_total"]) == {totals[region]}
    assert set(frame["region"]) == set(totals)  # the parent's channels of the skin are not listed, nor their fates
    by_child = frame.groupby(["grandchild", "region", "fate_in_child"])["num_channels"].sum()
    assert by_child["again"].equals(by_child["cat"])
    assert by_child["again"].equals(by_child[""])


def test_what_is_listed_is_the_users_choice(models):
    frame = _frame(models, thresholds=Thresholds(not_listed=("hair",)))
    assert _counts(frame, "")[("skin", "moved", "")] == 1
    assert "hair" not in set(frame["region"])


def test_a_grandchild_of_another_architecture_is_refused(models, tmp_path):
    models["small"] = _save(tmp_path / "small.npz", "ear ear")
    with pytest.raises(LineageError, match=r"models\.face and models\.small"):
        _frame(models, "again", "small")
