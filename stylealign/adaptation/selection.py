"""Which layers to train in the next iteration (StyleGAN-NADA, section 4.2): those whose codes CLIP would move most.

A few codes, the same in all rows of W+, are moved by gradient descent towards the target text. A row's score is the
mean ``|w - w0|`` over codes and coordinates; with one step that is the mean absolute gradient times the step's size.

Legend: N codes, num_ws rows of W+, w_dim.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from stylealign.adaptation.directions import Guide
from stylealign.adaptation.losses import global_loss
from stylealign.adaptation.rules import Rules
from stylealign.adaptation.trained_layers import layers_of_rows
from stylealign.config.adaptation import LayerSelection
from stylealign.latents import Stream
from stylealign.networks.generator import Generator


def row_scores(
    G: Generator,
    w: Tensor,
    guides: Sequence[Guide],
    *,
    steps: int,
    lr: float,
    noise_mode: str = "const",
    generator: Stream | None = None,
) -> Tensor:
    """How far each row moved: [num_ws], of the codes ``w`` [N, w_dim]. No parameter of ``G`` gets a gradient."""
    begin = w.detach().unsqueeze(1).expand(-1, G.num_ws, -1)  # [N, num_ws, w_dim]
    moved = begin.clone().requires_grad_(True)
    for _ in range(steps):
        x = G.synthesis(G.styles(moved), noise_mode=noise_mode, generator=generator)
        loss = torch.stack([guide.weight * global_loss(guide.clip.embed(x), guide.goal) for guide in guides]).sum()
        (gradient,) = torch.autograd.grad(loss, moved)
        moved = (moved - lr * gradient).detach().requires_grad_(True)
    return (moved.detach() - begin).abs().mean(dim=(0, 2))


def highest(scores: Tensor, num: int, candidates: Sequence[int]) -> list[int]:
    """The ``num`` candidates of highest score, in ascending order; of equals the earlier."""
    ranked = sorted(candidates, key=lambda row: (-float(scores[row]), row))
    return sorted(ranked[:num])


def candidate_rows(G: Generator, rules: Rules) -> list[int]:
    """The rows that stand for a layer."""
    return [row for row, layer in enumerate(layers_of_rows(G, rules)) if layer is not None]


def choose_rows(
    G: Generator,
    w: Tensor,
    guides: Sequence[Guide],
    num_layers: int,
    settings: LayerSelection,
    rules: Rules,
    generator: Stream | None = None,
) -> list[int]:
    """The rows of W+ whose layers are trained next: ``num_layers`` of them, or all where there are no more."""
    candidates = candidate_rows(G, rules)
    if num_layers >= len(candidates):
        return candidates
    noise_mode = "const" if rules.shares_draws else "random"
    scores = row_scores(G, w, guides, steps=settings.steps, lr=settings.lr, noise_mode=noise_mode, generator=generator)
    return highest(scores, num_layers, candidates)
