"""Where optimisation starts: never at z = 0, which has no direction (StyleAlign's released code starts there).

Z and Z+ start at the random image nearest to the target, or at the z whose w is nearest to the average w; W and W+ at
the average w, as StyleGAN2's projector does, then at the nearest. Each further restart starts at the next nearest.

Legend: N images, C candidates; a code is [N, *shape].
"""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from stylealign.inversion.found import render
from stylealign.judges.judge import Judge
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import ws_of

if TYPE_CHECKING:
    from stylealign.config.inversion import Optimisation

W_SAMPLES = 10_000


@torch.no_grad()
def find_starts(
    G: Generator,
    judge: Judge,
    seen: list[Tensor],
    space: str,
    settings: "Optimisation",
    *,
    truncation_psi: float,
    seed: int,
) -> list[Tensor]:
    """A code [N, *shape] for each restart, on the generator's device; ``seen`` is what the judge perceived of N images.

    Candidates are the same for every image and batch, and truncated by the same psi as the codes.
    """
    z = _candidates(G, settings, seed)  # [C, z_dim]
    averages = _average_starts(G, z, space, settings, len(seen[0]))
    if len(averages) == settings.restarts:
        return averages
    at_once = min(judge.batch_size, settings.batch_size)
    order = nearest(G, judge, seen, z, truncation_psi, at_once)[:, : settings.restarts - len(averages)]  # [N, ranks]
    codes = z if space in ("z", "zplus") else ws_of(G, "z", z, truncation_psi)[:, 0]  # [C, z_dim or w_dim]
    return averages + [in_rows(G, space, codes[rank]) for rank in order.unbind(1)]


def _candidates(G: Generator, settings: "Optimisation", seed: int) -> Tensor:
    num = max(settings.candidates, settings.restarts)
    return unit_length(sample_z(num, G.z_dim, seed, "invert", "candidates").to(G.mapping.w_avg.device))


def _average_starts(G: Generator, z: Tensor, space: str, settings: "Optimisation", num: int) -> list[Tensor]:
    """The starts that ask for no target: all of them in Z and Z+ if so set, the first in W and W+."""
    if space in ("w", "wplus"):
        return [in_rows(G, space, G.mapping.w_avg.expand(num, -1))]
    if settings.start == "nearest":
        return []
    order = (G.mapping.w(z) - G.mapping.w_avg).norm(dim=1).argsort()[: settings.restarts]
    return [in_rows(G, space, z[index].expand(num, -1)) for index in order]


def nearest(G: Generator, judge: Judge, seen: list[Tensor], z: Tensor, truncation_psi: float, at_once: int) -> Tensor:
    """For each of N images the candidates [N, C] by perceptual distance, the nearest first.

    ``at_once`` of them are rendered and perceived, and forgotten before the next: a judge's activations are large.
    """
    distances = [
        judge.perceptual_distances(seen, judge.perceive(render(G, "z", some, truncation_psi)))  # [N, some]
        for some in z.split(at_once)
    ]
    return torch.cat(distances, 1).argsort(dim=1).to(z.device)


def in_rows(G: Generator, space: str, code: Tensor) -> Tensor:
    """Codes of one vector [N, dim] as fresh codes of ``space``: the same in every row of Z+ and W+."""
    if space in ("zplus", "wplus"):
        return code.unsqueeze(1).repeat(1, G.num_ws, 1)
    return code.clone()


def unit_length(z: Tensor) -> Tensor:
    """z, or every row of Z+, scaled to length sqrt(z_dim): only its direction matters to ``mapping``.

    Adam would make z ever longer, and its steps on the sphere ever shorter.
    """
    return z * (math.sqrt(z.shape[-1]) / z.norm(dim=-1, keepdim=True).clamp(min=1e-8))


@torch.no_grad()
def deviation(G: Generator, space: str, seed: int) -> float:
    """The unit of jitter in ``space``: 1 in Z and Z+, in W and W+ the root of the mean of |w - w_avg|^2."""
    if space in ("z", "zplus"):
        return 1.0
    z = sample_z(W_SAMPLES, G.z_dim, seed, "invert", "deviation").to(G.mapping.w_avg.device)
    return float((G.mapping.w(z) - G.mapping.w_avg).square().sum(1).mean().sqrt())
