"""Shared localized channels: counts by hand, a copy that shares all, a stranger's names, refusals."""

import dataclasses
import shutil

import numpy as np
import pytest

from stylealign.alignment.channel_maps import load_channel_maps, measure_channel_maps
from stylealign.alignment.channel_overlap import channel_overlap_rows
from stylealign.alignment.localized_channels import (
    Evidence,
    Thresholds,
    load_evidence,
    localized,
    localized_channel_evidence,
    save_evidence,
)
from stylealign.errors import LineageError, TableError
from stylealign.judges.judge import REGIONS, Judge
from stylealign.tables import CHANNEL_OVERLAP, to_frame

NAMES = ("background", "ear", "hair", "neck")
LAYERS = ["b4.conv1"] * 4 + ["b8.conv0"] * 4


def _save(path, labels, names=NAMES, num=20, sure=1.0, **changed):
    """Evidence of channels localized to ``labels`` (- is nowhere), in the share ``sure`` of the images."""
    ids = np.array([names.index(label) if label != "-" else -1 for label in labels.split()], np.int16)
    dominant = np.where(np.random.default_rng(len(labels)).random([num, len(ids)]) < sure, ids, 0).astype(np.int16)
    channels = np.array([f"{layer}:{c % 4}" for c, layer in enumerate(LAYERS[: len(ids)])])
    maps = np.zeros([2, len(ids), 4, 4], np.float16)
    evidence = Evidence(
        dominant=dominant,
        present=np.ones([num, len(names)], bool),
        region_names=np.array(names),
        channel_names=channels,
        paper_index=np.array([f"{0 if c < 4 else 2}_{c % 4}" for c in range(len(ids))]),
        layers=np.array(LAYERS[: len(ids)]),
        mean_area=np.full(len(names), 0.1),
        mean_map=maps[0].astype(np.float32),
        example_pixels=np.zeros([2, 4, 4, 3], np.uint8),
        example_regions=np.zeros([2, 4, 4], np.uint8),
        example_maps=maps,
        first=np.array(0),
        judge=np.array("parser"),
        digest=np.array("digest"),
        protocol=np.array("psi0.7-const-noise-grid4"),
    )
    save_evidence(path, dataclasses.replace(evidence, **changed))
    return path


def _rows(tmp_path, parent, child, thresholds=Thresholds(), relation="child", seed=0, rule="strict"):  # noqa: B008  frozen
    rows = channel_overlap_rows("dog", child, [("face", relation, parent)], thresholds, seed=seed)
    frame = to_frame(CHANNEL_OVERLAP, rows)
    return frame[frame["rule"] == rule].set_index(["parent_region", "child_region"])


@pytest.fixture
def pair(tmp_path):
    parent = _save(tmp_path / "face.npz", "ear ear hair hair background - neck neck")
    child = _save(tmp_path / "dog.npz", "ear hair hair - neck neck neck background")
    return parent, child


def test_the_lower_of_the_parsers_scores_stands_beside_the_counts(tmp_path, pair):
    for path, iou in zip(pair, (0.9, 0.6), strict=True):
        save_evidence(path, dataclasses.replace(load_evidence(path), parser_iou=np.asarray(iou)))
    assert set(_rows(tmp_path, *pair)["parser_iou"]) == {0.6}


def test_the_loose_rule_is_the_strict_one_at_the_loose_rate(tmp_path, pair):
    loose = _rows(tmp_path, *pair, Thresholds(min_rate=0.9, loose_rate=0.4), rule="loose")
    strict = _rows(tmp_path, *pair, Thresholds(min_rate=0.4), rule="strict")
    assert loose.drop(columns="rule").equals(strict.drop(columns="rule"))


def test_counts_and_chance_of_every_pair_of_regions_by_hand(tmp_path, pair):
    frame = _rows(tmp_path, *pair)
    shared = {("ear", "ear"): 1, ("ear", "hair"): 1, ("hair", "hair"): 1, ("neck", "neck"): 1}
    listed = [(a, b) for a in NAMES[1:] for b in NAMES[1:]]
    assert [tuple(key) for key in frame.index if "(" not in key[0]] == listed  # empty cells too
    assert frame.loc[listed, "shared"].to_dict() == {key: shared.get(key, 0) for key in listed}
    assert frame.loc[("ear", "hair"), ["parent_total", "child_total"]].tolist() == [2, 2]
    assert frame.loc[("neck", "neck"), ["parent_total", "child_total"]].tolist() == [2, 3]
    neck = frame.loc[("neck", "neck")]
    assert neck["expected_by_chance"] == 2 * 3 / 8
    assert neck["p_value"] == pytest.approx(1 - (5 * 4) / (8 * 7))  # not both of the two outside the three
    assert neck["expected_within_layers"] == 2 * 3 / 4  # all of them in the second layer
    assert neck["p_within_layers"] == pytest.approx(1)  # three of its four channels: one must be shared
    assert neck[["share_kept", "excess_share"]].tolist() == [0.5, (1 - 1.5) / 2]
    assert frame.loc[("ear", "neck"), ["p_value", "p_within_layers"]].tolist() == [1, 1]


def test_the_sums_count_kept_regions_and_channels_localized_in_both(tmp_path, pair):
    frame = _rows(tmp_path, *pair)
    same, both = frame.loc[("(listed)", "(same)")], frame.loc[("(listed)", "(listed)")]
    assert same[["shared", "parent_total", "child_total"]].tolist() == [3, 6, 6]
    assert both[["shared", "parent_total", "child_total"]].tolist() == [4, 6, 6]
    assert same["expected_by_chance"] == (2 * 1 + 2 * 2 + 2 * 3) / 8
    assert same["expected_within_layers"] == (2 * 1 + 2 * 2) / 4 + 2 * 3 / 4
    assert same["share_kept"] == 0.5
    assert same["excess_share"] == (3 - 3) / 6
    assert both["expected_by_chance"] == 6 * 6 / 8
    assert both["expected_within_layers"] == 4 * 3 / 4 + 2 * 3 / 4
    assert both["p_within_layers"] == pytest.approx(1)


def test_rows_say_what_was_compared_and_how(tmp_path, pair):
    frame = _rows(tmp_path, *pair, relation="grandchild").reset_index()
    told = ["parent", "child", "relation", "num_channels", "num_images", "judge", "seed"]
    assert (frame[told] == ["face", "dog", "grandchild", 8, 20, "parser", 0]).all(axis=None)
    assert set(frame["protocol"]) == {"psi0.7-const-noise-grid4-rate0.75-lead0.25-shown0.1"}


def test_regions_are_matched_by_name_when_the_parsers_differ(tmp_path, pair):
    """An animal parser: its own numbers, no hair, a muzzle."""
    names = ("muzzle", "neck", "background", "ear")
    child = _save(tmp_path / "dog.npz", "ear muzzle muzzle - neck neck neck ear", names, judge=np.array("animal"))
    frame = _rows(tmp_path, pair[0], child)
    assert frame.loc[("(listed)", "(same)"), "shared"] == 2
    assert frame.loc[("hair", "muzzle"), "shared"] == frame.loc[("ear", "muzzle"), "shared"] == 1
    assert ("hair", "hair") not in frame.index
    assert set(frame["judge"]) == {"parser, animal"}


def test_sure_images_leave_no_interval_and_unsure_ones_do(tmp_path, pair):
    sure = _rows(tmp_path, *pair)
    assert (sure["low"] == sure["shared"]).all()
    assert (sure["high"] == sure["shared"]).all()
    labels = "ear ear hair hair hair neck neck neck"
    paths = [_save(tmp_path / f"unsure{n}.npz", labels, sure=0.78, num=40) for n in range(2)]
    frame = _rows(tmp_path, *paths)
    both = frame.loc[("(listed)", "(same)")]
    assert both["low"] < both["shared"] < both["high"]
    assert (frame["low"] <= frame["high"]).all()
    assert frame.equals(_rows(tmp_path, *paths))
    assert not frame.equals(_rows(tmp_path, *paths, seed=1))


def test_counts_are_of_every_image_once(tmp_path):
    """Of unsure images a resample would count others: each row's numbers are those of the models' own tables."""
    labels = "ear ear hair hair hair neck neck neck"
    for n, sure in enumerate((0.76, 0.77, 0.78, 0.79)):
        path = _save(tmp_path / f"unsure{n}.npz", labels, sure=sure, num=40)
        frame, found = _rows(tmp_path, path, path), localized(load_evidence(path), Thresholds())
        for name in NAMES[1:]:
            totals = frame.loc[(name, name), ["shared", "parent_total", "child_total"]]
            assert totals.tolist() == [(found == NAMES.index(name)).sum()] * 3


def test_both_models_are_resampled_alike(tmp_path):
    """The parent acts in the ear in half of the images, the child in the other half: never both in most of a draw."""
    half = np.arange(20)[:, None] < 10
    dominant = [np.where(where, NAMES.index("ear"), 0).repeat(8, 1).astype(np.int16) for where in (half, ~half)]
    labels = "- - - - - - - -"
    paths = [_save(tmp_path / f"half{n}.npz", labels, dominant=some) for n, some in enumerate(dominant)]
    majority = Thresholds(min_rate=0.5, min_lead=0)
    assert _rows(tmp_path, *paths, majority).loc[("ear", "ear"), "high"] == 0
    assert _rows(tmp_path, paths[0], paths[0], majority).loc[("ear", "ear"), ["low", "high"]].tolist() == [0, 8]


def test_nothing_localized_gives_no_share(tmp_path, pair):
    empty = _save(tmp_path / "empty.npz", "- - - - - - - -")
    frame = _rows(tmp_path, empty, pair[1])
    assert frame["share_kept"].isna().all()
    assert frame["excess_share"].isna().all()
    assert (frame[["shared", "expected_by_chance"]] == 0).all(axis=None)
    assert (frame["p_value"] == 1).all()


class TilesParser(Judge):
    """Nine fixed tiles of the image, whatever it shows."""

    kind = "tiles"
    measures = frozenset({REGIONS})
    region_names = tuple(f"tile{k}" for k in range(9))

    def _regions(self, pixels):
        import torch

        third = torch.arange(pixels.shape[-1]) * 3 // pixels.shape[-1]
        return (3 * third[:, None] + third).to(torch.uint8).expand(len(pixels), -1, -1).contiguous()


def _measured(g_ema, tmp_path, name):
    path = tmp_path / f"{name}.safetensors"
    shutil.copy(g_ema, path)
    settings = {"first": 0, "num_images": 8, "num_total": 8, "truncation_psi": 0.7, "grid": 32, "seed": 0}
    measure_channel_maps(
        path, tmp_path / f"{name}.maps.npz", **settings, memory_budget_gb=0.5, state=tmp_path / name, device="cpu"
    )
    evidence = localized_channel_evidence(load_channel_maps([tmp_path / f"{name}.maps.npz"]), TilesParser("tiles"))
    save_evidence(tmp_path / f"{name}.npz", evidence)
    return tmp_path / f"{name}.npz"


def test_a_child_trained_for_0_kimg_shares_every_channel(family, tmp_path):
    """Real maps of a real generator and of its copy: all shared, nothing off the diagonal; a stranger shares few."""
    models = {name: _measured(family[name], tmp_path, name) for name in ("parent", "stranger")}
    models["copy"] = _measured(family["parent"], tmp_path, "copy")
    thresholds = Thresholds(min_rate=0.5, min_lead=0.1)
    assert (localized(load_evidence(models["parent"]), thresholds) >= 0).sum() >= 10
    relatives = [("parent", "child", models["parent"]), ("stranger", "unrelated", models["stranger"])]
    rows = channel_overlap_rows("copy", models["copy"], relatives, thresholds, seed=0)
    frame = to_frame(CHANNEL_OVERLAP, rows)
    frame = frame[frame["rule"] == "strict"]
    cells = frame[~frame["child_region"].str.startswith("(")]
    ours = cells[cells["parent"] == "parent"]
    diagonal = ours["parent_region"] == ours["child_region"]
    assert (ours.loc[diagonal, "shared"] == ours.loc[diagonal, "parent_total"]).all()
    assert (ours.loc[diagonal, "child_total"] == ours.loc[diagonal, "parent_total"]).all()
    assert (ours.loc[~diagonal, ["shared", "high"]] == 0).all(axis=None)
    same = frame[frame["child_region"] == "(same)"].set_index("parent")
    assert same.loc["parent", "share_kept"] == 1
    assert same.loc["parent", "p_within_layers"] < 0.01
    assert same.loc["stranger", "share_kept"] < 0.8


def test_refusals_name_the_models_and_the_cure(tmp_path, pair):
    parent, child = pair
    smaller = _save(tmp_path / "smaller.npz", "ear ear")
    with pytest.raises(LineageError, match=r"models\.face and models\.dog: their style channels"):
        _rows(tmp_path, parent, smaller)
    labels = "ear hair hair - neck neck neck background"
    for changed, told in (
        ({"num": 21}, "20 images.*21 images"),
        ({"first": np.array(20)}, "from z 0 on.*from z 20 on"),
        ({"protocol": np.array("psi1-const-noise-grid4")}, r"psi0\.7.*psi1"),
    ):
        with pytest.raises(TableError, match=told):
            _rows(tmp_path, parent, _save(tmp_path / "other.npz", labels, **changed))
    with pytest.raises(TableError, match=r"absent\.npz does not hold"):
        _rows(tmp_path, tmp_path / "absent.npz", child)
