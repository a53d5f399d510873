"""Edits by text, made in the model whose channels they are and in its descendants (table ``global_directions``).

Which channels a text moves is found in :mod:`stylealign.adaptation.global_directions`. Here they become edits like any
other, and a judge who knows no text says what they change: each of its attributes with the edit and without, on the
same codes. The same step is made in every model, in deviations of the reference's samples.

Control: the same weights on channels drawn from the same layers, several times. An edit that does no more than that
does nothing in particular.

Legend: E edits, N latent codes, A attributes, K controls.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from stylealign.catalogue import CATALOGUE
from stylealign.checkpoint import load_generator
from stylealign.config.problems import nearest
from stylealign.editing.channel_effects import judged
from stylealign.editing.manipulate import (
    Deviations,
    Edit,
    channel_edit,
    check_same_spaces,
    manipulated_styles,
    measure_deviations,
)
from stylealign.errors import ConfigError
from stylealign.intervals import mean_interval
from stylealign.judged_attributes import Scores, read_scores
from stylealign.latents import sample_z
from stylealign.networks.stylespace import channel_name
from stylealign.seeds import numpy_stream
from stylealign.tables import read_table

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator
    from stylealign.networks.stylespace import StyleLayer

KEY = "studies.global_directions.edits"
NUM_CONTROLS, NUM_TOLD = 8, 4

PathLike = str | os.PathLike[str]


def read_text_edits(path: PathLike, layers: "Sequence[StyleLayer]", names: Sequence[str]) -> list[Edit]:
    """The edits ``names`` of a table ``text_edits``, for models of these ``layers``; the title tells both texts.

    Raises :class:`ConfigError` for a name that it does not have, or a channel that the models do not.
    """
    table, found = read_table(path), []
    for name in names:
        rows = table[table["edit"] == name]
        if rows.empty:
            known = list(dict.fromkeys(table["edit"]))
            raise ConfigError([f"{KEY}: there is no edit {name!r}; {nearest(name, known)}"])
        title = f"{name}: \N{LEFT DOUBLE QUOTATION MARK}{rows['target'].iloc[0]}\N{RIGHT DOUBLE QUOTATION MARK}"
        weights = zip(rows["paper_index"], rows["weight"], strict=True)
        found.append(channel_edit(layers, [(str(index), float(weight)) for index, weight in weights], title))
    return found


@dataclass(frozen=True)
class Change:
    """What an edit of one model changed: float64 [N, A], and the controls' mean changes [K, A]."""

    edited: np.ndarray
    controls: np.ndarray


def edit_changes(
    G: "Generator",
    ws: Tensor,
    edit: Edit,
    strength: float,
    deviations: Deviations,
    judge: "Judge",
    attributes: Sequence[str],
    controls: Sequence[Edit] = (),
) -> Change:
    """Judged ``attributes`` with ``edit`` of ``strength`` less those without, of every code of ws."""
    with torch.inference_mode():
        plain = judged(G, G.styles(ws), judge, attributes)
        changes = [
            judged(G, manipulated_styles(G, ws, one, strength, deviations), judge, attributes) - plain
            for one in (edit, *controls)
        ]
    means = np.stack([change.mean(0) for change in changes[1:]]) if controls else np.zeros([0, len(attributes)])
    return Change(changes[0], means)


def control_edits(layers: "Sequence[StyleLayer]", edit: Edit, seed: int, *purpose: str) -> list[Edit]:
    """``edit`` with other channels of the same layers, drawn without repetition, ``NUM_CONTROLS`` times."""
    return [_drawn(layers, edit, seed, *purpose, str(k)) for k in range(NUM_CONTROLS)]


def _drawn(layers: "Sequence[StyleLayer]", edit: Edit, seed: int, *purpose: str) -> Edit:
    rng, channels = numpy_stream(seed, "text_edits", "control", *purpose), []
    for layer in layers:
        weights = [weight for column, weight in edit.channels if layer.columns.start <= column < layer.columns.stop]
        drawn = rng.permutation(layer.channels)[: len(weights)]
        channels += [(layer.offset + int(channel), weight) for channel, weight in zip(drawn, weights, strict=True)]
    return Edit("control", edit.kind, channels=tuple(channels))


def read_attributes(judge: "Judge", scores: Scores, domain: str) -> tuple[str, ...]:
    """What a change of is a number: the judge's numbers and its classes of two values, those scored on ``domain``."""
    known = scores.read_on(domain, judge.attribute_names)
    return tuple(name for name in known if not scores.is_class(name) or _is_yes_or_no(name))


def _is_yes_or_no(attribute: str) -> bool:
    return attribute in CATALOGUE and len(CATALOGUE[attribute].values) == 2


def text_effect_rows(
    model: str,
    g_ema: PathLike,
    reference: PathLike,
    edits: PathLike,
    judge: "Judge",
    *,
    relation: str,
    reference_name: str,
    strengths: Mapping[str, float],
    num_z: int,
    truncation_psi: float,
    quality: Path | None,
    domain: str,
    clip: str,
    seed: int,
    device: torch.device | str = "cpu",
) -> list[dict[str, Any]]:
    """Rows of the table ``global_directions`` for one model: what each edit of ``strengths`` changes in it.

    Raises :class:`LineageError` for models of another shape, :class:`ConfigError` for an edit that is not in ``edits``.
    """
    source, G = load_generator(reference, device)[0], load_generator(g_ema, device)[0]
    check_same_spaces(G, source, f"{g_ema} and {reference}")
    scores = read_scores(quality, judge.name)
    attributes = read_attributes(judge, scores, domain)
    deviations = measure_deviations(source, truncation_psi=truncation_psi, seed=seed)
    z = sample_z(num_z, G.z_dim, seed, "global_directions").to(G.mapping.w_avg.device)
    with torch.inference_mode():
        ws = G.mapping(z, truncation_psi=truncation_psi)
        spread = judged(G, G.styles(ws), judge, attributes).std(0)  # [A]
    about = {"reference": reference_name, "model": model, "relation": relation, "clip": clip, "judge": judge.name}
    about |= {"num_z": num_z, "seed": seed, "protocol": f"psi{truncation_psi:g}-const-noise"}
    rows = []
    for name, edit in zip(strengths, read_text_edits(edits, G.style_layers, list(strengths)), strict=True):
        controls = control_edits(G.style_layers, edit, seed, name)
        change = edit_changes(G, ws, edit, strengths[name], deviations, judge, attributes, controls)
        told = {"edit": name, "strength": strengths[name], "num_channels": len(edit.channels)}
        told |= {"channels": _told_channels(G.style_layers, edit)}
        found = effect_columns(change, spread, attributes, seed, model, name)
        scored = {one: {"judge_score": scores.lowest((domain,), one)} for one in attributes}
        rows += [about | told | row | scored[row["attribute"]] for row in found]
    return rows


def effect_columns(
    change: Change, spread: np.ndarray, attributes: Sequence[str], seed: int, *purpose: str
) -> list[dict[str, Any]]:
    """A row for each attribute, ranked by its change in deviations over the model's unedited images (``spread`` [A]).

    Of an attribute that does not vary there only the change in its own unit is told, and it comes last.
    """
    scale = np.where(spread > 0, spread, np.nan)
    mean = change.edited.mean(0)
    order = np.argsort(-np.nan_to_num(np.abs(mean) / scale, nan=-1.0), kind="stable")
    rows = []
    for rank, place in enumerate(order, start=1):
        name, one = attributes[place], change.edited[:, place] / scale[place]
        low, high = mean_interval(one, seed, "global_directions", *purpose, name)
        control = np.abs(change.controls[:, place]).mean() / scale[place] if len(change.controls) else np.nan
        unit = CATALOGUE[name].unit if name in CATALOGUE else ""
        effects = {"effect": float(one.mean()), "low": low, "high": high, "control": float(control)}
        rows.append({"attribute": name, "rank": rank, **effects, "change": float(mean[place]), "unit": unit})
    return rows


def _told_channels(layers: "Sequence[StyleLayer]", edit: Edit) -> str:
    """The first few channels of an edit, with their weights."""
    first = [f"{channel_name(list(layers), column)} {weight:+.2f}" for column, weight in edit.channels[:NUM_TOLD]]
    return ", ".join(first) + (", ..." if len(edit.channels) > NUM_TOLD else "")
