"""Global directions against a slow, obvious twin: a loop over channels that draws one image at a time."""

import numpy as np
import open_clip
import pytest
import torch

from stylealign.adaptation import global_directions as module
from stylealign.adaptation.global_directions import conv_columns, measure_directions, style_moments
from stylealign.images import to_pixels
from stylealign.judges.clip import ClipJudge, open_tokenizer
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def clip():
    torch.manual_seed(3)
    vision = open_clip.CLIPVisionCfg(layers=1, width=16, head_width=8, patch_size=4, image_size=16)
    network = open_clip.CLIP(12, vision, open_clip.CLIPTextCfg(width=8, heads=2, layers=1))
    return ClipJudge("twin", network, open_tokenizer(network.context_length))


@pytest.fixture(scope="module")
def G():
    torch.manual_seed(4)
    shape = {"img_resolution": 16, "channel_base": 64, "channel_max": 6}
    found = Generator(z_dim=8, w_dim=8, mapping_layers=2, **shape).eval().requires_grad_(False)
    found.mapping.w_avg.normal_()
    return found


def slow_directions(G, clip, num_images, std, psi, seed):
    """As the module's formula reads."""
    mean, deviation = (one.numpy() for one in style_moments(G, truncation_psi=psi, seed=seed))
    z, found = sample_z(num_images, 8, seed, "clip_directions"), []
    for layer in G.style_layers:
        for column in range(layer.offset, layer.offset + layer.channels) if layer.kind != "torgb" else ():
            units = []
            for n in range(num_images):
                sides = []
                for sign in (1, -1):
                    s = G.styles(G.mapping(z[n : n + 1], truncation_psi=psi)).numpy().copy()
                    s[0, column] = mean[column] + sign * std * deviation[column]
                    pixels = to_pixels(G.synthesis(torch.from_numpy(s)))
                    sides.append(clip.embed_pixels(pixels)[0].numpy().astype(np.float64))
                difference = sides[0] - sides[1]
                length = np.linalg.norm(difference)
                units.append(difference / length if length else difference)
            whole = np.mean(units, axis=0)
            found.append(whole / np.linalg.norm(whole) if whole.any() else whole)
    return np.array(found)


def test_all_at_once_is_one_by_one(G, clip, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 12)
    asked = {"num_images": 2, "std": 5.0, "truncation_psi": 0.7, "seed": 0}
    found = measure_directions(G, clip, **asked)
    expected = slow_directions(G, clip, 2, 5.0, 0.7, 0)
    assert found.shape == (len(conv_columns(G.style_layers)), 12)
    np.testing.assert_allclose(found, expected, atol=2e-3)
    assert np.linalg.norm(expected, axis=1).max() == pytest.approx(1)


def test_moments_are_those_of_the_samples(G):
    mean, deviation = style_moments(G, truncation_psi=0.5, seed=2)
    z = sample_z(module.NUM_MOMENT_SAMPLES, 8, 2, "clip_directions", "moments")
    s = G.styles(G.mapping(z, truncation_psi=0.5)).double()
    torch.testing.assert_close(mean, s.mean(0))
    torch.testing.assert_close(deviation, s.std(0, unbiased=False), rtol=1e-5, atol=1e-7)
