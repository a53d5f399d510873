"""A child of a lower resolution against its parent: exact agreement, controls, channels, and what is concluded."""

import dataclasses

import numpy as np
import pytest
import torch

from stylealign.checkpoint import ModelCard, load_generator, save_generator, state_digest
from stylealign.editing.locality_bias import is_kept
from stylealign.editing.resolution_alignment import (
    agreement_rows,
    load_models,
    readable_attributes,
    shown_images,
)
from stylealign.editing.resolution_verdict import verdict_rows
from stylealign.errors import JudgeError, LineageError
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import Attribute, EmbeddedNetwork, Vocabulary
from stylealign.networks.generator import Generator
from stylealign.networks.lower import lower_part

SHAPE = {"z_dim": 8, "w_dim": 8, "channel_base": 64, "channel_max": 4, "mapping_layers": 2}
ASKED = {"num_z": 24, "truncation_psi": 0.7, "num_channels": 3, "num_effect_z": 4, "strength": 5.0, "min_effect": 0.5}


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(7)
    read = tuple(Attribute(name, "number", -30, 30, "deg") for name in ("yaw_deg", "tone"))
    return EmbeddedJudge("tiny", EmbeddedNetwork(32, 8, Vocabulary(("face",), read, ())))


def generator(seed, img_resolution):
    torch.manual_seed(seed)
    return Generator(**SHAPE, img_resolution=img_resolution).eval().requires_grad_(False)


def save(folder, name, G, kimg=4.0):
    digest = state_digest(G.state_dict())
    card = ModelCard(name, "face", G.init_kwargs, G.img_resolution, (name,), (digest,), kimg, kimg, 0, 1, "test")
    save_generator(folder / f"{name}.safetensors", G, card)
    return folder / f"{name}.safetensors"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("resolutions")
    parent = generator(0, 32)
    with torch.no_grad():  # the whole image is its lower part's, drawn larger: its child agrees but for the drawing
        parent.synthesis.b32.torgb.weight.zero_()
    return {
        "parent": save(folder, "parent", parent),
        "child": save(folder, "child", lower_part(parent, 16)),
        "scratch": save(folder, "scratch", generator(5, 16), kimg=9.0),
    }


def rows_of(files, judge, reader="judge", **changed):
    models = load_models(files["parent"], files["child"], files["scratch"])
    settings = {**ASKED, "attributes": ("yaw_deg",), **changed}
    about = {"domain": "face", "judged_px": 32, "quality": None, "seed": 0, "purpose": ("parent", "child")}
    return agreement_rows(models, judge, judge if reader == "judge" else reader, **about, **settings)


@pytest.fixture(scope="module")
def rows(files, judge):
    return {(row["measure"], row["state"]): row for row in rows_of(files, judge)}


def test_a_child_that_is_its_parents_lower_part_agrees_as_before(rows):
    for measure in ("lpips", "spearman:yaw_deg", "spearman:tone", "kept_channels"):
        assert rows[measure, "after"]["value"] == rows[measure, "before"]["value"], measure
    assert rows["lpips", "after"]["value"] < 0.5 * rows["lpips", "scratch"]["value"]
    assert rows["spearman:tone", "after"]["value"] > 0.8
    assert abs(rows["spearman:tone", "shuffled"]["value"]) < 0.6
    assert rows["kept_channels", "after"]["value"] == 1


def test_every_row_says_how_many_and_how(rows):
    for row in rows.values():
        assert row["low"] <= row["value"] <= row["high"] or row["measure"].startswith(("spearman", "lpips"))
        assert row["n"] > 0
        assert "16px" in row["protocol"]
    assert {rows["lpips", state]["kimg"] for state in ("before", "after", "scratch")} == {0.0, 4.0, 9.0}
    effects = [measure for measure, state in rows if measure.startswith("effect:yaw_deg:") and state == "parent"]
    assert len(effects) == ASKED["num_channels"]


def test_what_cannot_be_read_at_the_lower_resolution_is_no_part_of_the_share(files, judge, monkeypatch):
    found = rows_of(files, judge, attributes=("yaw_deg", "tone"))
    readable = readable_attributes(found)
    pooled = {row["state"]: row["n"] for row in found if row["measure"] == "kept_channels"}
    clear = [row for row in found if row["measure"].startswith("effect:") and row["state"] == "parent"]
    clear = [row for row in clear if row["low"] * row["high"] > 0 and row["measure"].split(":")[1] in readable]
    assert set(pooled.values()) == {len(clear)}
    monkeypatch.setattr("stylealign.editing.resolution_alignment.READABLE", 1.1)
    assert not [row for row in rows_of(files, judge) if row["measure"] == "kept_channels"]


def test_without_a_reader_only_distances_are_told(files, judge):
    found = rows_of(files, judge, reader=None)
    assert {row["measure"] for row in found} == {"lpips"}


def test_an_attribute_that_nobody_reads_is_named(files, judge):
    with pytest.raises(JudgeError, match=r"resolution_alignment\.attributes.*smile"):
        rows_of(files, judge, attributes=("smile",))


def test_models_of_different_shapes_are_refused(files, tmp_path):
    torch.manual_seed(1)
    other = Generator(**{**SHAPE, "w_dim": 12}, img_resolution=16)
    with pytest.raises(LineageError, match="architecture"):
        load_models(files["parent"], save(tmp_path, "other", other), None)


def test_the_shown_images_are_the_models_own(files):
    models = load_models(files["parent"], files["child"], None)
    shown = shown_images(models, num=3, truncation_psi=0.7, seed=0)
    assert {name: images.shape for name, images in shown.items()} == {
        "parent": (3, 32, 32, 3),
        "before": (3, 16, 16, 3),
        "after": (3, 16, 16, 3),
    }
    assert np.array_equal(shown["before"], shown["after"])
    assert models.sizes() == {"resolution": 16, "parent_resolution": load_generator(files["parent"])[0].img_resolution}
    assert dataclasses.is_dataclass(models)


def test_kept_is_the_same_sign_and_half_the_size():
    kept = is_kept(np.array([1.0, 1.0, -2.0, 1.0, 0.0]), np.array([0.5, 0.4, -3.0, -1.0, 0.0]), 0.5)
    assert kept.tolist() == [True, False, True, False, False]


def told(measure, state, value, low, high):
    return {"measure": measure, "state": state, "value": value, "low": low, "high": high, "kimg": 4.0, "n": 5}


GOOD = [
    told("lpips", "after", 0.2, 0.19, 0.21),
    told("lpips", "shuffled", 0.6, 0.5, 0.7),
    told("lpips", "scratch", 0.6, 0.5, 0.7),
    told("spearman:mean", "after", 0.6, 0.5, 0.7),
    told("spearman:mean", "shuffled", 0.0, -0.1, 0.1),
    told("spearman:mean", "scratch", 0.0, -0.1, 0.1),
    told("kept_channels", "after", 0.7, 0.6, 0.8),
    told("kept_channels", "scratch", 0.2, 0.1, 0.3),
    told("kimg_to_kid", "after", 4.0, 4.0, 6.0),
    told("kimg_to_kid", "scratch", 20.0, 18.0, 20.0),
]


def verdict(rows):
    return {row["measure"].removeprefix("holds:"): row["value"] for row in verdict_rows(rows)}


def changed(measure, state, **values):
    return [row | values if (row["measure"], row["state"]) == (measure, state) else row for row in GOOD]


def test_the_claims_hold_where_the_numbers_say_so():
    assert verdict(GOOD) == {"agreement": 1, "channels": 1, "cost": 1}
    assert verdict(changed("lpips", "after", high=0.55))["agreement"] == 0
    assert verdict(changed("spearman:mean", "scratch", high=0.55))["agreement"] == 0
    assert verdict(changed("kept_channels", "after", value=0.4))["channels"] == 0
    assert verdict(changed("kept_channels", "scratch", high=0.65))["channels"] == 0
    assert verdict(changed("kimg_to_kid", "after", high=18.0))["cost"] == 0
    assert verdict(changed("kimg_to_kid", "after", high=float("nan")))["cost"] == 0


def test_without_a_control_nothing_is_decided():
    assert verdict([row for row in GOOD if row["state"] != "scratch"]) == {}


def test_scratch_that_was_seen_at_its_end_only_does_not_decide_the_cost():
    assert set(verdict(changed("kimg_to_kid", "scratch", n=1))) == {"agreement", "channels"}
