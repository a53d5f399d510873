"""Laws of inversion by optimisation: an image's result is its own, whatever is beside it and in whatever order."""

import pytest
import torch

from stylealign.config.inversion import SPACES, Optimisation
from stylealign.inversion.found import render
from stylealign.inversion.optimise import optimise
from stylealign.judges.embedded import EmbeddedJudge
from stylealign.judges.embedded_network import EmbeddedNetwork, Vocabulary
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator

NUM = 8
PLAIN = Optimisation(steps=6, candidates=6)
CASES = [(space, PLAIN) for space in SPACES] + [
    ("z", Optimisation(steps=3, candidates=6, restarts=2, pixel_weight=0.5)),
    ("wplus", Optimisation(steps=4, candidates=6, noise_maps=True)),
    ("w", Optimisation(steps=40, candidates=6, patience=4, tolerance=0.2)),
]
NAMES = [*SPACES, "z with restarts", "wplus with noise maps", "w with patience"]


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def G():
    torch.manual_seed(0)
    G = Generator(z_dim=8, w_dim=8, img_resolution=16, channel_base=128, channel_max=16, mapping_layers=2)
    for name, parameter in G.named_parameters():
        if name.endswith("noise_strength"):
            torch.nn.init.constant_(parameter, 0.1)
    return G.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def judge():
    torch.manual_seed(7)
    return EmbeddedJudge("tiny", EmbeddedNetwork(16, 8, Vocabulary(("face",), (), ())))


@pytest.fixture(scope="module")
def pixels(G):
    own = render(G, "z", sample_z(NUM // 2, G.z_dim, 1, "own"), 0.7)
    generator = torch.Generator().manual_seed(2)
    return torch.cat([own, torch.randint(0, 256, own.shape, dtype=torch.uint8, generator=generator)])


def inverted(G, judge, pixels, rows, space, settings):
    """Codes and steps of some of the images, in this order."""
    ids = [f"id{row}" for row in rows]
    how = {"space": space, "settings": settings, "truncation_psi": 0.7, "seed": 0}
    return optimise(G, judge, pixels[list(rows)], image_ids=ids, **how)


def assert_same(found, rows, whole) -> None:
    torch.testing.assert_close(found.code, whole.code[list(rows)], rtol=2e-3, atol=2e-3)
    assert found.steps.tolist() == whole.steps[list(rows)].tolist()
    difference = found.pixels.float() - whole.pixels[list(rows)].float()
    assert difference.abs().mean() < 0.05
    assert abs(found.distance - whole.distance[list(rows)]).max() < 1e-3


@pytest.mark.parametrize(("space", "settings"), CASES, ids=NAMES)
def test_an_image_alone_in_company_and_in_other_company_finds_the_same(G, judge, pixels, space, settings) -> None:
    whole = inverted(G, judge, pixels, range(NUM), space, settings)
    for rows in ([5], [6, 0, 3], range(NUM - 1, -1, -1)):
        assert_same(inverted(G, judge, pixels, rows, space, settings), rows, whole)


def test_an_image_that_is_there_twice_is_found_twice(G, judge, pixels) -> None:
    found = inverted(G, judge, pixels, [1, 1, 4], "z", PLAIN)
    assert torch.equal(found.code[0], found.code[1])
    assert not torch.equal(found.code[0], found.code[2])


def test_images_do_not_share_their_jitter(G, judge, pixels) -> None:
    how = {"space": "w", "settings": PLAIN, "truncation_psi": 0.7, "seed": 0}
    found = optimise(G, judge, pixels[[1, 1]], image_ids=["one", "other"], **how)
    assert not torch.allclose(found.code[0], found.code[1], atol=1e-4)


def test_a_code_of_the_image_itself_is_a_fixed_point_where_the_loss_is_zero(G, judge) -> None:
    """The planted check: the gradient of the distance at its minimum moves nothing far."""
    z = sample_z(4, G.z_dim, 1, "own")
    z = z * (G.z_dim**0.5 / z.norm(dim=1, keepdim=True))
    pixels = render(G, "z", z, 0.7)
    how = {"settings": Optimisation(steps=10, lr=1e-3, jitter=0), "truncation_psi": 0.7, "seed": 0}
    found = optimise(G, judge, pixels, space="z", image_ids=list("abcd"), start=z, **how)
    assert (found.code - z).abs().max() < 0.02
    assert found.distance.max() < 5e-3
