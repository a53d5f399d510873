"""Quality against diversity (StyleGAN-NADA, 5.3, Figure 12), and whether a model repeats its training images.

Table ``quality_diversity``: the models that are compared with one domain, and real images of it. Quality is KID to
held-out images, from cached features of all generated images; diversity is within clusters of some of them
(:mod:`stylealign.metrics.diversity`). The paper asks users for quality and has no reference point for diversity.

Memorisation: how near a generated image is to the training image nearest to it, beside the same of held-out images,
which nobody memorised. What is adapted by text has no training image; those of the domain stand in, so that its row
says how near two images of this domain come to each other by chance.

Legend: N images, M training images.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stylealign.checkpoint import load_generator
from stylealign.intervals import mean_interval, percentile_interval, resample_weights
from stylealign.metrics.diversity import Diversity, cross_distances, intra_cluster_diversity, pairwise_distances
from stylealign.metrics.features import Features, drawn_images, load_features
from stylealign.metrics.kid import Kid, kid_interval

if TYPE_CHECKING:
    import torch

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.judge import Judge

log = logging.getLogger(__name__)

REAL = "(real)"
CHUNK = 1024  # training images decoded at a time
NAN = float("nan")

PathLike = str | os.PathLike[str]
Row = dict[str, Any]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """A model (or real images), its features for KID, and some of its images."""

    name: str
    role: str
    features: NDArray[np.float32]  # [G, F]
    pixels: "torch.Tensor"  # uint8 [N, 3, R, R]


@dataclass(frozen=True)
class Domain:
    """A target domain: its name, what the judge saw of its images, the held-out and the training ones."""

    name: str
    features: Features
    held_out: "ImageSet"
    training: "ImageSet"


def compared_models(
    checkpoints: Sequence[PathLike],
    features: Sequence[PathLike],
    names: Sequence[str],
    roles: Sequence[str],
    *,
    num_images: int,
    truncation_psi: float,
    seed: int,
    device: "torch.device | str" = "cpu",
) -> list[Compared]:
    """Models with what a judge saw of their images, and the first ``num_images`` of those images again."""
    import torch

    found = []
    for path, seen, name, role in zip(checkpoints, features, names, roles, strict=True):
        G = load_generator(path, device)[0]
        pixels = torch.cat([part.cpu() for part in drawn_images(G, num=num_images, seed=seed, psi=truncation_psi)])
        found.append(Compared(name, role, load_features(seen).features, pixels))
    return found


def real_images(domain: Domain, num_images: int) -> Compared:
    """Real images as a model: the first held-out ones; KID's are as many training images as there are held-out."""
    num_held_out = len(domain.features.of_split("test"))
    features = domain.features.of_split("train")[:num_held_out]
    return Compared(REAL, "real", features, domain.held_out.read(range(min(num_images, domain.held_out.num))))


def quality_diversity_rows(
    domain: Domain,
    models: Sequence[Compared],
    judge: "Judge",
    *,
    num_images: int,
    clusters: int,
    truncation_psi: float,
    seed: int,
) -> list[Row]:
    """Rows of ``tables.QUALITY_DIVERSITY`` for the models that are compared with one domain, and real images.

    Raises:
        JudgeError: the judge measures no distance, features of another judge, a split without images, or fewer images
            than clusters.
    """
    everyone = [*models, real_images(domain, num_images)]
    nearest = nearest_distances(judge, [one.pixels for one in everyone], domain.training)
    reference = domain.features.of_split("test")
    rows = []
    for one, distances in zip(everyone, nearest, strict=True):
        purpose = ("quality_diversity", domain.name, one.name)
        diversity = intra_cluster_diversity(pairwise_distances(judge, one.pixels), clusters, seed, *purpose)
        kid = kid_interval(reference, one.features, seed, *purpose)
        columns = _kid_columns(kid) | _diversity_columns(diversity)
        columns |= memorisation_columns(distances, nearest[-1], seed, *purpose)
        num = {"num_images": len(one.pixels), "num_gen": len(one.features), "num_real": len(reference)}
        about = {"domain": domain.name, "model": one.name, "role": one.role, "judge": judge.name, "seed": seed}
        protocol = f"held-out images as they come; psi{truncation_psi:g}, fresh noise; PAM, k = {clusters}"
        rows.append(about | columns | num | {"num_train": domain.training.num, "protocol": protocol})
        log.info("%s: KID %.4g, diversity %.4g", one.name, kid.value, diversity.mean)
    return rows


def nearest_distances(judge: "Judge", images: "Sequence[torch.Tensor]", training: "ImageSet") -> list[Values]:
    """Distance of each image to the nearest training image, float64 [N] for each set of uint8 [N, 3, R, R]."""
    nearest = [np.full(len(some), np.inf) for some in images]
    for start in range(0, training.num, CHUNK):
        chunk = training.read(range(start, min(start + CHUNK, training.num)))
        nearest = [
            np.minimum(known, cross_distances(judge, some, chunk).min(1))
            for known, some in zip(nearest, images, strict=True)
        ]
        log.info("nearest of %d of %d training images", start + len(chunk), training.num)
    return nearest


def memorisation_columns(distances: Values, held_out: Values, seed: int, *purpose: str) -> Mapping[str, float]:
    """The columns of memorisation for ``distances`` [N] to the nearest training image, beside those ``held_out`` [H].

    The least of many is smaller than that of few: it is compared with that of as many held-out images.
    """
    low, high = mean_interval(distances, seed, *purpose, "nearest")
    own, theirs = (
        resample_weights(len(some), seed, *purpose, side) @ some / len(some)
        for some, side in ((distances, "nearest"), (held_out, "held-out"))
    )
    is_real = distances is held_out
    ratio_low, ratio_high = (NAN, NAN) if is_real else percentile_interval(own / theirs)
    num = min(len(distances), len(held_out))
    return {
        "nearest": float(distances.mean()),
        "nearest_low": low,
        "nearest_high": high,
        "nearest_least": float(distances.min()),
        "nearest_ratio": float(distances.mean() / held_out.mean()),
        "ratio_low": float(ratio_low),
        "ratio_high": float(ratio_high),
        "least_ratio": float(distances[:num].min() / held_out[:num].min()),
    }


def _kid_columns(kid: Kid) -> Row:
    return {"kid": kid.value, "kid_low": kid.low, "kid_high": kid.high}


def _diversity_columns(found: Diversity) -> Row:
    ends = {"diversity": found.mean, "diversity_low": found.low, "diversity_high": found.high}
    return ends | {"num_clusters": found.num_clusters}
