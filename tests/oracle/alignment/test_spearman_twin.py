"""Rank correlation against SciPy's, ties and resamples included; the mapping's drift against a loop."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from stylealign.alignment.mapping_drift import mapping_distances
from stylealign.networks.mapping import MappingNetwork
from stylealign.rank_correlation import RankedPair


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), num=st.integers(3, 200), distinct=st.integers(2, 50))
def test_equals_scipy_with_ties_on_any_resample(seed, num, distinct):
    rng = np.random.default_rng(seed)
    a = rng.integers(0, distinct, num).astype(float)
    b = a * rng.normal() + rng.normal(size=num).round(1)
    pair = RankedPair.of(a, b)
    for index in (np.arange(num), rng.integers(0, num, num)):
        if np.ptp(a[index]) == 0 or np.ptp(b[index]) == 0:
            assert np.isnan(pair.spearman(index))
        else:
            assert pair.spearman(index) == pytest.approx(spearmanr(a[index], b[index]).statistic, abs=1e-12)


def test_mapping_distances_are_mean_absolute_differences():
    torch.manual_seed(0)
    ours, theirs = (MappingNetwork(z_dim=6, w_dim=5, num_ws=2, num_layers=2) for _ in range(2))
    z = torch.randn([7, 6], generator=torch.Generator().manual_seed(1))
    (distances,) = mapping_distances(ours, [theirs], z)
    for n in range(7):
        w, other = (G(z[n : n + 1])[0, 0].detach().numpy() for G in (ours, theirs))
        assert distances[n] == pytest.approx(sum(abs(float(a) - float(b)) for a, b in zip(w, other, strict=True)) / 5)
