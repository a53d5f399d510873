"""The fit of FromRGB against a slow twin that lets a general optimiser look for each channel's weights."""

import numpy as np
import torch
from scipy.optimize import least_squares

from stylealign.training.lower_start import fit_leaky


def leaky(linear):
    return np.sqrt(2) * np.where(linear < 0, 0.2 * linear, linear)


def best_error(y, wanted, rng):
    """The least squared error that any of many starts leads to."""
    starts = rng.normal(size=[20, 4])
    return min(2 * least_squares(lambda w: leaky(y @ w) - wanted, start).cost for start in starts)


def test_no_general_optimiser_does_clearly_better():
    rng = np.random.default_rng(1)
    y = np.concatenate([rng.uniform(-1, 1, [400, 3]), np.ones([400, 1])], axis=1)
    clean = leaky(y @ rng.normal(size=[4, 6]))
    wanted = clean + 0.5 * rng.normal(size=clean.shape)
    _, errors = fit_leaky(torch.from_numpy(y), torch.from_numpy(wanted))
    for channel, error in enumerate(errors.tolist()):
        assert error <= 1.02 * best_error(y, wanted[:, channel], rng)


def test_no_step_makes_a_channel_worse_than_undoing_the_activation():
    rng = np.random.default_rng(2)
    y = np.concatenate([rng.uniform(-1, 1, [300, 3]), np.ones([300, 1])], axis=1)
    wanted = rng.normal(size=[300, 5])  # nothing to be found
    undone = wanted / np.sqrt(2)
    undone = np.where(undone < 0, undone / 0.2, undone)
    first = np.linalg.lstsq(y, undone, rcond=None)[0]
    _, errors = fit_leaky(torch.from_numpy(y), torch.from_numpy(wanted))
    assert np.all(errors.numpy() <= np.square(leaky(y @ first) - wanted).sum(axis=0) * (1 + 1e-9))
