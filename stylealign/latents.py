"""Spaces and codes: z, w, W+ (ws) and StyleSpace (s), and the random streams that draw them.

z [N, z_dim] --mapping--> ws [N, num_ws, w_dim] --styles--> s [N, num_styles] --synthesis--> x [N, 3, R, R]
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from stylealign.seeds import derive_seed


@dataclass(frozen=True)
class Rows:
    """A stream whose draws are made for a whole batch, of which the rows of one of ``parts`` processes are kept."""

    stream: torch.Generator
    parts: int
    of: Callable[[int], torch.Tensor]  # the number of rows of the whole to the indices kept, on the CPU

    @property
    def device(self) -> torch.device:
        return self.stream.device

    def draw(self, shape: Sequence[int], sample: Callable[..., torch.Tensor]) -> torch.Tensor:
        whole = sample([shape[0] * self.parts, *shape[1:]], generator=self.stream, device=self.device)
        return whole[self.of(len(whole)).to(self.device)]


Stream = torch.Generator | Rows


def normal(shape: Sequence[int], stream: Stream | None, device: torch.device | None = None) -> torch.Tensor:
    """N(0, 1) of ``shape``, where the stream lives; without a stream torch's own, on ``device``."""
    return _draw(torch.randn, shape, stream, device)


def uniform(shape: Sequence[int], stream: Stream) -> torch.Tensor:
    """U(0, 1) of ``shape``, where the stream lives."""
    return _draw(torch.rand, shape, stream, None)


def _draw(
    sample: Callable[..., torch.Tensor], shape: Sequence[int], stream: Stream | None, device: torch.device | None
) -> torch.Tensor:
    if isinstance(stream, Rows):
        return stream.draw(shape, sample)
    return sample(shape, generator=stream, device=device if stream is None else stream.device)


def torch_stream(seed: int, *purpose: str | int, device: torch.device | str = "cpu") -> torch.Generator:
    """A torch generator for one purpose (see :mod:`stylealign.seeds`)."""
    return torch.Generator(device=device).manual_seed(derive_seed(seed, *purpose))


def sample_z(num: int, z_dim: int, seed: int, *purpose: str | int) -> torch.Tensor:
    """``[num, z_dim]`` standard normal codes, drawn on the CPU: row i is the same for every device and ``num``."""
    count = -(-num * z_dim // 16) * 16  # torch draws blocks of 16 and redraws an incomplete one: keep to whole blocks
    return torch.randn([count], generator=torch_stream(seed, "z", *purpose))[: num * z_dim].reshape(num, z_dim)
