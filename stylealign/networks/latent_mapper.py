"""The latent mapper (StyleCLIP, Section 5; StyleGAN-NADA, 4.3 and Appendix I): three small networks that move ws.

    ws' = ws + 0.1 M(ws),   M: one network each for rows 0 to 3 (coarse), 4 to 7 (medium) and 8 on (fine)

A network normalises its rows and has four fully connected layers. The published code normalises over the rows of its
group, not over the numbers of a row (``dim=1`` of [N, rows, w_dim]); its checkpoints need that: ``published_norm``.
A generator of few rows has no fine network (32 px: 8 rows), or a shorter last one (16 px: 6 rows).

ws [N, num_ws, w_dim]
"""

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from stylealign.errors import CheckpointError, LineageError
from stylealign.networks.layers import FullyConnected
from stylealign.sealed import UNREADABLE, described, read_sealed, write_sealed

STEP = 0.1  # of what the networks give, added to ws
NUM_LAYERS, LR_MULTIPLIER = 4, 0.01
FIRST_ROWS = {"coarse": 0, "medium": 4, "fine": 8}
_PUBLISHED = {"coarse": "course_mapping", "medium": "medium_mapping", "fine": "fine_mapping"}  # their spelling


def row_groups(num_ws: int) -> dict[str, slice]:
    """The rows of ws that each network moves; one without rows is left out."""
    firsts = {name: first for name, first in FIRST_ROWS.items() if first < num_ws}
    ends = [*list(firsts.values())[1:], num_ws]
    return {name: slice(first, end) for (name, first), end in zip(firsts.items(), ends, strict=True)}


class RowsMapper(nn.Module):
    """One of the three: rows [N, n, w_dim] to what is added to them, [N, n, w_dim]."""

    def __init__(self, w_dim: int, *, published_norm: bool):
        super().__init__()
        self.norm_dim = 1 if published_norm else 2
        for index in range(NUM_LAYERS):
            self.add_module(f"fc{index}", FullyConnected(w_dim, w_dim, activate=True, lr_multiplier=LR_MULTIPLIER))

    def forward(self, rows: Tensor) -> Tensor:
        x = rows * (rows.square().mean(dim=self.norm_dim, keepdim=True) + 1e-8).rsqrt()
        x = x.flatten(0, 1)  # [N * n, w_dim]
        for index in range(NUM_LAYERS):
            x = getattr(self, f"fc{index}")(x)
        return x.view_as(rows)


class LatentMapper(nn.Module):
    """Moves ws towards what it was trained for; ``published_norm`` as the published checkpoints need it."""

    def __init__(self, *, num_ws: int, w_dim: int, published_norm: bool = False):
        super().__init__()
        self.init_kwargs: dict[str, Any] = {"num_ws": num_ws, "w_dim": w_dim, "published_norm": published_norm}
        self.groups = row_groups(num_ws)
        for name in self.groups:
            self.add_module(name, RowsMapper(w_dim, published_norm=published_norm))

    def forward(self, ws: Tensor) -> Tensor:
        """ws [N, num_ws, w_dim] to the moved ws of the same shape; ``ValueError`` for another shape."""
        num_ws, w_dim = self.init_kwargs["num_ws"], self.init_kwargs["w_dim"]
        if ws.ndim != 3 or ws.shape[1:] != (num_ws, w_dim):
            raise ValueError(f"ws must be [N, {num_ws}, {w_dim}], not {list(ws.shape)}")
        moves = [self.get_submodule(name)(ws[:, rows]) for name, rows in self.groups.items()]
        return ws + STEP * torch.cat(moves, dim=1)


def from_published_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published StyleCLIP mapper's state dict (``mapper.course_mapping.mapping.1.weight``, ...) in our names.

    Load it with ``published_norm=True``. Tensors of other networks in the same file are left out.
    """
    layers = {
        f"{theirs}.mapping.{index + 1}.{what}": f"{ours}.fc{index}.{what}"
        for ours, theirs in _PUBLISHED.items()
        for index in range(NUM_LAYERS)
        for what in ("weight", "bias")
    }
    bare = {name.removeprefix("mapper."): tensor for name, tensor in state.items()}
    return {layers[name]: tensor for name, tensor in bare.items() if name in layers}


@dataclass(frozen=True)
class MapperCard:
    """What a mapper is: whose ws it moves (``generator``: digest of the model's weights), and how it was trained."""

    model: str
    generator: str
    network: dict[str, Any]
    target_text: str
    clips: dict[str, float]  # judges and their weights
    settings: dict[str, Any]
    seed: int
    recipe: int
    version: str


def save_mapper(path: str | os.PathLike[str], mapper: LatentMapper, card: MapperCard) -> None:
    """The mapper with its card, sealed; equal weights and cards give equal bytes."""
    write_sealed(path, mapper.state_dict(), {"kind": "latent_mapper", "card": dataclasses.asdict(card)})


def load_mapper(path: str | os.PathLike[str], generator: str, device: str = "cpu") -> tuple[LatentMapper, MapperCard]:
    """A mapper for the model whose weights have the digest ``generator``, ready to be used, and its card.

    Raises:
        CheckpointError: the file is no mapper, or is damaged.
        LineageError: it was trained for other weights, whose ws it would move to nowhere.
    """
    try:
        state, meta = read_sealed(path)
        if meta.get("kind") != "latent_mapper":
            raise ValueError("it holds no latent mapper")
        card = MapperCard(**meta["card"])
        expected = described(LatentMapper, card.network, state).state_dict()
        if {name: one.shape for name, one in expected.items()} != {name: one.shape for name, one in state.items()}:
            raise ValueError("its tensors are not those of the network that it describes")
        mapper = LatentMapper(**card.network)
        mapper.load_state_dict(state)
    except UNREADABLE as error:
        raise CheckpointError(f"{path}: not a latent mapper, or damaged ({error}); delete it and run again") from error
    if card.generator != generator:
        raise LineageError(f"{path}: a mapper of other weights of {card.model}; delete it and run again")
    return mapper.eval().requires_grad_(False).to(device), card
