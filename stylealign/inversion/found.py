"""What an inversion finds, and how near it is to its images (StyleAlign, A.5; Figures 16 and 18).

Every method is measured in one way: the code alone, rendered with the model's constant noise, as uint8 images.

Legend: N images, R resolution; a code is [N, *shape] in one of the spaces of :mod:`stylealign.networks.spaces`.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from stylealign.images import to_pixels
from stylealign.judges.judge import Judge
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import styles_of


@dataclass
class Found:
    """Codes of N images, and what they give back."""

    code: Tensor  # float32 [N, *shape], on the CPU
    distance: np.ndarray  # float32 [N], the judge's; NaN where a code, or its image, is not numbers
    pixel: np.ndarray  # float32 [N], root mean square difference in grey levels of 255
    steps: np.ndarray  # int32 [N], of optimisation
    seconds: np.ndarray  # float32 [N], of wall time: its batch's, divided by the images in it
    pixels: Tensor  # uint8 [N, 3, R, R], the images given back, on the CPU


@torch.no_grad()
def render(G: Generator, space: str, code: Tensor, truncation_psi: float) -> Tensor:
    """uint8 [N, 3, R, R] of codes in ``space``, with constant noise, on the generator's device."""
    return to_pixels(_synthesised(G, space, code, truncation_psi))


def _synthesised(G: Generator, space: str, code: Tensor, truncation_psi: float) -> Tensor:
    return G.synthesis(styles_of(G, space, code, truncation_psi), noise_mode="const")  # [N, 3, R, R]


@torch.no_grad()
def measure(
    G: Generator,
    judge: Judge,
    pixels: Tensor,
    space: str,
    code: Tensor,
    *,
    truncation_psi: float,
    steps: np.ndarray | int = 0,
    seconds: float = 0.0,
) -> Found:
    """What ``code`` [N, *shape] gives back of uint8 ``pixels`` [N, 3, R, R].

    ``steps`` were taken for each image, and ``seconds`` for all of them together.

    Raises:
        JudgeError: ``judge`` measures no distance, or cannot judge images of this size.
    """
    num = len(pixels)
    x = _synthesised(G, space, code, truncation_psi)
    given_back, is_numbers = to_pixels(x), _are_numbers(code) & _are_numbers(x)  # uint8 hides what is not
    return Found(
        code=code.detach().float().cpu().clone(),
        distance=np.where(is_numbers, judge.distance(pixels, given_back), np.nan).astype(np.float32),
        pixel=pixel_rms(pixels.cpu(), given_back.cpu()),
        steps=np.broadcast_to(np.asarray(steps, np.int32), [num]).copy(),
        seconds=np.full([num], seconds / max(num, 1), np.float32),
        pixels=given_back.cpu(),
    )


def _are_numbers(tensor: Tensor) -> np.ndarray:
    """Which rows are finite throughout: bool [N]."""
    return tensor.flatten(1).isfinite().all(1).cpu().numpy()


def pixel_rms(a: Tensor, b: Tensor) -> np.ndarray:
    """Root mean square difference [N], in grey levels, of uint8 images [N, 3, R, R]."""
    return (a.float() - b.float()).square().mean([1, 2, 3]).sqrt().numpy()


def best_of(first: Found, second: Found) -> Found:
    """For each image the nearer of two results (the first, if they are alike), with the cost of both.

    What is not numbers is further than anything.
    """
    nearer = second.distance < np.where(np.isnan(first.distance), np.inf, first.distance)  # [N]
    where = torch.from_numpy(nearer)
    code = where.reshape([-1] + [1] * (first.code.ndim - 1))
    return Found(
        code=torch.where(code, second.code, first.code),
        distance=np.where(nearer, second.distance, first.distance),
        pixel=np.where(nearer, second.pixel, first.pixel),
        steps=first.steps + second.steps,
        seconds=first.seconds + second.seconds,
        pixels=torch.where(where[:, None, None, None], second.pixels, first.pixels),
    )
