"""Morphs: exact ends, one working copy of the weights, nobody but relatives."""

import copy

import numpy as np
import pytest
import torch

from stylealign.checkpoint import load_generator
from stylealign.editing.morph import MorphPath, morph_frames, morph_grid, num_switched, open_models, positions
from stylealign.errors import CodesError, LineageError
from stylealign.images import to_hwc, to_pixels
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def family(make_family):
    return make_family(0.4)


@pytest.fixture(scope="module")
def models(family):
    return [load_generator(family[name])[0] for name in ("parent", "child", "copy")]


def some_ws(models, num):
    z = torch.randn([num, 8], generator=torch.Generator().manual_seed(1))
    return torch.stack([G.mapping(z[i : i + 1])[0] for i, G in zip(range(num), models, strict=False)])


def image(G, ws):
    with torch.inference_mode():
        return to_hwc(to_pixels(G.synthesis(G.styles(ws[None]))))[0]


def close(a, b):
    """Equal up to the rounding of another batch size."""
    return np.abs(a.astype(int) - b).max() <= 1


def test_the_ends_and_the_models_between_are_met_exactly(models):
    ws = some_ws(models, 3)
    frames = list(morph_frames(MorphPath(models, ws), [0, 0.25, 0.5, 0.75, 1]))
    for place, G, code in zip((0, 2, 4), models, ws, strict=True):
        assert np.array_equal(frames[place], image(G, code))
    assert not np.array_equal(frames[1], frames[0])


def test_halfway_is_the_mean_of_weights_and_codes(models):
    parent, child, _ = models
    ws = some_ws(models, 2)
    expected = image(middle_of(parent, child), (ws[0] + ws[1]) / 2)
    found = MorphPath([parent, child], ws).render([0.5], 0.5)[0]
    assert close(found, expected)


def middle_of(parent, child):
    other = child.state_dict()
    middle = copy.deepcopy(parent)
    middle.load_state_dict({name: (value + other[name]) / 2 for name, value in parent.state_dict().items()})
    return middle


def test_neither_model_is_changed(models):
    before = [{name: value.clone() for name, value in G.state_dict().items()} for G in models]
    MorphPath(models, some_ws(models, 3)).render([0.3], 0.7)
    for G, state in zip(models, before, strict=True):
        assert all(torch.equal(value, state[name]) for name, value in G.state_dict().items())


def test_the_grid_has_weights_down_and_codes_across(models):
    pair, ws = models[:2], some_ws(models, 2)
    grid = morph_grid(MorphPath(pair, ws), positions(3), positions(4))
    assert grid.shape == (4, 3, 16, 16, 3)
    assert close(grid[0, 2], image(pair[0], ws[1]))  # the last code, the first model
    assert close(grid[3, 0], image(pair[1], ws[0]))
    assert not close(grid[0, 2], grid[3, 0])


def test_the_same_way_twice_gives_the_same_bytes_whatever_was_drawn_between(models):
    path = MorphPath(models, some_ws(models, 3))
    first = np.stack(list(morph_frames(path, positions(5))))
    path.render([0.1], 0.9)
    assert np.array_equal(first, np.stack(list(morph_frames(path, positions(5)))))


def test_smooth_positions_start_and_stop_gently():
    smooth, even = positions(9, "smooth"), positions(9)
    assert smooth[0] == even[0] == 0
    assert smooth[-1] == even[-1] == 1
    assert np.all(np.diff(smooth) > 0)
    assert np.diff(smooth)[0] < np.diff(even)[0] < np.diff(smooth)[4]


def test_strangers_are_refused_by_name(family):
    assert len(open_models([family["parent"], family["copy"]])) == 2
    with pytest.raises(LineageError, match="no common ancestor"):
        open_models([family["parent"], family["stranger"]])


def test_codes_and_architectures_must_fit(family, models):
    foreigner = load_generator(family["foreigner"])[0]
    with pytest.raises(LineageError, match="w_dim"):
        MorphPath([models[0], foreigner], some_ws(models, 2))
    with pytest.raises(CodesError, match="one for each model"):
        MorphPath(models[:2], some_ws(models, 1))
    with pytest.raises(LineageError, match="two models"):
        MorphPath(models[:1], some_ws(models, 1))


def test_many_pairs_at_one_position_are_what_each_is_alone(models):
    ws = torch.stack([some_ws(models, 3), some_ws(models, 3).flip(-1)], dim=1)  # [K, N, num_ws, w_dim]
    together = MorphPath(models, ws).render([0.2, 0.7], 0.4)
    assert together.shape == (2, 2, 16, 16, 3)
    for pair in range(2):
        assert close(MorphPath(models, ws[:, pair]).render([0.2, 0.7], 0.4), together[:, pair])


def test_swapping_takes_whole_resolutions_coarse_ones_first(models):
    """Halfway, two of three blocks are the child's: an image of the model that is put together by hand."""
    parent, child, _ = models
    ws = some_ws(models, 2)
    mixed = copy.deepcopy(parent)
    taken = {
        name: value for name, value in child.state_dict().items() if name.startswith(("synthesis.b4", "synthesis.b8"))
    }
    mixed.load_state_dict(parent.state_dict() | taken)
    found = MorphPath([parent, child], ws, way="layer_swapping").render([0.3], 0.6)[0]
    assert close(found, image(mixed, torch.lerp(ws[0], ws[1], 0.3)))


@pytest.mark.parametrize("way", ["interpolation", "layer_swapping"])
def test_either_way_meets_every_model_bit_for_bit(models, way):
    path = MorphPath(models, some_ws(models, 3), way=way)
    for place, G in zip((0, 0.5, 1), models, strict=True):
        path.render([place], place)
        own = path._working.synthesis.state_dict()
        assert all(torch.equal(own[name], value) for name, value in G.synthesis.state_dict().items())


def test_blocks_switch_at_even_intervals():
    assert [num_switched(part, 3) for part in (0, 0.24, 0.25, 0.5, 0.74, 0.75, 1)] == [0, 0, 1, 2, 2, 3, 3]


def clamped(G, clamp):
    """A copy of a model whose layers clamp what they put out so."""
    other = Generator(**G.init_kwargs | {"conv_clamp": clamp}).eval().requires_grad_(False)
    other.load_state_dict(G.state_dict())
    return other


@pytest.mark.parametrize("way", ["interpolation", "layer_swapping"])
@pytest.mark.parametrize("clamps", [(None, 0.1, 256.0), (0.1, None, 0.2)])
def test_models_that_clamp_differently_are_met_exactly_all_the_same(models, way, clamps):
    """A clamp so small that it is seen in every image: an end that kept another model's would look different."""
    mixed = [clamped(G, clamp) for G, clamp in zip(models, clamps, strict=True)]
    ws = some_ws(models, 3)
    assert any(not np.array_equal(image(G, ws[0]), image(own, ws[0])) for G, own in zip(models, mixed, strict=True))
    path = MorphPath(mixed, ws, way=way)
    for place, G, code in zip((1, 0, 0.5), (mixed[2], mixed[0], mixed[1]), (ws[2], ws[0], ws[1]), strict=True):
        assert np.array_equal(path.render([place], place)[0], image(G, code))
