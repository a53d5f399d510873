"""Forgotten or hidden? Models that return to an ancestor's domain (StyleAlign, 3, A.2; Figures 14, 34 to 36).

A model is fine-tuned away from its ancestor's domain and back. If what it knew was forgotten on the way, the returned
model draws any image of the domain for a z; if it was only hidden, it draws the ancestor's. So the same z are drawn by
both, and the judge says how far the images are apart and whether the attributes that it reads keep their order. Beside
it, the models between (what could be seen there all along) and two controls: an unrelated root of the same domain, and
the returned model's own images of other z.

Legend: N latent codes, m codes shown, A attributes.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.alignment.reset import BATCH, render
from stylealign.checkpoint import load_generator
from stylealign.errors import LineageError
from stylealign.images import to_hwc
from stylealign.intervals import bootstrap_interval, mean_interval
from stylealign.judged_attributes import Scores, read_scores
from stylealign.latents import sample_z
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

RETURNED, THROUGH, UNRELATED, SHUFFLED = "returned", "through", "control_unrelated", "control_shuffled"
DISTANCE, SPEARMAN, DIFFERENCE, DIFFERING = "distance", "spearman", "mean_abs_difference", "share_differing"


@dataclass(frozen=True)
class Compared:
    """One model beside the ancestor: images of the same z, or of shuffled ones."""

    role: str
    model: str
    pixels: torch.Tensor  # uint8 [N, 3, R, R]


@dataclass(frozen=True)
class Protocol:
    """What all rows of a job have in common: the z, the images, the seed."""

    num_z: int
    truncation_psi: float
    seed: int

    def __str__(self) -> str:
        return f"gen-{self.num_z}-psi{self.truncation_psi:g}-const-noise"


def draw_return(
    ancestor: tuple[str, Path], others: Mapping[str, Mapping[str, Path]], protocol: Protocol, device: str = "cpu"
) -> tuple[torch.Tensor, list[Compared]]:
    """Images of the study's fixed z by the ``ancestor`` (name, checkpoint) and by ``others`` (role: name: checkpoint).

    uint8 [N, 3, R, R] of the ancestor, then each model's; last, the returned model's with its z shuffled.
    Raises :class:`CheckpointError`, and :class:`LineageError` where codes or images of two models differ in size.
    """
    base = load_generator(ancestor[1], device)[0]
    z = sample_z(protocol.num_z, base.z_dim, protocol.seed, "family")
    shown = []
    for role, models in others.items():
        for name, path in models.items():
            G = load_generator(path, device)[0]
            _check_comparable(base, G, f"models.{ancestor[0]} and models.{name}")
            shown.append(Compared(role, name, _drawn(G, z, protocol)))
            log.info("%s draws %d images beside %s", name, protocol.num_z, ancestor[0])
    returned = next(one for one in shown if one.role == RETURNED)
    purpose = ("return_alignment", "shuffle", ancestor[0], returned.model)
    order = torch.from_numpy(numpy_stream(protocol.seed, *purpose).permutation(protocol.num_z))
    return _drawn(base, z, protocol), [*shown, Compared(SHUFFLED, returned.model, returned.pixels[order])]


def _check_comparable(base: "Generator", G: "Generator", what: str) -> None:
    if (base.z_dim, base.img_resolution) != (G.z_dim, G.img_resolution):
        raise LineageError(f"{what}: different sizes of z or of images; compare models of one architecture")


def _drawn(G: "Generator", z: torch.Tensor, protocol: Protocol) -> torch.Tensor:
    return torch.cat([render(G, some, protocol.truncation_psi).cpu() for some in z.split(BATCH)])


def return_rows(
    base: torch.Tensor,
    compared: Sequence[Compared],
    *,
    ancestor: str,
    through: Sequence[str],
    domains: Mapping[str, str],
    judge: "Judge",
    reader: "Judge | None",
    quality: Path | None,
    protocol: Protocol,
) -> list[dict[str, Any]]:
    """Rows of the table ``return_alignment`` for one model that returned, from the images of :func:`draw_return`.

    ``judge`` measures distances; ``reader`` reads attributes, those alone that it is scored on (table ``quality``) in
    both domains. ``domains`` names each model's. Raises :class:`JudgeError` when a judge cannot measure.
    """
    returned = next(one.model for one in compared if one.role == RETURNED)
    about = {"returned": returned, "ancestor": ancestor, "through": " > ".join(through)}
    about |= {"num_z": protocol.num_z, "protocol": str(protocol), "seed": protocol.seed}
    scores = read_scores(quality, reader.name) if reader else Scores()
    own = reader.attributes(base) if reader else {}
    rows = []
    for one, values in zip(compared, judge.distances(base, (one.pixels for one in compared)), strict=True):
        who = about | {"role": one.role, "model": one.model}
        rows.append(who | _distance_row(values.astype(np.float64), who) | {"judge": judge.name})
        if reader is not None:
            names = _read_on_both(scores, (domains[ancestor], domains[one.model]), tuple(own))
            read = reader.attributes(one.pixels) if names else {}
            both = {name: (own[name], read[name]) for name in names}
            pair = (domains[ancestor], domains[one.model])
            rows += [who | row | {"judge": reader.name} for row in _attribute_rows(both, scores, pair, who)]
    return rows


def _read_on_both(scores: Scores, domains: Sequence[str], names: tuple[str, ...]) -> tuple[str, ...]:
    for domain in domains:
        names = scores.read_on(domain, names)
    return names


def _distance_row(values: np.ndarray, who: Mapping[str, Any]) -> dict[str, Any]:
    low, high = mean_interval(values, who["seed"], *_purpose(who, DISTANCE, ""))
    measured = {"measure": DISTANCE, "attribute": "", "judge_score": float("nan")}
    return measured | {"value": float(values.mean()), "low": low, "high": high}


def _attribute_rows(
    both: Mapping[str, tuple[np.ndarray, np.ndarray]], scores: Scores, domains: Sequence[str], who: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Two rows for each attribute (ancestor's values, the other's; float64 [N] both): its order, its difference."""
    for name, (own, read) in both.items():
        about = {"attribute": name, "judge_score": scores.lowest(domains, name)}
        ranks = RankedPair.of(own, read)
        low, high = bootstrap_interval(ranks.spearman, len(own), who["seed"], *_purpose(who, SPEARMAN, name))
        yield about | {"measure": SPEARMAN, "value": ranks.spearman(), "low": low, "high": high}
        is_class = scores.is_class(name)
        apart = (own != read).astype(np.float64) if is_class else np.abs(own - read)
        measure = DIFFERING if is_class else DIFFERENCE
        low, high = mean_interval(apart, who["seed"], *_purpose(who, measure, name))
        yield about | {"measure": measure, "value": float(apart.mean()), "low": low, "high": high}


def _purpose(who: Mapping[str, Any], measure: str, attribute: str) -> tuple[str, ...]:
    """The name of a row's bootstrap."""
    return ("return_alignment", who["returned"], who["ancestor"], who["role"], who["model"], measure, attribute)


def return_pictures(
    base: torch.Tensor, compared: Sequence[Compared], *, ancestor: str, num_shown: int
) -> dict[str, np.ndarray]:
    """What the figure shows of one model that returned: the first ``num_shown`` z of every model (nothing shuffled).

    ``strips`` uint8 [1 + k, m, R, R, 3], with ``strip_models`` and ``strip_roles`` [1 + k]; ``returned``, its name.
    The ancestor comes first, with the role ``ancestor``, then the models between, the returned one, the controls.
    """
    order = {THROUGH: 0, RETURNED: 1, UNRELATED: 2}
    shown = sorted((one for one in compared if one.role in order), key=lambda one: order[one.role])
    strips = [base, *(one.pixels for one in shown)]
    return {
        "returned": np.array(next(one.model for one in shown if one.role == RETURNED)),
        "strips": np.stack([to_hwc(pixels[:num_shown]) for pixels in strips]),
        "strip_models": np.array([ancestor, *(one.model for one in shown)], dtype=str),
        "strip_roles": np.array(["ancestor", *(one.role for one in shown)], dtype=str),
    }
