"""Variations of few photographs for a judge that learns regions: mirrored, moved, recoloured, region maps alike.

A drawn world is endless and its attributes would become untrue; photographs with masks are few, and a region keeps its
name wherever it lies and whatever its colour. All is off by default. Every draw is a named stream of (seed, step).

Legend: B images of a step, R resolution.
"""

import torch
from torch.nn import functional as F

from stylealign.config.judges import EmbeddedJudge as JudgeSpec
from stylealign.latents import torch_stream


def is_varied(spec: JudgeSpec) -> bool:
    """Whether ``spec`` asks for any variation."""
    return spec.mirror or spec.jitter > 0 or spec.move > 0


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
    """Shifted (in half sides), turned (in radians) and scaled (in logarithms) by up to ``amount``; edges continue."""
    draws = (torch.rand([4, len(x)], generator=stream) * 2 - 1) * amount
    across, down, turn, growth = draws.to(x.device)  # [B] each
    cos, sin = turn.cos() * growth.exp(), turn.sin() * growth.exp()
    matrix = torch.stack([torch.stack([cos, -sin, across], 1), torch.stack([sin, cos, down], 1)], 1)  # [B, 2, 3]
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)  # [B, R, R, 2]
    moved = F.grid_sample(x, grid, mode="bilinear", padding_mode="border", align_corners=False)
    ids = F.grid_sample(regions[:, None].float(), grid, mode="nearest", padding_mode="border", align_corners=False)
    return moved, ids[:, 0].to(regions.dtype)


def jitter(x: torch.Tensor, amount: float, stream: torch.Generator) -> torch.Tensor:
    """Brightness shifted, contrast, saturation and each colour scaled (in logarithms), by up to ``amount``."""
    draws = (torch.rand([6, len(x), 1, 1, 1], generator=stream) * 2 - 1) * amount
    light, contrast, saturation, *colours = draws.to(x.device)  # [B, 1, 1, 1] each
    grey = x.mean(1, keepdim=True)  # [B, 1, R, R]
    x = grey + (x - grey) * saturation.exp()
    x = (x + 1) * (torch.cat(colours, 1) / 2).exp() - 1  # white balance: black stays black
    return (x * contrast.exp() + light).clamp(-1, 1)
