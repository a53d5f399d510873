"""Global directions: which style channels do what a text says (StyleCLIP, Section 6; StyleAlign, Figure 3).

Once for a model and a CLIP: each style channel of the convolutions is set to either side of its mean in some images.
The mean of the unit differences of their embeddings, scaled to unit length, is what the channel does as the CLIP sees
it:

    d_u = unit( mean over images of unit( E(G(s | s_u = mean_u + k std_u)) - E(G(s | s_u = mean_u - k std_u)) ) )

Then for any pair of texts: the relevance of a channel is the cosine of d_u and of the way between the two embeddings.
Channels below ``beta`` are left out (or all but ``num_channels``); the others' weights are their relevances over the
largest. An edit adds ``strength * weight_u * std_u`` to s_u (:mod:`stylealign.editing.manipulate`).

Steps are finite, as published: a derivative at the mean (which :mod:`stylealign.alignment.channel_derivatives` has)
would be another quantity, since k = 5 deviations are far beyond where an image changes in proportion.

Legend: C style channels of the convolutions, N images, E numbers of an embedding.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from stylealign.adaptation.directions import text_direction
from stylealign.checkpoint import load_generator
from stylealign.errors import CheckpointError, JudgeError, LineageError
from stylealign.images import at_once, to_pixels
from stylealign.latents import sample_z
from stylealign.networks.stylespace import channel_name
from stylealign.reading import Unreadable, read_npz
from stylealign.writing import write_npz

if TYPE_CHECKING:
    from stylealign.config.text_edits import TextEdit
    from stylealign.judges.clip import ClipJudge
    from stylealign.networks.generator import Generator
    from stylealign.networks.stylespace import StyleLayer

log = logging.getLogger(__name__)

BATCH, TOLD_CHANNELS = 64, 100
NUM_MOMENT_SAMPLES = 10_000
KEY = "studies.global_directions"

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class ClipDirections:
    """What every channel of a model does in a CLIP's eyes."""

    directions: np.ndarray  # float32 [C, E] of unit length, 0 where a channel changes nothing
    columns: np.ndarray  # int64 [C], the channels' columns of s
    generator: str  # digest of the model's weights
    clip: str  # the judge


def style_moments(G: "Generator", *, truncation_psi: float, seed: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of every column of s over samples, float64 [num_styles] each; no images are made."""
    z = sample_z(NUM_MOMENT_SAMPLES, G.z_dim, seed, "clip_directions", "moments")
    sums = squares = torch.zeros([G.num_styles], dtype=torch.float64, device=G.mapping.w_avg.device)
    with torch.inference_mode():
        for some in z.split(4096):
            s = G.styles(G.mapping(some.to(sums.device), truncation_psi=truncation_psi)).double()
            sums, squares = sums + s.sum(0), squares + s.square().sum(0)
    mean = sums / len(z)
    return mean, (squares / len(z) - mean.square()).clamp_(min=0).sqrt()


def conv_columns(layers: "list[StyleLayer]") -> np.ndarray:
    """The columns of s that are style channels of convolutions, int64 [C]; toRGB's are left out, as published."""
    return np.concatenate([np.arange(one.offset, one.offset + one.channels) for one in layers if one.kind != "torgb"])


def measure_directions(
    G: "Generator", clip: "ClipJudge", *, num_images: int, std: float, truncation_psi: float, seed: int
) -> np.ndarray:
    """d_u of every channel of the convolutions, float32 [C, E], on ``num_images`` codes, with steps of ``std``."""
    mean, deviation = style_moments(G, truncation_psi=truncation_psi, seed=seed)
    z = sample_z(num_images, G.z_dim, seed, "clip_directions")
    columns, found = torch.from_numpy(conv_columns(G.style_layers)), []
    with torch.inference_mode():
        s = G.styles(G.mapping(z.to(mean.device), truncation_psi=truncation_psi))  # [N, num_styles]
        for some in columns.split(max(1, at_once(G.img_resolution, BATCH) // (2 * num_images))):
            found.append(_directions(G, clip, s, some, mean, std * deviation))
            if sum(map(len, found)) % TOLD_CHANNELS < len(some):
                log.info("%d of %d channels seen by %s", sum(map(len, found)), len(columns), clip.name)
    return torch.cat(found).float().cpu().numpy()


def _directions(G: "Generator", clip: "ClipJudge", s: Tensor, columns: Tensor, mean: Tensor, step: Tensor) -> Tensor:
    """d_u [c, E] of the channels ``columns`` [c], on the images of ``s`` [N, num_styles]."""
    altered = s.repeat(len(columns), 2, 1, 1)  # [c, 2, N, num_styles]
    for place, column in enumerate(columns.tolist()):
        for side, sign in enumerate((1, -1)):
            altered[place, side, :, column] = (mean[column] + sign * step[column]).to(s.dtype)
    together = altered.flatten(0, 2).split(at_once(G.img_resolution, BATCH))
    parts = [to_pixels(G.synthesis(some, noise_mode="const")) for some in together]
    up, down = clip.embed_pixels(torch.cat(parts)).unflatten(0, altered.shape[:3]).unbind(1)  # [c, N, E] each
    return F.normalize(F.normalize(up - down, dim=2).mean(1), dim=1)


def write_directions(
    npz: PathLike, g_ema: PathLike, clip: "ClipJudge", *, device: torch.device | str = "cpu", **protocol: Any
) -> None:
    """:func:`measure_directions` of a checkpoint with its ``protocol``, as npz; equal inputs give equal bytes."""
    G, card = load_generator(g_ema, device)
    directions = measure_directions(G, clip, **protocol)
    about = {"generator": np.array(card.digest), "clip": np.array(clip.name)}
    write_npz(npz, {"directions": directions, "columns": conv_columns(G.style_layers), **about})


def load_directions(path: PathLike, generator: str) -> ClipDirections:
    """What :func:`write_directions` wrote for the model whose weights have the digest ``generator``.

    Raises:
        CheckpointError: the file is not such a one.
        LineageError: it is of other weights.
    """
    try:
        npz = read_npz(path, "directions", "columns", "generator", "clip")
        found = ClipDirections(npz["directions"], npz["columns"], str(npz["generator"]), str(npz["clip"]))
        if found.directions.ndim != 2 or found.columns.shape != found.directions.shape[:1]:
            raise ValueError(f"{found.directions.shape} directions of {found.columns.shape} channels")
    except (Unreadable, ValueError) as error:
        raise CheckpointError(f"{path}: holds no clip directions ({error}); delete it and run again") from error
    if found.generator != generator:
        raise LineageError(f"{path}: directions of other weights; delete it and run again")
    return found


def channel_weights(relevance: np.ndarray, *, num_channels: int | None, beta: float | None) -> dict[int, float]:
    """The channels that an edit moves, the most relevant first, and their weights: the largest is 1 or -1.

    ``relevance`` [C] holds cosines; channels that do nothing are never among them. Nothing is left where all are below
    ``beta``.
    """
    order = np.argsort(-np.abs(relevance), kind="stable")[:num_channels]
    least = 0.0 if beta is None else beta
    chosen = [int(place) for place in order if abs(relevance[place]) >= max(least, np.finfo(np.float32).tiny)]
    return {place: float(relevance[place] / abs(relevance[chosen[0]])) for place in chosen}


def text_edit_rows(
    model: str,
    g_ema: PathLike,
    directions: PathLike,
    clip: "ClipJudge",
    edits: "Mapping[str, TextEdit]",
    *,
    templates: str | Sequence[str],
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of the table ``text_edits``: the channels of every edit; its texts are put into ``templates``.

    Raises :class:`JudgeError` for an edit that moves no channel, or whose texts the CLIP cannot tell apart, beside what
    :func:`load_directions` raises.
    """
    G, card = load_generator(g_ema)
    found, rows = load_directions(directions, card.digest), []
    about = {"model": model, "clip": clip.name, "seed": seed}
    for name, edit in edits.items():
        towards = text_direction(clip, edit.neutral, edit.target, templates).cpu().numpy()  # [E]
        relevance = found.directions @ towards  # [C]
        weights = channel_weights(relevance, num_channels=edit.num_channels, beta=edit.beta)
        if not weights:
            cure = f"no channel is so relevant, the most is {np.abs(relevance).max():.3f}; lower it"
            raise JudgeError(f"{KEY}.edits.{name}.beta: {edit.beta}: {cure}")
        told = {"edit": name, "neutral": edit.neutral, "target": edit.target}
        for rank, (place, weight) in enumerate(weights.items(), start=1):
            where = channel_place(G.style_layers, int(found.columns[place]))
            rows.append(about | told | where | {"rank": rank, "weight": weight, "relevance": float(relevance[place])})
    return rows


def channel_place(layers: "list[StyleLayer]", column: int) -> dict[str, Any]:
    """Where a column of s belongs: ``layer``, ``channel`` and the papers' index of both."""
    layer = next(one for one in layers if one.offset <= column < one.offset + one.channels)
    return {"layer": layer.name, "channel": column - layer.offset, "paper_index": channel_name(layers, column)}
