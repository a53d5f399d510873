"""A generator led by a published architecture: a ViT-B/32 of random weights, whose lead means nothing but is followed.

Its study, from images to tables, and the memory of each job: ``benchmarks/published_clip.py``.
"""

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_tensors, read_card, state_digest
from stylealign.tables import read_table

CHOSEN = {"iterations": 2, "batch_size": 1, "num_layers": 2, "selection": {"num_w": 1}}
BYTES = ("g_ema", "pair", "course", "samples")


@pytest.mark.slow
def test_a_vit_b_32_chooses_layers_and_trains_them_and_again_the_same(make_adapted, vit_b_32):
    network = vit_b_32.judge.network
    theirs = state_digest(network.state_dict())
    first, again = (make_adapted("by_vit", clip=vit_b_32.judge, **CHOSEN) for _ in range(2))
    for name in BYTES:
        assert getattr(first, name).read_bytes() == getattr(again, name).read_bytes(), name
    course = read_table(first.course)
    assert list(course["iteration"]) == [1, 2]
    assert np.isfinite(course[["loss", "direction_similarity", "target_similarity"]]).all(axis=None)
    before, after = load_tensors(make_adapted.parent)[0], load_tensors(first.g_ema)[0]
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert not any(part in name for name in moved for part in ("mapping", "affine", "torgb"))
    assert set(read_card(first.g_ema).transfer["judges"]) == {"vit"}
    assert state_digest(network.state_dict()) == theirs, "the CLIP stays as it was"
    assert all(one.grad is None for one in network.parameters())
