"""How many images are drawn together: as many pixels at every size, and the same images whatever their number."""

import pytest
import torch

from stylealign import samples
from stylealign.checkpoint import load_generator
from stylealign.images import at_once
from stylealign.latents import sample_z


@pytest.mark.parametrize(
    ("resolution", "num"), [(16, 64), (32, 64), (128, 64), (256, 16), (512, 4), (1024, 1), (2048, 1)]
)
def test_no_more_pixels_than_64_images_of_128_px(resolution, num):
    assert at_once(resolution) == num
    assert at_once(resolution, 1) == 1


def test_images_do_not_depend_on_how_many_are_drawn_together(make_family, monkeypatch):
    G, _ = load_generator(make_family(0.1)["parent"])
    z = sample_z(9, G.z_dim, 0, "family")
    whole = samples.sample_pixels(G, z, 0.7)
    monkeypatch.setattr(samples, "SAMPLE_BATCH", 4)
    assert (samples.sample_pixels(G, z, 0.7).int() - whole.int()).abs().max() <= 1
    assert whole.dtype == torch.uint8
