"""Every augmentation against the reference's, at four percentiles of its distribution (see the reference's notes)."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from stylealign.training.augment import TRANSFORMS, AugmentPipe

REFERENCE = Path(os.environ.get("STYLEALIGN_REFERENCE", Path(__file__).parents[3] / "shared" / "reference"))
PERCENTILES = (0.1, 0.35, 0.6, 0.85)


@pytest.fixture(scope="module")
def reference():
    path = REFERENCE / "ada_r32.npz"
    if not path.exists():
        pytest.skip(f"the reference's augmentations are not at {path}; set STYLEALIGN_REFERENCE")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.mark.parametrize("percentile", PERCENTILES)
@pytest.mark.parametrize("transform", [*TRANSFORMS, "bgc"])
def test_equals_the_reference(reference, transform, percentile):
    pipe = AugmentPipe("bgc") if transform == "bgc" else AugmentPipe("none", **{transform: 1})
    x = torch.from_numpy(reference["x"])
    expected = reference[f"{transform}/{percentile}"]
    error = np.abs(pipe(x, debug_percentile=percentile).numpy() - expected).max() / np.abs(expected).max()
    assert error < 2e-5


def test_the_reference_moves_the_image(reference):
    """The comparison above could not be passed by a pipe that does nothing."""
    x = reference["x"]
    for transform in [*TRANSFORMS, "bgc"]:
        assert max(np.abs(reference[f"{transform}/{percentile}"] - x).max() for percentile in PERCENTILES) > 0.05
