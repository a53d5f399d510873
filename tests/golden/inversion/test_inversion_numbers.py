"""Distances that each method reaches on seeded networks, by recipe: what is in users' caches was found like this.

Where they move, codes that were kept are not what would be found now. If that is meant, raise ``INVERSION_RECIPE`` (the
key of the cache), note it in the changelog, and write the numbers of ``measure()`` here under the new recipe.
"""

import pytest
import torch

from stylealign.checkpoint import ModelCard
from stylealign.config.inversion import Inversion
from stylealign.inversion.key import INVERSION_RECIPE, passport_of
from stylealign.inversion.methods import inversion_of
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.latents import torch_stream
from stylealign.networks.generator import Generator

SIZES = {"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}
METHODS = ("z_opt", "zplus_opt", "w_opt", "wplus_opt")


def seeded(module, name):
    with torch.no_grad():
        for key, value in sorted(module.state_dict().items()):
            if value.is_floating_point():
                noise = torch.randn(value.shape, generator=torch_stream(0, name, key))
                value.copy_(
                    noise.abs() + 0.5 if key.endswith("running_var") else noise * (1 if value.ndim > 1 else 0.3)
                )
    return module.eval().requires_grad_(False)


def measure(method):
    G = seeded(Generator(**SIZES), "G")
    judge = EmbeddedJudge("tiny", seeded(EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())), "judge"))
    card = ModelCard("g", "x", G.init_kwargs, 16, ("g",), ("a" * 64,), 0, 0, 0, 1, "0")
    settings = Inversion(judge="tiny", optimisation={"steps": 6, "candidates": 16, "lr": 0.05, "pixel_weight": 0.2})
    passport = passport_of(G, card, method, settings, judge=judge, encoder=None, seed=0)
    pixels = torch.randint(0, 256, [3, 3, 2, 2], generator=torch_stream(0, "images"), dtype=torch.uint8)
    pixels = pixels.repeat_interleave(8, 2).repeat_interleave(8, 3)  # [3, 3, 16, 16]
    found = inversion_of(G, passport, settings, judge=judge, encoder=None, seed=0)(pixels, ["a", "b", "c"])
    return [*found.distance.tolist(), float(found.code.abs().mean())]


GOLDEN = {
    1: {
        "z_opt": [1.03073, 0.23822, 0.47723, 0.76855],
        "zplus_opt": [1.03076, 0.23822, 0.47726, 0.77747],
        "w_opt": [0.75426, 0.26137, 0.47414, 0.23621],
        "wplus_opt": [0.65407, 0.26117, 0.48555, 0.28428],
    }
}


@pytest.mark.parametrize("method", METHODS)
def test_a_recipe_finds_what_it_found(method):
    assert INVERSION_RECIPE in GOLDEN, "write the numbers of the new recipe"
    assert measure(method) == pytest.approx(GOLDEN[INVERSION_RECIPE][method], rel=3e-3)
