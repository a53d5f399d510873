"""Adaptive discriminator augmentation (ADA; Karras et al. 2020): the pipe that both real and generated images cross.

Every transform happens to each image with probability p times its multiplier. ``bgc`` (pixel blitting, geometry and
colour) is what ADA trains with; the pipe is differentiable twice, because R1 takes the discriminator's gradient at
the image before the pipe. p follows the discriminator's overfitting: see :func:`update_p`.
"""

from collections.abc import Callable

import torch
from torch import nn

from stylealign.errors import ConfigError
from stylealign.latents import Stream
from stylealign.training.augment_colour import COLOUR, recolour_images, sample_colour
from stylealign.training.augment_corruption import (
    cut_images,
    filter_images,
    sample_gains,
    sample_holes,
)
from stylealign.training.augment_draws import Draws
from stylealign.training.augment_geometry import GEOMETRY, sample_inverse, warp_images

_BLIT = ("xflip", "rotate90", "xint")
_GEOMETRIC = ("scale", "rotate", "aniso", "xfrac")
_COLOUR = tuple(name for name, _ in COLOUR)

TRANSFORMS = (*dict.fromkeys(name for name, _ in GEOMETRY), *_COLOUR, "imgfilter", "cutout")
PRESETS: dict[str, tuple[str, ...]] = {
    "none": (),
    "blit": _BLIT,
    "geom": _GEOMETRIC,
    "color": _COLOUR,
    "filter": ("imgfilter",),
    "cutout": ("cutout",),
    "bg": _BLIT + _GEOMETRIC,
    "bgc": _BLIT + _GEOMETRIC + _COLOUR,
    "bgcf": (*_BLIT, *_GEOMETRIC, *_COLOUR, "imgfilter"),
}


def update_p(p: float, r_t: float, *, ada_target: float, batch_size: int, interval: int, ada_kimg: float) -> float:
    """The next probability: up where ``r_t`` = E[sign D(real)] exceeds ``ada_target``, else down, never below 0.

    At this pace p crosses 0..1 in ``ada_kimg`` thousand images; ``interval`` is the steps since the last update.
    """
    direction = (r_t > ada_target) - (r_t < ada_target)
    return max(p + direction * batch_size * interval / (ada_kimg * 1000), 0.0)


class AugmentPipe(nn.Module):
    """ADA's augmentations at probability ``p`` (a buffer, 0 at first).

    ``preset`` names a set of transforms, and a keyword sets one transform's multiplier: ``AugmentPipe("bgc",
    rotate90=0)``, ``AugmentPipe("none", xflip=1)``. The draws are made where the generator lives and the maps on the
    CPU, so the pipe may stay there while the images are on a GPU, and reading ``p`` waits for nothing.

    Raises :class:`ConfigError` for a preset or transform that does not exist.
    """

    def __init__(self, preset: str = "bgc", **multipliers: float):
        super().__init__()
        unknown = [
            f"{name}: no such transform; known: {', '.join(TRANSFORMS)}" for name in {*multipliers} - {*TRANSFORMS}
        ]
        if preset not in PRESETS:
            unknown.append(f"preset {preset!r}: no such set of augmentations; known: {', '.join(PRESETS)}")
        if unknown:
            raise ConfigError(unknown, "augmentation")
        self.multipliers = {name: float(multipliers.get(name, name in PRESETS[preset])) for name in TRANSFORMS}
        self.register_buffer("p", torch.zeros([]))

    def forward(
        self, x: torch.Tensor, generator: Stream | None = None, debug_percentile: float | None = None
    ) -> torch.Tensor:
        """``x`` [N, 3, R, R] in [-1, 1] augmented, each image in its own way; itself where p is 0.

        ``generator`` is the stream that every draw comes from. ``debug_percentile`` (0..1) needs none: every
        transform happens, at that percentile of its distribution.
        """
        assert x.ndim == 4, x.shape
        assert x.shape[1] == 3, x.shape
        assert x.shape[2] == x.shape[3], x.shape
        p = float(self.p) if debug_percentile is None else 1.0
        if p == 0:
            return x
        draws = Draws(len(x), p, generator, debug_percentile)
        with torch.autocast(x.device.type, enabled=False):
            return self._augment(x.float() if x.dtype in (torch.float16, torch.bfloat16) else x, draws)

    def _augment(self, x: torch.Tensor, draws: Draws) -> torch.Tensor:
        inverse = sample_inverse(draws, self.multipliers, x.shape[-1])  # [N, 3, 3]
        colour = sample_colour(draws, self.multipliers)  # [N, 4, 4]
        gains = sample_gains(draws, self.multipliers)  # [N, 4]
        holes = sample_holes(draws, self.multipliers)  # [N, 3]
        x = _where_changed(warp_images, x, inverse, (inverse != torch.eye(3)).flatten(1).any(1))
        x = _where_changed(recolour_images, x, colour, (colour != torch.eye(4)).flatten(1).any(1))
        x = _where_changed(filter_images, x, gains, (gains != 1).any(1))
        return _where_changed(cut_images, x, holes, holes[:, 2] > 0)


Operation = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _where_changed(operation: Operation, x: torch.Tensor, how: torch.Tensor, changed: torch.Tensor) -> torch.Tensor:
    """``operation(x, how)`` for the images that are ``changed`` [N]; the others pass untouched and cost nothing."""
    if not changed.any():
        return x
    if changed.all():
        return operation(x, how)
    index = changed.nonzero()[:, 0]
    on_device = index.to(x.device)
    return x.index_copy(0, on_device, operation(x.index_select(0, on_device), how[index]))
