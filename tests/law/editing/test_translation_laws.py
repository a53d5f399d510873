"""Laws of translation: to oneself a reconstruction, a copy answers alike, a switch at an end is one end alone."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.checkpoint import ModelCard, save_generator, state_digest
from stylealign.codes import Codes, Passport, write_codes
from stylealign.data.prepare import encode_png
from stylealign.editing.baseline_images import read_baseline
from stylealign.editing.reference_mix import rows_below, switch
from stylealign.editing.translate import render, render_ws, translate, translate_codes, ws_of_codes
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import code_shape

SPACES = ("z", "zplus", "w", "wplus", "s")
NUM, PSI = 5, 0.7


def _generator(seed):
    torch.manual_seed(seed)
    settings = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16}
    G = Generator(**settings, mapping_layers=2).eval().requires_grad_(False)
    G.mapping.w_avg.normal_()
    return G


def _model(G, name, parent=None):
    digest = state_digest(G.state_dict())
    above, digests = ((), ()) if parent is None else (parent.lineage, parent.lineage_digests)
    card = ModelCard(name, "face", G.init_kwargs, 16, (*above, name), (*digests, digest), 0, 0, 0, 1, "test")
    return G, card


PARENT = _model(_generator(0), "parent")
COPY = _model(copy.deepcopy(PARENT[0]), "copy", PARENT[1])
CHILD = _model(_generator(1), "child", PARENT[1])
Z = sample_z(NUM, 8, 0, "law")


def _codes(space, values, owner=PARENT):
    nothing, psi = np.full(len(values), np.nan, np.float32), PSI if space in ("z", "zplus") else 1.0
    passport = Passport(space, f"{space}_opt", code_shape(owner[0], space), owner[1].digest, psi, "none", "{}")
    image_ids = tuple(f"image{k:08d}" for k in range(len(values)))
    steps = np.zeros(len(values), np.int32)
    return Codes(passport, image_ids, np.asarray(values, np.float32), nothing, nothing, nothing, steps, nothing)


def _inverted(space, owner=PARENT):
    """The codes of the owner's own images of Z: what a perfect inversion finds in each space."""
    G = owner[0]
    ws = G.mapping(Z, truncation_psi=PSI)
    found = {"z": Z, "zplus": Z[:, None].repeat(1, G.num_ws, 1), "w": ws[:, 0], "wplus": ws, "s": G.styles(ws)}
    return _codes(space, found[space].numpy(), owner)


def _drawn(G):
    return to_hwc(to_pixels(G(Z, truncation_psi=PSI, noise_mode="const")))


def _assert_alike(images, others):
    """Equal but for a grey level where a float is at the border of two."""
    np.testing.assert_allclose(images.astype(int), others.astype(int), atol=1)
    assert (images == others).mean() > 0.99


@pytest.mark.parametrize("space", SPACES)
def test_to_oneself_is_the_reconstruction(space):
    codes = _inverted(space)
    own = translate(PARENT[1], PARENT, codes)
    np.testing.assert_array_equal(own, render(PARENT[0], codes))
    _assert_alike(own, _drawn(PARENT[0]))


@pytest.mark.parametrize("space", SPACES)
def test_a_copy_gives_identical_images_and_a_child_does_not(space):
    codes = _inverted(space)
    own = translate(PARENT[1], PARENT, codes)
    np.testing.assert_array_equal(translate(PARENT[1], COPY, codes), own)
    assert (translate(PARENT[1], CHILD, codes) == own).mean() < 0.5


def test_the_crossing_in_z_is_the_targets_own_image_of_z():
    np.testing.assert_array_equal(translate(PARENT[1], CHILD, _inverted("z")), _drawn(CHILD[0]))
    _assert_alike(translate(PARENT[1], CHILD, _inverted("zplus")), _drawn(CHILD[0]))


def test_after_the_mapping_the_parents_mapping_stays():
    """A crossing in W is the child with its parent's mapping; in S also with its parent's affine layers."""
    hybrid = copy.deepcopy(CHILD[0])
    hybrid.mapping.load_state_dict(PARENT[0].mapping.state_dict())
    for space in ("w", "wplus"):
        _assert_alike(translate(PARENT[1], CHILD, _inverted(space)), _drawn(hybrid))
    state, parent = hybrid.state_dict(), PARENT[0].state_dict()
    hybrid.load_state_dict(state | {name: parent[name] for name in state if ".affine." in name})
    _assert_alike(translate(PARENT[1], CHILD, _inverted("s")), _drawn(hybrid))


@pytest.mark.parametrize("model", [PARENT, CHILD], ids=["parent", "child"])
def test_only_the_direction_of_z_counts(model):
    _assert_alike(render(model[0], _codes("z", 3 * Z.numpy())), render(model[0], _codes("z", Z.numpy())))


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(NUM)), batch_size=st.integers(1, NUM), space=st.sampled_from(SPACES))
def test_neither_order_nor_company_counts(order, batch_size, space):
    codes = _inverted(space)
    whole = render(CHILD[0], codes)
    _assert_alike(render(CHILD[0], codes.take(order), batch_size=batch_size), whole[list(order)])


def _mixed(row):
    coarse, fine = ws_of_codes(CHILD[0], _inverted("z")), ws_of_codes(CHILD[0], _codes("z", Z.numpy()[::-1], CHILD))
    return render_ws(CHILD[0], [switch(coarse, fine, row)])


def test_a_switch_at_0_is_the_reference_and_at_the_end_the_source():
    source, reference = translate(PARENT[1], CHILD, _inverted("z")), render(CHILD[0], _codes("z", Z.numpy()[::-1]))
    G = CHILD[0]
    np.testing.assert_array_equal(_mixed(rows_below(G, 4)), reference)
    np.testing.assert_array_equal(_mixed(rows_below(G, 32)), source)
    between = _mixed(rows_below(G, 8))
    middle = NUM // 2  # its own reference: Z turned round leaves the middle where it was
    assert np.array_equal(between[middle], source[middle])
    assert not np.array_equal(between[0], source[0])
    assert not np.array_equal(between[0], reference[0])


@settings(max_examples=30, deadline=None)
@given(row=st.integers(0, 6))
def test_a_switch_changes_no_style_below_it(row):
    G = CHILD[0]
    coarse, fine = G.mapping(Z), G.mapping(Z.flip(0))
    s, own, other = G.styles(switch(coarse, fine, row)), G.styles(coarse), G.styles(fine)
    for layer in G.style_layers:
        expected = own if layer.ws_index < row else other
        torch.testing.assert_close(s[:, layer.columns], expected[:, layer.columns])


@settings(max_examples=20, deadline=None)
@given(powers=st.tuples(st.integers(2, 5), st.integers(2, 5)))
def test_a_higher_switch_leaves_the_source_no_less(powers):
    low, high = (rows_below(CHILD[0], 2**power) for power in sorted(powers))
    assert 0 <= low <= high <= CHILD[0].num_ws


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), num=st.integers(1, 6))
def test_a_folder_read_back_has_the_very_pixels(seed, num, tmp_path_factory):
    pixels = np.random.default_rng(seed).integers(0, 256, [num, 16, 16, 3], np.uint8)
    folder, image_ids = tmp_path_factory.mktemp("folder"), [f"{k:x}image{seed:08d}" for k in range(num)]
    for image_id, image in zip(image_ids, pixels, strict=True):
        (folder / f"{image_id}.png").write_bytes(encode_png(image))
    order = np.random.default_rng(seed).permutation(num)
    found = read_baseline("ours", folder, 16, [image_ids[k] for k in order], [""] * num)
    np.testing.assert_array_equal(found.pixels, pixels[order])
    assert list(found.source_ids) == [image_ids[k] for k in order]


def test_translated_files_read_back_are_the_translation(tmp_path):
    codes = _inverted("wplus")
    write_codes(tmp_path / "codes.parquet", codes)
    for name, model in {"parent": PARENT, "child": CHILD}.items():
        save_generator(tmp_path / f"{name}.safetensors", *model)
    ends = tmp_path / "parent.safetensors", tmp_path / "child.safetensors"
    assert translate_codes(tmp_path / "codes.parquet", *ends, tmp_path / "out") == NUM
    found = read_baseline("ours", tmp_path / "out", 16, codes.image_ids, [""] * NUM)
    np.testing.assert_array_equal(found.pixels, translate(PARENT[1], CHILD, codes))
