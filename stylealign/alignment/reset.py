"""Putting part of a child back to its parent's weights, and what that does to its images (StyleAlign, Section 3, A.1).

A part is a tuple of state dict names. Both images of a comparison have the same z and constant noise.

Legend: N latent codes, R pixels.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.errors import LineageError
from stylealign.images import at_once, to_pixels
from stylealign.intervals import mean_interval
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

BATCH = 64

Part = tuple[str, ...]


def check_same_architecture(child: "Generator", parent: "Generator", what: str) -> None:
    """:class:`LineageError` when a child's weights cannot be exchanged with its parent's; ``what`` names the pair."""
    differing = [
        f"{key} {child.init_kwargs[key]} and {parent.init_kwargs[key]}"
        for key in child.init_kwargs
        if key != "conv_clamp" and child.init_kwargs[key] != parent.init_kwargs[key]
    ]
    if differing:
        raise LineageError(f"{what}: different architectures ({', '.join(differing)}); compare models of one lineage")


def reset(child: "Generator", parent: "Generator", part: Iterable[str]) -> "Generator":
    """A copy of ``child`` whose tensors named in ``part`` come from ``parent``; neither is changed."""
    changed = copy.deepcopy(child)
    own, source = changed.state_dict(), parent.state_dict()
    with torch.no_grad():
        for name in part:
            own[name].copy_(source[name])
    return changed


@torch.no_grad()
def relative_weight_change(child: "Generator", parent: "Generator", part: Iterable[str]) -> float:
    """|theta_child - theta_parent| / |theta_parent| over the parameters in ``part`` (buffers do not count)."""
    ours, theirs, part = dict(child.named_parameters()), dict(parent.named_parameters()), set(part)
    names = [name for name in ours if name in part]
    moved = sum(float((ours[name].double() - theirs[name].double()).square().sum()) for name in names)
    whole = sum(float(theirs[name].double().square().sum()) for name in names)
    return float(np.sqrt(moved / whole)) if whole else float("nan")


def render(G: "Generator", z: torch.Tensor, truncation_psi: float) -> torch.Tensor:
    """uint8 pixels [N, 3, R, R] of ``z`` [N, z_dim], with constant noise; on the generator's device."""
    device = next(G.parameters()).device
    with torch.inference_mode():
        return to_pixels(G(z.to(device), truncation_psi=truncation_psi, noise_mode="const"))


def reset_distances(
    child: "Generator", changed: Sequence["Generator"], z: torch.Tensor, truncation_psi: float, judge: "Judge"
) -> list[np.ndarray]:
    """The judge's distance between child(z) and each changed child's image of the same z: a float64 [N] each.

    The child's own images are rendered and looked at once.
    """
    distances: list[list[np.ndarray]] = [[] for _ in changed]
    for some_z in z.split(at_once(child.img_resolution, BATCH)):
        base = render(child, some_z, truncation_psi)
        others = (render(G, some_z, truncation_psi) for G in changed)
        for kept, values in zip(distances, judge.distances(base, others), strict=True):
            kept.append(values)
    return [np.concatenate(kept).astype(np.float64) for kept in distances]


def reset_rows(
    name: str,
    child: "Generator",
    parents: Mapping[str, "Generator"],
    parts_of: "Callable[[Generator], Mapping[Any, Part]]",
    judge: "Judge",
    *,
    table: str,
    column: str,
    num_images: int,
    truncation_psi: Sequence[float],
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of ``table``: for every truncation, parent and part, the image change and the weight change.

    ``column`` is what the table calls a part; the codes are the stream named after the table.
    """
    for parent, G in parents.items():
        check_same_architecture(child, G, f"models.{name} and models.{parent}")
    parts = parts_of(child)
    jobs = [(parent, part) for parent in parents for part in parts]
    changed = [reset(child, parents[parent], parts[part]) for parent, part in jobs]
    weights = [relative_weight_change(child, parents[parent], parts[part]) for parent, part in jobs]
    z = sample_z(num_images, child.z_dim, seed, table)
    rows = []
    for psi in map(float, truncation_psi):
        distances = reset_distances(child, changed, z, psi, judge)
        for (parent, part), values, weight in zip(jobs, distances, weights, strict=True):
            low, high = mean_interval(values, seed, table, name, parent, str(part), str(psi))
            rows.append(
                {"child": name, "parent": parent, column: part, "truncation_psi": psi}
                | {"lpips": float(values.mean()), "lpips_low": low, "lpips_high": high}
                | {"relative_weight_change": weight, "num_images": num_images, "judge": judge.name, "seed": seed}
            )
    return rows
