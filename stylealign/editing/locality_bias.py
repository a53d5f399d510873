"""Which channels keep their effect where the same pictures are moved or turned (StyleAlign, A.3, Figure 15).

The paper looks at five channels in pictures. Here the parent's localized channels are each moved up and down by the
same step in parent and child, for the same z, and the judge reads what changes:

1. On codes of their own, in the parent alone: every localized channel, every attribute. A channel's attribute is the
   one it moves most, in deviations over the parent's images; of each region the channels with the largest effect are
   taken. The child is not looked at, and neither are the codes of the next step, so that no luck is carried over.
2. On other codes, in both: the effect is *kept* where it has the same sign in the child and at least ``min_effect`` of
   the size.
3. Chance: as many channels drawn from each layer, moved by the same rule in the child. The part of them of which the
   same is true is what a channel's index would be worth if channels were exchanged within layers.

Legend: L localized channels, E chosen ones, K control channels, N latent codes, A attributes, S strengths.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stylealign.checkpoint import load_generator
from stylealign.editing.channel_effects import judged, known_numbers, odd_changes
from stylealign.editing.manipulate import (
    Deviations,
    channel_edit,
    check_same_spaces,
    manipulate,
    measure_deviations,
)
from stylealign.errors import JudgeError
from stylealign.intervals import mean_interval
from stylealign.judged_attributes import Scores, read_scores
from stylealign.latents import sample_z
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

KEY = "studies.locality_bias.attributes"
NUM_SCREENING_Z = 8
READABLE = 0.7  # held-out R2 from which on an attribute is read well enough to tell half an effect from none

Row = dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """A localized channel that is measured: its row so far, and the attribute that it moves most in the parent."""

    row: Mapping[str, Any]
    attribute: int  # place in the attributes
    size: float  # of its effect, as screened, in deviations
    rank: int  # in its region, from 1


@dataclass(frozen=True)
class Setting:
    """What every edit of one comparison has in common."""

    judge: "Judge"
    attributes: tuple[str, ...]
    deviations: Deviations
    strength: float
    truncation_psi: float
    seed: int

    def codes(self, G: "Generator", num: int, *purpose: str) -> Tensor:
        """ws of ``num`` latent codes, the same z in every model."""
        z = sample_z(num, G.z_dim, self.seed, *purpose).to(G.mapping.w_avg.device)
        with torch.inference_mode():
            return G.mapping(z, truncation_psi=self.truncation_psi)

    def changes(self, G: "Generator", ws: Tensor, channels: Sequence[str]) -> np.ndarray:
        """What each channel changes: float64 [E, N, A]."""
        edits = [channel_edit(G.style_layers, [(name, 1.0)]) for name in channels]
        return odd_changes(G, ws, edits, self.strength, self.deviations, self.judge, self.attributes)


def locality_bias(
    regions: Sequence[Mapping[str, Any]],
    parent: str | os.PathLike[str],
    model: str | os.PathLike[str],
    judge: "Judge",
    *,
    transform: str,
    attributes: Sequence[str] | None,
    num_channels: int,
    min_effect: float,
    num_z: int,
    num_controls: int,
    strength: float,
    truncation_psi: float,
    num_shown: int,
    quality: Path | None,
    domains: Mapping[str, str],
    seed: int,
    device: torch.device | str = "cpu",
) -> tuple[list[Row], dict[str, np.ndarray]]:
    """Rows of the table ``locality_bias`` for one child, and the pictures of a few of its channels.

    ``regions`` are rows of ``alignment.locality_bias``: the parent's localized channels. ``domains`` names the domains
    of ``parent`` and ``model``. Pictures: ``parent`` and ``model`` uint8 [E, S, R, R, 3], ``channels`` [E] and
    ``strengths`` [S]; the same channels for every child of the parent.

    Raises :class:`JudgeError` for attributes that are not read or are classes, and :class:`LineageError` for models of
    another shape.
    """
    scores = read_scores(quality, judge.name)
    names = readable_numbers(judge, attributes, scores, domains["parent"])
    theirs, ours = load_generator(parent, device)[0], load_generator(model, device)[0]
    check_same_spaces(ours, theirs, f"{model} and {parent}")
    deviations = measure_deviations(theirs, truncation_psi=truncation_psi, seed=seed)
    setting = Setting(judge, names, deviations, strength, truncation_psi, seed)
    chosen = chosen_channels(theirs, regions, setting, num_channels)
    about = {"transform": transform, "min_effect": min_effect, "strength": strength, "truncation_psi": truncation_psi}
    about |= {"num_controls": num_controls, "num_z": num_z, "judge": judge.name, "seed": seed}
    read = {name: scores.lowest(domains.values(), name) for name in names}
    rows = _measured_rows(chosen, theirs, ours, setting, about, read)
    return rows, _pictures(_shown(chosen, num_shown), theirs, ours, setting)


def readable_numbers(judge: "Judge", attributes: Sequence[str] | None, scores: Scores, domain: str) -> tuple[str, ...]:
    """``attributes``, or all numbers that the judge reads well on ``domain`` (all, where its scores are unknown).

    Raises :class:`JudgeError` for one that it does not read or reads as a class, and where nothing is left.
    """
    if attributes is not None:
        return known_numbers(judge, attributes, scores, KEY)
    numbers = [name for name in scores.read_on(domain, judge.attribute_names) if not scores.is_class(name)]
    found = tuple(name for name in numbers if not scores.lowest((domain,), name) < READABLE)
    if not found:
        raise JudgeError(f"{KEY}: {judge.name} reads no number of {domain} well (R2 of {READABLE:g}); name some")
    return found


def chosen_channels(
    parent: "Generator", regions: Sequence[Mapping[str, Any]], setting: Setting, num: int
) -> list[Chosen]:
    """Of each region the ``num`` channels with the largest effect in the parent, on codes of their own."""
    if not regions:
        return []
    ws = setting.codes(parent, NUM_SCREENING_Z, "locality_bias", "screening")
    changes = setting.changes(parent, ws, [row["channel"] for row in regions])  # [L, N, A]
    sizes = np.abs(changes.mean(axis=1)) / spread(parent, setting)  # [L, A]
    found = []
    for region in dict.fromkeys(row["region"] for row in regions):
        places = [place for place, row in enumerate(regions) if row["region"] == region]
        places.sort(key=lambda place: (-sizes[place].max(), place))
        for rank, place in enumerate(places[:num], start=1):
            attribute = int(sizes[place].argmax())
            found.append(Chosen(regions[place], attribute, float(sizes[place, attribute]), rank))
    return found


def spread(parent: "Generator", setting: Setting, num: int = 256) -> np.ndarray:
    """Standard deviation of each attribute over unedited images of the parent: float64 [A], inf where there is none."""
    ws = setting.codes(parent, num, "locality_bias", "spread")
    with torch.inference_mode():
        deviation = judged(parent, parent.styles(ws), setting.judge, setting.attributes).std(axis=0)
    return np.where(deviation > 0, deviation, np.inf)


def is_kept(in_parent: np.ndarray | float, in_model: np.ndarray | float, min_effect: float) -> np.ndarray:
    """Whether an effect has the same sign and at least ``min_effect`` of the size; one of nothing is not kept."""
    before, after = np.asarray(in_parent), np.asarray(in_model)
    return (before * after > 0) & (np.abs(after) >= min_effect * np.abs(before))


def _measured_rows(
    chosen: Sequence[Chosen],
    parent: "Generator",
    model: "Generator",
    setting: Setting,
    about: Mapping[str, Any],
    read: Mapping[str, float],
) -> list[Row]:
    """Steps 2 and 3: effects in both models, and those of the controls in the child."""
    if not chosen:
        return []
    unit, channels = spread(parent, setting), [one.row["channel"] for one in chosen]
    codes = [setting.codes(G, about["num_z"], "locality_bias", "effects") for G in (parent, model)]
    in_parent, in_model = (
        setting.changes(G, ws, channels) / unit for G, ws in zip((parent, model), codes, strict=True)
    )  # [E, N, A]
    controls = _controls(dict.fromkeys(one.row["layer"] for one in chosen), model, setting, about["num_controls"])
    effects = {layer: setting.changes(model, codes[1], names).mean(axis=1) / unit for layer, names in controls.items()}
    rows = []
    for one, *changes in zip(chosen, in_parent, in_model, strict=True):
        attribute, layer = setting.attributes[one.attribute], one.row["layer"]
        row = dict(one.row) | dict(about) | {"attribute": attribute, "rank": one.rank, "judge_score": read[attribute]}
        row |= _effects(*(side[:, one.attribute] for side in changes), row)
        others = np.array([name != row["channel"] for name in controls[layer]])
        kept = is_kept(row["effect_parent"], effects[layer][others, one.attribute], row["min_effect"])
        rows.append(row | {"effect_chance": float(kept.mean())})
    return rows


def _effects(in_parent: np.ndarray, in_model: np.ndarray, row: Row) -> Row:
    """Mean changes [N] with intervals (the same resamples of codes in both), and what they say."""
    found: Row = {}
    for side, changes in (("parent", in_parent), ("model", in_model)):
        low, high = mean_interval(changes, row["seed"], "locality_bias", row["parent"], row["channel"])
        found |= {f"effect_{side}": float(changes.mean())}
        found |= {f"effect_{side}_low": low, f"effect_{side}_high": high}
    is_there = found["effect_parent_low"] > 0 or found["effect_parent_high"] < 0
    counted = is_there and not row["judge_score"] < READABLE
    kept = is_kept(found["effect_parent"], found["effect_model"], row["min_effect"])
    return found | {"kept_effect": bool(kept), "counted": bool(counted)}


def _controls(layers: Iterable[str], G: "Generator", setting: Setting, num: int) -> dict[str, list[str]]:
    """``num`` channels drawn from each layer, or all where there are no more: by the papers' index."""
    known, found = {layer.name: layer for layer in G.style_layers}, {}
    for name in layers:
        layer, rng = known[name], numpy_stream(setting.seed, "locality_bias", "controls", name)
        drawn = rng.permutation(layer.channels)[:num]
        found[name] = [f"{layer.index}_{channel}" for channel in sorted(drawn)]
    return found


def _shown(chosen: Sequence[Chosen], num: int) -> list[Chosen]:
    """Those with the largest effect: the first of every region before the second of any."""
    return sorted(chosen, key=lambda one: (one.rank, -one.size))[:num]


def _pictures(
    shown: Sequence[Chosen], parent: "Generator", model: "Generator", setting: Setting
) -> dict[str, np.ndarray]:
    """One latent code, the first of the study's fixed list, at -strength, as it is, and +strength."""
    strengths = (-setting.strength, 0.0, setting.strength)
    made = {"channels": np.array([one.row["channel"] for one in shown], dtype=str), "strengths": np.array(strengths)}
    for side, G in (("parent", parent), ("model", model)):
        edits = [channel_edit(G.style_layers, [(one.row["channel"], 1.0)]) for one in shown]
        empty = torch.zeros([0, 1, len(strengths), 3, G.img_resolution, G.img_resolution], dtype=torch.uint8)
        ws = setting.codes(G, 1, "family")
        pixels = manipulate(G, ws, edits, strengths, setting.deviations) if edits else empty  # [E, 1, S, 3, R, R]
        made[side] = pixels[:, 0].movedim(2, -1).numpy()
    return made
