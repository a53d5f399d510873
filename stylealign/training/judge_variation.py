"""Variations of few photographs for a judge that learns regions: mirrored, moved, recoloured, region maps alike.

A drawn world is endless and its attributes would become untrue; photographs with masks are few, and a region keeps its
name wherever it lies and whatever its colour. All is off by default. Every draw is a named stream of (seed, step).

Legend: B images of a step, R resolution.
"""

import torch
from torch.nn import functional as F

from stylealign.config.judges import EmbeddedJudge as JudgeSpec
from stylealign.latents import torch_stream


def vary(
    x: torch.Tensor, regions: torch.Tensor, spec: JudgeSpec, seed: int, step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images [B, 3, R, R] in [-1, 1] and their region ids uint8 [B, R, R], varied as ``spec`` says."""
    if spec.mirror:
        x, regions = mirror(x, regions, torch_stream(seed, "judge", "mirror", step))
    if spec.move > 0:
        x, regions = move(x, regions, spec.move, torch_stream(seed, "judge", "move", step))
    if spec.jitter > 0:
        x = jitter(x, spec.jitter, torch_stream(seed, "judge", "jitter", step))
    return x, regions


def mirror(x: torch.Tensor, regions: torch.Tensor, stream: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Left and right exchanged in about half of the images."""
    chosen = (torch.rand([len(x)], generator=stream) < 0.5).to(x.device)  # [B]
    x = torch.where(chosen[:, None, None, None], x.flip(3), x)
    return x, torch.where(chosen[:, None, None], regions.flip(2), regions)


def move(
    x: torch.Tensor, regions: torch.Tensor, amount: float, stream: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """Shifted (in half sides), turned (in radians) and scaled (in logarithms) by up to ``amount``; edges continue.

    About half of the images stay as sharp as they are. A pixel's region is the one that most of it comes from.
    """
    draws = (torch.rand([4, len(x)], generator=stream) * 2 - 1) * amount
    chosen = (torch.rand([len(x)], generator=stream) < 0.5).nonzero()[:, 0].to(x.device)
    if not len(chosen):
        return x, regions
    grid = F.affine_grid(_affine(*draws.to(x.device)[:, chosen]), list(x[chosen].shape), align_corners=False)
    moved = F.grid_sample(x[chosen], grid, mode="bicubic", padding_mode="border", align_corners=False).clamp(-1, 1)
    return x.index_copy(0, chosen, moved), regions.index_copy(0, chosen, _moved_ids(regions[chosen], grid))


def _affine(across: torch.Tensor, down: torch.Tensor, turn: torch.Tensor, growth: torch.Tensor) -> torch.Tensor:
    """[B] each to matrices [B, 2, 3]."""
    cos, sin = turn.cos() * growth.exp(), turn.sin() * growth.exp()
    return torch.stack([torch.stack([cos, -sin, across], 1), torch.stack([sin, cos, down], 1)], 1)


def _moved_ids(ids: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    """uint8 [B, R, R]: of the ids that occur, the one with the largest share of each moved pixel."""
    present = ids.unique()  # sorted; with UNKNOWN_REGION, if any
    shares = (ids[:, None] == present[:, None, None]).float()  # [B, K, R, R]
    shares = F.grid_sample(shares, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return present[shares.argmax(1)]


def jitter(x: torch.Tensor, amount: float, stream: torch.Generator) -> torch.Tensor:
    """Brightness shifted, contrast, saturation and each colour scaled (in logarithms), by up to ``amount``."""
    draws = (torch.rand([6, len(x), 1, 1, 1], generator=stream) * 2 - 1) * amount
    light, contrast, saturation, *colours = draws.to(x.device)  # [B, 1, 1, 1] each
    grey = x.mean(1, keepdim=True)  # [B, 1, R, R]
    x = grey + (x - grey) * saturation.exp()
    x = (x + 1) * (torch.cat(colours, 1) / 2).exp() - 1  # white balance: black stays black
    return (x * contrast.exp() + light).clamp(-1, 1)
