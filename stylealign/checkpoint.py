"""A generator on disk that explains itself: safetensors with its card inside. One loader, no code is ever executed.

``g_ema.safetensors`` holds the averaged generator and a :class:`ModelCard`; ``pair.safetensors`` holds the training
pair (``G/...``, ``D/...``) that a child starts from. Files are sealed, written beside the target and renamed.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from stylealign.devices import pick_device
from stylealign.errors import CheckpointError
from stylealign.networks.generator import Generator
from stylealign.sealed import UNREADABLE, described, read_sealed, read_sealed_meta, state_digest, write_sealed

Module = TypeVar("Module", bound=nn.Module)


@dataclass(frozen=True)
class ModelCard:
    """What a generator is: enough to rebuild it, and to know whom it descends from.

    ``lineage`` and ``lineage_digests`` run from the root to the model itself; ``digest`` is over the weights.
    """

    model: str
    domain: str
    architecture: dict[str, Any]
    img_resolution: int
    lineage: tuple[str, ...]
    lineage_digests: tuple[str, ...]
    kimg: float
    total_kimg: float
    seed: int
    recipe: int
    version: str
    training: dict[str, Any] = field(default_factory=dict)
    transfer: dict[str, Any] = field(default_factory=dict)
    image_set: str = ""

    @property
    def digest(self) -> str:
        """sha256 of the model's own weights."""
        return self.lineage_digests[-1]


def save_tensors(path: str | os.PathLike[str], tensors: Mapping[str, Tensor], meta: Mapping[str, Any]) -> None:
    """Tensors and JSON metadata to safetensors, sealed (:mod:`stylealign.sealed`), whole or not at all."""
    write_sealed(path, tensors, meta)


def load_tensors(path: str | os.PathLike[str]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What :func:`save_tensors` wrote; :class:`CheckpointError` when the file is not one of ours or is damaged."""
    try:
        return read_sealed(path)
    except FileNotFoundError as error:
        raise CheckpointError(f"{path}: no such checkpoint") from error
    except UNREADABLE as error:
        raise CheckpointError(
            f"{path}: not a stylealign checkpoint, or cut short or altered ({error}); restore it, or if it is a result "
            "of this study delete it and run again"
        ) from error


def save_generator(path: str | os.PathLike[str], G: nn.Module, card: ModelCard) -> None:
    """The averaged generator with its card."""
    save_tensors(path, G.state_dict(), {"kind": "generator", "card": dataclasses.asdict(card)})


def save_snapshots(
    path: str | os.PathLike[str], kimg: Sequence[float], states: Sequence[Mapping[str, Tensor]], card: ModelCard
) -> None:
    """Averaged generators at ``kimg`` of one training, with the card of the finished model."""
    tensors = {f"{place:03d}/{name}": value for place, state in enumerate(states) for name, value in state.items()}
    save_tensors(path, tensors, {"kind": "snapshots", "kimg": list(kimg), "card": dataclasses.asdict(card)})


def load_snapshots(path: str | os.PathLike[str], device: torch.device | str = "cpu") -> list[tuple[float, Generator]]:
    """What :func:`save_snapshots` wrote: kimg and a generator ready to be measured, of each moment.

    Raises :class:`CheckpointError`.
    """
    tensors, meta = load_tensors(path)
    if meta.get("kind") != "snapshots":
        raise CheckpointError(f"{path}: holds no snapshots of a training; delete it and run again")
    card, found = _card(meta, path), []
    for place, kimg in enumerate(meta["kimg"]):
        prefix = f"{place:03d}/"
        state = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        G = rebuilt(Generator, card.architecture, state, path)
        found.append((float(kimg), G.eval().requires_grad_(False).to(pick_device(device))))
    return found


def _card(meta: Mapping[str, Any], path: str | os.PathLike[str]) -> ModelCard:
    try:
        values = dict(meta["card"])
        values["lineage"] = tuple(values["lineage"])
        values["lineage_digests"] = tuple(values["lineage_digests"])
        _check_card(values)
        return ModelCard(**values)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(
            f"{path}: holds no readable model card ({error}); was it written by stylealign?"
        ) from error


_TEXTS, _NUMBERS = ("model", "domain", "version"), ("img_resolution", "kimg", "total_kimg", "seed", "recipe")


def _check_card(values: Mapping[str, Any]) -> None:
    """``ValueError`` for a card whose values are of another kind than they should be, whoever wrote it."""
    kinds: dict[str, Any] = dict.fromkeys(_TEXTS, str) | dict.fromkeys(_NUMBERS, int | float) | {"architecture": dict}
    wrong = [name for name, kind in kinds.items() if not isinstance(values[name], kind)]
    for name in ("lineage", "lineage_digests"):
        is_right = values[name] and all(isinstance(one, str) for one in values[name])
        wrong += [] if is_right and len(values[name]) == len(values["lineage"]) else [name]
    if not wrong and values["architecture"].get("img_resolution", values["img_resolution"]) != values["img_resolution"]:
        wrong = ["img_resolution"]
    if wrong:
        raise ValueError(f"its {wrong[0]} is not one")


def read_card(path: str | os.PathLike[str]) -> ModelCard:
    """The card alone, without reading the weights."""
    try:
        meta = read_sealed_meta(path)
    except UNREADABLE as error:
        raise CheckpointError(f"{path}: not a stylealign checkpoint ({error})") from error
    return _card(meta, path)


def load_generator(path: str | os.PathLike[str], device: torch.device | str = "cpu") -> tuple[Generator, ModelCard]:
    """A generator ready to be measured (eval, no gradients) and its card; the weights are checked by their digest."""
    state, meta = load_tensors(path)
    other = {"pair": "a training pair", "snapshots": "snapshots of a training"}.get(meta.get("kind", ""))
    if other is not None:
        raise CheckpointError(f"{path}: {other}, not a model; name the g_ema.safetensors beside it")
    card = _card(meta, path)
    if state_digest(state) != card.digest:
        raise CheckpointError(f"{path}: the weights do not match the digest in the file; it is damaged, restore it")
    G = rebuilt(Generator, card.architecture, state, path)
    return G.eval().requires_grad_(False).to(pick_device(device)), card


def rebuilt(
    build: Callable[..., Module], settings: Mapping[str, Any], state: Mapping[str, Tensor], path: str | os.PathLike[str]
) -> Module:
    """The network that a file describes by ``settings``, with the weights of its ``state``.

    Its shapes are compared with the weights before any memory is taken. Raises :class:`CheckpointError`.
    """
    try:
        refuse_misfits(described(build, settings, state), state, path)
    except ValueError as error:
        raise CheckpointError(f"{path}: a network that this version does not know ({error}); take another") from error
    network = build(**settings)
    network.load_state_dict(dict(state))
    return network


def load_strictly(module: nn.Module, state: Mapping[str, Tensor], path: str | os.PathLike[str]) -> None:
    """Load every tensor by name; errors as :func:`refuse_misfits`."""
    refuse_misfits(module, state, path)
    module.load_state_dict(dict(state))


def refuse_misfits(module: nn.Module, state: Mapping[str, Tensor], path: str | os.PathLike[str]) -> None:
    """:class:`CheckpointError` lists the first few tensors that are missing, extra, misshapen or not finite numbers."""
    if found := misfits(module, state):
        raise CheckpointError(f"{path}: does not fit, so set architecture: and resolution: to its own: {found}")
    own = module.state_dict()
    for name, tensor in state.items():
        if own[name].is_floating_point() and not (tensor.is_floating_point() and bool(tensor.isfinite().all())):
            raise CheckpointError(f"{path}: {name} holds what is no finite number; take another checkpoint")


def misfits(module: nn.Module, state: Mapping[str, Tensor]) -> str:
    """The first three tensors that are missing, extra or misshapen, and how many more; empty where all fit."""
    own = module.state_dict()
    problems = [f"missing {name}" for name in own if name not in state]
    problems += [f"unexpected {name}" for name in state if name not in own]
    problems += [
        f"{name} is {list(state[name].shape)}, not {list(own[name].shape)}"
        for name in own
        if name in state and state[name].shape != own[name].shape
    ]
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return "; ".join(problems[:3]) + more
