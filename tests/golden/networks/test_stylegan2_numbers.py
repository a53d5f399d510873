"""Numbers of our StyleGAN2 on seeded weights, taken when it equalled the reference implementation to 1e-4.

They hold the networks in place where the reference arrays are absent. To renew after a change that is meant to alter
them, print ``measure()`` and say so in the changelog.
"""

import pytest
import torch

from stylealign.latents import sample_z, torch_stream
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator

SIZES = {"img_resolution": 16, "channel_base": 128, "channel_max": 16}


def seeded(module, name):
    with torch.no_grad():
        for key, value in sorted(module.state_dict().items()):
            value.copy_(
                torch.randn(value.shape, generator=torch_stream(0, name, key)) * (1.0 if value.ndim > 1 else 0.3)
            )
    return module


def measure():
    G = seeded(Generator(z_dim=8, w_dim=8, mapping_layers=2, conv_clamp=2.0, **SIZES), "G")
    D = seeded(Discriminator(mbstd_group_size=2, conv_clamp=2.0, **SIZES), "D")
    z = sample_z(4, 8, 0, "golden")
    s = G.styles(G.mapping(z, truncation_psi=0.7))
    x = G.synthesis(s).detach().requires_grad_()
    logits = D(x)
    (gradient,) = torch.autograd.grad(logits.sum(), x)
    found = {"styles": s, "images": x, "logits": logits, "gradient": gradient}
    values = {name: value.detach() for name, value in found.items()}
    return {name: (float(v.mean()), float(v.std()), float(v.flatten()[3])) for name, v in values.items()}


GOLDEN = {
    "styles": (-0.00223887, 0.326785, 0.232587),
    "images": (-0.234738, 0.420725, -0.273365),
    "logits": (-0.505845, 9.14801e-05, -0.505849),
    "gradient": (-8.9478e-05, 0.004317, -0.00554277),
}


@pytest.mark.parametrize("name", ["styles", "images", "logits", "gradient"])
def test_numbers_have_not_moved(name):
    assert measure()[name] == pytest.approx(GOLDEN[name], rel=1e-3, abs=1e-5)
