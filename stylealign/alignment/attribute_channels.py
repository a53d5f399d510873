"""The style channels that stand out in examples of an attribute (StyleSpace, Section 5; StyleAlign, A.2).

Of all z at psi 1, the codes at either pole of a judged number, or of each judged class, are the examples. A channel's
z-score among them, mean over deviation, is its signal-to-noise ratio:

    zeta_u = (s_u - mean_u) / std_u over the examples      score_u = |mean(zeta_u)| / std(zeta_u)

The score says that a channel *goes with* an attribute, not that it makes it: in a small W many channels share every
direction, and of those that stand out some change nothing (see the table ``effect_agreement``). toRGB is left out.

Legend: N latent codes, n examples, C style channels of the convolutions.
"""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.judged_attributes import known_attributes, read_judged, read_scores, value_name
from stylealign.latents import sample_z

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator
    from stylealign.networks.stylespace import StyleLayer

log = logging.getLogger(__name__)

KEY = "studies.attribute_channels"
BATCH = 4096
FEWEST = 10  # a class seen more rarely has no pole

Pole = tuple[str, np.ndarray]  # its name, the rows of its examples


def attribute_channel_rows(
    model: str,
    g_ema: Path,
    features: Path,
    *,
    attributes: Sequence[str] | None,
    num_positive: int,
    num_listed: int,
    num_z: int,
    judge: str,
    quality: Path | None,
    domain: str,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``attribute_channels``: per attribute and pole the ``num_listed`` clearest channels.

    ``features`` holds the judge's values for the study's z at psi 1; the first ``num_z`` are used, ``num_positive`` of
    them as examples of each pole (of a rare class, what there is).
    ``attributes=None`` takes all that the judge is scored on for ``domain``.
    Raises :class:`JudgeError` for an attribute that the judge does not read, or too few codes.
    """
    judged, scores = read_judged(features, num_z, f"{KEY}.num_z"), read_scores(quality, judge)
    asked = scores.read_on(domain, judged.names) if attributes is None else attributes
    chosen = known_attributes(judged.names, asked, f"{KEY}.attributes")
    G = load_generator(g_ema, device)[0]
    zscores, columns = standardised_styles(G, num_z, seed)
    places = [place for layer in _conv_layers(G) for place in _places(layer)]
    assert len(places) == len(columns)
    rows = []
    for attribute in chosen:
        measured = {"judge": judge, "judge_score": scores.lowest((domain,), attribute), "num_z": num_z, "seed": seed}
        for pole, examples in poles(judged.of(attribute), attribute, num_positive, scores.is_class(attribute)):
            about = {"model": model, "attribute": attribute, "pole": pole, "num_positive": len(examples)} | measured
            rows += [about | places[place] | row for place, row in _ranked(zscores[examples], num_listed)]
    return rows


def _ranked(zscores: np.ndarray, num_listed: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Place and numbers of the ``num_listed`` clearest channels among examples [n, C]."""
    score, mean = signal_to_noise(zscores), zscores.mean(axis=0)
    for rank, place in enumerate(np.argsort(-score, kind="stable")[:num_listed], start=1):
        yield int(place), {"rank": rank, "signal_to_noise": float(score[place]), "mean_zscore": float(mean[place])}


def signal_to_noise(zscores: np.ndarray) -> np.ndarray:
    """|mean| over deviation of each column of ``zscores`` [n, C]: float64 [C], 0 where a channel does not vary."""
    spread = zscores.std(axis=0)
    return np.divide(np.abs(zscores.mean(axis=0)), spread, out=np.zeros_like(spread), where=spread > 0)


def poles(values: np.ndarray, attribute: str, num_positive: int, is_class: bool) -> Iterator[Pole]:
    """The examples of each pole of an attribute judged as ``values`` [N]: ``high`` and ``low``, or each class.

    Codes whose value is unknown (NaN) are nobody's examples. Of a class, the first z in order are taken: z is random.
    """
    known = np.flatnonzero(np.isfinite(values))
    if is_class:
        for code in np.unique(values[known]):
            examples = known[values[known] == code][:num_positive]
            if len(examples) >= FEWEST:
                yield value_name(attribute, code), examples
            else:
                log.warning(
                    "%s %s: %d examples, no channels listed", attribute, value_name(attribute, code), len(examples)
                )
        return
    if len(known) < 2 * num_positive:
        raise JudgeError(
            f"{KEY}.num_positive: {num_positive} examples at either pole of {attribute} need {2 * num_positive} latent "
            f"codes, and {len(known)} are judged; lower it, or raise {KEY}.num_z"
        )
    ascending = known[np.argsort(values[known], kind="stable")]
    if values[ascending[num_positive - 1]] == values[ascending[-num_positive]]:
        log.warning("%s: its extremes are alike, no channels listed", attribute)
        return
    yield "high", ascending[-num_positive:][::-1]
    yield "low", ascending[:num_positive]


def standardised_styles(G: "Generator", num_z: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """z-scores float64 [N, C] of the convolutions' channels over the study's z at psi 1, and their columns in s [C]."""
    columns = np.concatenate([np.arange(layer.offset, layer.offset + layer.channels) for layer in _conv_layers(G)])
    device = G.mapping.w_avg.device
    with torch.inference_mode():
        parts = sample_z(num_z, G.z_dim, seed, "family").split(BATCH)
        s = np.concatenate([G.styles(G.mapping(z.to(device))).cpu().numpy()[:, columns] for z in parts])  # [N, C]
    deviation = s.std(axis=0, dtype=np.float64)
    return (s - s.mean(axis=0, dtype=np.float64)) / np.where(deviation > 0, deviation, 1), columns


def _conv_layers(G: "Generator") -> "list[StyleLayer]":
    return [layer for layer in G.style_layers if layer.kind != "torgb"]


def _places(layer: "StyleLayer") -> list[dict[str, Any]]:
    return [
        {"layer": layer.name, "channel": channel, "paper_index": f"{layer.index}_{channel}"}
        for channel in range(layer.channels)
    ]
