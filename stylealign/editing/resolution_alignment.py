"""Does a child of a lower resolution mean the same by the same z, and by the same channel? (StyleAlign, A.4, Figure 30)

Compared are the parent's images and, of the same z: ``before``, the parent's lower layers as the child started from
them; ``after``, the child as trained; and as controls ``shuffled`` (after, of other z) and ``scratch`` (a root of the
same domain and resolution). Every image is seen at the child's resolution (:mod:`stylealign.judges.coarse`), so that
only the models differ; ``parent`` is the parent's whole image against its reduced one: what the judge can still read.

A channel's *effect* is the mean over z of half the difference between a step up and one down, as
:func:`stylealign.editing.channel_effects.odd_changes` has it. Chosen are those of the parent's channels which the child
has too, and whose effect is largest there, on codes of their own. One is *kept* where its effect has the parent's sign
and at least ``min_effect`` of its size. (The columns of s of a lower resolution are the first of a higher one.)

Legend: N latent codes, E channels, A attributes.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.editing.channel_effects import conv_edits, known_numbers, odd_changes
from stylealign.editing.locality_bias import is_kept
from stylealign.editing.manipulate import Edit, measure_deviations, render_styles
from stylealign.errors import LineageError
from stylealign.images import enlarged, reduced, to_hwc
from stylealign.intervals import bootstrap_interval, mean_interval, wilson_interval
from stylealign.judged_attributes import read_scores
from stylealign.judges.coarse import CoarseJudge
from stylealign.latents import sample_z
from stylealign.networks.lower import lower_part
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

KEY = "studies.resolution_alignment"
PARENT, BEFORE, AFTER, SHUFFLED, SCRATCH = "parent", "before", "after", "shuffled", "scratch"
READABLE = 0.5  # Spearman of the judge's readings of whole and of reduced images, from which on an attribute counts
NUM_SCREENED = 4  # codes on which all channels are tried
NUM_SPREAD = 256  # codes over which an attribute's spread is taken
Row = dict[str, Any]


@dataclass(frozen=True)
class Models:
    """The generators that are compared: a parent, and by state those of the child's resolution."""

    parent: "Generator"
    states: Mapping[str, "Generator"]  # before, after and, where there is one, scratch
    kimg: Mapping[str, float]

    @property
    def resolution(self) -> int:
        return self.states[AFTER].img_resolution

    def sizes(self) -> dict[str, int]:
        """Pixels of the child and of its parent, as the table names them."""
        return {"resolution": self.resolution, "parent_resolution": self.parent.img_resolution}


def load_models(
    parent: str | os.PathLike[str],
    child: str | os.PathLike[str],
    scratch: str | os.PathLike[str] | None,
    device: torch.device | str = "cpu",
) -> Models:
    """The models of three files, and the parent's lower layers; :class:`LineageError` where shapes do not fit."""
    G, _ = load_generator(parent, device)
    after, card = load_generator(child, device)
    if {**G.init_kwargs, "img_resolution": 0} != {**after.init_kwargs, "img_resolution": 0}:
        raise LineageError(f"{parent} and {child}: not of one architecture; compare models of one study")
    states, kimg = {BEFORE: lower_part(G, after.img_resolution), AFTER: after}, {BEFORE: 0.0, AFTER: card.kimg}
    if scratch is not None:
        states[SCRATCH], other = load_generator(scratch, device)
        kimg[SCRATCH] = other.kimg
    return Models(G, states, kimg)


def agreement_rows(
    models: Models,
    judge: "Judge",
    reader: "Judge | None",
    *,
    domain: str,
    attributes: Sequence[str],
    judged_px: int,
    num_z: int,
    truncation_psi: float,
    num_channels: int,
    num_effect_z: int,
    strength: float,
    min_effect: float,
    quality: Path | None,
    seed: int,
    purpose: tuple[str, ...],
) -> list[Row]:
    """Rows (state, measure, kimg, value, interval, n, protocol) of all that is asked of the same z and channels.

    ``reader`` reads attributes (``None``: nobody can), ``quality`` says how well, and which of them are of ``domain``;
    ``attributes`` (numbers) are those whose channels are followed. ``purpose`` names the pair in random streams.
    Raises :class:`JudgeError` for an attribute that is not read or is a class.
    """
    z = sample_z(num_z, models.parent.z_dim, seed, "family")
    images = {name: drawn(G, z, truncation_psi) for name, G in {PARENT: models.parent, **models.states}.items()}
    mixed = numpy_stream(seed, "resolution_alignment", "shuffle", *purpose).permutation(num_z)
    images[SHUFFLED] = images[AFTER][torch.from_numpy(mixed)]
    protocol = f"z-{num_z}-psi{truncation_psi:g}-at-{models.resolution}px"
    screen = (models.resolution, judged_px)
    found = list(_distance_rows(images, CoarseJudge(judge, *screen), seed, purpose))
    if reader is not None:
        scores = read_scores(quality, reader.name)
        read_on = scores.read_on(domain, reader.attribute_names)
        found += _attribute_rows(images, reader, CoarseJudge(reader, *screen), read_on, seed, purpose)
    rows = [{"n": num_z, "protocol": protocol} | row for row in found]
    if reader is not None and attributes:
        chosen = known_numbers(reader, attributes, scores, f"{KEY}.attributes")
        steps = {"strength": strength, "truncation_psi": truncation_psi, "seed": seed}
        settings = {"num_channels": num_channels, "num_z": num_effect_z, "min_effect": min_effect, **steps}
        readable = readable_attributes(found)
        rows += channel_rows(models, CoarseJudge(reader, *screen), chosen, readable, purpose=purpose, **settings)
    return [{"kimg": models.kimg.get(row["state"], models.kimg[AFTER])} | row for row in rows]


def drawn(G: "Generator", z: Tensor, truncation_psi: float) -> Tensor:
    """Images of ``z`` with constant noise: uint8 [N, 3, R, R] on the CPU."""
    with torch.inference_mode():
        s = G.styles(G.mapping(z.to(G.mapping.w_avg.device), truncation_psi=truncation_psi))
        return torch.cat([pixels.cpu() for pixels in render_styles(G, s)])


def _distance_rows(images: Mapping[str, Tensor], judge: CoarseJudge, seed: int, purpose: tuple[str, ...]) -> list[Row]:
    """How far the images of each state are from the parent's."""
    states = [name for name in images if name != PARENT]
    base = reduced(images[PARENT], judge.resolution)
    rows = []
    for state, each in zip(states, judge.distances(base, [images[name] for name in states]), strict=True):
        low, high = mean_interval(each, seed, "resolution_alignment", "lpips", state, *purpose)
        rows.append({"state": state, "measure": "lpips", "value": float(each.mean()), "low": low, "high": high})
    return rows


def _attribute_rows(
    images: Mapping[str, Tensor],
    reader: "Judge",
    coarse: CoarseJudge,
    names: Sequence[str],
    seed: int,
    purpose: tuple[str, ...],
) -> list[Row]:
    """Rank correlations with what is read in the parent's reduced images, and their mean over readable attributes."""
    read = {state: coarse.attributes(pixels) for state, pixels in images.items()}
    whole = reader.attributes(enlarged(images[PARENT], coarse.judged_px))
    theirs = {state: whole if state == PARENT else values for state, values in read.items()}
    pairs = {
        state: {name: RankedPair.of(read[PARENT][name], values[name]) for name in names}
        for state, values in theirs.items()
    }
    readable = [name for name in names if pairs[PARENT][name].spearman() >= READABLE]
    groups = {**{name: [name] for name in names}, **({"mean": readable} if readable else {})}
    return [
        _correlation(state, group, [own[name] for name in members], seed, purpose)
        for state, own in pairs.items()
        for group, members in groups.items()
    ]


def _correlation(state: str, group: str, pairs: Sequence[RankedPair], seed: int, purpose: tuple[str, ...]) -> Row:
    """The mean of several rank correlations over the same codes, with its interval over those."""

    def mean(index: np.ndarray | slice = slice(None)) -> float:
        return float(np.mean([pair.spearman(index) for pair in pairs]))

    low, high = bootstrap_interval(mean, len(pairs[0].a), seed, "resolution_alignment", group, state, *purpose)
    return {"state": state, "measure": f"spearman:{group}", "value": mean(), "low": low, "high": high}


def readable_attributes(rows: Sequence[Row]) -> list[str]:
    """The attributes that are still read in the parent's images once these are reduced."""
    own = [row for row in rows if row["state"] == PARENT and row["measure"].startswith("spearman:")]
    return [row["measure"].removeprefix("spearman:") for row in own if row["value"] >= READABLE]


def channel_rows(
    models: Models,
    judge: CoarseJudge,
    attributes: Sequence[str],
    readable: Sequence[str],
    *,
    num_channels: int,
    num_z: int,
    min_effect: float,
    strength: float,
    truncation_psi: float,
    seed: int,
    purpose: tuple[str, ...],
) -> list[Row]:
    """The effects of the parent's channels in every state, and the share of them that each keeps.

    All together count attributes that are ``readable`` and channels whose effect in the parent is clear of 0.
    Effects are in standard deviations of the attribute over the parent's images, steps in those of its samples.
    """
    deviations = measure_deviations(models.parent, truncation_psi=truncation_psi, seed=seed)
    edits = conv_edits(models.states[AFTER])

    def effects(G: "Generator", some: Sequence[Edit], num: int, stream: str) -> np.ndarray:
        z = sample_z(num, G.z_dim, seed, "resolution_alignment", stream).to(G.mapping.w_avg.device)
        with torch.inference_mode():
            ws = G.mapping(z, truncation_psi=truncation_psi)
        return odd_changes(G, ws, some, strength, deviations, judge, attributes)  # [E, N, A]

    tried = np.abs(effects(models.parent, edits, NUM_SCREENED, "screened").mean(axis=1))  # [E, A]
    best = [np.argsort(-tried[:, column], kind="stable")[:num_channels] for column in range(len(attributes))]
    chosen = sorted({int(place) for places in best for place in places})
    some = [edits[place] for place in chosen]
    unit = _spread(models.parent, judge, attributes, truncation_psi, seed)
    everyone = {PARENT: models.parent, **models.states}
    found = {state: effects(G, some, num_z, "measured") / unit for state, G in everyone.items()}
    protocol = f"{num_channels}-channels-step{strength:g}-z{num_z}-psi{truncation_psi:g}-at-{judge.resolution}px"
    about = {"protocol": protocol}
    rows, kept = [], {state: [] for state in models.states}  # type: ignore[var-annotated]
    for column, attribute in enumerate(attributes):
        places = [chosen.index(int(place)) for place in best[column]]
        titles = [some[place].title for place in places]
        for state, changes in found.items():
            own = changes[places][:, :, column]  # [E, N]
            effects_of_state = list(_effect_rows(state, attribute, titles, own, seed, purpose))
            rows += [about | row for row in effects_of_state]
            if state == PARENT:
                counts = np.array([row["low"] * row["high"] > 0 for row in effects_of_state]) & (attribute in readable)
            else:
                known = is_kept(found[PARENT][places][:, :, column].mean(axis=1), own.mean(axis=1), min_effect)
                kept[state] += list(known[counts])
                rows.append(about | _kept_row(state, f"kept_channels:{attribute}", known))
    return rows + [about | _kept_row(state, "kept_channels", known) for state, known in kept.items() if known]


def _spread(G: "Generator", judge: CoarseJudge, attributes: Sequence[str], psi: float, seed: int) -> np.ndarray:
    """Standard deviations [A] of attributes over the parent's images; 1 where one does not vary."""
    z = sample_z(NUM_SPREAD, G.z_dim, seed, "resolution_alignment", "spread")
    read = judge.attributes(drawn(G, z, psi))
    spread = np.array([read[name].std() for name in attributes])
    return np.where(spread > 0, spread, 1.0)


def _effect_rows(
    state: str, attribute: str, titles: Sequence[str], changes: np.ndarray, seed: int, purpose: tuple[str, ...]
) -> Iterator[Row]:
    for title, each in zip(titles, changes, strict=True):
        low, high = mean_interval(each, seed, "resolution_alignment", attribute, title, state, *purpose)
        row = {"state": state, "measure": f"effect:{attribute}:{title}", "value": float(each.mean())}
        yield row | {"low": low, "high": high, "n": len(each)}


def _kept_row(state: str, measure: str, known: Sequence[bool] | np.ndarray) -> Row:
    low, high = wilson_interval(float(np.sum(known)), len(known))
    row = {"state": state, "measure": measure, "value": float(np.mean(known))}
    return row | {"low": float(low), "high": float(high), "n": len(known)}


def shown_images(models: Models, *, num: int, truncation_psi: float, seed: int) -> dict[str, np.ndarray]:
    """The first codes in every model, for the figure: uint8 [num, R, R, 3] by state."""
    z = sample_z(num, models.parent.z_dim, seed, "family")
    shown = {PARENT: models.parent, **models.states}
    return {name: to_hwc(drawn(G, z, truncation_psi)) for name, G in shown.items()}
