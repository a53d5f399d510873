"""The projector's schedule at its corners, and against the published formulas written out."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylealign.config.inversion import Optimisation
from stylealign.inversion.schedule import jitter_amount, learning_rate, ramp_down_from

DEFAULT = Optimisation(steps=1000, lr=0.1)


def at(function, t: float, settings: Optimisation = DEFAULT) -> float:
    return function(torch.tensor([t], dtype=torch.float64), settings).item()


@given(st.integers(0, 999))
def test_both_are_the_published_formulas(step: int) -> None:
    t = step / 1000
    rate = 0.1 * (0.5 - 0.5 * math.cos(math.pi * min(1, (1 - t) / 0.25))) * min(1, t / 0.05)
    assert at(learning_rate, t) == pytest.approx(rate, abs=1e-12)
    assert at(jitter_amount, t) == pytest.approx(0.05 * max(0, 1 - t / 0.75) ** 2, abs=1e-12)


def test_the_rate_rises_stays_and_falls() -> None:
    assert at(learning_rate, 0) == 0
    assert at(learning_rate, 0.025) == pytest.approx(0.05)
    assert at(learning_rate, 0.05) == at(learning_rate, 0.75) == pytest.approx(0.1)
    assert at(learning_rate, 0.875) == pytest.approx(0.05)
    assert at(learning_rate, 1) == 0


def test_without_ramps_it_is_constant_to_the_end_and_zero_after_it() -> None:
    flat = Optimisation(lr_ramp_up=0, lr_ramp_down=0)
    assert [at(learning_rate, t, flat) for t in (0, 0.5, 0.999)] == [0.1] * 3
    assert at(learning_rate, 1, flat) == 0


def test_jitter_is_gone_where_it_is_said_to_be() -> None:
    assert at(jitter_amount, 0) == 0.05
    assert at(jitter_amount, 0.75) == at(jitter_amount, 1) == 0
    assert at(jitter_amount, 0.5, Optimisation(jitter=1, jitter_until=1)) == pytest.approx(0.25)


def test_every_image_has_its_own_place_in_the_schedule() -> None:
    t = torch.tensor([0.0, 0.5, 0.9, 1.0])
    assert learning_rate(t, DEFAULT).tolist() == pytest.approx([at(learning_rate, each) for each in t.tolist()])
    assert jitter_amount(t, DEFAULT).tolist() == pytest.approx([at(jitter_amount, each) for each in t.tolist()])


@given(st.integers(1, 200), st.floats(0, 1))
def test_the_rate_is_full_until_the_falling_part_and_lower_in_it(steps: int, share: float) -> None:
    settings = Optimisation(steps=steps, lr_ramp_up=0, lr_ramp_down=share)
    first = ramp_down_from(settings)
    rates = [at(learning_rate, step / steps, settings) for step in range(steps)]
    assert all(rate == pytest.approx(settings.lr) for rate in rates[:first])
    assert all(rate < settings.lr for rate in rates[first + 1 :])
