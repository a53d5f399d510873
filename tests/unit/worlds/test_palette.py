"""Colours and the uniform draws."""

import colorsys

import numpy as np
import pytest

from stylealign.seeds import numpy_stream
from stylealign.worlds.draws import NUM_DRAWS, Draws
from stylealign.worlds.palette import coat, fur, hsl, mix, shade, skin, stone, wall
from stylealign.worlds.texture import brush_strokes


def hue_deg(colour: tuple[float, float, float]) -> float:
    return 360 * colorsys.rgb_to_hls(*(channel / 255 for channel in colour))[0]


@pytest.mark.parametrize("hue", [20, 80, 140, 200, 260])
def test_walls_and_coats_keep_their_hue(hue: float):
    assert hue_deg(wall(hue, 0.5, 0.5)) == pytest.approx(hue)
    assert hue_deg(shade(hsl(hue, 0.5, 0.4), 1.2)) == pytest.approx(hue)


@pytest.mark.parametrize("lightness", [0.14, 0.4, 0.72])
@pytest.mark.parametrize("hue", [18, 30, 46])
def test_a_coat_has_its_hue_and_lightness(hue: float, lightness: float):
    colour = coat(hue, lightness)
    assert hue_deg(colour) == pytest.approx(hue)
    assert (max(colour) + min(colour)) / 510 == pytest.approx(lightness)
    assert max(colour) - min(colour) > 15  # never so grey that its hue cannot be read


@pytest.mark.parametrize("ramp", [skin, fur, stone, lambda tone: skin(tone, painted=True)])
def test_ramps_grow_lighter(ramp):
    sums = [sum(ramp(tone)) for tone in np.linspace(0, 1, 21)]
    assert all(np.diff(sums) > 0)


def test_mix_ends():
    assert mix((0, 10, 20), (100, 110, 120), 0) == (0, 10, 20)
    assert mix((0, 10, 20), (100, 110, 120), 1) == (100, 110, 120)


def test_draws_follow_their_distributions():
    streams = [Draws(numpy_stream(0, "test", index)) for index in range(600)]
    uniform = np.array([draws.between(2, 4) for draws in streams])
    triangle = np.array([draws.bell(-1, 1) for draws in streams])
    picks = np.bincount([draws.pick(1, 2, 1) for draws in streams]) / 600
    assert uniform.min() >= 2
    assert uniform.max() < 4
    assert uniform.std() == pytest.approx(2 / np.sqrt(12), rel=0.1)
    assert triangle.std() == pytest.approx(1 / np.sqrt(6), rel=0.1)
    np.testing.assert_allclose(picks, [0.25, 0.5, 0.25], atol=0.07)


def test_a_pick_with_no_weight_is_never_made():
    assert {Draws(numpy_stream(0, "pick", index)).pick(1, 0, 1) for index in range(100)} == {0, 2}


def test_there_are_enough_draws_for_the_most_detailed_world():
    draws = Draws(numpy_stream(0, "count"))
    for _ in range(NUM_DRAWS):
        draws.between(0, 1)
    with pytest.raises(StopIteration):
        draws.between(0, 1)


@pytest.mark.parametrize("resolution", [16, 64, 256])
def test_brush_strokes_neither_brighten_nor_darken(resolution: int):
    fields = [brush_strokes(Draws(numpy_stream(0, "brush", index)), resolution) for index in range(20)]
    assert np.mean(fields) == pytest.approx(1, abs=0.01)
    assert 0.02 < np.std(fields) < 0.1
