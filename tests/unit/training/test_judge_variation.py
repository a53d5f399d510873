"""Variations of photographs: region maps go where the images go, every draw is a function of the step, off is off."""

import pytest
import torch

from stylealign.config.judges import EmbeddedJudge as JudgeSpec
from stylealign.images import to_net
from stylealign.training.judge_labels import UNKNOWN_REGION
from stylealign.training.judge_variation import jitter, mirror, move, vary

OFF = JudgeSpec(kind="embedded")
ALL = JudgeSpec(kind="embedded", mirror=True, move=0.2, jitter=0.3)


def stream(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def quarters(num: int = 16, side: int = 32) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose grey level is their region: four quarters, 0 to 3."""
    halves = (torch.arange(side) >= side // 2).to(torch.uint8)
    ids = (halves[:, None] * 2 + halves[None]).expand(num, side, side).contiguous()
    return to_net((ids * 80)[:, None].expand(num, 3, side, side).contiguous()), ids


def test_off_is_the_very_same_images() -> None:
    x, ids = quarters()
    for varied, given in zip(vary(x, ids, OFF, 0, 3), (x, ids), strict=True):
        assert varied is given


def test_every_variation_is_a_function_of_seed_and_step() -> None:
    x, ids = quarters()
    one, again, later = (vary(x, ids, ALL, 0, step) for step in (5, 5, 6))
    assert torch.equal(one[0], again[0])
    assert torch.equal(one[1], again[1])
    assert not torch.equal(one[0], later[0])
    assert not torch.equal(one[0], vary(x, ids, ALL, 1, 5)[0])


@pytest.mark.parametrize("turn", [mirror, lambda x, ids, s: move(x, ids, 0.3, s)])
def test_region_maps_go_where_the_images_go(turn) -> None:
    x, ids = quarters()
    varied, moved = turn(x, ids, stream())
    seen = ((varied[:, 0] + 1) / 2 * 255 / 80).round()  # the region that each pixel's grey stands for
    assert (moved != ids).any()
    assert (seen == moved).float().mean() > 0.97  # at the borders of regions greys mix
    assert moved.dtype == torch.uint8


def test_some_images_stay_as_they_are_and_some_do_not() -> None:
    x, ids = quarters(64)
    for turn in (mirror, lambda x, ids, s: move(x, ids, 0.3, s)):
        same = (turn(x, ids, stream())[0] == x).flatten(1).all(1).float().mean()
        assert 0.3 < same < 0.7


def test_a_small_batch_may_stay_whole() -> None:
    x, ids = quarters(2)
    varied = [move(x, ids, 0.3, stream(seed)) for seed in range(12)]
    num_moved = [int((moved != x).flatten(1).any(1).sum()) for moved, _ in varied]
    assert set(num_moved) == {0, 1, 2}
    assert all(torch.equal(there, ids) for num, (_, there) in zip(num_moved, varied, strict=True) if num == 0)


def test_moves_are_within_their_bounds() -> None:
    """The corner between four quarters stays within amount x half a side, scaled and turned little."""
    x, ids = quarters(64)
    _, moved = move(x, ids, 0.1, stream())
    bottom = (moved >= 2).float().mean([1, 2])  # 0.5 where nothing moved
    assert (bottom - 0.5).abs().max() < 0.12
    assert (bottom - 0.5).abs().max() > 0.02


def test_unknown_regions_stay_unknown_and_no_id_is_invented() -> None:
    x, ids = quarters()
    ids[:8] = UNKNOWN_REGION
    _, moved = move(x, ids, 0.3, stream())
    assert (moved[:8] == UNKNOWN_REGION).all()
    assert set(moved[8:].unique().tolist()) == {0, 1, 2, 3}


def test_jitter_changes_colours_and_no_place() -> None:
    x = torch.rand([8, 3, 16, 16], generator=stream()) * 1.6 - 0.8
    x[:, :, :8] = x[:, :, :1, :1]  # a flat half
    changed = jitter(x, 0.2, stream())
    assert changed[:, :, :8].flatten(2).std(2).max() < 1e-6
    assert changed.abs().max() <= 1
    assert 0.02 < (changed - x).abs().mean() < 0.2
    assert torch.equal(jitter(x, 0.0, stream()), jitter(x, 0.0, stream(1)))
    torch.testing.assert_close(jitter(x, 0.0, stream()), x, atol=1e-6, rtol=1e-6)
