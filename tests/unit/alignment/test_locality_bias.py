"""Which localized channels keep their region in a moved child: by hand, and chance against a slow twin."""

import numpy as np
import pytest

from stylealign.alignment.locality_bias import kept_region_rows
from stylealign.alignment.localized_channels import Evidence, Thresholds, save_evidence
from stylealign.errors import LineageError, TableError

NAMES = ("background", "skin", "eye", "mouth", "hair")
FACE = "eye eye mouth hair skin -    hair mouth"
MOVED = "eye -   mouth skin skin hair eye  hair"
LAYERS = ["b4.conv1"] * 5 + ["b8.conv0"] * 3


def save(path, labels, layers=LAYERS, protocol="psi0.7-const-noise-grid4"):
    labels = labels.split()
    ids = np.array([NAMES.index(label) if label != "-" else -1 for label in labels], np.int16)
    maps = np.zeros([1, len(ids), 4, 4])
    evidence = Evidence(
        dominant=np.tile(ids, [10, 1]),
        present=np.ones([10, len(NAMES)], bool),
        region_names=np.array(NAMES),
        channel_names=np.array([f"{layer}:{c}" for c, layer in enumerate(layers)]),
        paper_index=np.array([f"{('b4.conv1', 'b8.conv0').index(layer)}_{c}" for c, layer in enumerate(layers)]),
        layers=np.array(layers),
        mean_area=np.full(len(NAMES), 0.2),
        mean_map=maps[0].astype(np.float32),
        example_pixels=np.zeros([1, 4, 4, 3], np.uint8),
        example_regions=np.zeros([1, 4, 4], np.uint8),
        example_maps=maps.astype(np.float16),
        first=np.array(0),
        judge=np.array("parser"),
        digest=np.array(path.stem),
        protocol=np.array(protocol),
        parser_iou=np.array(0.9 if path.stem == "face" else 0.8),
    )
    save_evidence(path, evidence)
    return path.stem, path


@pytest.fixture
def pair(tmp_path):
    return save(tmp_path / "face.npz", FACE), save(tmp_path / "moved.npz", MOVED)


def test_each_listed_channel_of_the_parent_has_a_row(pair):
    rows = {row["channel"]: row for row in kept_region_rows(*pair, Thresholds())}
    regions = {name: (row["region"], row["region_in_model"], row["kept_region"]) for name, row in rows.items()}
    assert regions == {
        "0_0": ("eye", "eye", True),
        "0_1": ("eye", "(none)", False),
        "0_2": ("mouth", "mouth", True),
        "0_3": ("hair", "skin", False),  # a region that is not listed is told all the same
        "1_6": ("hair", "eye", False),
        "1_7": ("mouth", "hair", False),
    }
    assert {row["region_shown"] for row in rows.values()} == {1.0}
    about = {
        (row["parent"], row["model"], row["num_images"], row["parser"], row["parser_iou"]) for row in rows.values()
    }
    assert about == {("face", "moved", 10, "parser", 0.8)}


def test_chance_is_the_part_of_the_layer_with_that_region_in_the_child(pair):
    before, after = FACE.split(), MOVED.split()
    for row in kept_region_rows(*pair, Thresholds()):
        within = [c for c, layer in enumerate(LAYERS) if layer == row["layer"]]
        region = before[int(row["channel"].partition("_")[2])]
        alike = sum(after[c] == region for c in within)
        assert row["region_chance"] == alike / len(within)


def test_in_itself_every_channel_keeps_its_region(pair):
    rows = kept_region_rows(pair[0], pair[0], Thresholds())
    assert len(rows) == 6
    assert all(row["kept_region"] for row in rows)


def test_thresholds_say_what_is_listed(pair):
    assert {row["region"] for row in kept_region_rows(*pair, Thresholds(not_listed=()))} == set(NAMES[1:])
    assert kept_region_rows(*pair, Thresholds(min_rate=1.0)) == []


def test_other_channels_and_other_images_are_refused(pair, tmp_path):
    with pytest.raises(LineageError, match=r"models\.face and models\.other: their style channels"):
        kept_region_rows(pair[0], save(tmp_path / "other.npz", "eye eye", LAYERS[:2]), Thresholds())
    with pytest.raises(TableError, match="psi1"):
        kept_region_rows(pair[0], save(tmp_path / "other.npz", MOVED, protocol="psi1"), Thresholds())
