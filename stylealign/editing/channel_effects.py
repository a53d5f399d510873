"""Which channels *move* a judged attribute: each is stepped both ways, and the judge reads the images.

StyleSpace's signal-to-noise ratio (table ``attribute_channels``) finds channels that go with an attribute over samples;
and of those, many change nothing in the image. Here the change itself is measured: two images per channel and z.

Legend: C style channels of the convolutions, A attributes, N latent codes.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.editing.manipulate import (
    CHANNEL,
    Deviations,
    Edit,
    manipulated_styles,
    measure_deviations,
    render_styles,
)
from stylealign.errors import JudgeError
from stylealign.judged_attributes import Scores, known_attributes, read_scores
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator
    from stylealign.networks.stylespace import StyleLayer

KEY = "studies.channel_effects.attributes"


def conv_edits(G: "Generator") -> list[Edit]:
    """An edit per style channel of the convolutions, in the order of s, titled by the papers' index."""
    return [
        Edit(f"{layer.index}_{channel}", CHANNEL, channels=((layer.offset + channel, 1.0),))
        for layer in _conv_layers(G)
        for channel in range(layer.channels)
    ]


def _conv_layers(G: "Generator") -> "list[StyleLayer]":
    return [layer for layer in G.style_layers if layer.kind != "torgb"]


def judged(G: "Generator", s: Tensor, judge: "Judge", attributes: Sequence[str]) -> np.ndarray:
    """Judged ``attributes`` of the images of ``s`` [N, num_styles]: float64 [N, A]."""
    parts = [judge.attributes(pixels) for pixels in render_styles(G, s)]
    return np.stack([np.concatenate([part[name] for part in parts]) for name in attributes], axis=1)


def odd_changes(
    G: "Generator",
    ws: Tensor,
    edits: Sequence[Edit],
    strength: float,
    deviations: Deviations,
    judge: "Judge",
    attributes: Sequence[str],
) -> np.ndarray:
    """Half the difference between an edit of +``strength`` and of -``strength``: float64 [E, N, A].

    What both signs do alike (any large step may leave the images that the judge knows) drops out.
    """
    changes = []
    with torch.inference_mode():
        for edit in edits:
            s = [manipulated_styles(G, ws, edit, sign * strength, deviations) for sign in (1, -1)]
            up, down = np.split(judged(G, torch.cat(s), judge, attributes), 2)
            changes.append((up - down) / 2)
    return np.stack(changes)


def screened_effects(
    G: "Generator",
    judge: "Judge",
    attributes: Sequence[str],
    deviations: Deviations,
    *,
    strength: float,
    truncation_psi: float,
    num_z: int,
    seed: int,
) -> tuple[list[Edit], np.ndarray]:
    """Every convolution's channel, and its :func:`odd_changes` float64 [C, num_z, A] on codes of its own stream."""
    edits = conv_edits(G)
    z = sample_z(num_z, G.z_dim, seed, "channel_effects").to(G.mapping.w_avg.device)
    with torch.inference_mode():
        ws = G.mapping(z, truncation_psi=truncation_psi)
    return edits, odd_changes(G, ws, edits, strength, deviations, judge, attributes)


def channel_effect_rows(
    model: str,
    g_ema: str | os.PathLike[str],
    judge: "Judge",
    *,
    attributes: Sequence[str],
    num_listed: int,
    num_z: int,
    strength: float,
    truncation_psi: float,
    quality: Path | None,
    domain: str,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Per attribute the ``num_listed`` channels of a model that move it most, ranked by the root mean square change.

    ``effect`` is the mean change per +``strength``, ``effect_rms`` its root mean square over the codes, both in the
    attribute's own unit. Raises :class:`JudgeError` for an attribute that the judge does not read, or reads as a class.
    """
    scores = read_scores(quality, judge.name)
    attributes = known_numbers(judge, attributes, scores, KEY)
    G = load_generator(g_ema, device)[0]
    deviations = measure_deviations(G, truncation_psi=truncation_psi, seed=seed)
    protocol = {"strength": strength, "truncation_psi": truncation_psi, "num_z": num_z, "seed": seed}
    edits, changes = screened_effects(G, judge, attributes, deviations, **protocol)
    places = [(layer.name, channel) for layer in _conv_layers(G) for channel in range(layer.channels)]
    rows = []
    for attribute, each in zip(attributes, changes.transpose(2, 0, 1), strict=True):  # [C, N]
        rms = root_mean_square(each)
        about = {"model": model, "attribute": attribute, "judge": judge.name} | protocol
        about["judge_score"] = scores.lowest((domain,), attribute)
        for rank, place in enumerate(np.argsort(-rms, kind="stable")[:num_listed], start=1):
            layer, channel = places[place]
            where = {"rank": rank, "layer": layer, "channel": channel, "paper_index": edits[place].title}
            rows.append(about | where | {"effect": float(each[place].mean()), "effect_rms": float(rms[place])})
    return rows


def known_numbers(judge: "Judge", attributes: Sequence[str], scores: Scores, key: str) -> tuple[str, ...]:
    """``attributes``, which the judge must read as numbers; else :class:`JudgeError` names ``key``."""
    chosen = known_attributes(judge.attribute_names, attributes, key)
    for attribute in chosen:
        if scores.is_class(attribute):
            raise JudgeError(f"{key}: {attribute!r} is a class, whose change is no number; leave it out")
    return chosen


def root_mean_square(changes: np.ndarray) -> np.ndarray:
    """Over the last axis: [E, N] -> [E]."""
    return np.sqrt(np.square(changes).mean(axis=-1))
