"""Does the same edit do the same in parent and child? (StyleAlign, Figures 2, 3, 9, 10; table ``effect_agreement``)

The papers show it in pictures. Here one edit of the parent, a style channel or a direction in W, is made in both models
for the same z, with the same absolute step and constant noise, and the judge reads one attribute before and after:

    change_e(z)  = (attribute(edit +strength) - attribute(edit -strength)) / 2
    agreement_e  = <change_e in parent, change_e in child> / (|..| |..|) over z      (a cosine, -1 .. 1)

Both signs enter as one difference, so that what any large step does (worse images, read alike) drops out. Nothing is
subtracted: that a channel darkens the hair of *every* z in both models is agreement, and the better part of it.

In two unrelated models a channel's index means nothing, so either sign is as likely: a single edit's agreement may then
be anything in -1 .. 1, and only the *mean over many edits* is zero, to within 1 / sqrt(edits). Pooled rows are that
mean, each edit with one vote (a correlation pooled over all changes would be that of the one or two strongest edits),
and their intervals are over codes and edits alike. The boundaries of one model lean towards each other, so that
``directions`` are fewer edits than they count: of an unrelated model they stray further from zero than ``channels``.

Which channels: those that move the attribute most in the parent, measured there on codes of their own (table
``channel_effects``). StyleSpace's signal-to-noise ratio (table ``attribute_channels``, which may be given instead)
ranks channels that go with the attribute, and many of them change nothing. The choice never looks at the child, so it
favours neither a related nor an unrelated one.

Legend: E edits, N latent codes, A attributes.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.boundaries import Boundaries, load_boundaries
from stylealign.checkpoint import load_generator
from stylealign.editing.channel_effects import judged, known_numbers, odd_changes
from stylealign.editing.manipulate import (
    CHANNEL,
    CHANNELS,
    DIRECTION,
    Deviations,
    Edit,
    check_same_spaces,
    find_channel,
    measure_deviations,
)
from stylealign.editing.ranked_channels import ranked_channels
from stylealign.errors import JudgeError
from stylealign.intervals import bootstrap_interval
from stylealign.judged_attributes import Scores, read_scores
from stylealign.latents import sample_z
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

KEY = "studies.effect_agreement"
DIRECTIONS = "directions"
NAN = float("nan")


@dataclass(frozen=True)
class Relative:
    """Whom a child is compared with, and the files that say which edits to make there."""

    name: str
    relation: str
    g_ema: str | os.PathLike[str]
    channels: str | os.PathLike[str]  # rows of channel_effects, or of attribute_channels
    boundaries: str | os.PathLike[str]


@dataclass(frozen=True)
class Plan:
    """The edits of one parent, and which of them belong to which attribute."""

    edits: tuple[Edit, ...]
    channels: Mapping[str, tuple[int, ...]]  # places in edits: the attribute's channels
    directions: Mapping[str, tuple[int, ...]]  # the attribute's own boundaries
    pooled_directions: tuple[int, ...]  # every boundary but the conditional ones


@dataclass(frozen=True)
class Changes:
    """What every edit of a plan changed, by :func:`odd_changes`, in parent and child."""

    parent: np.ndarray  # float64 [E, N, A]
    child: np.ndarray  # float64 [E, N, A]
    deviation: np.ndarray  # float64 [A], of the attributes over the unedited parent's images


def effect_agreement_rows(
    child: str,
    child_path: str | os.PathLike[str],
    relatives: Sequence[Relative],
    judge: "Judge",
    *,
    attributes: Sequence[str],
    num_channels: int,
    num_z: int,
    strength: float,
    truncation_psi: float,
    quality: Path | None,
    domains: Mapping[str, str],
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``effect_agreement`` for one child against each of its ``relatives``.

    For every attribute (numbers only) that the relative's domain has: a row per channel, of ``num_channels``, and
    ``channels``, their mean; a row per boundary of its own, and ``directions``, the mean over every boundary of the
    parent. ``domains`` names each model's.
    Of a pooled row, the effects are means over edits, each taken in the direction that raises the attribute in the
    parent; of a single edit they are those of +``strength``. Both are in deviations of the attribute over the parent's
    unedited images.

    Raises :class:`JudgeError` for an attribute that is not read, is a class or has no boundary, and
    :class:`LineageError` for models of another shape.
    """
    scores = read_scores(quality, judge.name)
    attributes = known_numbers(judge, attributes, scores, f"{KEY}.attributes")
    G = load_generator(child_path, device)[0]
    rows = []
    for relative in relatives:
        asked = _shown_by(relative, domains[relative.name], attributes, scores)
        if not asked:
            continue
        parent = load_generator(relative.g_ema, device)[0]
        check_same_spaces(G, parent, f"models.{child} and models.{relative.name}")
        protocol = {"strength": strength, "truncation_psi": truncation_psi, "seed": seed}
        deviations = measure_deviations(parent, truncation_psi=truncation_psi, seed=seed)
        chosen = {name: _chosen_channels(relative, name, num_channels) for name in asked}
        plan = _plan(parent, chosen, load_boundaries(relative.boundaries), asked)
        changes = measured_changes(parent, G, plan.edits, deviations, judge, asked, num_z=num_z, **protocol)
        about = {"parent": relative.name, "child": child, "relation": relative.relation, "judge": judge.name}
        about |= protocol | {"num_z": num_z}
        for column, attribute in enumerate(asked):
            score = scores.lowest((domains[relative.name], domains[child]), attribute)
            described = about | {"attribute": attribute, "judge_score": score}
            rows += [described | row for row in _rows_of(plan, changes, attribute, column, described)]
    return rows


def _shown_by(relative: Relative, domain: str, attributes: Sequence[str], scores: Scores) -> tuple[str, ...]:
    """Those of ``attributes`` that a relative's domain has: a shoe has no coat, so no edit of it is found there."""
    shown = scores.read_on(domain, attributes)
    if len(shown) < len(attributes):
        absent = ", ".join(name for name in attributes if name not in shown)
        log.info("%s shows %s, which has no %s: not compared", relative.name, domain, absent)
    return shown


def _chosen_channels(relative: Relative, attribute: str, num: int) -> list[str]:
    """The papers' indices of the relative's channels for an attribute, first ones first."""
    return [channel.paper_index for channel in ranked_channels(relative.channels, attribute, num, f"{KEY}.attributes")]


def _plan(
    parent: "Generator", chosen: Mapping[str, Sequence[str]], boundaries: Boundaries, attributes: Sequence[str]
) -> Plan:
    """Every edit once, though several attributes may share it."""
    layers = parent.style_layers
    names = list(dict.fromkeys(name for channels in chosen.values() for name in channels))
    edits = [Edit(name, CHANNEL, channels=((find_channel(layers, name), 1.0),)) for name in names]
    first = len(edits)
    own = {}
    for attribute in attributes:
        own[attribute] = [place for place, about in enumerate(boundaries.attributes) if about == attribute]
        if not own[attribute]:
            raise JudgeError(
                f"{KEY}.attributes: no boundary for {attribute!r}; name it in studies.boundaries.attributes, or read "
                "in the log of that model's boundaries why it has none"
            )
    edits += [Edit(name, DIRECTION, direction=boundaries.normal(name)) for name in boundaries.names]
    return Plan(
        tuple(edits),
        {attribute: tuple(names.index(name) for name in channels) for attribute, channels in chosen.items()},
        {attribute: tuple(first + place for place in places) for attribute, places in own.items()},
        tuple(first + boundaries.names.index(name) for name in boundaries.unconditional),
    )


def measured_changes(
    parent: "Generator",
    child: "Generator",
    edits: Sequence[Edit],
    deviations: Deviations,
    judge: "Judge",
    attributes: Sequence[str],
    *,
    num_z: int,
    strength: float,
    truncation_psi: float,
    seed: int,
) -> Changes:
    """The same ``edits``, of the same steps, on the same z in both models."""
    z = sample_z(num_z, parent.z_dim, seed, "effect_agreement").to(parent.mapping.w_avg.device)
    with torch.inference_mode():
        ws = [G.mapping(z, truncation_psi=truncation_psi) for G in (parent, child)]
        plain = judged(parent, parent.styles(ws[0]), judge, attributes)  # [N, A]
    changes = [
        odd_changes(G, codes, edits, strength, deviations, judge, attributes)
        for G, codes in zip((parent, child), ws, strict=True)
    ]
    return Changes(*changes, plain.std(axis=0))


def _rows_of(
    plan: Plan, changes: Changes, attribute: str, column: int, about: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The rows of one attribute, which is ``column`` of the changes."""
    groups = [(CHANNEL, plan.edits[place].title, (place,)) for place in plan.channels[attribute]]
    groups.append((CHANNELS, "", plan.channels[attribute]))
    groups += [(DIRECTION, plan.edits[place].title, (place,)) for place in plan.directions[attribute]]
    groups.append((DIRECTIONS, "", plan.pooled_directions))
    unit = changes.deviation[column] or NAN
    for edits, edit, places in groups:
        parent, child = (side[list(places), :, column] for side in (changes.parent, changes.child))  # [n, N]
        purpose = ("effect_agreement", about["parent"], about["child"], about["judge"], attribute, edits, edit)
        low, high = agreement_interval(parent, child, about["seed"], *purpose)
        in_parent, in_child = oriented_effects(parent, child)
        yield {"edits": edits, "edit": edit or str(len(places)), "num_edits": len(places)} | {
            "agreement": pooled_agreement(parent, child),
            "low": low,
            "high": high,
            "effect_in_parent": in_parent / unit,
            "effect_in_child": in_child / unit,
        }


def agreements(parent: np.ndarray, child: np.ndarray) -> np.ndarray:
    """Cosine of each edit's changes in two models, [E, N] both -> [E].

    NaN for an edit that changes nothing in the parent; 0 for one that does there and not in the child.
    """
    scale = np.linalg.norm(parent, axis=1) * np.linalg.norm(child, axis=1)
    cosine = np.divide((parent * child).sum(axis=1), scale, out=np.zeros_like(scale), where=scale > 0)
    return np.where(np.linalg.norm(parent, axis=1) > 0, cosine, NAN)


def pooled_agreement(parent: np.ndarray, child: np.ndarray) -> float:
    """Mean of :func:`agreements` over the edits that change something in the parent; NaN if none does."""
    each = agreements(parent, child)
    each = each[np.isfinite(each)]
    return float(each.mean()) if len(each) else NAN


def agreement_interval(parent: np.ndarray, child: np.ndarray, seed: int, *purpose: str) -> tuple[float, float]:
    """Percentile interval (95 %) of :func:`pooled_agreement`, of [E, N] both, over codes and over edits alike.

    Few edits of an unrelated model may agree by luck on every z: only other edits could show that it was luck.
    """
    rng = numpy_stream(seed, "bootstrap", "edits", *purpose)

    def resampled(index: np.ndarray) -> float:
        edits = rng.integers(0, len(parent), len(parent))
        return pooled_agreement(parent[np.ix_(edits, index)], child[np.ix_(edits, index)])

    return bootstrap_interval(resampled, parent.shape[1], seed, *purpose)


def oriented_effects(parent: np.ndarray, child: np.ndarray) -> tuple[float, float]:
    """Mean changes of [E, N] in both; several edits are each turned to raise the attribute in the parent."""
    in_parent, in_child = parent.mean(axis=1), child.mean(axis=1)
    sign = np.where(in_parent < 0, -1.0, 1.0) if len(parent) > 1 else np.ones(1)
    return float((sign * in_parent).mean()), float((sign * in_child).mean())
