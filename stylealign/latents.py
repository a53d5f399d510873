"""Spaces and codes: z, w, W+ (ws) and StyleSpace (s), and the random streams that draw them.

z [N, z_dim] --mapping--> ws [N, num_ws, w_dim] --styles--> s [N, num_styles] --synthesis--> x [N, 3, R, R]
"""

import torch

from stylealign.seeds import derive_seed


def torch_stream(seed: int, *purpose: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator for one purpose (see :mod:`stylealign.seeds`)."""
    return torch.Generator(device=device).manual_seed(derive_seed(seed, *purpose))


def sample_z(num: int, z_dim: int, seed: int, *purpose: str | int) -> torch.Tensor:
    """``[num, z_dim]`` standard normal codes, drawn on the CPU: row i is the same for every device and ``num``."""
    count = -(-num * z_dim // 16) * 16  # torch draws blocks of 16 and redraws an incomplete one: keep to whole blocks
    return torch.randn([count], generator=torch_stream(seed, "z", *purpose))[: num * z_dim].reshape(num, z_dim)
