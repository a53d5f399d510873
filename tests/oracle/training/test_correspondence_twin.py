"""Ojha et al.'s distance consistency against a twin that loops over every pair with plain numbers."""

import math

import pytest
import torch

from stylealign.config.correspondence import Correspondence
from stylealign.latents import torch_stream
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.generator import Generator
from stylealign.training.correspondence import build_twin, correspondence_loss

SHAPE = {"img_resolution": 16, "channel_base": 64, "channel_max": 8}
NUM = 4


@pytest.fixture
def pair():
    """A child, and a twin whose frozen parent is another model."""
    torch.manual_seed(3)
    child = Generator(z_dim=8, w_dim=8, mapping_layers=2, **SHAPE)
    settings = Correspondence()
    twin = build_twin(settings, child, Discriminator(**SHAPE), num_images=10, seed=0, device=torch.device("cpu"))
    return child, twin


def outputs_of(G, z):
    """The output of every styled convolution, layer by layer, with constant noise, as lists of numbers."""
    synthesis, s, found, x = G.synthesis, G.styles(G.mapping(z)), [], None
    parts = dict(
        zip(
            ((one.resolution, one.kind) for one in G.style_layers),
            s.split([c.channels for c in G.style_layers], 1),
            strict=True,
        )
    )
    for resolution in synthesis.resolutions:
        block = getattr(synthesis, f"b{resolution}")
        x = block.const.expand(len(z), -1, -1, -1) if x is None else x
        for kind in ("conv0", "conv1"):
            if hasattr(block, kind):
                x = getattr(block, kind)(x, parts[resolution, kind], "const", None)
                found.append(x.reshape(len(z), -1).tolist())
    return found


def cosine(a, b):
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(y * y for y in b))


def softmax(values):
    total = sum(math.exp(value) for value in values)
    return [math.exp(value) / total for value in values]


def test_the_loss_is_that_of_a_slow_twin(pair):
    child, twin = pair
    z = torch.randn([NUM, 8], generator=torch_stream(0, "z"))
    with torch.no_grad():
        own, theirs = outputs_of(child, z), outputs_of(twin.source, z)
    layers = torch.randint(len(own), [NUM], generator=torch_stream(1, "layers")).tolist()
    assert len(set(layers)) > 1, "several layers are compared"
    total = 0.0
    for i in range(NUM):
        others = [j for j in range(NUM) if j != i]
        expected = softmax([cosine(theirs[layers[i]][i], theirs[layers[i]][j]) for j in others])
        found = softmax([cosine(own[layers[i]][i], own[layers[i]][j]) for j in others])
        total += sum(p * math.log(p / q) for p, q in zip(expected, found, strict=True))
    loss = correspondence_loss(twin, child, z, torch_stream(1, "layers"))
    assert loss.item() > 1e-7
    assert loss.item() == pytest.approx(total / (NUM * (NUM - 1)), rel=2e-3)


def test_it_is_nothing_where_the_child_is_its_parent_and_pulls_it_back(pair):
    child, twin = pair
    twin.source.load_state_dict(child.state_dict())
    z = torch.randn([NUM, 8], generator=torch_stream(0, "z"))
    assert correspondence_loss(twin, child, z, torch_stream(1, "layers")).item() == 0
    with torch.no_grad():
        child.synthesis.b8.conv1.weight.add_(0.5 * torch.randn(child.synthesis.b8.conv1.weight.shape))
    loss = correspondence_loss(twin, child, z, torch_stream(1, "layers"))
    loss.backward()
    assert child.synthesis.b8.conv1.weight.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in twin.source.parameters())
