"""Models adapted from one parent are siblings to every comparison, with no case of their own (StyleGAN-NADA, F)."""

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from stylealign.alignment.channel_maps import load_channel_maps, measure_channel_maps
from stylealign.alignment.channel_overlap import channel_overlap_rows
from stylealign.alignment.localized_channels import Thresholds, localized_channel_evidence, save_evidence
from stylealign.alignment.mapping_drift import mapping_drift_rows
from stylealign.checkpoint import load_generator, load_tensors, read_card
from stylealign.cli import app
from stylealign.editing.blend_smoothness import blend_rows
from stylealign.editing.morph import MorphPath
from stylealign.editing.morph_pairs import open_pairs
from stylealign.editing.morph_smoothness import morph_rows
from stylealign.editing.translate import open_crossing, render_ws
from stylealign.images import to_pixels
from stylealign.tables import BLEND_SMOOTHNESS, CHANNEL_OVERLAP, MAPPING_DRIFT, MORPH_SMOOTHNESS, to_frame


@pytest.fixture(scope="module")
def siblings(make_adapted):
    """Two models of one parent, to two texts."""
    texts = {"sketch": "a sketch of a person", "cat": "a photo of a cat"}
    return {name: make_adapted(name, target_text=text).g_ema for name, text in texts.items()}


@pytest.fixture(scope="module")
def judge(make_judge):
    return make_judge(["yaw_deg"], ["background", "skin", "hair"])


def test_they_differ_and_say_whose_they_are(siblings, make_adapted):
    cards = {name: read_card(path) for name, path in siblings.items()}
    parent = read_card(make_adapted.parent)
    assert {card.lineage_digests[:-1] for card in cards.values()} == {parent.lineage_digests}
    assert cards["sketch"].digest != cards["cat"].digest
    assert all(card.lineage == (*parent.lineage, name) for name, card in cards.items())


def test_mappings_have_not_moved_at_all(siblings, make_adapted):
    sketch, cat = siblings.values()
    relatives = [("parent", "child", make_adapted.parent), ("cat", "sibling", cat)]
    frame = to_frame(MAPPING_DRIFT, mapping_drift_rows("sketch", sketch, relatives, num_z=500, seed=0))
    assert (frame[["l1_w", "l1_w_low", "l1_w_high"]] == 0).all(axis=None)


def test_weights_go_from_one_to_the_other_and_codes_stay(siblings, judge):
    """Figure 19: at the ends each model's own image, in between a mixture of weights."""
    pairs = open_pairs(list(siblings.values()), [], num_pairs=3)
    assert torch.equal(pairs.ws[0], pairs.ws[1]), "one mapping: the same z is the same code"
    rows, steps = morph_rows("sketch2cat", pairs, judge, num_frames=5, seed=0)
    assert set(to_frame(MORPH_SMOOTHNESS, rows)["endpoint_error"]) == {0}
    assert (steps > 0).any()
    one, other = pairs.generators
    states = [dict(G.named_parameters()) for G in (one, other)]
    halfway = MorphPath(pairs.generators, pairs.ws).render([0.5], 0.5)[0]
    with torch.no_grad():
        for name, parameter in one.named_parameters():
            parameter.copy_((states[0][name] + states[1][name]) / 2)
        expected = to_pixels(one.synthesis(one.styles(pairs.ws[0]), noise_mode="const"))
    assert np.abs(halfway.astype(int) - expected.movedim(1, -1).numpy().astype(int)).max() <= 1


def test_they_blend(siblings, judge):
    how = {"granularity": "block", "num_z": 4, "truncation_psi": 0.7, "seed": 0}
    frame = to_frame(BLEND_SMOOTHNESS, blend_rows("sketch2cat", list(siblings.values()), judge, **how))
    assert frame["value"].notna().all()
    assert set(frame["measure"]) >= {"step", "to_first"}


def test_the_command_morphs_them(siblings, tmp_path):
    video = tmp_path / "both.gif"
    options = ["--output", str(video), "--num", "2", "--frames", "3", "--seconds", "0.5"]
    done = CliRunner().invoke(app, ["morph", *map(str, siblings.values()), *options])
    assert done.exit_code == 0, done.output
    assert video.read_bytes()[:3] == b"GIF"


def test_channels_are_compared(siblings, make_adapted, judge, tmp_path):
    evidence = {}
    for name, path in {**siblings, "parent": make_adapted.parent}.items():
        maps = tmp_path / f"{name}.npz"
        how = {"first": 0, "num_images": 3, "num_total": 3, "grid": 4, "truncation_psi": 0.7, "seed": 0}
        where = {"state": tmp_path / f"{name}.state", "memory_budget_gb": 1.0, "device": "cpu"}
        measure_channel_maps(path, maps, **how, **where)
        evidence[name] = tmp_path / f"{name}.evidence.npz"
        save_evidence(evidence[name], localized_channel_evidence(load_channel_maps([maps]), judge))
    others = [("parent", "child", evidence["parent"]), ("cat", "sibling", evidence["cat"])]
    frame = to_frame(CHANNEL_OVERLAP, channel_overlap_rows("sketch", evidence["sketch"], others, Thresholds(), seed=0))
    assert set(frame["parent"]) == {"parent", "cat"}


@pytest.mark.parametrize("source", ["parent", "cat"])
def test_codes_cross_over(siblings, make_adapted, source):
    """A code of the parent, or of a sibling, is drawn by another synthesis network: the translation."""
    path = make_adapted.parent if source == "parent" else siblings[source]
    _, (G, _) = open_crossing(path, siblings["sketch"])
    own = load_generator(path)[0]
    with torch.no_grad():
        ws = own.mapping(torch.randn([3, 8], generator=torch.Generator().manual_seed(1)))
    assert not np.array_equal(render_ws(G, [ws]), render_ws(own, [ws]))


def test_a_child_of_an_adapted_model_can_be_trained(siblings, make_adapted):
    """Its pair is the adapted generator with the parent's discriminator."""
    tensors, _ = load_tensors(siblings["sketch"].with_name("pair.safetensors"))
    parents, _ = load_tensors(make_adapted.parent.with_name("pair.safetensors"))
    own = load_generator(siblings["sketch"])[0].state_dict()
    assert all(torch.equal(tensors[f"G/{name}"], value) for name, value in own.items())
    discriminator = {name for name in parents if name.startswith("D/")}
    assert {name for name in tensors if name.startswith("D/")} == discriminator
    assert all(torch.equal(tensors[name], parents[name]) for name in discriminator)
