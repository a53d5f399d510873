"""Blends of two relatives: layers swapped, or weights interpolated (StyleAlign, A.7; Figures 31 to 33).

Layer swapping (Pinkney and Adler, 2020), after the clean definition ``swap(A, B, r)``: every block of a resolution up
to r is A's, every finer one B's; a block's affine layers and toRGB travel with it, the constant input with the first;
the mapping is A's. Interpolation mixes every tensor of ``synthesis`` at one ratio.

Here all three ways from A to B (fine layers first, coarse layers first, interpolation) draw the same ws, those of A's
mapping: so they have the same two ends, A(z) and A's w in B, take the same number of steps, and differ in nothing but
how the weights change. Noise is constant, and mixed like every other tensor.

Legend: N latent codes, U units (blocks or layers), R pixels a side.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from stylealign.editing.morph import BATCH, PathLike, check_alike, clamped_parts, open_models
from stylealign.images import to_hwc, to_pixels
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

Granularity = Literal["block", "layer"]

INTERPOLATION, FINE_FIRST, COARSE_FIRST = "interpolation", "swap_fine_first", "swap_coarse_first"
METHODS = (FINE_FIRST, COARSE_FIRST, INTERPOLATION)


@dataclass(frozen=True)
class Unit:
    """What travels together when layers are swapped: ``names`` are tensors of a ``synthesis`` network's state."""

    label: str  # b8; b8.conv0
    resolution: int
    names: tuple[str, ...]


def units(G: "Generator", granularity: Granularity = "block") -> list[Unit]:
    """The units of ``G.synthesis``, coarse to fine: every tensor of its state is in one of them.

    A unit is a block; or a convolution, where toRGB travels with the block's last and the constant input with 4/conv1.
    """
    found: dict[tuple[str, int], list[str]] = {}
    for name in G.synthesis.state_dict():
        block, part = name.split(".")[:2]
        label = block if granularity == "block" else f"{block}.{'conv0' if part == 'conv0' else 'conv1'}"
        found.setdefault((label, int(block.removeprefix("b"))), []).append(name)
    return [Unit(label, resolution, tuple(names)) for (label, resolution), names in found.items()]


class Blender:
    """Blends of the models ``first`` (A) and ``second`` (B), neither of which is changed.

    One working copy serves every blend: what :meth:`swap` and :meth:`interpolate` return is that copy, good until the
    next call. Raises :class:`LineageError` when the models are not of one architecture.
    """

    def __init__(
        self, first: "Generator", second: "Generator", what: str = "blend", granularity: Granularity = "block"
    ):
        check_alike([first, second], what)
        self.units = units(first, granularity)
        self._models = (first, second)
        self._states = tuple(G.synthesis.state_dict() for G in self._models)
        self._working = copy.deepcopy(first).eval().requires_grad_(False)
        self._weights = self._working.synthesis.state_dict()
        self._clamps = [G.init_kwargs["conv_clamp"] for G in self._models]
        self._clamped = clamped_parts(self._working)

    @property
    def img_resolution(self) -> int:
        """Pixels of a blend's side."""
        return self._working.img_resolution

    @property
    def num_steps(self) -> int:
        """Steps from A to B when one unit is swapped at a time."""
        return len(self.units)

    def cut_at(self, resolution: int) -> int:
        """How many units are of resolutions up to ``resolution``, in pixels."""
        return sum(unit.resolution <= resolution for unit in self.units)

    @torch.no_grad()
    def swap(self, cut: int, coarse: int = 0) -> "Generator":
        """The first ``cut`` units (coarse) and the mapping of model ``coarse`` (0 is A, 1 is B), the rest the other's.

        ``swap(cut_at(r))`` is ``swap(A, B, r)``, ``swap(cut_at(r), 1)`` is ``swap(B, A, r)``.
        """
        assert 0 <= cut <= self.num_steps, cut
        for place, unit in enumerate(self.units):
            model = coarse if place < cut else 1 - coarse
            for name in unit.names:
                self._weights[name].copy_(self._states[model][name])
            self._clamp(unit.names, model)
        return self._with_mapping(coarse)

    @torch.no_grad()
    def interpolate(self, ratio: float) -> "Generator":
        """Every tensor of synthesis at ``ratio`` between A (0) and B (1), exact at both; the mapping is A's."""
        assert 0 <= ratio <= 1, ratio
        first, second = self._states
        for name, own in self._weights.items():
            torch.lerp(first[name], second[name], ratio, out=own)
        self._clamp(self._weights, int(ratio >= 0.5))
        return self._with_mapping(0)

    def step(self, method: str, place: int) -> "Generator":
        """The blend ``place`` of :attr:`num_steps` on the way from A (0) to B, by one of :data:`METHODS`."""
        match method:
            case "swap_fine_first":
                return self.swap(self.num_steps - place)
            case "swap_coarse_first":
                return self.swap(place, coarse=1)
            case "interpolation":
                return self.interpolate(place / self.num_steps)
        raise ValueError(f"method must be one of {METHODS}, not {method!r}")

    def name(self, method: str, place: int) -> str:
        """What a blend is called: a ratio; or the finest unit of the model whose coarse layers it has (none: "")."""
        if method == INTERPOLATION:
            return f"{place / self.num_steps:g}"
        cut = self.num_steps - place if method == FINE_FIRST else place
        return self.units[cut - 1].label if cut else ""

    def _clamp(self, names: Iterable[str], model: int) -> None:
        """Gives the parts of synthesis that hold tensors ``names`` the clamp of A or of B."""
        for part in {".".join(name.split(".")[:2]) for name in names} & set(self._clamped):
            self._clamped[part].conv_clamp = self._clamps[model]

    def _with_mapping(self, model: int) -> "Generator":
        """The working copy, with the mapping of A or of B."""
        for own, theirs in zip(
            self._working.mapping.state_dict().values(), self._models[model].mapping.state_dict().values(), strict=True
        ):
            own.copy_(theirs)
        return self._working


def swap(first: "Generator", second: "Generator", resolution: int, granularity: Granularity = "block") -> "Generator":
    """``swap(A, B, r)`` as a model of its own; for more than one blend of a pair, :class:`Blender`."""
    blender = Blender(first, second, "swap", granularity)
    return blender.swap(blender.cut_at(resolution))


def open_pair(
    pair: str, checkpoints: Sequence[PathLike], granularity: Granularity, device: torch.device | str = "cpu"
) -> tuple[Blender, "Generator"]:
    """A pair's blender, and its first model.

    Raises :class:`CheckpointError`, and :class:`LineageError` for strangers or other architectures.
    """
    first, second = open_models(checkpoints, device)
    return Blender(first, second, pair, granularity), first


def first_ws(first: "Generator", num_z: int, truncation_psi: float, seed: int) -> Tensor:
    """The ws [N, num_ws, w_dim] that every blend of a pair draws: A's, of the study's fixed z."""
    z = sample_z(num_z, first.z_dim, seed, "family").to(first.mapping.w_avg.device)
    with torch.inference_mode():
        return first.mapping(z, truncation_psi=truncation_psi)


def render_pixels(G: "Generator", ws: Tensor) -> Tensor:
    """Images of ``ws`` with constant noise: uint8 [N, 3, R, R] on the CPU."""
    with torch.inference_mode():
        return torch.cat([to_pixels(G.synthesis(G.styles(some))).cpu() for some in ws.split(BATCH)])


def blend_sequence(blender: Blender, ws: Tensor, method: str) -> list[Tensor]:
    """The way from A to B by one method: U + 1 times uint8 [N, 3, R, R]; A and B themselves are its ends."""
    return [render_pixels(blender.step(method, place), ws) for place in range(blender.num_steps + 1)]


def blend_pictures(
    pair: str,
    models: Sequence[str],
    checkpoints: Sequence[PathLike],
    *,
    ratios: Sequence[float],
    num_shown: int,
    granularity: Granularity,
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> dict[str, np.ndarray]:
    """What the figure ``blend_grid`` shows of a pair, whose ``models`` are so called: the first ``num_shown`` fixed z.

    ``first`` and ``second`` uint8 [n, R, R, 3]: A(z), and A's w in B. For each of :data:`METHODS` the blends between
    them: the method's name uint8 [n, k, R, R, 3] (every swap; interpolations at ``ratios``) and ``names_`` [k].
    Raises as :func:`open_pair`.
    """
    blender, first = open_pair(pair, checkpoints, granularity, device)
    ws = first_ws(first, num_shown, truncation_psi, seed)
    inner = range(1, blender.num_steps)
    shown = {
        method: [(blender.name(method, place), _drawn(blender.step(method, place), ws)) for place in inner]
        for method in (FINE_FIRST, COARSE_FIRST)
    }
    shown[INTERPOLATION] = [(f"{ratio:g}", _drawn(blender.interpolate(ratio), ws)) for ratio in ratios]
    pictures = {"pair": np.array(pair), "pair_models": np.array(models, dtype=str)}
    pictures |= {end: _drawn(blender.interpolate(ratio), ws) for end, ratio in (("first", 0), ("second", 1))}
    for method, blends in shown.items():
        pictures[method] = np.stack([pixels for _, pixels in blends], axis=1)
        pictures[f"names_{method}"] = np.array([name for name, _ in blends], dtype=str)
    return pictures


def _drawn(G: "Generator", ws: Tensor) -> np.ndarray:
    return to_hwc(render_pixels(G, ws))
