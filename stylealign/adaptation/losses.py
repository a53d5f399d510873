"""The losses of StyleGAN-NADA (section 4.1), for one CLIP.

Legend: N images, E numbers of an embedding. ``source`` and ``moved`` [N, E] are unit embeddings of the frozen and the
trained network's images of the same codes; ``direction`` and ``target`` [E] are unit vectors.
"""

import torch.nn.functional as F
from torch import Tensor

SMALLEST_MOVE = 0.05  # of two unit embeddings: about what other noise changes


def directional_loss(source: Tensor, moved: Tensor, direction: Tensor, floor: float = SMALLEST_MOVE) -> Tensor:
    """Equation 3: ``1 - cos(moved - source, direction)``, mean over images, in [0, 2]; a scalar.

    Both networks begin equal, and the cosine of no change is not defined: a change shorter than ``floor`` counts as one
    of that length, so that the gradient is ``direction / floor`` there and not arbitrarily large, from which Adam's
    second moment would take hundreds of iterations to recover.
    """
    move = moved - source  # [N, E]
    return (1 - (move @ direction) / move.norm(dim=1).clamp(min=floor)).mean()


def global_loss(moved: Tensor, target: Tensor) -> Tensor:
    """Equation 1: ``1 - cos(moved, target)``, mean over images, in [0, 2]; a scalar."""
    return (1 - moved @ target).mean()


def direction_similarity(source: Tensor, moved: Tensor, direction: Tensor) -> Tensor:
    """``cos(moved - source, direction)`` of every image: [N], 0 where nothing changed."""
    return F.normalize(moved - source, dim=1) @ direction
