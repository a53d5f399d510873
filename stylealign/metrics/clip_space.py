"""CLIP's space seen in a plane (StyleGAN-NADA, Figure 15): does a generator fall onto one point, or move as a whole?

The plane is that of the first two principal components of the normalised embeddings of real images of two domains, and
of nothing else: generated images and texts are only projected onto it. What it shows is a small part of the variance
(:attr:`Plane.variance_kept`), so that the spread of each cloud is measured in all of the space:

    spread = mean of 1 - cos(e_i, e_j) over pairs of different images

The paper's figure is of AFHQ's dogs and cats and shows by eye that the global loss draws images together where the
directional loss does not; here each model's spread is set beside its parent's, for the same z.

Legend: N images, E embedding_dim, B resamples.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stylealign.checkpoint import load_generator
from stylealign.errors import JudgeError
from stylealign.intervals import percentile_interval, resample_weights
from stylealign.metrics.features import drawn_images

if TYPE_CHECKING:
    import torch

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.clip import ClipJudge

log = logging.getLogger(__name__)

REAL, GENERATED, TEXT = "real", "generated", "text"
NAN = float("nan")

PathLike = str | os.PathLike[str]
Embeddings = NDArray[np.float64]
Row = dict[str, Any]


@dataclass(frozen=True)
class Plane:
    """Two directions in the space, and the part of the real images' variance that lies along them."""

    mean: Embeddings  # [E]
    axes: Embeddings  # [2, E], orthonormal
    variance_kept: float

    def points(self, embeddings: Embeddings) -> Embeddings:
        """Where unit embeddings [N, E] fall, [N, 2]."""
        return (embeddings - self.mean) @ self.axes.T


@dataclass(frozen=True)
class Cloud:
    """What one name stands for in the plane: images or a text, as unit embeddings [N, E]."""

    kind: str  # real, generated or text
    name: str
    note: str
    embeddings: Embeddings
    parent: str | None = None  # the model of the same z, where it is seen too


def fitted_plane(real: Sequence[Embeddings]) -> Plane:
    """The plane of the first two principal components of real images' unit embeddings, a set [N, E] for each domain.

    Raises:
        JudgeError: fewer than three images, or embeddings that are all alike.
    """
    from sklearn.decomposition import PCA

    together = np.concatenate(real)
    if len(together) < 3 or together.shape[1] < 2 or not np.ptp(together, axis=0).any():
        raise JudgeError("the real images of the two domains span no plane; take more images, or train the CLIP longer")
    found = PCA(2, svd_solver="full").fit(together)
    return Plane(found.mean_, found.components_, float(found.explained_variance_ratio_.sum()))


def real_clouds(clip: "ClipJudge", image_sets: "Mapping[str, ImageSet]", num: int) -> list[Cloud]:
    """The first ``num`` images of each domain."""
    found = []
    for domain, images in image_sets.items():
        pixels = images.read(range(min(num, images.num)))
        found.append(Cloud(REAL, domain, "real images", _numbers(clip.embed_pixels(pixels))))
    return found


def generated_clouds(
    clip: "ClipJudge",
    checkpoints: Sequence[PathLike],
    names: Sequence[str],
    notes: Sequence[str],
    parents: Sequence[str | None],
    *,
    num: int,
    truncation_psi: float,
    seed: int,
) -> list[Cloud]:
    """``num`` images of each model, of the same z in all, with fresh noise as in the cached features."""
    found = []
    for path, name, note, parent in zip(checkpoints, names, notes, parents, strict=True):
        G = load_generator(path, clip.device)[0]
        parts = [_numbers(clip.embed_pixels(x)) for x in drawn_images(G, num=num, seed=seed, psi=truncation_psi)]
        found.append(Cloud(GENERATED, name, note, np.concatenate(parts), parent if parent in names else None))
        log.info("%d images of %s embedded", num, name)
    return found


def text_clouds(clip: "ClipJudge", texts: Sequence[str]) -> list[Cloud]:
    """A point for each text, as it is written."""
    embeddings = _numbers(clip.embed_texts(list(texts)))
    return [Cloud(TEXT, text, "text", one[None]) for text, one in zip(texts, embeddings, strict=True)]


def clip_space_rows(view: str, clouds: Sequence[Cloud], plane: Plane, about: Mapping[str, Any]) -> list[Row]:
    """Rows of ``tables.CLIP_SPACE``, one for each cloud; ``about`` has judge, seed and protocol."""
    seed = int(about["seed"])
    spreads = {(one.kind, one.name): spreads_of(one.embeddings, seed, "clip_space", view, one.kind) for one in clouds}
    rows = []
    for one in clouds:
        own, parent = spreads[one.kind, one.name], spreads.get((GENERATED, one.parent or ""))
        ratios = np.full(2, NAN) if parent is None else own / parent  # of the same resampled z
        x, y = plane.points(one.embeddings).mean(0)
        row = {"view": view, "kind": one.kind, "name": one.name, "note": one.note, "num": len(one.embeddings)}
        row |= {"x": float(x), "y": float(y), "variance_kept": plane.variance_kept, **about}
        rows.append(row | _with_interval("spread", "spread", own) | _with_interval("parent_ratio", "ratio", ratios))
    return rows


def spreads_of(embeddings: Embeddings, seed: int, *purpose: str) -> Embeddings:
    """Mean of 1 - cosine over pairs of different images of [N, E]: as it is, then in each resample, [1 + B].

    Clouds of as many images are resampled alike. Copies of an image that is drawn twice are no pair. NaN of one image.
    """
    num = len(embeddings)
    if num < 2:
        return np.full(2, NAN)
    weights = np.concatenate([np.ones([1, num]), resample_weights(num, seed, *purpose)])  # [1 + B, N]
    squares = np.square(weights).sum(1)
    lengths = np.square(weights @ embeddings).sum(1)
    own = weights**2 @ np.square(embeddings).sum(1)
    spread: Embeddings = 1 - (lengths - own) / (weights.sum(1) ** 2 - squares)
    return spread


def view_arrays(clouds: Sequence[Cloud], plane: Plane) -> dict[str, NDArray[Any]]:
    """What the figure draws: ``points`` [P, 2] of all clouds, each point's ``cloud``, and what each cloud is."""
    points = [plane.points(one.embeddings) for one in clouds]
    return {
        "points": np.concatenate(points),
        "cloud": np.repeat(np.arange(len(clouds)), [len(some) for some in points]),
        "kinds": np.array([one.kind for one in clouds], dtype=str),
        "names": np.array([one.name for one in clouds], dtype=str),
        "notes": np.array([one.note for one in clouds], dtype=str),
        "variance_kept": np.array(plane.variance_kept),
    }


def _with_interval(name: str, short: str, values: Embeddings) -> Row:
    low, high = (NAN, NAN) if np.isnan(values[0]) else percentile_interval(values[1:])
    return {name: float(values[0]), f"{short}_low": float(low), f"{short}_high": float(high)}


def _numbers(embeddings: "torch.Tensor") -> Embeddings:
    """float64, of unit length up to float64's rounding."""
    numbers: Embeddings = embeddings.double().cpu().numpy()
    return numbers / np.linalg.norm(numbers, axis=1, keepdims=True)
