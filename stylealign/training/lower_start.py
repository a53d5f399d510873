"""How a child of a lower resolution starts: from its parent's lower layers (StyleAlign, A.4 and Figure 30).

Of G (and of the averaged generator) everything up to the resolution is copied: mapping, w_avg, blocks b4 to b_r with
their toRGB, noise strengths and constants. Of D the blocks b_r to b4. The paper says that D has a FromRGB at every
resolution; the residual discriminator that StyleGAN2 released has one, at its top, so the one at r must be made:

    fromrgb(down(x)) ~ what the parent's higher blocks hand to b_r of x

a 1 x 1 convolution with a bias under a leaky ReLU, fitted to real images by least squares. Each channel on its own is
linear where the signs under the ReLU are known: they are guessed by undoing it, and then taken from the fit before,
a few times over; the best is kept. Three colours of one reduced pixel cannot tell all that the higher blocks saw: a
part stays unexplained, and the card says how much.

Legend: M pixels, C channels of b_r, y the reduced pixel's colours and a 1 [M, 4].
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator, load_strictly, load_tensors
from stylealign.config.models import ResolvedModel
from stylealign.data.image_set import ImageSet
from stylealign.errors import LineageError
from stylealign.images import reduced, to_net
from stylealign.networks.discriminator import Discriminator
from stylealign.networks.layers import Conv2d
from stylealign.networks.lower import copy_lower
from stylealign.ops.modulated_conv import LRELU_GAIN
from stylealign.seeds import numpy_stream
from stylealign.training.state import TrainState, build_networks

log = logging.getLogger(__name__)

NUM_IMAGES, BATCH = 256, 32  # real images that FromRGB is fitted to
BATCH_PX = 256  # up to this size; of larger images fewer at a time
GRID = 16  # pixels a side taken of each, evenly spread
STEPS = 10
SLOPE = 0.2  # of the leaky ReLU below zero


def inherit_lower(
    run: TrainState, spec: ResolvedModel, parent_pair: Path, parent_card: Path, image_set: ImageSet
) -> dict[str, Any]:
    """The lower layers of the parent's G, D and averaged generator into ``run``, and a FromRGB made for D.

    Returns what the card says of it. Raises :class:`LineageError` where the parent is of another architecture,
    :class:`CheckpointError` for files that are not its own.
    """
    averaged, card = load_generator(parent_card)
    G, D = build_networks(spec.model_copy(update={"resolution": card.img_resolution}))
    if averaged.init_kwargs != G.init_kwargs:
        raise LineageError(
            f"{parent_card}: the parent {card.model} is {averaged.init_kwargs}, and this study's models are "
            f"{G.init_kwargs}; a child has its parent's architecture"
        )
    tensors, _ = load_tensors(parent_pair)
    for network, prefix in ((G, "G/"), (D, "D/")):
        part = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        load_strictly(network, part, parent_pair)
    left = [*copy_lower(G, run.G), *copy_lower(averaged, run.g_ema)]
    made = copy_lower(D, run.D)
    assert not left, left
    assert {name.split(".")[1] for name in made} == {"fromrgb"}, made
    said: dict[str, Any] = {"made": spec.training.from_rgb}
    if spec.training.from_rgb == "distilled":
        said |= distil_from_rgb(D, run.D, drawn_images(image_set, spec.seed))
        log.info("%s: FromRGB leaves %.0f%% of its parent's unexplained", spec.name, 100 * said["unexplained"])
    to, blocks = spec.resolution, f"b4 to b{spec.resolution}"
    copied = [f"{name}: mapping, w_avg, {blocks} (toRGB, noise strengths and constants)" for name in ("G", "g_ema")]
    return {"copied": [*copied, f"D: b{to} to b4, without FromRGB"], "from_rgb": said}


def drawn_images(image_set: ImageSet, seed: int) -> Tensor:
    """At most ``NUM_IMAGES`` images, by a stream of their own: uint8 [n, 3, R, R]."""
    chosen = numpy_stream(seed, "from_rgb").permutation(image_set.num)[:NUM_IMAGES]
    return image_set.read(np.sort(chosen))


@torch.no_grad()
def distil_from_rgb(parent: Discriminator, child: Discriminator, pixels: Tensor) -> dict[str, Any]:
    """Set ``child``'s FromRGB to what fits ``parent``'s higher blocks best on ``pixels``, and say how well.

    ``unexplained`` is the squared error over the variance of the features, all channels together.
    """
    inputs, wanted = _samples(parent, child.img_resolution, pixels)
    fitted, error = fit_leaky(inputs, wanted)  # [4, C], [C]
    block = getattr(child, f"b{child.img_resolution}")
    fromrgb: Conv2d = block.fromrgb
    fromrgb.weight.copy_((fitted[:3].T / fromrgb.weight_gain)[:, :, None, None])
    assert fromrgb.bias is not None
    fromrgb.bias.copy_(fitted[3])
    spread = (wanted - wanted.mean(0)).square().sum()
    return {
        "unexplained": float(error.sum() / spread),
        "num_images": len(pixels),
        "images": "real, its own train split",
    }


def _samples(parent: Discriminator, resolution: int, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Colours [M, 4] of reduced images, with a 1, and what the parent's higher blocks make there [M, C]: float64."""
    step = max(resolution // GRID, 1)
    inputs, wanted = [], []
    for some in pixels.split(max(1, BATCH * BATCH_PX**2 // max(parent.img_resolution, BATCH_PX) ** 2)):
        x = to_net(reduced(some, parent.img_resolution))
        for size in parent.resolutions:
            if size == resolution:
                break
            x = getattr(parent, f"b{size}")(x)
        seen = to_net(reduced(some, resolution))
        for kept, maps in ((inputs, seen), (wanted, x)):
            kept.append(maps[:, :, ::step, ::step].movedim(1, -1).flatten(0, 2).double())
    y = torch.cat(inputs)
    return torch.cat([y, torch.ones_like(y[:, :1])], dim=1), torch.cat(wanted)


def fit_leaky(y: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Weights [4, C] for which sqrt(2) lrelu(y @ weights) is near ``wanted`` [M, C], and the squared error [C] of each.

    Float64. Never worse than the best of the steps: what a step makes worse is not kept.
    """
    undone = wanted / LRELU_GAIN
    undone = torch.where(undone < 0, undone / SLOPE, undone)
    weights = _solved(y, undone, torch.ones_like(wanted))
    best, least = weights, _errors(y, weights, wanted)
    for _ in range(STEPS):
        slopes = LRELU_GAIN * torch.where(y @ weights < 0, SLOPE, 1.0).to(y)  # [M, C]
        weights = _solved(y, wanted, slopes)
        errors = _errors(y, weights, wanted)
        best, least = torch.where(errors < least, weights, best), torch.minimum(errors, least)
    return best, least


def _solved(y: Tensor, wanted: Tensor, slopes: Tensor) -> Tensor:
    """Least squares of slopes * (y @ weights) to ``wanted``, channel by channel, by the normal equations: [4, C]."""
    num = y.shape[1]
    pairs = (y[:, :, None] * y[:, None, :]).flatten(1)  # [M, 16]
    left = (slopes.square().T @ pairs).reshape(-1, num, num)  # [C, 4, 4]
    right = (slopes * wanted).T @ y  # [C, 4]
    scale = left.diagonal(dim1=1, dim2=2).mean(dim=1)[:, None, None]
    ridge = 1e-9 * scale * torch.eye(num, dtype=y.dtype)  # colours that never vary
    return torch.linalg.solve(left + ridge, right[:, :, None])[:, :, 0].T


def _errors(y: Tensor, weights: Tensor, wanted: Tensor) -> Tensor:
    """Squared error [C] of the fit."""
    linear = y @ weights
    return (LRELU_GAIN * torch.where(linear < 0, SLOPE * linear, linear) - wanted).square().sum(0)
