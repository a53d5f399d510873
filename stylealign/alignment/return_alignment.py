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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.alignment.reset import BATCH, render
from stylealign.catalogue import CATALOGUE
from stylealign.checkpoint import ModelCard, load_generator
from stylealign.errors import LineageError
from stylealign.images import at_once, to_hwc
from stylealign.intervals import bootstrap_interval, mean_interval
from stylealign.judged_attributes import Scores, read_scores
from stylealign.latents import sample_z
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

ANCESTOR, RETURNED, THROUGH = "ancestor", "returned", "through"
UNRELATED, SHUFFLED = "control_unrelated", "control_shuffled"
DISTANCE, SPEARMAN, DIFFERENCE, DIFFERING = "distance", "spearman", "mean_abs_difference", "share_differing"


@dataclass(frozen=True)
class Compared:
    """One model beside the ancestor: what was measured of all z, and its images of the first few."""

    role: str
    model: str
    distances: np.ndarray  # float64 [N], from the ancestor's images
    attributes: Mapping[str, np.ndarray]  # float64 [N] each; empty without a reader
    shown: np.ndarray  # uint8 [m, R, R, 3]


@dataclass(frozen=True)
class Protocol:
    """What all rows of a job have in common: the z, the images, the seed."""

    num_z: int
    truncation_psi: float
    seed: int

    def __str__(self) -> str:
        return f"gen-{self.num_z}-psi{self.truncation_psi:g}-const-noise"


@dataclass
class _Drawn:
    """A model that draws its z in batches, and what was seen of them so far."""

    role: str
    model: str
    G: "Generator"
    z: torch.Tensor  # [N, z_dim]
    attributes: dict[str, list[np.ndarray]] = field(default_factory=dict)
    shown: list[np.ndarray] = field(default_factory=list)

    def draw(self, rows: slice, truncation_psi: float) -> torch.Tensor:
        """uint8 [n, 3, R, R] on the CPU."""
        return render(self.G, self.z[rows], truncation_psi).cpu()

    def seen(self, pixels: torch.Tensor, reader: "Judge | None", num_shown: int) -> torch.Tensor:
        """``pixels`` as they are, once their attributes are read and what is shown of them is kept."""
        for name, values in (reader.attributes(pixels) if reader else {}).items():
            self.attributes.setdefault(name, []).append(values)
        missing = num_shown - sum(map(len, self.shown))
        self.shown.append(to_hwc(pixels[:missing]))
        return pixels

    def measured(self, distances: np.ndarray) -> Compared:
        values = {name: np.concatenate(parts) for name, parts in self.attributes.items()}
        return Compared(self.role, self.model, distances, values, np.concatenate(self.shown))


def measure_return(
    ancestor: tuple[str, Path],
    others: Mapping[str, Mapping[str, Path]],
    protocol: Protocol,
    *,
    judge: "Judge",
    reader: "Judge | None",
    num_shown: int,
    device: str = "cpu",
) -> list[Compared]:
    """The ``ancestor`` (name, checkpoint), then each of ``others`` (role: name: checkpoint), on the study's fixed z.

    Last comes the returned model with its z shuffled. ``judge`` measures distances, ``reader`` reads attributes. Images
    are drawn and measured in batches, so that no more than two models' images of a batch are held at once.
    Raises :class:`CheckpointError`; :class:`LineageError` where codes or images of two models differ in size, where a
    control is related to the ancestor or another model is not; :class:`JudgeError` when a judge cannot measure.
    """
    base, *models = _opened(ancestor, others, protocol, device)
    distances: list[list[np.ndarray]] = [[] for _ in models]
    together = at_once(base.G.img_resolution, BATCH)
    for start in range(0, protocol.num_z, together):
        rows = slice(start, start + together)
        own = base.seen(base.draw(rows, protocol.truncation_psi), reader, num_shown)
        drawn = (one.seen(one.draw(rows, protocol.truncation_psi), reader, num_shown) for one in models)
        for kept, values in zip(distances, judge.distances(own, drawn), strict=True):
            kept.append(values.astype(np.float64))
        log.info("%d models drew %d of %d z", len(models) + 1, start + len(own), protocol.num_z)
    measured = [one.measured(np.concatenate(kept)) for one, kept in zip(models, distances, strict=True)]
    return [base.measured(np.zeros(protocol.num_z)), *measured]


def _opened(
    ancestor: tuple[str, Path], others: Mapping[str, Mapping[str, Path]], protocol: Protocol, device: str
) -> list[_Drawn]:
    base, root = load_generator(ancestor[1], device)
    z = sample_z(protocol.num_z, base.z_dim, protocol.seed, "family")
    opened = [_Drawn(ANCESTOR, ancestor[0], base, z)]
    for role, models in others.items():
        for name, path in models.items():
            G, card = load_generator(path, device)
            _check_comparable(base, G, f"models.{ancestor[0]} and models.{name}")
            _check_descent(root, card, role, name, ancestor[0])
            opened.append(_Drawn(role, name, G, z))
    returned = next(one for one in opened if one.role == RETURNED)
    purpose = ("return_alignment", "shuffle", ancestor[0], returned.model)
    order = torch.from_numpy(numpy_stream(protocol.seed, *purpose).permutation(protocol.num_z))
    return [*opened, _Drawn(SHUFFLED, returned.model, returned.G, z[order])]


def _check_comparable(base: "Generator", G: "Generator", what: str) -> None:
    if (base.z_dim, base.img_resolution) != (G.z_dim, G.img_resolution):
        raise LineageError(f"{what}: different sizes of z or of images; compare models of one architecture")


def _check_descent(root: ModelCard, card: ModelCard, role: str, name: str, ancestor: str) -> None:
    """What a config says of checkpoints that were made elsewhere, their own cards may contradict."""
    related = not set(root.lineage_digests).isdisjoint(card.lineage_digests)
    if role == UNRELATED and related:
        raise LineageError(
            f"models.{name}: by its card it has an ancestor in common with models.{ancestor}, so it is no unrelated "
            "control of a return there; declare its parent, or start it from another checkpoint"
        )
    if role != UNRELATED and not related:
        raise LineageError(
            f"models.{name}: by its card it has no ancestor in common with models.{ancestor}, so it cannot have "
            f"returned there; start it from a checkpoint that descends from {ancestor}"
        )


def return_rows(
    compared: Sequence[Compared],
    *,
    through: Sequence[str],
    domains: Mapping[str, str],
    judge: str,
    reader: str | None,
    quality: Path | None,
    protocol: Protocol,
) -> list[dict[str, Any]]:
    """Rows of the table ``return_alignment`` for one model that returned, from what :func:`measure_return` gave.

    Of the attributes that ``reader`` reads, those alone that it is scored on (table ``quality``) in both domains.
    ``domains`` names each model's; ``judge`` is who measured distances.
    """
    base, *others = compared
    returned = next(one.model for one in others if one.role == RETURNED)
    about = {"returned": returned, "ancestor": base.model, "through": " > ".join(through)}
    about |= {"num_z": protocol.num_z, "protocol": str(protocol), "seed": protocol.seed}
    scores = read_scores(quality, reader) if reader else Scores()
    rows = []
    for one in others:
        who = about | {"role": one.role, "model": one.model}
        rows.append(who | _distance_row(one.distances, who) | {"judge": judge})
        pair = (domains[base.model], domains[one.model])
        names = _read_on_both(scores, pair, tuple(base.attributes))
        both = {name: (base.attributes[name], one.attributes[name]) for name in names}
        rows += [who | row | {"judge": reader} for row in _attribute_rows(both, scores, pair, who)]
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
    """The rows of each attribute (ancestor's values, the other's; float64 [N] both): its order, its difference.

    Classes of more than two values have no order, so that only their difference is measured.
    """
    for name, (own, read) in both.items():
        about = {"attribute": name, "judge_score": scores.lowest(domains, name)}
        is_class = scores.is_class(name)
        if not is_class or _num_classes(name, own, read) <= 2:
            ranks = RankedPair.of(own, read)
            low, high = bootstrap_interval(ranks.spearman, len(own), who["seed"], *_purpose(who, SPEARMAN, name))
            yield about | {"measure": SPEARMAN, "value": ranks.spearman(), "low": low, "high": high}
        apart = (own != read).astype(np.float64) if is_class else np.abs(own - read)
        measure = DIFFERING if is_class else DIFFERENCE
        low, high = mean_interval(apart, who["seed"], *_purpose(who, measure, name))
        yield about | {"measure": measure, "value": float(apart.mean()), "low": low, "high": high}


def _num_classes(name: str, own: np.ndarray, read: np.ndarray) -> int:
    """By the worlds' catalogue; of an attribute that it does not have, as many as were read."""
    return len(CATALOGUE[name].values) if name in CATALOGUE else len(np.union1d(own, read))


def _purpose(who: Mapping[str, Any], measure: str, attribute: str) -> tuple[str, ...]:
    """The name of a row's bootstrap."""
    return ("return_alignment", who["returned"], who["ancestor"], who["role"], who["model"], measure, attribute)


def return_pictures(compared: Sequence[Compared]) -> dict[str, np.ndarray]:
    """What the figure shows of one model that returned: the first m z of every model (nothing shuffled).

    ``strips`` uint8 [1 + k, m, R, R, 3], with ``strip_models`` and ``strip_roles`` [1 + k]; ``returned``, its name.
    The ancestor comes first, with the role ``ancestor``, then the models between, the returned one, the controls.
    """
    order = {ANCESTOR: 0, THROUGH: 1, RETURNED: 2, UNRELATED: 3}
    shown = sorted((one for one in compared if one.role in order), key=lambda one: order[one.role])
    return {
        "returned": np.array(next(one.model for one in shown if one.role == RETURNED)),
        "strips": np.stack([one.shown for one in shown]),
        "strip_models": np.array([one.model for one in shown], dtype=str),
        "strip_roles": np.array([one.role for one in shown], dtype=str),
    }
