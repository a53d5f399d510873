"""Morphs between relatives: codes and all synthesis weights interpolated (StyleAlign, 4.2 and A.7; Figures 24-27).

A path leads through two or more models of one family, each with a code of its own: at position 0 it is the first model
with its code, at 1 the last, exactly. Codes and weights may be at different positions: a figure's grid has the codes
along one axis and the weights along the other, a video goes along the diagonal. Noise is constant, and interpolated
like every other tensor of ``synthesis``, so nothing flickers. Instead of being interpolated, weights may also be
swapped, one resolution after the other (Pinkney and Adler): what the paper compares with.

Legend: K models, C positions of codes, N images of each, R pixels a side.
"""

import copy
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.editing.translate import Model, check_crossing
from stylealign.errors import CodesError, LineageError
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.networks.synthesis import SynthesisLayer, ToRGB

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

PathLike = str | os.PathLike[str]

BATCH = 64
EASINGS = ("linear", "smooth")
INTERPOLATION, LAYER_SWAPPING = "interpolation", "layer_swapping"


def positions(num: int, easing: str = "linear") -> np.ndarray:
    """``num`` positions from 0 to 1, float64 [num]; ``smooth`` starts and stops gently (a cosine)."""
    assert easing in EASINGS, easing
    even = np.linspace(0, 1, num)
    return even if easing == "linear" else (1 - np.cos(np.pi * even)) / 2


class MorphPath:
    """The way from one model to another through those between; one working copy of the weights serves every frame.

    ``generators``: K models; ``ws`` float [K, num_ws, w_dim], the code of each, or [K, N, num_ws, w_dim], of N images.
    Weights go along by ``way``: ``interpolation``, or ``layer_swapping``, coarse resolutions first, at even intervals.
    Raises :class:`LineageError` when the models are not of one architecture, :class:`CodesError` for other codes.
    """

    def __init__(self, generators: "Sequence[Generator]", ws: Tensor, what: str = "morph", *, way: str = INTERPOLATION):
        assert way in (INTERPOLATION, LAYER_SWAPPING), way
        _check(generators, ws, what)
        self.ws, self.way = ws, way
        self._stops = [list(G.synthesis.state_dict().values()) for G in generators]
        self._working = copy.deepcopy(generators[0]).eval().requires_grad_(False)
        weights = self._working.synthesis.state_dict()
        self._weights, self._places = list(weights.values()), _places(weights, self._working.synthesis.resolutions)
        self._clamps = [G.init_kwargs["conv_clamp"] for G in generators]
        clamped = clamped_parts(self._working)
        self._clamped = list(zip(clamped.values(), _places(clamped, self._working.synthesis.resolutions), strict=True))

    @property
    def num_legs(self) -> int:
        return len(self._stops) - 1

    @torch.inference_mode()
    def render(self, codes: Sequence[float], weights: float) -> np.ndarray:
        """Images at positions ``codes`` of the codes, all at one position of the weights.

        uint8 [C, R, R, 3] where each model has one code, [C, N, R, R, 3] where it has N.
        """
        self._go_to(weights)
        ws = torch.stack([self._ws_at(position) for position in codes])  # [C, ..., num_ws, w_dim]
        G = self._working
        parts = ws.flatten(0, -3).split(at_once(G.img_resolution, BATCH))
        images = np.concatenate([to_hwc(to_pixels(G.synthesis(G.styles(part)))) for part in parts])
        return images.reshape(*ws.shape[:-2], *images.shape[1:])

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
        switched = num_switched(part, max(self._places) + 1) if self.way == LAYER_SWAPPING else None
        ends = zip(self._weights, self._places, self._stops[leg], self._stops[leg + 1], strict=True)
        for own, place, before, after in ends:
            if switched is None:
                torch.lerp(before, after, part, out=own)
            else:
                own.copy_(after if place < switched else before)
        for module, place in self._clamped:
            is_after = part >= 0.5 if switched is None else place < switched
            module.conv_clamp = self._clamps[leg + is_after]


def num_switched(part: float, num_blocks: int) -> int:
    """How many of a network's blocks are swapped when ``part`` of the way is done: none at 0, all at 1."""
    return min(int(part * (num_blocks + 1)), num_blocks)


def clamped_parts(G: "Generator") -> "dict[str, SynthesisLayer | ToRGB]":
    """The parts of ``G.synthesis`` that clamp what they put out, by name: ``b8.conv0``.

    A clamp is no weight and has no mean: it travels with a part that is swapped, and is the nearer model's between two.
    """
    return {name: part for name, part in G.synthesis.named_modules() if isinstance(part, (SynthesisLayer, ToRGB))}


def _places(weights: Iterable[str], resolutions: Sequence[int]) -> list[int]:
    """To which block each tensor or part belongs, from the coarsest: ``b8.conv0.weight`` to 1."""
    return [resolutions.index(int(name.partition(".")[0].removeprefix("b"))) for name in weights]


def morph_frames(path: MorphPath, along: Sequence[float]) -> Iterator[np.ndarray]:
    """The diagonal: codes and weights at the same positions; for each an image uint8 [R, R, 3], or [N, R, R, 3]."""
    for position in map(float, along):
        yield path.render([position], position)[0]


def morph_grid(path: MorphPath, codes: Sequence[float], weights: Sequence[float]) -> np.ndarray:
    """Weights down the rows, codes along the columns: uint8 [rows, columns, (N,) R, R, 3] (Figures 24-27)."""
    along = [float(position) for position in codes]
    return np.stack([path.render(along, float(position)) for position in weights])


def open_models(checkpoints: Sequence[PathLike], device: torch.device | str = "cpu") -> "list[Generator]":
    """The models on a morph's way, each a relative of the first.

    Raises :class:`CheckpointError` for a file that is none, :class:`LineageError` for a stranger.
    """
    return [G for G, _ in open_relatives(checkpoints, device)]


def open_relatives(checkpoints: Sequence[PathLike], device: torch.device | str = "cpu") -> list[Model]:
    """The same, each with its card."""
    loaded = [load_generator(path, device) for path in checkpoints]
    for path, (_, card) in zip(checkpoints, loaded, strict=True):
        check_crossing(loaded[0][1], card, f"{checkpoints[0]} to {path}")
    return loaded


def check_alike(generators: "Sequence[Generator]", what: str) -> None:
    """:class:`LineageError` when the weights of models cannot be mixed; ``what`` names them."""
    first = generators[0]
    for G in generators[1:]:
        differing = [
            key for key, value in first.init_kwargs.items() if key != "conv_clamp" and G.init_kwargs[key] != value
        ]
        if differing:
            raise LineageError(f"{what}: the models differ in {', '.join(differing)}; name models of one architecture")


def _check(generators: "Sequence[Generator]", ws: Tensor, what: str) -> None:
    if len(generators) < 2:
        raise LineageError(f"{what}: a morph needs two models or more")
    check_alike(generators, what)
    first = generators[0]
    expected = (len(generators), first.num_ws, first.w_dim)
    if ws.ndim not in (3, 4) or (len(ws), *ws.shape[-2:]) != expected:
        raise CodesError(f"{what}: codes of the shape {list(ws.shape)}, not {list(expected)}: one for each model")
