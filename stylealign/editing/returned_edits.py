"""An ancestor's edits in the models that descend from it, away and back (StyleAlign, Figures 35 and 36).

The same channels and directions, with the same absolute steps, on one z in every model. What they do is measured in
table ``effect_agreement``, which compares every model with each of its ancestors; here they are drawn.

Legend: K models, E edits.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from stylealign.boundaries import load_boundaries
from stylealign.checkpoint import load_generator
from stylealign.editing.manipulate import check_same_spaces, manipulate, measure_deviations
from stylealign.editing.manipulations import PathLike, attribute_edits
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator


def returned_edits(
    checkpoints: Sequence[PathLike],
    *,
    attributes: Sequence[str],
    channels: PathLike | None,
    boundaries: PathLike | None,
    strength: float,
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray]:
    """The ancestor's (first of ``checkpoints``) edits for ``attributes``, made in all, on the study's first fixed z.

    ``edits`` uint8 [K, E, 3, R, R, 3], at -``strength``, 0 and +``strength``, and ``edit_titles`` [E]; nothing where
    no attribute is named. ``channels`` and ``boundaries`` are the ancestor's files. Raises :class:`JudgeError` for an
    attribute without channel or boundary, :class:`LineageError` for models of another shape.
    """
    if not attributes:
        return {}
    models = [load_generator(path, device)[0] for path in checkpoints]
    for path, G in zip(checkpoints, models, strict=True):
        check_same_spaces(G, models[0], f"{path} and {checkpoints[0]}")
    ancestor, known = models[0], load_boundaries(boundaries)
    edits = [edit for attribute in attributes for edit in attribute_edits(ancestor, attribute, channels, known)]
    deviations = measure_deviations(ancestor, truncation_psi=truncation_psi, seed=seed)
    drawn = [
        manipulate(G, _first_ws(G, truncation_psi, seed), edits, (-strength, 0, strength), deviations) for G in models
    ]  # [E, 1, 3, 3, R, R] each
    pixels = torch.stack(drawn)[:, :, 0].movedim(-3, -1).contiguous().numpy()
    titles = np.array([edit.title for edit in edits], dtype=str)
    return {"edits": pixels, "edit_titles": titles, "edit_strength": np.array(strength)}


def _first_ws(G: "Generator", truncation_psi: float, seed: int) -> torch.Tensor:
    """ws [1, num_ws, w_dim] of the first of the study's fixed z."""
    z = sample_z(1, G.z_dim, seed, "family").to(G.mapping.w_avg.device)
    with torch.inference_mode():
        return G.mapping(z, truncation_psi=truncation_psi)
