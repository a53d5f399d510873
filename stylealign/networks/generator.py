"""The StyleGAN2 generator: one staircase, z -> ws -> s -> image, the same for every model of a family.

State dict names are those of NVIDIA's PyTorch StyleGAN2, so that published weights fit by name (their
``*.resample_filter`` buffers aside, which are constants here).
"""

from typing import Any

import torch
from torch import Tensor, nn

from stylealign.networks.mapping import MappingNetwork
from stylealign.networks.synthesis import SynthesisNetwork


class Generator(nn.Module):
    """StyleGAN2 with skip connections; ``channel_base`` 32768 is config-f, 16384 config-e (``channel_max`` 512)."""

    def __init__(
        self,
        *,
        z_dim: int,
        w_dim: int,
        img_resolution: int,
        channel_base: int,
        channel_max: int,
        mapping_layers: int,
        conv_clamp: float | None = None,
        img_channels: int = 3,
    ):
        super().__init__()
        self.init_kwargs: dict[str, Any] = {
            "z_dim": z_dim,
            "w_dim": w_dim,
            "img_resolution": img_resolution,
            "channel_base": channel_base,
            "channel_max": channel_max,
            "mapping_layers": mapping_layers,
            "conv_clamp": conv_clamp,
            "img_channels": img_channels,
        }
        self.z_dim, self.w_dim, self.img_resolution = z_dim, w_dim, img_resolution
        self.synthesis = SynthesisNetwork(
            w_dim=w_dim,
            img_resolution=img_resolution,
            channel_base=channel_base,
            channel_max=channel_max,
            conv_clamp=conv_clamp,
            img_channels=img_channels,
        )
        self.num_ws, self.num_styles = self.synthesis.num_ws, self.synthesis.num_styles
        self.style_layers = self.synthesis.style_layers
        self.mapping = MappingNetwork(z_dim=z_dim, w_dim=w_dim, num_ws=self.num_ws, num_layers=mapping_layers)

    def styles(self, ws: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim] to s [N, num_styles]."""
        return self.synthesis.styles(ws)

    def forward(
        self,
        z: Tensor,
        truncation_psi: float = 1,
        truncation_cutoff: int | None = None,
        noise_mode: str = "const",
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """z [N, z_dim] to images x [N, 3, R, R] in about [-1, 1]."""
        ws = self.mapping(z, truncation_psi=truncation_psi, truncation_cutoff=truncation_cutoff)
        return self.synthesis(self.styles(ws), noise_mode=noise_mode, generator=generator)
