"""Edits carry over (StyleGAN-NADA, 5.2, Figures 8 and 9): real images inverted in a parent, edited in what it became.

Table and figure ``edits_across_domains``. Codes of a parent's own images are rendered by the parent and by an adapted
model, as they are and edited by the parent's boundaries or channels, by the same absolute steps. The papers show this
and do not measure it. Measured here, over the inverted images:

    kept      Spearman's correlation of a judged attribute between the two renderings of a code
    shuffled  the same between renderings of different codes: the control
    effect    mean change of an attribute by its edit in the adapted model, by that in the parent

Legend: N images, E edits, A attributes, R pixels a side.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from stylealign.boundaries import load_boundaries
from stylealign.checkpoint import ModelCard, load_generator
from stylealign.codes import Codes, read_codes
from stylealign.editing.channel_effects import judged, known_numbers, odd_changes
from stylealign.editing.manipulate import (
    DIRECTION,
    Deviations,
    Edit,
    check_same_spaces,
    manipulate,
    measure_deviations,
)
from stylealign.editing.manipulations import attribute_edits
from stylealign.editing.translate import check_codes, check_crossing, ws_of_codes
from stylealign.errors import JudgeError
from stylealign.intervals import bootstrap_interval
from stylealign.judged_attributes import Scores
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

KEY = "studies.edits_across_domains"
MEAN = "(mean)"
READABLE = 0.5  # held-out R2 from which an attribute is read well enough to speak of
NAN = float("nan")

PathLike = str | os.PathLike[str]
Values = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Crossing:
    """Codes of a parent's images, the parent and what was adapted from it, and the parent's edits."""

    parent: "Generator"
    model: "Generator"
    codes: Codes
    ws: torch.Tensor  # [N, num_ws, w_dim]
    edits: tuple[Edit, ...]
    deviations: Deviations
    strength: float


def open_crossing(
    parent: PathLike,
    model: PathLike,
    codes: PathLike,
    channels: PathLike,
    boundaries: PathLike,
    *,
    attributes: Sequence[str],
    edits: Sequence[str],
    strength: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> Crossing:
    """Both models, the codes in ``parent``, and its edits (``direction``, ``channels``) for each of ``attributes``.

    Raises:
        LineageError: the models are unrelated or of other shapes.
        CodesError: the codes are another model's.
        JudgeError: an attribute without channel or boundary.
    """
    source, target = load_generator(parent, device), load_generator(model, device)
    check_crossing(source[1], target[1], f"{parent} to {model}")
    check_same_spaces(target[0], source[0], f"{model} and {parent}")
    found = read_codes(codes)
    check_codes(found, source[1], source)
    known = load_boundaries(boundaries)
    every = [edit for attribute in attributes for edit in attribute_edits(source[0], attribute, channels, known)]
    chosen = tuple(edit for edit in every if _kind(edit) in edits)
    deviations = measure_deviations(source[0], truncation_psi=1.0, seed=seed)
    return Crossing(source[0], target[0], found, _ws(source, found), chosen, deviations, strength)


def _ws(source: "tuple[Generator, ModelCard]", codes: Codes) -> torch.Tensor:
    return ws_of_codes(source[0], codes)


def _kind(edit: Edit) -> str:
    """``direction`` or ``channels``, as few as these may be."""
    return "direction" if edit.kind == DIRECTION else "channels"


def readable_numbers(
    judge: "Judge", kept: Sequence[str] | None, scores: Scores, domains: Sequence[str]
) -> tuple[str, ...]:
    """``kept``, or all numbers that the judge reads well on both ``domains`` (all numbers, where nothing is known).

    Raises :class:`JudgeError` for one that it does not read or reads as a class, and where nothing is left.
    """
    if kept is not None:
        return known_numbers(judge, kept, scores, f"{KEY}.kept")
    names = [name for domain in domains for name in scores.read_on(domain, judge.attribute_names)]
    numbers = [
        name for name in judge.attribute_names if names.count(name) == len(domains) and not scores.is_class(name)
    ]
    found = tuple(name for name in numbers if not scores.lowest(domains, name) < READABLE)
    if not found:
        raise JudgeError(f"{KEY}.kept: {judge.name} reads no number well on {' and '.join(domains)}; name some")
    return found


def crossing_rows(
    crossing: Crossing,
    judge: "Judge",
    scores: Scores,
    *,
    attributes: Sequence[str],
    kept: Sequence[str] | None,
    named: Sequence[str],
    domains: Sequence[str],
    about: Mapping[str, Any],
) -> list[Row]:
    """Rows of ``tables.EDITS_ACROSS_DOMAINS`` for one adapted model.

    ``kept`` are attributes to be kept (``None``: all numbers read well), ``named`` those that the model's text names,
    ``domains`` those of parent and model; ``about`` has parent, model, protocol and seed. Raises as
    :func:`readable_numbers`.
    """
    edited = known_numbers(judge, attributes, scores, f"{KEY}.attributes")
    compared = readable_numbers(judge, kept, scores, domains)
    together = list(dict.fromkeys([*compared, *edited]))
    read = [judged(G, G.styles(crossing.ws), judge, together) for G in (crossing.parent, crossing.model)]  # [N, A] each
    columns = {name: (read[0][:, place], read[1][:, place]) for place, name in enumerate(together)}
    common = {**about, "judge": judge.name, "strength": crossing.strength, "num_images": crossing.codes.num}
    rows = []
    for row in [
        *kept_rows({name: columns[name] for name in compared}, set(named), common),
        *effect_rows(crossing, judge, {name: columns[name][0] for name in edited}, common),
    ]:
        one = row["attribute"]
        score = NAN if one == MEAN else scores.lowest(domains, one)
        rows.append(common | row | {"is_named": one in named, "judge_score": score})
    return rows


def kept_rows(columns: Mapping[str, tuple[Values, Values]], named: set[str], about: Mapping[str, Any]) -> Iterator[Row]:
    """What is kept of each attribute ([N] in the parent's renderings, [N] in the model's), and on average.

    The mean is over attributes that the text does not name and that vary in both; it and its control are resampled
    over images, all attributes together.
    """
    pairs = {name: RankedPair.of(*sides) for name, sides in columns.items()}
    other = no_own_places(about["num_images"], about["seed"], about["model"])
    shuffled = {name: RankedPair(pair.a, pair.b[other]) for name, pair in pairs.items()}
    for measure, some in (("kept", pairs), ("shuffled", shuffled)):
        groups = {**{name: [pair] for name, pair in some.items()}}
        groups[MEAN] = [pair for name, pair in some.items() if name not in named]
        for name, group in groups.items():
            found = _mean_correlation(group)
            ends = (NAN, NAN)
            if np.isfinite(found):
                purpose = (KEY, about["model"], measure, name)
                ends = bootstrap_interval(
                    lambda index, group=group: _mean_correlation(group, index),
                    about["num_images"],
                    about["seed"],
                    *purpose,
                )
            yield _row(measure, name, "", found, ends)


def no_own_places(num: int, seed: int, model: str) -> NDArray[np.int64]:
    """For each of ``num`` images another one, int64 [num]: one random round of all, so that none meets itself."""
    order = numpy_stream(seed, KEY, model, "shuffle").permutation(num)
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    return other


def _mean_correlation(pairs: Sequence[RankedPair], index: NDArray[np.int64] | slice = slice(None)) -> float:
    """Mean of Spearman's correlations, of those attributes that vary; NaN where none does."""
    found = np.array([pair.spearman(index) for pair in pairs])
    found = found[np.isfinite(found)]
    return float(found.mean()) if len(found) else NAN


def effect_rows(
    crossing: Crossing, judge: "Judge", plain: Mapping[str, Values], about: Mapping[str, Any]
) -> Iterator[Row]:
    """The effect of each edit on its own attribute; ``plain`` [N] of each are the parent's unedited renderings."""
    names = list(plain)
    sides = [
        odd_changes(G, crossing.ws, crossing.edits, crossing.strength, crossing.deviations, judge, names)
        for G in (crossing.parent, crossing.model)
    ]  # [E, N, A] each
    for place, edit in enumerate(crossing.edits):
        before, after = (side[place, :, names.index(edit.attribute)] for side in sides)  # [N] each
        unit = float(plain[edit.attribute].std()) or NAN
        purpose = (KEY, about["model"], "effect", edit.title)
        ratio, ends = ratio_of_means(after, before, about["seed"], *purpose)
        effects = {"effect_in_parent": before.mean() / unit, "effect_in_model": after.mean() / unit}
        yield _row("effect", edit.attribute, edit.title, ratio, ends) | effects


def ratio_of_means(after: Values, before: Values, seed: int, *purpose: str) -> tuple[float, tuple[float, float]]:
    """Mean of ``after`` [N] by that of ``before`` [N], and its bootstrap interval over both together.

    NaN where the interval of the mean of ``before`` holds 0: an edit that does nothing has no effect to carry over.
    """
    low, high = bootstrap_interval(lambda index: float(before[index].mean()), len(before), seed, *purpose, "before")
    if low <= 0 <= high:
        return NAN, (NAN, NAN)
    ends = bootstrap_interval(
        lambda index: float(after[index].mean() / before[index].mean()), len(before), seed, *purpose
    )
    return float(after.mean() / before.mean()), ends


def _row(measure: str, attribute: str, edit: str, value: float, ends: tuple[float, float]) -> Row:
    found = {"measure": measure, "attribute": attribute, "edit": edit, "value": value, "low": ends[0], "high": ends[1]}
    return found | {"effect_in_parent": NAN, "effect_in_model": NAN}


def crossing_pictures(crossing: Crossing, real: NDArray[np.uint8], num: int) -> dict[str, NDArray[Any]]:
    """The first ``num`` images for the figure: ``real`` uint8 [n, R, R, 3], plain and edited renderings.

    ``parent`` and ``model`` uint8 [n, 1 + E, R, R, 3], the first of each image unedited, then +strength of each edit.
    """
    some = crossing.ws[:num]
    sides = {"parent": crossing.parent, "model": crossing.model}
    drawn = {name: _drawn(G, some, crossing) for name, G in sides.items()}
    titles = np.array([edit.title for edit in crossing.edits], dtype=str)
    attributes = np.array([edit.attribute for edit in crossing.edits], dtype=str)
    about = {"edits": titles, "attributes": attributes, "strength": np.array(crossing.strength)}
    return {"real": real[:num], **drawn, **about}


def _drawn(G: "Generator", ws: torch.Tensor, crossing: Crossing) -> NDArray[np.uint8]:
    """[n, 1 + E, R, R, 3]."""
    pixels = manipulate(G, ws, crossing.edits, (0.0, crossing.strength), crossing.deviations)  # [E, n, 2, 3, R, R]
    found: NDArray[np.uint8] = torch.cat([pixels[:1, :, 0], pixels[:, :, 1]]).transpose(0, 1).movedim(-3, -1).numpy()
    return np.ascontiguousarray(found)
