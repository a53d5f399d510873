"""Where optimisation starts: nearest in the judge's eyes, average, never at zero; the same for every batch."""

import itertools
import weakref

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.config.inversion import Optimisation
from stylealign.inversion.found import render
from stylealign.inversion.start import deviation, find_starts, unit_length
from stylealign.latents import sample_z
from stylealign.networks.spaces import code_shape

PSI, SEED, NUM = 0.6, 3, 12
SPACES = ("z", "zplus", "w", "wplus")


@pytest.fixture(scope="module")
def G(family):
    return load_generator(family["parent"])[0]


@pytest.fixture(scope="module")
def candidates(G):
    return unit_length(sample_z(NUM, G.z_dim, SEED, "invert", "candidates"))


@pytest.fixture
def starts(G, judge):
    def make(pixels, space, **changed):
        settings = Optimisation(**({"candidates": NUM} | changed))
        return find_starts(G, judge, judge.perceive(pixels), space, settings, truncation_psi=PSI, seed=SEED)

    return make


@pytest.fixture(scope="module")
def targets():
    return torch.randint(0, 256, [4, 3, 16, 16], dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def ranks(G, judge, candidates, targets):
    """By the judge's distance, pair by pair."""
    images = render(G, "z", candidates, PSI)
    distances = [judge.distance(target.expand_as(images), images) for target in targets]
    return np.argsort(distances, axis=1)


@pytest.mark.parametrize("space", SPACES)
def test_starts_have_the_shape_of_their_space_and_are_not_zero(G, starts, targets, space) -> None:
    for found in (starts(targets, space, restarts=3), starts(targets, space, restarts=3, start="average")):
        assert [tuple(code.shape) for code in found] == [(4, *code_shape(G, space))] * 3
        assert all(code.norm(dim=-1).min() > 0.1 for code in found)
        assert all((a - b).abs().max() > 1e-3 for a, b in itertools.pairwise(found))


def test_z_starts_at_the_candidates_nearest_to_the_image_one_after_the_other(
    G, judge, candidates, starts, targets
) -> None:
    expected = ranks(G, judge, candidates, targets)
    for rank, code in enumerate(starts(targets, "z", restarts=3)):
        assert torch.equal(code, candidates[expected[:, rank]])
    for rank, code in enumerate(starts(targets, "zplus", restarts=3)):
        assert torch.equal(code, candidates[expected[:, rank], None].expand(-1, G.num_ws, -1))


def test_a_candidate_s_own_image_starts_at_that_candidate(G, candidates, starts) -> None:
    assert torch.equal(starts(render(G, "z", candidates, PSI), "z")[0], candidates)


def test_w_starts_at_the_average_then_at_the_nearest_candidates_truncated(
    G, judge, candidates, starts, targets
) -> None:
    order = ranks(G, judge, candidates, targets)
    w = G.mapping.w_avg.lerp(G.mapping.w(candidates), PSI)
    first, second, third = starts(targets, "w", restarts=3)
    assert torch.equal(first, G.mapping.w_avg.expand(4, -1))
    torch.testing.assert_close(second, w[order[:, 0]])
    torch.testing.assert_close(third, w[order[:, 1]])
    assert torch.equal(starts(targets, "wplus")[0], G.mapping.w_avg.expand(4, G.num_ws, -1))


def test_average_starts_are_nearest_to_the_average_w_for_every_image(G, candidates, starts, targets) -> None:
    order = (G.mapping.w(candidates) - G.mapping.w_avg).norm(dim=1).argsort()
    for rank, code in enumerate(starts(targets, "z", start="average", restarts=2)):
        assert torch.equal(code, candidates[order[rank]].expand(4, -1))


def test_a_start_does_not_depend_on_the_other_images_nor_on_how_many_candidates_are_seen_at_once(
    starts, targets, judge
) -> None:
    whole = starts(targets, "z", restarts=2)
    size, judge.batch_size = judge.batch_size, 5
    try:
        alone = starts(targets[2:3], "z", restarts=2)
    finally:
        judge.batch_size = size
    assert all(torch.equal(a, b[2:3]) for a, b in zip(alone, whole, strict=True))


@pytest.mark.parametrize("bound", ["judge", "settings"])
def test_few_candidates_are_perceived_at_once_and_forgotten_before_the_next(
    starts, targets, judge, monkeypatch, bound
) -> None:
    whole, sizes, alive, perceive = starts(targets, "z")[0], [], [], judge.perceive

    def watched(pixels):
        assert sum(part() is not None for part in alive[1:]) == 0  # the first are the targets
        seen = perceive(pixels)
        sizes.append(len(pixels))
        alive.append(weakref.ref(seen[0]))
        return seen

    monkeypatch.setattr(judge, "perceive", watched)
    if bound == "judge":
        monkeypatch.setattr(judge, "batch_size", 5)
    found = starts(targets, "z", batch_size=64 if bound == "judge" else 5)[0]
    assert sizes == [4, 5, 5, 2]
    assert torch.equal(found, whole)


def test_more_restarts_than_candidates_find_enough_candidates(starts, targets) -> None:
    assert len(starts(targets, "z", candidates=1, restarts=3)) == 3


def test_the_unit_of_jitter_is_one_in_z_and_the_spread_of_w_in_w(G) -> None:
    assert deviation(G, "z", 0) == deviation(G, "zplus", 0) == 1
    with torch.no_grad():
        w = G.mapping.w(torch.randn([20_000, G.z_dim], generator=torch.Generator().manual_seed(1)))
    expected = (w - G.mapping.w_avg).square().sum(1).mean().sqrt().item()
    assert deviation(G, "w", 0) == deviation(G, "wplus", 0) == pytest.approx(expected, rel=0.02)


def test_unit_length_keeps_the_image_and_survives_zero(G) -> None:
    z = torch.randn([3, G.z_dim], generator=torch.Generator().manual_seed(0))
    assert unit_length(z * 7).norm(dim=1).tolist() == pytest.approx([G.z_dim**0.5] * 3)
    torch.testing.assert_close(G.mapping.w(unit_length(z * 7)), G.mapping.w(z))
    assert torch.isfinite(unit_length(torch.zeros([1, 4]))).all()
