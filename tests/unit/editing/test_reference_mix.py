"""References: which rows are the source's, which references a source gets, what their images are."""

import dataclasses
import weakref

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import read_codes, write_codes
from stylealign.editing.reference_mix import (
    draw_references,
    reference_pictures,
    reference_translations,
    row_layers,
    rows_below,
    switch,
)
from stylealign.editing.source_images import read_images
from stylealign.editing.translate import render, render_ws, ws_of_codes
from stylealign.errors import CodesError, LineageError
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def large():
    """An architecture of 1024 px, too thin to be of use."""
    return Generator(z_dim=2, w_dim=2, img_resolution=1024, channel_base=1024, channel_max=1, mapping_layers=1)


@pytest.mark.parametrize(
    ("switch_px", "rows"), [(4, 0), (8, 1), (16, 3), (32, 5), (64, 7), (1024, 15), (2048, 18)], ids=str
)
def test_rows_below_a_resolution(large, switch_px, rows):
    assert large.num_ws == 18
    assert rows_below(large, switch_px) == rows


def test_the_rule_names_the_convolution_that_its_row_feeds(large):
    layers = row_layers(large)
    assert (layers[0], layers[4], layers[-2:]) == ("b4.conv1", "b16.conv1", ["b1024.conv1", "b1024.torgb"])
    for switch_px in (8, 16, 32, 64, 1024):
        assert layers[rows_below(large, switch_px)] == f"b{switch_px}.conv0"


def test_a_switch_takes_rows_below_from_the_source():
    coarse, fine = torch.zeros(2, 6, 3), torch.ones(2, 6, 3)
    assert switch(coarse, fine, 2)[:, :, 0].tolist() == [[0, 0, 1, 1, 1, 1]] * 2


# -- which references -------------------------------------------------------------------------------------------------

SOURCES, TARGETS = [f"s{k}" for k in range(40)], [f"t{k}" for k in range(12)]


def test_references_are_different_and_of_the_set():
    drawn = draw_references(SOURCES, TARGETS, 10, seed=0)
    assert all(len(set(some)) == 10 and set(some) <= set(TARGETS) for some in drawn)
    assert len({tuple(some) for some in drawn}) == len(SOURCES)
    counts = np.unique(np.array(drawn), return_counts=True)[1]
    assert len(counts) == 12
    assert counts.min() > 20  # 33 expected


def test_a_sources_references_depend_on_nothing_but_itself():
    drawn = dict(zip(SOURCES, draw_references(SOURCES, TARGETS, 10, seed=0), strict=True))
    assert draw_references(["s7"], TARGETS[::-1], 10, seed=0) == [drawn["s7"]]
    assert draw_references(["s7"], TARGETS, 4, seed=0) == [drawn["s7"][:4]]
    assert draw_references(["s7"], TARGETS, 10, seed=1) != [drawn["s7"]]


def test_too_few_references_come_again_only_when_all_were_used():
    (some,) = draw_references(["s"], TARGETS[:4], 10, seed=0)
    assert [len(set(some[start : start + 4])) for start in (0, 4, 8)] == [4, 4, 2]


def test_an_image_is_not_its_own_reference_unless_it_is_alone():
    drawn = draw_references(TARGETS, TARGETS, 11, seed=0)
    assert all(source not in some for source, some in zip(TARGETS, drawn, strict=True))
    assert draw_references(["t"], ["t"], 2, seed=0) == [["t", "t"]]


# -- images -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ends(relatives, inverted):
    methods = ("w_opt", "zplus_opt")
    sources, references = inverted("dog", relatives["parent"], methods), inverted("cat", relatives["child"], methods)
    return relatives["parent"], relatives["child"], sources, references


@pytest.fixture(scope="module")
def mixed(ends):
    return list(reference_translations(*ends, num_references=3, switch_px=16, seed=0))


def test_shapes_and_ids(ends, mixed):
    _, _, sources, references = ends
    assert [(one.image_set, one.method) for one in mixed] == [("dog", "w_opt"), ("dog", "zplus_opt")]
    for one in mixed:
        assert (one.pixels.shape, one.pixels.dtype) == ((6, 3, 16, 16, 3), np.uint8)
        assert one.source_ids == read_codes(sources.codes["w_opt"]).image_ids
        known = set(read_codes(references.codes["w_opt"]).image_ids)
        assert all(len(set(ids)) == 3 and set(ids) <= known for ids in one.reference_ids)
    assert mixed[0].reference_ids == mixed[1].reference_ids


def test_each_image_is_its_pair_on_the_targets_stairs(ends, mixed):
    _, target, sources, references = ends
    G, _ = load_generator(target)
    for one in mixed:
        own, other = read_codes(sources.codes[one.method]), read_codes(references.codes[one.method])
        for row, column in ((0, 0), (3, 1), (5, 2)):
            partner = other.image_ids.index(one.reference_ids[row][column])
            coarse, fine = ws_of_codes(G, own.take([row])), ws_of_codes(G, other.take([partner]))
            alone = render_ws(G, [torch.cat([coarse[:, :3], fine[:, 3:]], 1)])[0]
            np.testing.assert_allclose(one.pixels[row, column].astype(int), alone.astype(int), atol=1)


def test_a_methods_images_are_made_when_asked_for_and_not_kept(ends):
    translations = reference_translations(*ends, num_references=2, switch_px=16, seed=0)
    first = weakref.ref(next(translations).pixels)
    assert first() is None
    assert next(translations).method == "zplus_opt"


def test_codes_say_with_which_truncation_they_are_rendered(mixed):
    assert [(one.method, one.truncation_psi) for one in mixed] == [("w_opt", 1.0), ("zplus_opt", 0.7)]


def test_sources_without_codes_are_translations_of_none(ends, tmp_path):
    source, target, sources, references = ends
    write_codes(tmp_path / "none.parquet", read_codes(sources.codes["w_opt"]).take([]))
    none = dataclasses.replace(sources, codes={"w_opt": tmp_path / "none.parquet"})
    (one,) = reference_translations(source, target, none, references, num_references=2, switch_px=16, seed=0)
    assert one.pixels.shape == (0, 2, 16, 16, 3)


def test_methods_may_list_their_images_in_any_order(ends, mixed, tmp_path):
    source, target, *sets = ends
    orders = [5, 3, 1, 0, 2, 4], [1, 0, 4, 5, 3, 2]
    for place, (one, order) in enumerate(zip(sets, orders, strict=True)):
        path = tmp_path / f"{place}.parquet"
        write_codes(path, read_codes(one.codes["zplus_opt"]).take(order))
        sets[place] = dataclasses.replace(one, codes={**one.codes, "zplus_opt": path})
    _, again = reference_translations(source, target, *sets, num_references=3, switch_px=16, seed=0)
    assert again.reference_ids == tuple(mixed[1].reference_ids[row] for row in orders[0])
    np.testing.assert_allclose(again.pixels.astype(int), mixed[1].pixels[orders[0]].astype(int), atol=1)


def test_refusals(ends, relatives, inverted, tmp_path):
    source, target, sources, references = ends
    protocol = {"num_references": 2, "switch_px": 16, "seed": 0}
    with pytest.raises(LineageError):
        next(reference_translations(source, relatives["stranger"], sources, references, **protocol))
    with pytest.raises(CodesError, match=r"found in another model .* than child"):
        next(reference_translations(source, target, sources, inverted("cat", source), **protocol))
    with pytest.raises(CodesError, match="cat is not inverted by zplus_opt in child"):
        list(reference_translations(source, target, sources, inverted("cat", target, ("w_opt",)), **protocol))


@pytest.mark.parametrize(
    ("method", "num", "says"), [("zplus_opt", 1, "other images than by the first"), ("w_opt", 0, "no references")]
)
def test_references_that_are_missing(ends, tmp_path, method, num, says):
    source, target, sources, references = ends
    codes = read_codes(references.codes[method])
    write_codes(tmp_path / "fewer.parquet", codes.take(range(num)))
    fewer = dataclasses.replace(references, codes={**references.codes, method: tmp_path / "fewer.parquet"})
    with pytest.raises(CodesError, match=says):
        list(reference_translations(source, target, sources, fewer, num_references=2, switch_px=16, seed=0))


@pytest.fixture(scope="module")
def pictures(ends):
    return reference_pictures(*ends, direction="parent2child", switch_px=16, num_shown=3)


def test_pictures_are_the_first_of_each_and_every_switch(ends, pictures):
    _, target, sources, references = ends
    own, other = read_codes(sources.codes["w_opt"]).take(range(3)), read_codes(references.codes["w_opt"]).take(range(3))
    G, _ = load_generator(target)
    assert (str(pictures["direction"]), str(pictures["method"]), int(pictures["rule"])) == ("parent2child", "w_opt", 3)
    np.testing.assert_array_equal(pictures["sources"], read_images(sources, own.image_ids))
    np.testing.assert_array_equal(pictures["references"], read_images(references, other.image_ids))
    assert pictures["switched"].shape == (3, 7, 16, 16, 3)
    np.testing.assert_array_equal(pictures["switched"][:, 0], render(G, other))
    np.testing.assert_array_equal(pictures["switched"][:, -1], render(G, own))
    for k in range(3):
        difference = pictures["mixed"][k, k].astype(int) - pictures["switched"][k, 3]
        assert np.abs(difference).max() <= 1
    assert pictures["mixed"].shape == (3, 3, 16, 16, 3)
    assert pictures["layers"].tolist() == [*row_layers(G), ""]


def test_no_more_is_shown_than_there_is(ends):
    shown = reference_pictures(*ends, direction="x", switch_px=16, num_shown=50)
    assert shown["mixed"].shape[:2] == (6, 6)
