"""What an encoder is trained to minimise (pSp, section 3.2; e4e, sections 3 and 4).

Real images are compared with what their codes give back, by pixels and by the judge. Of a sample the code is known, and
is compared in W: also for codes in Z and Z+, whose far corners may mean nearly one w, so that an error of z says little
of the image, while an error of w is an error of what the synthesis gets. No image is drawn for that comparison. In W+
offsets stay small, and a latent discriminator keeps rows where the mapping's w are.

Legend: N images, S samples, D = w_dim.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.config.inversion import Encoders
from stylealign.judges.judge import Judge
from stylealign.latents import torch_stream
from stylealign.networks.encoder import Encoder, LatentDiscriminator
from stylealign.networks.generator import Generator
from stylealign.networks.spaces import ws_of
from stylealign.training.encoder_batches import EncoderBatch

LOSSES = ("pixel", "perceptual", "code", "offset", "adversarial")
POOL_SIZE, POOLED_PART = 50, 0.5  # e4e: earlier fakes beside new ones
R1_GAMMA, R1_INTERVAL = 10.0, 16  # e4e


def rows_free(part: float, num_ws: int, spec: Encoders) -> int:
    """How many rows of ws have a code of their own when ``part`` of the training is done (e4e's progression)."""
    if part < spec.progressive_from:
        return 1
    if part >= spec.progressive_until:
        return num_ws
    done = (part - spec.progressive_from) / (spec.progressive_until - spec.progressive_from)
    return min(2 + int(done * (num_ws - 1)), num_ws)


def encoder_losses(
    encoder: Encoder,
    discriminator: LatentDiscriminator | None,
    G: Generator,
    judge: Judge,
    batch: EncoderBatch,
    truncation_psi: float,
) -> tuple[dict[str, Tensor], Tensor]:
    """The losses of one step that have something to measure, and ws [N, num_ws, D] of the codes found."""
    ws = ws_of(G, encoder.space, encoder(batch.x), truncation_psi)
    sampled, real = ws[: batch.num_sampled], ws[batch.num_sampled :]
    losses = {}
    if len(sampled):
        losses["code"] = (sampled - batch.ws).square().mean() / encoder.w_std**2
    if len(real):
        losses |= image_losses(G, judge, batch.pixels, batch.x[batch.num_sampled :], real)
    if encoder.space == "wplus":
        losses["offset"] = offset_size(encoder, ws)
    if discriminator is not None:
        free = ws[:, : encoder.num_rows_free].flatten(0, 1)
        losses["adversarial"] = F.softplus(-discriminator(in_deviations(encoder, free))).mean()
    return losses, ws


def image_losses(G: Generator, judge: Judge, pixels: Tensor, x: Tensor, ws: Tensor) -> dict[str, Tensor]:
    """Mean squared difference of ``x`` and what ``ws`` give back, and the judge's distance of it to ``pixels``."""
    given_back = G.synthesis(G.styles(ws), noise_mode="const")
    distance = judge.perceptual_loss(judge.perceive(pixels), given_back)
    return {"pixel": (given_back - x).square().mean(), "perceptual": distance.mean()}


def offset_size(encoder: Encoder, ws: Tensor) -> Tensor:
    """e4e's ``sum_i |Delta_i|``, with offsets in deviations of w."""
    return ((ws[:, 1:] - ws[:, :1]) / encoder.w_std).square().sum(2).add(1e-12).sqrt().sum(1).mean()


def in_deviations(encoder: Encoder, w: Tensor) -> Tensor:
    """w [N, D] off its average, in deviations of w: what the latent discriminator sees."""
    return (w - encoder.w_avg) / encoder.w_std


def total_loss(losses: Mapping[str, Tensor], spec: Encoders) -> Tensor:
    """The weighted sum."""
    return torch.stack([loss * getattr(spec, f"{name}_weight") for name, loss in losses.items()]).sum()


def discriminator_loss(discriminator: LatentDiscriminator, real: Tensor, fake: Tensor, step: int) -> Tensor:
    """Non-saturating logistic loss, with R1 at real w [N, D] every 16 steps."""
    loss = F.softplus(discriminator(fake)).mean() + F.softplus(-discriminator(real)).mean()
    if step % R1_INTERVAL:
        return loss
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad([discriminator(real).sum()], [real], create_graph=True)
    return loss + gradient.square().sum(1).mean() * (R1_GAMMA / 2 * R1_INTERVAL)


def one_free_row(ws: Tensor, num_rows_free: int, seed: int, step: int) -> Tensor:
    """Of each image the same row [N, D], drawn among those that are free (e4e)."""
    stream = torch_stream(seed, "encoder", "row", step)
    return ws[:, int(torch.randint(num_rows_free, [], generator=stream))]


def exchange(pool: Tensor, num_filled: int, fakes: Tensor, seed: int, step: int) -> Tensor:
    """``fakes`` [N, D], about half of them exchanged with earlier ones in ``pool`` [50, D], which changes.

    ``num_filled`` of the pool hold earlier ones; new ones fill the next places as long as there are any. (Real w need
    no pool: each is a new draw.)
    """
    free = pool[num_filled : num_filled + len(fakes)]
    free.copy_(fakes[: len(free)])
    if num_filled < len(pool):
        return fakes
    stream = torch_stream(seed, "encoder", "pool", step)
    places = torch.randperm(len(pool), generator=stream)[: len(fakes)].to(fakes.device)
    earlier = torch.rand([len(places), 1], generator=stream).to(fakes.device) < POOLED_PART
    shown = fakes.clone()
    shown[: len(places)] = torch.where(earlier, pool[places], fakes[: len(places)])
    pool[places] = torch.where(earlier, fakes[: len(places)], pool[places])
    return shown
