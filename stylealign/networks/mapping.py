"""The mapping network, z -> ws (StyleGAN2; algorithms of config-e and config-f).

z  [N, z_dim]      w  [N, w_dim]      ws  [N, num_ws, w_dim]
"""

import torch
from torch import Tensor, nn

from stylealign.networks.layers import FullyConnected

LR_MULTIPLIER = 0.01
W_AVG_DECAY = 0.995


class MappingNetwork(nn.Module):
    """``num_layers`` fully connected layers after normalising z; ``w_avg`` follows the mean of w during training."""

    w_avg: Tensor

    def __init__(self, *, z_dim: int, w_dim: int, num_ws: int, num_layers: int):
        super().__init__()
        self.z_dim, self.w_dim, self.num_ws, self.num_layers = z_dim, w_dim, num_ws, num_layers
        for index in range(num_layers):
            in_features = z_dim if index == 0 else w_dim
            layer = FullyConnected(in_features, w_dim, activate=True, lr_multiplier=LR_MULTIPLIER)
            self.add_module(f"fc{index}", layer)
        self.register_buffer("w_avg", torch.zeros([w_dim]))

    def w(self, z: Tensor) -> Tensor:
        """z [N, z_dim] to the single w [N, w_dim], before repetition and truncation."""
        if z.ndim != 2 or z.shape[1] != self.z_dim:
            raise ValueError(f"z must be [N, {self.z_dim}], not {list(z.shape)}")
        x = z.float()
        x = x * (x.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        for index in range(self.num_layers):
            x = getattr(self, f"fc{index}")(x)
        return x

    def forward(self, z: Tensor, truncation_psi: float = 1, truncation_cutoff: int | None = None) -> Tensor:
        """z [N, z_dim] to ws [N, num_ws, w_dim], rows below ``truncation_cutoff`` (or all) pulled towards ``w_avg``."""
        ws = self.w(z).unsqueeze(1).repeat([1, self.num_ws, 1])
        if truncation_psi == 1:
            return ws
        rows = slice(None, truncation_cutoff)
        truncated = self.w_avg.lerp(ws[:, rows], truncation_psi)
        return torch.cat([truncated, ws[:, truncated.shape[1] :]], dim=1)

    @torch.no_grad()
    def update_w_avg(self, w: Tensor) -> None:
        """Move ``w_avg`` towards the mean of a training batch w [N, w_dim]."""
        self.w_avg.copy_(w.detach().mean(dim=0).lerp(self.w_avg, W_AVG_DECAY))
