"""Edits applied to any code of any model (StyleAlign, Section 3 and Figures 2, 3, 9 to 12).

    a channel, or a sum of channels     s_u += strength * weight_u * std(s_u)
    a direction n in W                  w   += strength * std(<w, n>) * n, in every row of ws

Deviations are those of a *reference* model's samples: parent and child make the same absolute step. Noise is constant.

Legend: E edits, N codes, S strengths.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from stylealign.boundaries import load_boundaries
from stylealign.checkpoint import load_generator
from stylealign.config.problems import nearest
from stylealign.errors import ConfigError, LineageError
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.stylespace import StyleLayer, column_of

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

BATCH = 64
NUM_DEVIATION_SAMPLES = 10_000
CHANNEL, CHANNELS, DIRECTION = "channel", "channels", "direction"


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit: ``channels`` (columns of s with their weights) or a unit ``direction`` [w_dim] in W."""

    title: str
    kind: str  # channel, channels or direction
    attribute: str = ""
    channels: tuple[tuple[int, float], ...] = ()
    direction: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Deviations:
    """How a reference model's samples vary: what a strength of 1 means."""

    s: np.ndarray  # float64 [num_styles], standard deviation of every column
    w_covariance: np.ndarray  # float64 [w_dim, w_dim]

    def along(self, direction: np.ndarray) -> float:
        """Standard deviation of <w, ``direction``>."""
        return float(np.sqrt(max(direction @ self.w_covariance @ direction, 0.0)))


def channel_edit(layers: Sequence[StyleLayer], weights: Sequence[tuple[str, float]], title: str = "") -> Edit:
    """An edit of one or more channels by name, each with its weight."""
    channels = tuple((find_channel(layers, name), float(weight)) for name, weight in weights)
    names = " + ".join(name if weight == 1 else f"{weight:g} x {name}" for name, weight in weights)
    return Edit(title or names, CHANNEL if len(channels) == 1 else CHANNELS, "", channels)


def find_channel(layers: Sequence[StyleLayer], name: str) -> int:
    """The column of s that the papers call ``6_501``, and this package ``b16.conv1:501``.

    Raises:
        ConfigError: there is none in this architecture; the message says what there is.
    """
    layer_name, colon, channel = name.partition(":")
    if not colon:
        try:
            return column_of(list(layers), name)
        except ValueError as error:
            raise ConfigError([f"channel {error}; or write {layers[0].name}:0"]) from error
    found = {layer.name: layer for layer in layers}
    if layer_name not in found:
        raise ConfigError([f"channel {name!r}: there is no layer {layer_name!r}; {nearest(layer_name, found)}"])
    layer = found[layer_name]
    if not (channel.isdigit() and int(channel) < layer.channels):
        raise ConfigError([f"channel {name!r}: {layer_name} has channels 0 to {layer.channels - 1}"])
    return layer.offset + int(channel)


def check_same_spaces(G: "Generator", reference: "Generator", what: str) -> None:
    """:class:`LineageError` when W or S of two models are not of one shape; ``what`` names them."""
    if (G.mapping.w_dim, G.style_layers) != (reference.mapping.w_dim, reference.style_layers):
        raise LineageError(
            f"{what}: their W or S are of different shapes, so that no edit of one is an edit of the other; compare "
            "models of one architecture"
        )


def measure_deviations(
    G: "Generator", *, truncation_psi: float, seed: int, num: int = NUM_DEVIATION_SAMPLES
) -> Deviations:
    """Deviations over ``num`` samples of ``G`` at ``truncation_psi``: mapping and affine layers only, no images."""
    z = sample_z(num, G.z_dim, seed, "manipulate", "deviations")
    sums, squares, products, w_sum = 0.0, 0.0, 0.0, 0.0
    with torch.inference_mode():
        for some_z in z.split(4096):
            ws = G.mapping(some_z.to(G.mapping.w_avg.device), truncation_psi=truncation_psi)
            s, w = G.styles(ws).double().cpu().numpy(), ws[:, 0].double().cpu().numpy()
            sums, squares = sums + s.sum(axis=0), squares + np.square(s).sum(axis=0)
            products, w_sum = products + w.T @ w, w_sum + w.sum(axis=0)
    variance = squares / num - np.square(sums / num)
    covariance = products / num - np.outer(w_sum, w_sum) / num**2
    return Deviations(np.sqrt(np.maximum(variance, 0)), covariance)


def manipulated_styles(G: "Generator", ws: Tensor, edit: Edit, strength: float, deviations: Deviations) -> Tensor:
    """s [N, num_styles] of ``ws`` [N, num_ws, w_dim] after ``edit`` of ``strength`` deviations, of either sign."""
    if edit.direction is not None:
        step = strength * deviations.along(edit.direction) * edit.direction  # [w_dim]
        return G.styles(ws + torch.as_tensor(step, dtype=ws.dtype, device=ws.device))
    s = G.styles(ws).clone()
    for column, weight in edit.channels:
        s[:, column] += strength * weight * float(deviations.s[column])
    return s


def edited_samples(
    g_ema: Path,
    reference: Path,
    channels: Sequence[str],
    directions: Sequence[str],
    strengths: Sequence[float],
    *,
    num: int,
    seed: int,
    truncation_psi: float,
    device: torch.device | str = "cpu",
) -> tuple[np.ndarray, list[str]]:
    """Edits of the first ``num`` fixed z of ``seed`` in one checkpoint: uint8 [E, num, S, R, R, 3], and their titles.

    ``directions`` are written ``boundaries.npz:name``. Raises :class:`ConfigError` when there is nothing to edit, no
    such channel or boundary, and :class:`LineageError` when the reference has another shape.
    """
    G, source = load_generator(g_ema, device)[0], load_generator(reference, device)[0]
    check_same_spaces(G, source, f"{g_ema} and {reference}")
    edits = [channel_edit(G.style_layers, [(name, 1.0)]) for name in channels]
    edits += [direction_edit(G, *text.rpartition(":")[::2]) for text in directions]
    if not edits:
        raise ConfigError(["nothing to edit: name a --channel or a --direction"], "manipulate")
    deviations = measure_deviations(source, truncation_psi=truncation_psi, seed=seed)
    with torch.inference_mode():
        z = sample_z(num, G.z_dim, seed, "family").to(G.mapping.w_avg.device)
        ws = G.mapping(z, truncation_psi=truncation_psi)
    pixels = manipulate(G, ws, edits, strengths, deviations)
    return to_hwc(pixels), [edit.title for edit in edits]


def direction_edit(G: "Generator", path: str, name: str) -> Edit:
    """The boundary ``name`` of the file ``path`` as an edit of ``G``."""
    if not path or not Path(path).is_file():
        raise ConfigError([f"--direction {path or name}: no such file; write boundaries.npz:name"], "manipulate")
    boundaries = load_boundaries(path)
    normal = boundaries.normal(name, f"--direction {path}")
    if len(normal) != G.mapping.w_dim:
        raise LineageError(f"{path}: directions of {len(normal)} numbers, and the model's w has {G.mapping.w_dim}")
    return Edit(name, DIRECTION, boundaries.attributes[boundaries.names.index(name)], direction=normal)


def render_styles(G: "Generator", s: Tensor) -> Iterator[Tensor]:
    """uint8 pixels [n, 3, R, R] of ``s`` [N, num_styles], a batch at a time, with constant noise."""
    with torch.inference_mode():
        for some in s.split(at_once(G.img_resolution, BATCH)):
            yield to_pixels(G.synthesis(some, noise_mode="const"))


def manipulate(
    G: "Generator", ws: Tensor, edits: Sequence[Edit], strengths: Sequence[float], deviations: Deviations
) -> Tensor:
    """uint8 pixels [E, N, S, 3, R, R] on the CPU: every edit of ``ws`` [N, num_ws, w_dim] at every strength.

    A strength of 0 is the unedited image itself, bit for bit.
    """
    with torch.inference_mode():
        plain = _pixels(G, G.styles(ws))
        images = [
            torch.stack(
                [plain if not k else _pixels(G, manipulated_styles(G, ws, edit, k, deviations)) for k in strengths]
            )
            for edit in edits
        ]
    return torch.stack(images).transpose(1, 2)  # [E, S, N, ...] -> [E, N, S, ...]


def _pixels(G: "Generator", s: Tensor) -> Tensor:
    return torch.cat([pixels.cpu() for pixels in render_styles(G, s)])
