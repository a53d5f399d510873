"""An encoder on disk that explains itself: safetensors with its card inside (StyleAlign, A.4 and A.5).

Beside the encoder lies the latent discriminator it was trained with (W+), which a child's training goes on with. A
published encoder (pSp, e4e) that was taken into the study is such a file too. Files are written beside the target and
renamed; no code is ever executed.
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from stylealign.checkpoint import load_tensors, rebuilt, refuse_misfits, save_tensors, state_digest
from stylealign.devices import pick_device
from stylealign.errors import CheckpointError
from stylealign.networks.encoder import Encoder, LatentDiscriminator
from stylealign.networks.psp_encoder import PspEncoder
from stylealign.sealed import described

KIND = "encoder"
_ENCODER, _DISCRIMINATOR = "encoder/", "latent_discriminator/"

PathLike = str | os.PathLike[str]
AnyEncoder = Encoder | PspEncoder


@dataclass(frozen=True)
class EncoderCard:
    """What an encoder is, and which generator gives its codes their meaning.

    ``generator``, ``digest`` and ``discriminator`` are over weights: the generator's, the encoder's own, and those of
    the latent discriminator beside it. ``truncation_psi`` is that of codes in Z and Z+, 1 in W and W+. ``network``
    rebuilds the encoder, ``settings`` are its training's.
    """

    space: str
    start: str  # random or parent
    model: str
    generator: str
    truncation_psi: float
    judge: str
    img_resolution: int
    network: dict[str, Any]
    settings: dict[str, Any]
    kimg: float
    seed: int
    recipe: int
    version: str
    image_set: str  # digest of the images it was trained on
    parent: str = ""  # digest of the encoder it started from
    digest: str = ""
    discriminator: str = ""  # empty where there is none


@dataclass(frozen=True)
class PublishedCard(EncoderCard):
    """The card of an encoder that was published, not trained here.

    ``start`` is published; ``generator`` is the model it is used for. ``source`` says which file it was (``file``,
    ``sha256``), what in it (``kind``: psp or e4e), and what had to be assumed (``said``, lines).
    """

    source: dict[str, Any] = field(default_factory=dict)


def save_encoder(
    path: PathLike, encoder: AnyEncoder, card: EncoderCard, discriminator: LatentDiscriminator | None = None
) -> None:
    """The encoder with its card (whose digests are set here) and, where there is one, its latent discriminator."""
    own, beside = encoder.state_dict(), {} if discriminator is None else discriminator.state_dict()
    card = dataclasses.replace(card, digest=state_digest(own), discriminator=state_digest(beside) if beside else "")
    tensors = {_ENCODER + name: value for name, value in own.items()}
    tensors |= {_DISCRIMINATOR + name: value for name, value in beside.items()}
    save_tensors(path, tensors, {"kind": KIND, "card": dataclasses.asdict(card)})


def load_encoder(path: PathLike, device: torch.device | str = "cpu") -> tuple[AnyEncoder, EncoderCard]:
    """An encoder ready to encode (eval, no gradients) and its card; the weights are checked by their digest.

    Raises :class:`CheckpointError` when the file is damaged, or anything but an encoder.
    """
    tensors, card = _read(path)
    weights = _part(tensors, _ENCODER)
    _refuse_damaged(weights, card.digest, path)
    try:
        planned = described(_built, card.network, weights)
    except ValueError as error:
        raise CheckpointError(
            f"{path}: an encoder that this version does not know ({error}); train it again"
        ) from error
    refuse_misfits(planned, weights, path)
    encoder = _blank(card.network)
    encoder.load_state_dict(weights)
    encoder.eval().requires_grad_(False)
    return encoder.to(pick_device(device), memory_format=torch.channels_last), card


def load_latent_discriminator(path: PathLike) -> LatentDiscriminator | None:
    """The latent discriminator beside an encoder; None where it was trained without one.

    Raises :class:`CheckpointError` when the file is damaged, or anything but an encoder.
    """
    tensors, card = _read(path)
    weights = _part(tensors, _DISCRIMINATOR)
    if not weights:
        return None
    _refuse_damaged(weights, card.discriminator, path)
    return rebuilt(LatentDiscriminator, {"w_dim": card.network.get("w_dim")}, weights, path)


def _built(**network: Any) -> AnyEncoder:
    return PspEncoder(**network) if "kind" in network else Encoder(**network)


def _blank(network: Mapping[str, Any]) -> AnyEncoder:
    """The network that a card describes, before its weights are loaded: a large one is not drawn at random first."""
    if "kind" not in network:
        return Encoder(**network)
    with torch.device("meta"):
        encoder = PspEncoder(**network)
    return encoder.to_empty(device="cpu")


def _read(path: PathLike) -> tuple[dict[str, Tensor], EncoderCard]:
    tensors, meta = load_tensors(path)
    if meta.get("kind") != KIND:
        raise CheckpointError(
            f"{path}: holds a {meta.get('kind')}, not an encoder; name a results/encoders/{{model}}/*.safetensors"
        )
    try:
        card = (PublishedCard if "source" in meta["card"] else EncoderCard)(**meta["card"])
        if not isinstance(card.network, dict):
            raise TypeError("its network is not one")
        return tensors, card
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{path}: holds no readable card of an encoder ({error}); train it again") from error


def _refuse_damaged(weights: Mapping[str, Tensor], digest: str, path: PathLike) -> None:
    if state_digest(weights) != digest:
        raise CheckpointError(f"{path}: the weights do not match the digest in the file; it is damaged, restore it")


def _part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
