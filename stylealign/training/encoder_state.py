"""Everything that an encoder's training changes from step to step, how it begins, and how a checkpoint holds it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from stylealign.config.inversion import Encoders
from stylealign.encoders import EncoderCard, load_encoder, load_latent_discriminator
from stylealign.errors import LineageError
from stylealign.latents import sample_z
from stylealign.networks.encoder import Encoder, LatentDiscriminator
from stylealign.networks.generator import Generator
from stylealign.seeds import derive_seed
from stylealign.training.encoder_losses import LOSSES, POOL_SIZE

BETAS = (0.9, 0.99)
NUM_Z = 4096  # z for the deviation of w, and for where Z starts


@dataclass
class Critic:
    """The latent discriminator, its optimiser, and the earlier fakes that it is shown (W+ alone)."""

    network: LatentDiscriminator
    optimiser: torch.optim.Optimizer
    pool: Tensor  # [50, w_dim], in deviations of w
    pooled: Tensor  # int64 []: how many of them are there


@dataclass
class TrainedEncoder:
    """An encoder in training: networks, optimisers, what was measured."""

    encoder: Encoder
    optimiser: torch.optim.Optimizer
    critic: Critic | None
    meters: Tensor  # float64 [losses, 2]: sum and count since the last tick
    step: int = 0
    ticks: list[dict[str, Any]] = field(default_factory=list)

    def tensors(self) -> dict[str, Tensor]:
        """Weights, moments and meters, by name."""
        tensors = {"meters": self.meters}
        for name, network, optimiser in self._networks():
            tensors |= {f"{name}/{key}": value for key, value in network.state_dict().items()}
            for key, parameter in network.named_parameters():
                moments = optimiser.state[parameter].items()
                tensors |= {f"moments/{name}/{key}/{what}": value for what, value in moments}
        if self.critic is not None:
            tensors |= {"pool": self.critic.pool, "pooled": self.critic.pooled}
        return tensors

    def load(self, tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
        """What :meth:`tensors` gave, with the step and the ticks that were kept beside it."""
        self.step, self.ticks = int(meta["step"]), list(meta["ticks"])
        self.meters.copy_(tensors["meters"])
        for name, network, optimiser in self._networks():
            network.load_state_dict({key: tensors[f"{name}/{key}"] for key in network.state_dict()})
            for key, parameter in network.named_parameters():
                optimiser.state[parameter] = _moments(parameter, f"moments/{name}/{key}", tensors)
        if self.critic is not None:
            self.critic.pool.copy_(tensors["pool"])
            self.critic.pooled.copy_(tensors["pooled"])

    def parameters(self) -> Iterator[nn.Parameter]:
        """Those of every network in training."""
        for _, network, _ in self._networks():
            yield from network.parameters()

    def _networks(self) -> Iterator[tuple[str, nn.Module, torch.optim.Optimizer]]:
        yield "encoder", self.encoder, self.optimiser
        if self.critic is not None:
            yield "critic", self.critic.network, self.critic.optimiser


def _moments(parameter: nn.Parameter, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Adam's, in the parameter's own memory format, which decides the order of every later sum."""
    moments = {
        what: torch.empty_like(parameter, requires_grad=False).copy_(tensors[f"{name}/{what}"])
        for what in ("exp_avg", "exp_avg_sq")
    }
    return {"step": tensors[f"{name}/step"].to(parameter.device), **moments}


def begin(spec: Encoders, card: EncoderCard, G: Generator, parent: Path | None) -> TrainedEncoder:
    """A training at step 0 on the device of ``G``, with the weights of the encoder ``parent`` where given."""
    device = G.mapping.w_avg.device
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(card.seed, "encoder", "weights"))  # layers draw from the global stream
        encoder, discriminator = Encoder(**card.network), LatentDiscriminator(G.w_dim)
    encoder.to(device, memory_format=torch.channels_last)
    encoder.stand_at(G.mapping, sample_z(NUM_Z, G.z_dim, card.seed, "encoder", "deviation").to(device))
    if parent is not None:
        discriminator = inherit(encoder, parent) or discriminator
    adam = {"lr": spec.lr, "betas": BETAS, "fused": True}
    is_judged = encoder.space == "wplus" and spec.adversarial_weight > 0
    return TrainedEncoder(
        encoder=encoder,
        optimiser=torch.optim.Adam(encoder.parameters(), **adam),
        critic=_critic(discriminator.to(device), adam) if is_judged else None,
        meters=torch.zeros([len(LOSSES), 2], dtype=torch.float64, device=device),
    )


def _critic(network: LatentDiscriminator, adam: Mapping[str, Any]) -> Critic:
    weight = network.out.weight
    pool, pooled = weight.new_zeros([POOL_SIZE, weight.shape[1]]), weight.new_zeros([], dtype=torch.int64)
    return Critic(network, torch.optim.Adam(network.parameters(), **adam), pool, pooled)


def inherit(encoder: Encoder, parent: Path) -> LatentDiscriminator | None:
    """The weights of the parent's encoder, and its latent discriminator; the average w stays the child's own."""
    theirs, _ = load_encoder(parent)
    own = {"w_avg": encoder.w_avg.clone()}
    encoder.load_state_dict(theirs.state_dict() | own)
    return load_latent_discriminator(parent)


def refuse_foreign_parent(card: EncoderCard, lineage_digests: tuple[str, ...], parent: Path | None) -> EncoderCard:
    """The card of the parent's encoder; :class:`LineageError` where it cannot be the start of the child's."""
    child = f"models.{card.model}: the encoder into {card.space}"
    if parent is None:
        raise LineageError(f"{child} is to start from its parent's, and none is given; train the parent's first")
    theirs = load_encoder(parent)[1]
    differing = [key for key, value in card.network.items() if theirs.network.get(key) != value]
    if differing:
        told = ", ".join(f"{key} {theirs.network.get(key)} (here {card.network[key]})" for key in differing)
        raise LineageError(
            f"{child} cannot start from {parent}: its {told}; name an encoder of the same space and shape, or start "
            "from random weights"
        )
    if theirs.generator not in lineage_digests:
        raise LineageError(
            f"{child} cannot start from {parent}: that is an encoder of {theirs.model}, whose weights no ancestor of "
            f"{card.model} has; name the encoder of the parent it was trained from"
        )
    return theirs
