"""The losses of StyleGAN2: non-saturating logistic loss, R1, path length, style mixing.

    z [N, z_dim]   ws [N, num_ws, w_dim]   x [N, 3, R, R] in [-1, 1]   logits [N, 1]

Every function accumulates gradients into the parameters that are switched on, and returns what the meters record.
Each draws from streams named by (model seed, purpose, step), so a resumed run needs no saved random state. Where a team
trains together, N is this process's part of the batch, and the mean of the team's gradients is the batch's gradient.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from stylealign.config.models import ResolvedModel
from stylealign.latents import Rows, Stream, normal, torch_stream
from stylealign.training.correspondence import correspondence_loss
from stylealign.training.state import TrainState
from stylealign.training.team import ALONE, Team

PL_DECAY = 0.01


@dataclass(frozen=True)
class Draws:
    """The random streams of one phase of one step: one draw an image, of which a process of a team keeps its own."""

    seed: int
    phase: str
    step: int
    device: torch.device
    team: Team = ALONE

    def stream(self, purpose: str) -> Stream:
        return self._rows(torch_stream(self.seed, self.phase, purpose, self.step, device=self.device))

    def cpu_stream(self, purpose: str) -> Stream:
        """For draws that are made on the CPU whatever the device."""
        return self._rows(self.coin(purpose))

    def coin(self, purpose: str) -> torch.Generator:
        """For one draw that the whole batch shares, on the CPU."""
        return torch_stream(self.seed, self.phase, purpose, self.step)

    def normal(self, purpose: str, *shape: int) -> Tensor:
        return normal(shape, self.stream(purpose))

    def _rows(self, stream: torch.Generator) -> Stream:
        return stream if self.team.num == 1 else Rows(stream, self.team.num, self.team.rows)


def is_catching_up(spec: ResolvedModel, step: int) -> bool:
    """Whether D alone learns in this step: a child's first, where its G has moved and its D has not."""
    return step < round(spec.training.catch_up_kimg * 1000 / spec.training.batch_size)


def training_ws(state: TrainState, num: int, spec: ResolvedModel, draws: Draws) -> Tensor:
    """ws [num, num_ws, w_dim] of the images that D judges: of new codes, or of some near anchors in their turn."""
    twin, G = state.twin, state.G
    if twin is None or twin.judges_patches(state.step):
        follow = not is_catching_up(spec, state.step)
        return mixed_ws(state, num, spec.training.style_mixing_prob, draws, follow=follow)
    w = G.mapping.w(twin.near_anchors(num, draws.coin("anchors"), draws.stream("near_anchors")))
    return w.unsqueeze(1).expand(-1, G.num_ws, -1)


def mixed_ws(state: TrainState, num: int, mixing_prob: float, draws: Draws, *, follow: bool = True) -> Tensor:
    """ws [num, num_ws, w_dim] of new z, with style mixing at one cut-off per batch; ``w_avg`` may ``follow``."""
    G = state.G
    w = G.mapping.w(draws.normal("z", num, G.z_dim))
    if follow:
        G.mapping.update_w_avg(draws.team.gathered(w.detach()))
    ws = w.unsqueeze(1).repeat(1, G.num_ws, 1)
    coin = draws.coin("mixing")
    mixes = torch.rand([], generator=coin) < mixing_prob
    cutoff = int(torch.randint(1, G.num_ws, [], generator=coin))
    if not mixes:
        return ws
    w_other = G.mapping.w(draws.normal("z_mixing", num, G.z_dim))
    return torch.cat([ws[:, :cutoff], w_other.unsqueeze(1).expand(-1, G.num_ws - cutoff, -1)], dim=1)


def synthesize(state: TrainState, ws: Tensor, draws: Draws) -> Tensor:
    """ws to images with fresh noise."""
    return state.G.synthesis(state.G.styles(ws), noise_mode="random", generator=draws.stream("noise"))


def discriminate(state: TrainState, x: Tensor, draws: Draws, which: str) -> Tensor:
    """Logits of (augmented) images, [N, 1]; or of their patches, [N, P]."""
    if state.augment is not None:
        x = state.augment(x, draws.cpu_stream(f"augment_{which}"))
    return logits_of(state, x)


def logits_of(state: TrainState, x: Tensor) -> Tensor:
    """What D says of images as they are, [N, 1], or in a step of patches of each of these, [N, P]."""
    if state.twin is not None and state.twin.judges_patches(state.step):
        return state.twin.patches(state.D, x)
    return state.D(x)


def discriminate_both(state: TrainState, fake: Tensor, real: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
    """Logits of generated and of real images from one pass over both, which is quicker than two.

    The images are interleaved so that no group of the minibatch standard deviation holds both kinds: groups take every
    (2N / group)-th image.
    """
    if state.augment is not None:
        fake = state.augment(fake, draws.cpu_stream("augment_fake"))
        real = state.augment(real, draws.cpu_stream("augment_real"))
    num, size = len(real), state.D.b4.mbstd_group_size
    if num % size:  # a batch smaller than a group cannot share a pass
        return logits_of(state, fake), logits_of(state, real)
    both = torch.stack([part.unflatten(0, (size, num // size)) for part in (fake, real)], dim=1)
    logits = logits_of(state, both.flatten(0, 2)).unflatten(0, (size, 2, num // size))  # [size, 2, N / size, 1 or P]
    return logits[:, 0].flatten(0, 1), logits[:, 1].flatten(0, 1)


def g_main(state: TrainState, real: Tensor, spec: ResolvedModel, draws: Draws) -> dict[str, Tensor]:
    """``softplus(-D(G(z)))``, with what keeps the correspondence to the parent where that is asked."""
    ws = training_ws(state, len(real), spec, draws)
    fake = synthesize(state, ws, draws)
    state.fake = fake.detach() if spec.training.reuse_fakes else None
    logits = discriminate(state, fake, draws, "fake")
    loss = F.softplus(-logits).mean()
    if state.twin is not None:
        settings = state.twin.settings
        z = draws.normal("z_correspondence", settings.batch_size, state.G.z_dim)
        divergence = correspondence_loss(state.twin, state.G, z, draws.coin("correspondence_layers"))
        loss = loss + settings.weight * divergence
    loss.backward()
    return {"loss_g": loss, "score_fake": logits}


def g_path_length(state: TrainState, real: Tensor, spec: ResolvedModel, draws: Draws) -> dict[str, Tensor]:
    """Path length regularisation on half a batch: ``(|J_w^T y| - mean)^2`` with y ~ N(0, I) / sqrt(H W)."""
    settings = spec.training
    ws = mixed_ws(state, max(len(real) // 2, 1), settings.style_mixing_prob, draws)
    x = synthesize(state, ws, draws)
    y = draws.normal("pl", *x.shape) / math.sqrt(x.shape[2] * x.shape[3])
    (gradient,) = torch.autograd.grad([(x * y).sum()], [ws], create_graph=True)  # [N, num_ws, w_dim]
    own = gradient.square().sum(2).mean(1).sqrt()  # [N]
    lengths = draws.team.gathered(own)  # every process's: their mean is in each one's gradient
    mean = state.pl_mean.lerp(lengths.mean(), PL_DECAY)
    state.pl_mean.copy_(mean.detach())
    loss = (lengths - mean).square().mean() * settings.pl_weight
    (loss * (settings.pl_interval * draws.team.num)).backward()
    return {"pl_length": own}


def d_main(state: TrainState, real: Tensor, spec: ResolvedModel, draws: Draws) -> dict[str, Tensor]:
    """``softplus(D(G(z))) + softplus(-D(x))``."""
    fake, state.fake = state.fake, None
    if fake is None:
        with torch.no_grad():
            ws = training_ws(state, len(real), spec, draws)
            fake = synthesize(state, ws, draws)
    logits_fake, logits_real = discriminate_both(state, fake, real, draws)
    loss = F.softplus(logits_fake).mean() + F.softplus(-logits_real).mean()
    loss.backward()
    return {"loss_d": loss, "score_real": logits_real, "sign_real": logits_real.sign()}


def d_r1(state: TrainState, real: Tensor, spec: ResolvedModel, draws: Draws) -> dict[str, Tensor]:
    """``gamma / 2 |d D(x) / d x|^2`` at real images; the gradient goes through the augmentation."""
    settings = spec.training
    real = real.detach().requires_grad_()
    logits = discriminate(state, real, draws, "real")
    score = logits.sum() / logits.shape[1]  # of patches the mean
    (gradient,) = torch.autograd.grad([score], [real], create_graph=True)
    penalty = gradient.square().sum([1, 2, 3])  # [N]
    (penalty.mean() * (settings.r1_gamma / 2 * settings.r1_interval)).backward()
    return {"r1_penalty": penalty}


@dataclass(frozen=True)
class Phase:
    """One of the phases of a step: which network learns, from which loss, every how many steps."""

    name: str
    network: str  # "G" or "D"
    accumulate: Callable[[TrainState, Tensor, ResolvedModel, Draws], dict[str, Tensor]]
    interval: int


def phases(spec: ResolvedModel) -> tuple[Phase, ...]:
    """Gmain, Greg, Dmain, Dreg, in the order of the official code; regularisation that is switched off is left out."""
    settings = spec.training
    found = (
        Phase("Gmain", "G", g_main, 1),
        Phase("Greg", "G", g_path_length, settings.pl_interval if settings.pl_weight else 0),
        Phase("Dmain", "D", d_main, 1),
        Phase("Dreg", "D", d_r1, settings.r1_interval if settings.r1_gamma else 0),
    )
    return tuple(phase for phase in found if phase.interval)
