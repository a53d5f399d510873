"""What is morphed: the first codes of each model, found in it; or the same random z."""

import logging

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.codes import read_codes
from stylealign.editing.morph_pairs import open_pairs
from stylealign.editing.source_images import read_images
from stylealign.editing.translate import render_ws
from stylealign.errors import CodesError, LineageError
from stylealign.latents import sample_z


@pytest.fixture
def sets(relatives, inverted):
    """Images of dogs inverted in the parent, of cats in the child."""
    return lambda **changed: [inverted(*pair, **changed) for pair in (("dog", relatives["parent"]),
                                                                      ("cat", relatives["child"]))]  # fmt: skip


@pytest.fixture
def ends(relatives):
    return [relatives["parent"], relatives["child"]]


def test_pair_k_is_the_kth_image_of_every_set(ends, sets):
    inverted_sets = sets(methods=("w_opt",))
    pairs = open_pairs(ends, inverted_sets, num_pairs=3, split="test")
    assert pairs.num == 3
    assert pairs.protocol == "first-3-of-test-by-w_opt"
    for one, images, ws in zip(inverted_sets, pairs.images, pairs.ws, strict=True):
        codes = read_codes(one.codes["w_opt"])
        assert np.array_equal(images, read_images(one, codes.image_ids[:3]))
        assert torch.equal(ws, torch.from_numpy(codes.values[:3])[:, None].expand_as(ws)), "each row of W+ is the w"


def test_the_same_z_stands_in_every_model(ends):
    pairs = open_pairs(ends, [], num_pairs=3, truncation_psi=0.7, seed=5)
    z = sample_z(3, 8, 5, "morph")
    for path, ws in zip(ends, pairs.ws, strict=True):
        assert torch.equal(ws, load_generator(path)[0].mapping(z, truncation_psi=0.7))
    assert pairs.images is None
    assert pairs.protocol == "same-z-3-psi0.7"


def test_ends_are_the_first_and_the_last_models_own_images(relatives, ends):
    pairs = open_pairs([ends[0], relatives["copy"], ends[1]], [], num_pairs=2)
    own = [render_ws(load_generator(path)[0], [pairs.ws[place]]) for path, place in zip(ends, (0, 2), strict=True)]
    assert np.array_equal(pairs.ends(), np.stack(own))


def test_too_few_codes_are_told_and_taken(ends, sets, caplog):
    with caplog.at_level(logging.WARNING):
        assert open_pairs(ends, sets(num=4), num_pairs=9).num == 4
    assert "4 pairs in place of 9" in caplog.text


def test_no_codes_at_all_are_refused(ends, sets):
    with pytest.raises(CodesError, match="nothing to morph"):
        open_pairs(ends, sets(num=0), num_pairs=3)


def test_codes_of_another_model_and_strangers_are_refused(relatives, ends, sets):
    with pytest.raises(CodesError, match="found in another model"):
        open_pairs(ends[::-1], sets(), num_pairs=2)
    with pytest.raises(LineageError, match="no common ancestor"):
        open_pairs([ends[0], relatives["stranger"]], [], num_pairs=2)
    with pytest.raises(LineageError, match="no common ancestor"):
        open_pairs([*ends, relatives["foreigner"]], [], num_pairs=2)
