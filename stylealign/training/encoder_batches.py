"""What an encoder learns from in a step: the model's own samples, whose codes are known, and real images.

A pure function of (seed, step), so that a resumed training sees what an uninterrupted one would.

Legend: B images a step, S of them sampled, R resolution.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from stylealign.config.inversion import Encoders
from stylealign.data.batches import Batches
from stylealign.data.image_set import ImageSet
from stylealign.encoders import EncoderCard
from stylealign.images import to_net, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.generator import Generator


def num_steps(kimg: float, batch_size: int) -> int:
    """The steps of a training of so many thousand images."""
    return max(math.ceil(kimg * 1000 / batch_size), 1)


@dataclass(frozen=True)
class EncoderBatch:
    """``x``: the samples, then the real images."""

    x: Tensor  # float32 [B, 3, R, R] in [-1, 1]
    ws: Tensor  # [S, num_ws, w_dim], of the samples
    pixels: Tensor  # uint8 [B - S, 3, R, R], the real images

    @property
    def num_sampled(self) -> int:
        return len(self.ws)


class EncoderBatches:
    """Batches for the encoder ``card`` of ``G``, on the device of ``G``; samples are truncated as its codes are."""

    def __init__(self, G: Generator, image_set: ImageSet, spec: Encoders, card: EncoderCard):
        self.G, self.seed, self.truncation_psi = G, card.seed, card.truncation_psi
        self.num_sampled = round(spec.batch_size * spec.sampled_share)
        num_real = spec.batch_size - self.num_sampled
        is_seen_whole = num_real * num_steps(card.kimg, spec.batch_size) >= image_set.num
        memory = {} if is_seen_whole else {"memory_budget_gb": 0.0}  # decodes what is needed, a few steps ahead
        self.real = Batches(image_set, num_real, card.seed, **memory) if num_real else None
        self._no_pixels = torch.empty([0, 3, image_set.resolution, image_set.resolution], dtype=torch.uint8)

    def at(self, step: int) -> EncoderBatch:
        """The batch of ``step``."""
        device = self.G.mapping.w_avg.device
        pixels = (self._no_pixels if self.real is None else self.real.at(step)).to(device)
        ws, sampled = self._samples(step, device)
        return EncoderBatch(to_net(torch.cat([sampled, pixels])), ws, pixels)

    def w(self, step: int, num: int) -> Tensor:
        """w [num, w_dim] of other z, not truncated: what the latent discriminator takes for real."""
        z = sample_z(num, self.G.z_dim, self.seed, "encoder", "real w", step)
        with torch.no_grad():
            return self.G.mapping.w(z.to(self.G.mapping.w_avg.device))

    @torch.no_grad()
    def _samples(self, step: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """ws [S, num_ws, w_dim], and their images uint8 [S, 3, R, R], as a file would hold them."""
        z = sample_z(self.num_sampled, self.G.z_dim, self.seed, "encoder", "samples", step).to(device)
        ws = self.G.mapping(z, truncation_psi=self.truncation_psi)
        if not self.num_sampled:
            return ws, self._no_pixels.to(device)
        return ws, to_pixels(self.G.synthesis(self.G.styles(ws), noise_mode="const"))
