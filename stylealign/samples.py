"""The study's fixed z, which every model is drawn with: the figures `family`, `progress` and `adaptations`."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from stylealign.config.models import ResolvedModel
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator
from stylealign.writing import write_npz

SAMPLE_BATCH = 64


def study_z(spec: ResolvedModel) -> Tensor:
    """The z that every model of the study is drawn with: [samples.num, z_dim]."""
    return sample_z(spec.samples.num, spec.architecture.z_dim, spec.study_seed, "family")


@torch.no_grad()
def sample_pixels(G: Generator, z: Tensor, truncation_psi: float) -> Tensor:
    """Images of ``z`` with constant noise: uint8 [n, 3, R, R] on the CPU."""
    device = G.mapping.w_avg.device
    parts = [
        G(part.to(device), truncation_psi=truncation_psi, noise_mode="const")
        for part in z.split(at_once(G.img_resolution, SAMPLE_BATCH))
    ]
    return torch.cat([to_pixels(x).cpu() for x in parts])


def save_samples(path: Path, spec: ResolvedModel, kimg: list[float], pixels: list[Tensor]) -> None:
    """``z``, ``kimg`` and ``pixels`` [K, n, R, R, 3] of the study's common z, for the family and progress figures."""
    z = study_z(spec)
    shown = np.stack([to_hwc(part) for part in pixels])
    write_npz(path, {"z": z.numpy(), "kimg": np.float32(kimg), "pixels": shown})
