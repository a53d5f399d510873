"""The choice of layers against a slow twin that follows section 4.2 word by word, one code at a time."""

import open_clip
import pytest
import torch

from stylealign.adaptation.directions import Guide
from stylealign.adaptation.rules import PAPER
from stylealign.adaptation.selection import choose_rows, highest, row_scores
from stylealign.config.adaptation import LayerSelection
from stylealign.judges.clip import ClipJudge, open_tokenizer
from stylealign.networks.generator import Generator


@pytest.fixture(scope="module")
def tiny_clip():
    vision = open_clip.CLIPVisionCfg(layers=1, width=32, head_width=16, patch_size=4, image_size=16)
    text = open_clip.CLIPTextCfg(width=16, heads=2, layers=1)
    torch.manual_seed(7)
    network = open_clip.CLIP(24, vision, text)
    return ClipJudge("tiny", network, open_tokenizer(network.context_length))


@pytest.fixture
def G():
    torch.manual_seed(0)
    shape = {"img_resolution": 16, "channel_base": 128, "channel_max": 16, "mapping_layers": 2}
    return Generator(z_dim=8, w_dim=8, **shape).eval().requires_grad_(False)


@pytest.fixture
def guides(tiny_clip):
    goals = tiny_clip.embed_texts(["a painting", "a dog"])
    return [Guide(tiny_clip, weight, None, goal, goal) for weight, goal in zip((1.0, 0.5), goals, strict=True)]


@pytest.fixture
def w(G):
    with torch.no_grad():
        return G.mapping.w(torch.randn([3, 8], generator=torch.Generator().manual_seed(0)))


def slow_loss(G, guides, ws):
    """The global loss of ws [N, num_ws, w_dim], a sum over CLIPs of means over images, written out."""
    total = 0.0
    for guide in guides:
        cosines = []
        for row in ws:
            image = G.synthesis(G.styles(row[None]), noise_mode="const")
            raw = guide.clip.embed_raw(image)[0]
            cosines.append((raw * guide.goal).sum() / raw.square().sum().sqrt())
        total = total + guide.weight * (1 - sum(cosines) / len(cosines))
    return total


def slow_scores(G, guides, w, steps, lr):
    """Every row of every code is a leaf of its own; autograd differentiates the written-out loss."""
    leaves = [[one.clone() for _ in range(G.num_ws)] for one in w]
    for _ in range(steps):
        for code in leaves:
            for row in code:
                row.requires_grad_(True)
        loss = slow_loss(G, guides, torch.stack([torch.stack(code) for code in leaves]))
        flat = [row for code in leaves for row in code]
        gradients = iter(torch.autograd.grad(loss, flat))
        leaves = [[(row - lr * next(gradients)).detach() for row in code] for code in leaves]
    scores = []
    for place in range(G.num_ws):
        distances = [(code[place] - one).abs().mean() for code, one in zip(leaves, w, strict=True)]
        scores.append(sum(distances) / len(distances))
    return torch.stack(scores)


@pytest.mark.parametrize("steps", [1, 3])
def test_scores_are_those_of_the_slow_twin(G, guides, w, steps):
    fast = row_scores(G, w, guides, steps=steps, lr=0.5)
    torch.testing.assert_close(fast, slow_scores(G, guides, w, steps, 0.5), rtol=1e-3, atol=1e-7)
    assert fast.max() > 2 * fast.min() > 0  # rows differ, so that the comparison says something


def test_with_one_step_scores_are_the_mean_gradient_times_the_steps_size(G, guides, w):
    ws = w.unsqueeze(1).repeat(1, G.num_ws, 1).requires_grad_(True)
    (gradient,) = torch.autograd.grad(slow_loss(G, guides, ws), ws)
    scores = row_scores(G, w, guides, steps=1, lr=0.5)
    torch.testing.assert_close(scores, 0.5 * gradient.abs().mean(dim=(0, 2)), rtol=1e-3, atol=1e-7)


def test_the_highest_rows_are_chosen_in_order_and_never_the_last_which_drives_no_convolution(G, guides, w):
    scores = slow_scores(G, guides, w, 1, 0.01)
    best = sorted(sorted(range(G.num_ws - 1), key=lambda row: -scores[row])[:2])
    assert choose_rows(G, w, guides, 2, LayerSelection(), PAPER) == best
    assert choose_rows(G, w, guides, 99, LayerSelection(), PAPER) == list(range(G.num_ws - 1))


def test_of_equal_scores_the_earlier_row_is_chosen():
    assert highest(torch.tensor([1.0, 2.0, 2.0, 2.0, 0.0]), 2, range(5)) == [1, 2]
    assert highest(torch.tensor([1.0, 2.0, 2.0, 2.0, 9.0]), 2, [0, 3]) == [0, 3]


def test_choosing_leaves_no_gradient_in_the_network(G, guides, w):
    for parameter in G.parameters():
        parameter.requires_grad_(True)
    row_scores(G, w, guides, steps=2, lr=0.1)
    assert all(parameter.grad is None for parameter in G.parameters())
