"""Morphs between relatives: codes and all synthesis weights interpolated (StyleAlign, 4.2 and A.7; Figures 24-27).

A path leads through two or more models of one family, each with a code of its own: at position 0 it is the first model
with its code, at 1 the last, exactly. Codes and weights may be at different positions: a figure's grid has the codes
along one axis and the weights along the other, a video goes along the diagonal. Noise is constant, and interpolated
like every other tensor of ``synthesis``, so nothing flickers.

Legend: K models, N images, R pixels a side.
"""

import copy
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.editing.translate import check_crossing
from stylealign.errors import CodesError, LineageError
from stylealign.images import to_hwc, to_pixels

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

PathLike = str | os.PathLike[str]

BATCH = 64
EASINGS = ("linear", "smooth")


def positions(num: int, easing: str = "linear") -> np.ndarray:
    """``num`` positions from 0 to 1, float64 [num]; ``smooth`` starts and stops gently (a cosine)."""
    assert easing in EASINGS, easing
    even = np.linspace(0, 1, num)
    return even if easing == "linear" else (1 - np.cos(np.pi * even)) / 2


class MorphPath:
    """The way from one model to another through those between; one working copy of the weights serves every frame.

    ``generators``: K models; ``ws`` float [K, num_ws, w_dim]: the code of each.
    Raises :class:`LineageError` when the models are not of one architecture, :class:`CodesError` for other codes.
    """

    def __init__(self, generators: "Sequence[Generator]", ws: Tensor, what: str = "morph"):
        _check(generators, ws, what)
        self.ws = ws
        self._stops = [list(G.synthesis.state_dict().values()) for G in generators]
        self._working = copy.deepcopy(generators[0]).eval().requires_grad_(False)
        self._weights = list(self._working.synthesis.state_dict().values())

    @property
    def num_legs(self) -> int:
        return len(self._stops) - 1

    @torch.inference_mode()
    def render(self, codes: Sequence[float], weights: float) -> np.ndarray:
        """Images at positions ``codes`` of the codes, all at one position of the weights: uint8 [N, R, R, 3]."""
        self._go_to(weights)
        ws = torch.stack([self._ws_at(position) for position in codes])  # [N, num_ws, w_dim]
        G = self._working
        return np.concatenate([to_hwc(to_pixels(G.synthesis(G.styles(part)))) for part in ws.split(BATCH)])

    def _leg(self, position: float) -> tuple[int, float]:
        """Between which two models a position lies, and how far along; exact at every model."""
        assert 0 <= position <= 1, position
        leg = min(int(position * self.num_legs), self.num_legs - 1)
        return leg, position * self.num_legs - leg

    def _ws_at(self, position: float) -> Tensor:
        leg, part = self._leg(position)
        return torch.lerp(self.ws[leg], self.ws[leg + 1], part)

    def _go_to(self, position: float) -> None:
        leg, part = self._leg(position)
        for own, before, after in zip(self._weights, self._stops[leg], self._stops[leg + 1], strict=True):
            torch.lerp(before, after, part, out=own)


def morph_frames(path: MorphPath, along: Sequence[float]) -> Iterator[np.ndarray]:
    """The diagonal: codes and weights at the same positions, an image uint8 [R, R, 3] for each."""
    for position in map(float, along):
        yield path.render([position], position)[0]


def morph_grid(path: MorphPath, codes: Sequence[float], weights: Sequence[float]) -> np.ndarray:
    """Weights down the rows, codes along the columns: uint8 [rows, columns, R, R, 3] (Figures 24-27)."""
    along = [float(position) for position in codes]
    return np.stack([path.render(along, float(position)) for position in weights])


def open_models(checkpoints: Sequence[PathLike], device: torch.device | str = "cpu") -> "list[Generator]":
    """The models on a morph's way, each a relative of the first.

    Raises :class:`CheckpointError` for a file that is none, :class:`LineageError` for a stranger.
    """
    loaded = [load_generator(path, device) for path in checkpoints]
    for path, (_, card) in zip(checkpoints, loaded, strict=True):
        check_crossing(loaded[0][1], card, f"{checkpoints[0]} to {path}")
    return [G for G, _ in loaded]


def _check(generators: "Sequence[Generator]", ws: Tensor, what: str) -> None:
    if len(generators) < 2:
        raise LineageError(f"{what}: a morph needs two models or more")
    first = generators[0]
    for G in generators[1:]:
        differing = [
            key for key, value in first.init_kwargs.items() if key != "conv_clamp" and G.init_kwargs[key] != value
        ]
        if differing:
            raise LineageError(f"{what}: the models differ in {', '.join(differing)}; morph models of one architecture")
    expected = (len(generators), first.num_ws, first.w_dim)
    if tuple(ws.shape) != expected:
        raise CodesError(f"{what}: codes of the shape {list(ws.shape)}, not {list(expected)}: one for each model")
