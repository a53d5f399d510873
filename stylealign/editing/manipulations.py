"""Pictures of edits, the same in every model (StyleAlign, Figures 2 and 9; figure ``manipulations``).

Edits come from a reference model: its channels, its boundaries, and steps in deviations of its samples. A row of the
figure is a model, so that one looks down a column to see whether an edit keeps its meaning.

Legend: E edits, n latent codes, S strengths.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from stylealign.boundaries import Boundaries, load_boundaries
from stylealign.checkpoint import load_generator
from stylealign.editing.manipulate import (
    CHANNEL,
    CHANNELS,
    DIRECTION,
    Edit,
    channel_edit,
    check_same_spaces,
    find_channel,
    manipulate,
    measure_deviations,
)
from stylealign.editing.ranked_channels import ranked_channels
from stylealign.editing.text_edits import read_text_edits
from stylealign.errors import JudgeError
from stylealign.latents import sample_z
from stylealign.writing import write_npz

if TYPE_CHECKING:
    from stylealign.networks.generator import Generator

KEY = "studies.manipulations"
NUM_CHANNELS = 5  # moved together for an attribute: one alone is often too faint to see

PathLike = str | os.PathLike[str]


def manipulation_images(
    model: PathLike,
    npz: PathLike,
    *,
    reference: PathLike,
    channels: PathLike,
    boundaries: PathLike,
    text_edits: PathLike | None = None,
    attributes: Sequence[str],
    edits: Sequence[Mapping[str, Any]],
    strengths: Sequence[float],
    num: int,
    truncation_psi: float,
    seed: int,
    device: torch.device | str = "cpu",
) -> None:
    """Images for the figure: the study's first ``num`` fixed z through the checkpoint ``model``, edited.

    For each of ``attributes`` its first channels in the table ``channels`` and its boundary, both of ``reference``,
    then ``edits`` as the config describes them (title; channels with weights, or direction, or text: one of the table
    ``text_edits`` of ``reference``). Writes ``pixels`` uint8
    [E, n, S, R, R, 3], ``edits`` (titles), ``kinds``, ``attribute`` (each [E]) and ``strengths`` [S].

    Raises :class:`JudgeError` for an attribute without channel or boundary, :class:`ConfigError` for a channel or
    boundary that is not there, :class:`LineageError` for models of another shape.
    """
    source = load_generator(reference, device)[0]
    G = load_generator(model, device)[0]
    check_same_spaces(G, source, f"{model} and {reference}")
    known = load_boundaries(boundaries)
    chosen = [edit for attribute in attributes for edit in attribute_edits(source, attribute, channels, known)]
    chosen += [described_edit(source, description, known, text_edits) for description in edits]
    deviations = measure_deviations(source, truncation_psi=truncation_psi, seed=seed)
    z = sample_z(num, G.z_dim, seed, "family").to(G.mapping.w_avg.device)
    with torch.inference_mode():
        ws = G.mapping(z, truncation_psi=truncation_psi)
    pixels = manipulate(G, ws, chosen, strengths, deviations)  # [E, n, S, 3, R, R]
    _save(npz, pixels.movedim(3, -1).numpy(), chosen, strengths)


def attribute_edits(G: "Generator", attribute: str, channels: PathLike, boundaries: Boundaries) -> list[Edit]:
    """An attribute's clearest channels, all turned so that + raises the attribute, together; and its boundary."""
    ranked = ranked_channels(channels, attribute, NUM_CHANNELS, f"{KEY}.attributes")
    weights = tuple((find_channel(G.style_layers, channel.paper_index), float(channel.sign)) for channel in ranked)
    names = " ".join(channel.paper_index for channel in ranked[:2]) + (" ..." if len(ranked) > 2 else "")
    own = boundaries.of(attribute)
    if not own:
        raise JudgeError(
            f"{KEY}.attributes: no boundary for {attribute!r}; name it in studies.boundaries.attributes, or read "
            "in the log of that model's boundaries why it has none"
        )
    return [
        Edit(f"{attribute}: {names}", CHANNELS if len(ranked) > 1 else CHANNEL, attribute, weights),
        Edit(f"{own[0]}: W", DIRECTION, attribute, direction=boundaries.normal(own[0])),
    ]


def described_edit(
    G: "Generator", description: Mapping[str, Any], boundaries: Boundaries, text_edits: PathLike | None = None
) -> Edit:
    """An edit as the config describes it: ``title``, and ``channels`` as [name, weight] pairs, ``direction`` or
    ``text``, which the table ``text_edits`` has."""
    title, name = description["title"], description.get("direction")
    if description.get("text"):
        assert text_edits is not None
        (edit,) = read_text_edits(text_edits, G.style_layers, [description["text"]])
        return replace(edit, title=title) if title else edit
    if name:
        attribute = dict(zip(boundaries.names, boundaries.attributes, strict=True)).get(name, "")
        return Edit(title, DIRECTION, attribute, direction=boundaries.normal(name, f"{KEY}.edits ({title})"))
    return channel_edit(G.style_layers, [(name, weight) for name, weight in description["channels"]], title)


def _save(npz: PathLike, pixels: np.ndarray, edits: Sequence[Edit], strengths: Sequence[float]) -> None:
    arrays = {
        "pixels": pixels,
        "edits": np.array([edit.title for edit in edits], dtype=str),
        "kinds": np.array([edit.kind for edit in edits], dtype=str),
        "attribute": np.array([edit.attribute for edit in edits], dtype=str),
        "strengths": np.asarray(strengths, dtype=np.float64),
    }
    write_npz(npz, arrays, compressed=True)
