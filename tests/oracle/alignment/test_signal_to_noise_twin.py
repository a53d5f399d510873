"""StyleSpace's score against a loop over channels, as its authors wrote it down."""

import numpy as np
import pytest

from stylealign.alignment.attribute_channels import signal_to_noise


def test_equals_a_loop():
    rng = np.random.default_rng(0)
    population = rng.normal(2, 3, [500, 7]) * np.arange(1, 8)
    chosen = rng.choice(500, 20, replace=False)
    mean, deviation = population.mean(0), population.std(0)
    scores = signal_to_noise(((population - mean) / deviation)[chosen])
    for channel in range(7):
        zeta = [(population[row, channel] - mean[channel]) / deviation[channel] for row in chosen]
        centre = sum(zeta) / len(zeta)
        spread = (sum((value - centre) ** 2 for value in zeta) / len(zeta)) ** 0.5
        assert scores[channel] == pytest.approx(abs(centre) / spread)


def test_a_channel_that_does_not_vary_has_no_score():
    assert signal_to_noise(np.array([[1.0, 0.0], [1.0, 2.0]])).tolist() == [0.0, 1.0]
