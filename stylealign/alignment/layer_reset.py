"""Where in a child the change lives (StyleAlign, Appendix A.1, Table 2; table ``layer_reset``).

The feature convolution weights of one resolution at a time, ``b{res}.conv0`` and ``conv1``, are put back to the
parent's. Biases, noise and the affine layers stay the child's: the table asks about the convolutions themselves.
"""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from stylealign.alignment.reset import Part, reset_rows
from stylealign.checkpoint import load_generator

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator


def layer_parts(G: "Generator") -> dict[int, Part]:
    """The convolution weights of each resolution: {4: (conv1,), 8: (conv0, conv1), ..., R: ...} by state dict name."""
    state = G.state_dict()
    parts: dict[int, Part] = {}
    for resolution in G.synthesis.resolutions:
        names = [f"synthesis.b{resolution}.{conv}.weight" for conv in ("conv0", "conv1")]
        parts[resolution] = tuple(name for name in names if name in state)
    return parts


def layer_reset_rows(
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
    """Rows of the table ``layer_reset`` for one child against each of its ``parents`` (name, checkpoint).

    Raises :class:`CheckpointError`, :class:`LineageError` for another architecture, and :class:`JudgeError` when the
    judge measures no distance.
    """
    return reset_rows(
        child,
        load_generator(child_path, device)[0],
        {name: load_generator(path, device)[0] for name, path in parents},
        layer_parts,
        judge,
        table="layer_reset",
        column="resolution",
        num_images=num_images,
        truncation_psi=truncation_psi,
        seed=seed,
    )
