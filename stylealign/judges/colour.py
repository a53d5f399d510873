"""The colour judge: exact colour statistics of an image as attributes, with no network and no training.

It lets photographs, which carry no labels, take part in attribute alignment. Everything is in CIELAB (D65), and hue is
given as the opponent axes a* (green to red) and b* (blue to yellow), which do not wrap as an angle does, so that a rank
correlation means something. *Border* is the outer eighth of the image (mostly background), *centre* its middle half
(mostly the subject).
"""

from collections.abc import Callable
from typing import ClassVar

import torch

from stylealign.judges.judge import ATTRIBUTES, Judge

_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_WHITE_D65 = (0.95047, 1.0, 1.08883)
_DELTA = 6 / 29


def to_lab(pixels: torch.Tensor) -> torch.Tensor:
    """uint8 sRGB [N, 3, H, W] to CIELAB float32 [N, 3, H, W]: L* 0..100, a* and b* about -100..100."""
    rgb = torch.arange(256, device=pixels.device, dtype=torch.float32).div(255)
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)[pixels.long()]
    matrix = torch.tensor(_TO_XYZ, device=pixels.device) / torch.tensor(_WHITE_D65, device=pixels.device)[:, None]
    xyz = torch.einsum("ij,njhw->nihw", matrix, linear)
    f = torch.where(xyz > _DELTA**3, xyz.clamp(min=1e-12) ** (1 / 3), xyz / (3 * _DELTA**2) + 4 / 29)
    x, y, z = f.unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def border_mask(height: int, width: int) -> torch.Tensor:
    """bool [H, W]: the outer eighth (at least one pixel)."""
    mask = torch.ones([height, width], dtype=torch.bool)
    top, left = max(height // 8, 1), max(width // 8, 1)
    mask[top : height - top, left : width - left] = False
    return mask


def centre_mask(height: int, width: int) -> torch.Tensor:
    """bool [H, W]: the middle half of each side."""
    mask = torch.zeros([height, width], dtype=torch.bool)
    mask[height // 4 : height - height // 4, width // 4 : width - width // 4] = True
    return mask


def _mean(lab: torch.Tensor, mask: torch.Tensor, axis: int) -> torch.Tensor:
    return lab[:, axis, mask.to(lab.device)].mean(1)


def _border(axis: int) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda lab: _mean(lab, border_mask(*lab.shape[2:]), axis)


def _centre(axis: int) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda lab: _mean(lab, centre_mask(*lab.shape[2:]), axis)


def _chroma(mask: Callable[[int, int], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda lab: lab[:, 1:, mask(*lab.shape[2:]).to(lab.device)].square().sum(1).sqrt().mean(1)


def _right_minus_left(lab: torch.Tensor) -> torch.Tensor:
    half = lab.shape[3] // 2
    return lab[:, 0, :, -half:].mean([1, 2]) - lab[:, 0, :, :half].mean([1, 2])


def _top_minus_bottom(lab: torch.Tensor) -> torch.Tensor:
    half = lab.shape[2] // 2
    return lab[:, 0, :half].mean([1, 2]) - lab[:, 0, -half:].mean([1, 2])


def _detail(lab: torch.Tensor) -> torch.Tensor:
    return lab[:, 0].diff(dim=2).abs().mean([1, 2]) + lab[:, 0].diff(dim=1).abs().mean([1, 2])


STATISTICS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "border_lightness": _border(0),
    "border_green_red": _border(1),
    "border_blue_yellow": _border(2),
    "border_chroma": _chroma(border_mask),
    "centre_lightness": _centre(0),
    "centre_green_red": _centre(1),
    "centre_blue_yellow": _centre(2),
    "centre_chroma": _chroma(centre_mask),
    "lightness": lambda lab: lab[:, 0].mean([1, 2]),
    "contrast": lambda lab: lab[:, 0].flatten(1).std(1, correction=0),
    "light_right": _right_minus_left,
    "light_top": _top_minus_bottom,
    "detail": _detail,
}


class ColourJudge(Judge):
    """Thirteen CIELAB statistics as attributes; see :data:`STATISTICS`."""

    kind: ClassVar[str] = "colour"
    measures: ClassVar[frozenset[str]] = frozenset({ATTRIBUTES})
    min_resolution_px: ClassVar[int] = 4
    attribute_names = tuple(STATISTICS)

    def _attributes(self, pixels: torch.Tensor) -> torch.Tensor:
        lab = to_lab(pixels)
        return torch.stack([statistic(lab) for statistic in STATISTICS.values()], 1)  # [N, 13]
