"""The noise that keeps a search from settling too soon: every image draws from its own stream.

Legend: n images still in the batch; a code is [n, *shape].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from stylealign.latents import torch_stream

DRAWN_AT_ONCE = 16  # steps


@dataclass
class Jitter:
    """Standard normal noise times the deviation of the space."""

    streams: list[torch.Generator]  # one an image
    drawn: Tensor  # [DRAWN_AT_ONCE, n, *shape], of some steps in succession
    deviation: float

    @classmethod
    def of_images(
        cls, image_ids: Sequence[str], code: Tensor, deviation: float, seed: int, *purpose: str | int
    ) -> "Jitter":
        """For codes like ``code`` [n, *shape]; streams are named by ``seed``, the image and ``purpose``."""
        streams = [torch_stream(seed, "invert", image_id, "jitter", *purpose) for image_id in image_ids]
        return cls(streams, code.new_zeros([DRAWN_AT_ONCE, *code.shape]), deviation)

    def at(self, step: int, amount: Tensor) -> Tensor:
        """Noise [n, *shape] of ``amount`` [n] deviations; steps are to be asked for in order."""
        place = step % DRAWN_AT_ONCE
        if place == 0:
            self._draw()
        scale = (amount * self.deviation).reshape([-1] + [1] * (self.drawn.ndim - 2))
        return self.drawn[place] * scale

    def _draw(self) -> None:
        shape = [DRAWN_AT_ONCE, *self.drawn.shape[2:]]
        noise = torch.stack([torch.randn(shape, generator=stream) for stream in self.streams], 1)
        self.drawn = noise.to(self.drawn.device)

    def part(self, index: Tensor) -> "Jitter":
        """That of some of the images."""
        return Jitter([self.streams[row] for row in index.tolist()], self.drawn[:, index], self.deviation)
