"""Outlines: curves go through their points, ribbons have their width, heads turn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylealign.worlds.geometry import (
    STEPS,
    Turn,
    closed,
    curve,
    ellipse,
    polygon,
    ribbon,
    scalloped,
    spiky,
)

numbers = st.floats(-2, 2, allow_nan=False)
points = st.lists(st.builds(complex, numbers, numbers), min_size=3, max_size=9)


@settings(max_examples=30, deadline=None)
@given(points)
def test_closed_goes_through_its_controls_and_closes(controls: list[complex]):
    outline = closed(controls)
    np.testing.assert_allclose(outline[:-1:STEPS], controls, atol=1e-12)
    assert outline[0] == pytest.approx(outline[-1])


@settings(max_examples=30, deadline=None)
@given(points)
def test_curve_goes_through_its_controls(controls: list[complex]):
    np.testing.assert_allclose(curve(controls)[::STEPS], controls, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(points, numbers, numbers)
def test_curves_move_with_their_controls(controls: list[complex], x: float, y: float):
    """A curve is an affine combination of its controls."""
    turned = [complex(x, y) + 1j * control for control in controls]
    np.testing.assert_allclose(closed(turned), complex(x, y) + 1j * closed(controls), atol=1e-9)


def test_a_straight_curve_is_straight():
    np.testing.assert_allclose(curve((0, 1, 2)).imag, 0, atol=1e-15)
    np.testing.assert_allclose(curve((0, 1, 2)).real, np.linspace(0, 2, 2 * STEPS + 1), atol=1e-12)


def test_ellipse_has_its_radii_and_tilt():
    outline = ellipse(1 + 2j, 3, 0.5)
    assert np.ptp(outline.real) == pytest.approx(6)
    assert np.ptp(outline.imag) == pytest.approx(1)
    tilted = ellipse(0j, 3, 0.5, math.pi / 2)
    assert np.ptp(tilted.imag) == pytest.approx(6)


def test_ribbon_has_its_width():
    blunt = ribbon((0, 1, 2), 0.4, taper=0)
    assert np.ptp(blunt.imag) == pytest.approx(0.4)
    pointed = ribbon((0, 1, 2), 0.4, taper=1)
    assert abs(pointed[0].imag) < 1e-9
    assert np.ptp(pointed.imag) == pytest.approx(0.4)


def test_polygon_closes():
    assert list(polygon((0, 1, 1j))) == [0, 1, 1j, 0]


def test_scalloped_and_spiky_stay_near_the_outline():
    circle = ellipse(0j, 1, 1)
    for changed in (scalloped(circle, 0j, 0.1, 8), spiky(circle, 0j, 0.1)):
        radii = np.abs(changed)
        assert radii.min() >= 1 - 1e-12
        assert 1.05 < radii.max() <= 1.1 + 1e-12
        assert changed[0] == pytest.approx(changed[-1])


def test_no_tufts_leave_the_outline_as_it_is():
    circle = ellipse(0j, 1, 1)
    np.testing.assert_allclose(spiky(circle, 0j, 0.0), circle)


def test_a_head_that_faces_us_is_symmetric():
    turn = Turn(0)
    assert turn.at(0) == 0
    assert turn.at(-30) == pytest.approx(-turn.at(30))
    assert turn.width(0) == pytest.approx(1)


def test_a_turning_head_moves_its_nose_and_narrows_its_far_eye():
    places = [Turn(yaw).at(0) for yaw in range(-40, 41, 10)]
    assert all(np.diff(places) > 0)
    assert Turn(30).width(27) < Turn(0).width(27) < Turn(-20).width(27)
    assert Turn(40).at(25) == pytest.approx(-Turn(-40).at(-25))
