"""Adaptation of one region alone (StyleGAN-NADA, Appendix D): CLIP sees the region, and all else is held.

The paper masks by the class maps that its generator is given; StyleGAN2 has none, so a parser finds the regions in the
frozen model's image of the same z. Outside its mask an image is mid-grey (0 in [-1, 1]) when CLIP sees it. There the
trained image is held to the frozen one, by the mean squared difference of pixels and by a perceptual distance. An image
in which nobody finds the region is held whole, and CLIP does not see it.

The perceptual distance compares the frozen image with itself and the trained one's outside pasted in: a network that
judges whole images sees no hole, the distance is exactly 0 where nothing outside changed, and nothing inside is asked.
The paper gives no weights.

Legend: N images, R resolution, x images in [-1, 1].
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from stylealign.errors import JudgeError
from stylealign.images import to_net, to_pixels
from stylealign.judges.region_masks import check_regions, region_masks

if TYPE_CHECKING:
    from stylealign.config.adaptation import Adaptation
    from stylealign.config.adapted_region import AdaptedRegion
    from stylealign.judges.judge import Judge


@dataclass(frozen=True)
class Region:
    """Where an adaptation may change images, and how much it costs to change them elsewhere.

    ``parser`` measures regions, ``perceptual`` distance (none where its weight is 0). Opened by :func:`open_region`.
    """

    parser: "Judge"
    perceptual: "Judge | None"
    settings: "AdaptedRegion"

    @torch.no_grad()
    def mask(self, x_frozen: Tensor, x_trained: Tensor) -> Tensor:
        """Where images [N, 3, R, R] of the same z may differ: bool [N, 1, R, R] on their device."""
        found = self._parse(x_frozen)
        if self.settings.seen_in == "both":
            found |= self._parse(x_trained)
        return found

    def _parse(self, x: Tensor) -> Tensor:
        return region_masks(self.parser, self.settings.regions, to_pixels(x.detach())).to(x.device)

    def outside_loss(self, x_frozen: Tensor, x_trained: Tensor, mask: Tensor) -> Tensor:
        """What the differences outside ``mask`` cost: a scalar, differentiable in ``x_trained``."""
        loss = x_trained.new_zeros([])
        if self.settings.pixel_weight:
            loss = loss + self.settings.pixel_weight * outside_squares(x_frozen, x_trained, mask).mean()
        if self.perceptual is not None and self.settings.perceptual_weight:
            seen = to_pixels(x_frozen)
            pasted = to_net(seen) + (x_trained - x_frozen) * ~mask
            distance = self.perceptual.perceptual_loss(self.perceptual.perceive(seen), pasted)  # [N]
            loss = loss + self.settings.perceptual_weight * distance.mean()
        return loss


def open_region(settings: "AdaptedRegion", parser: "Judge", perceptual: "Judge | None", *, model: str) -> Region:
    """What ``models.MODEL.adapt.region`` says, with its judges.

    Raises :class:`JudgeError` where the parser has no such region, or nobody measures the distance asked for.
    """
    key = f"models.{model}.adapt.region"
    check_regions(parser, settings.regions, f"{key}.regions")
    asked = settings.distance_judge()
    if asked is not None and (perceptual is None or "distance" not in perceptual.measures):
        raise JudgeError(f"{key}: judge {asked} measures no distance; name a perceptual_judge, or weigh it 0")
    return Region(parser, perceptual if asked is not None else None, settings)


def region_of(adapt: "Adaptation", judges: Sequence["Judge"], *, model: str) -> Region | None:
    """:func:`open_region` by the judges that ``adapt.region`` names, parser first; none where all may change."""
    if adapt.region is None:
        return None
    parser, *perceptual = judges
    return open_region(adapt.region, parser, perceptual[0] if perceptual else None, model=model)


def inside(x: Tensor, mask: Tensor) -> Tensor:
    """Images [N, 3, R, R] as CLIP sees them: mid-grey outside ``mask`` [N, 1, R, R]."""
    return x * mask


def has_region(mask: Tensor) -> Tensor:
    """In which of N images somebody found the region: bool [N]."""
    return mask.flatten(1).any(1)


def outside_squares(x_frozen: Tensor, x_trained: Tensor, mask: Tensor) -> Tensor:
    """The mean squared difference of the pixels outside each mask: [N], 0 where nothing is outside."""
    outside = (~mask).to(x_trained.dtype)  # [N, 1, R, R]
    squares = (x_trained - x_frozen).square().mean(1, keepdim=True) * outside
    return squares.sum([1, 2, 3]) / outside.sum([1, 2, 3]).clamp(min=1)
