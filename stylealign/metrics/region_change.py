"""What a child changed inside a region and outside of it (table ``adaptation``; StyleGAN-NADA, Appendix D, measured).

The region is where a judge finds it in the parent's image, so that what the child made of it cannot move its edge.

Legend: N images, R resolution.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from stylealign.intervals import mean_interval
from stylealign.judges.region_masks import check_regions, region_masks

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge

Array = NDArray[np.float64]
KEY = "studies.adaptation.region.regions"


def region_columns(
    parser: "Judge | None", regions: Sequence[str], before: Tensor, after: Tensor, seed: int, *purpose: str
) -> dict[str, Any]:
    """The columns on a region, of a parent's images and of a child's: uint8 [N, 3, R, R] both, of the same z.

    Without a ``parser`` nobody asked, and they are empty. Raises :class:`JudgeError` where it finds no such region.
    """
    inside = outside = np.zeros(0)
    if parser is not None:
        check_regions(parser, regions, KEY)
        inside, outside = side_changes(before, after, region_masks(parser, regions, before))
    sides = _side_columns("inside", inside, seed, *purpose) | _side_columns("outside", outside, seed, *purpose)
    return {"region": ", ".join(regions) or None, **sides, "num_inside": int(np.isfinite(inside).sum())}


def side_changes(before: Tensor, after: Tensor, mask: Tensor) -> tuple[Array, Array]:
    """Mean absolute difference of uint8 images [N, 3, R, R], in grey levels: inside each mask [N], and outside [N].

    ``mask`` is bool [N, 1, R, R]. NaN for the side of an image that has no pixel.
    """
    sides = [_sides_of_one(*one) for one in zip(before, after, mask.to(before.device), strict=True)]
    inside, outside = np.array(sides, dtype=np.float64).reshape(-1, 2).T
    return inside, outside


def _sides_of_one(before: Tensor, after: Tensor, mask: Tensor) -> list[float]:
    change = (after.short() - before.short()).abs().double()  # [3, R, R]
    return [change[:, side].mean().item() for side in (mask[0], ~mask[0])]


def _side_columns(side: str, changes: Array, seed: int, *purpose: str) -> dict[str, float | None]:
    """Mean and interval over the images that have this side; empty where none has, and no interval of one."""
    names, found = (f"change_{side}", f"{side}_low", f"{side}_high"), changes[np.isfinite(changes)]
    if not len(found):
        return dict.fromkeys(names)
    ends = mean_interval(found, seed, *purpose, side) if len(found) > 1 else (None, None)
    return dict(zip(names, (float(found.mean()), *ends), strict=True))
