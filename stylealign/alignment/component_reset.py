"""What each component of a child learned (StyleAlign, Section 3, Figures 1 and 8; table ``component_reset``).

The parts of a generator, which between them hold every tensor of its state:

    mapping        z -> w, with w_avg (which matters below truncation psi 1)
    affine         w -> s, toRGB's own included
    feature_conv   the constant input; the 3 x 3 convolutions, their biases, noise strengths and noise
    torgb          features -> RGB

The paper leaves toRGB's affine, the noise and w_avg unassigned; this is our reading.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.alignment.reset import Part, check_same_architecture, render, reset, reset_rows
from stylealign.checkpoint import load_generator
from stylealign.images import to_hwc
from stylealign.latents import sample_z
from stylealign.writing import write_npz

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

COMPONENTS = ("mapping", "affine", "feature_conv", "torgb")
IMAGE_NAMES = ("child", *COMPONENTS, "parent")


def component_of(name: str) -> str:
    """The component that a tensor of a generator's state belongs to."""
    module, *rest = name.split(".")
    if module == "mapping":
        return "mapping"
    assert module == "synthesis", name
    if "affine" in rest:
        return "affine"
    return "torgb" if "torgb" in rest else "feature_conv"


def component_parts(G: "Generator") -> dict[str, Part]:
    """The names in ``G``'s state dict, by component: every name once."""
    parts: dict[str, list[str]] = {component: [] for component in COMPONENTS}
    for name in G.state_dict():
        parts[component_of(name)].append(name)
    return {component: tuple(names) for component, names in parts.items()}


def component_reset_rows(
    child: str,
    child_path: str | os.PathLike[str],
    parents: Sequence[tuple[str, str | os.PathLike[str]]],
    judge: "Judge",
    *,
    num_images: int,
    truncation_psi: Sequence[float],
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``component_reset`` for one child against each of its ``parents`` (name, checkpoint).

    Raises :class:`CheckpointError`, :class:`LineageError` for another architecture, and :class:`JudgeError` when the
    judge measures no distance.
    """
    return reset_rows(
        child,
        load_generator(child_path, device)[0],
        {name: load_generator(path, device)[0] for name, path in parents},
        component_parts,
        judge,
        table="component_reset",
        column="component",
        num_images=num_images,
        truncation_psi=truncation_psi,
        seed=seed,
    )


def component_reset_images(
    child_path: str | os.PathLike[str],
    parent_path: str | os.PathLike[str],
    npz: str | os.PathLike[str],
    *,
    num_samples: int,
    seed: int,
    truncation_psi: float,
    device: torch.device | str = "cpu",
) -> None:
    """Images for the figure: the study's sample codes through the child, through each reset of it and the parent.

    Writes ``pixels`` uint8 [num_samples, 6, R, R, 3] and ``names`` [6] (child, the four components, parent).
    """
    child, parent = load_generator(child_path, device)[0], load_generator(parent_path, device)[0]
    check_same_architecture(child, parent, f"{child_path} and {parent_path}")
    changed = [reset(child, parent, names) for names in component_parts(child).values()]
    z = sample_z(num_samples, child.z_dim, seed, "family")
    columns = [to_hwc(render(G, z, truncation_psi)) for G in (child, *changed, parent)]
    write_npz(npz, {"pixels": np.stack(columns, axis=1), "names": np.array(IMAGE_NAMES)}, compressed=True)
