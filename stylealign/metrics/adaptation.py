"""What an adapted model became (table ``adaptation``; StyleGAN-NADA, section 5, measured where the paper shows).

How far: the cosine of each image's way in a CLIP's space with the direction asked, and KID to held-out images of the
domain that the words name, beside the parent's. What is kept: the mean distance of each two images, an attribute that
no text names, of the same z, and all that lies outside of a region. Features and attributes are those that the judge
kept; images of the same z have the same noise in both models.

Legend: N latent codes, E numbers of an embedding.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F

from stylealign.intervals import bootstrap_interval, mean_interval
from stylealign.judged_attributes import known_attributes, read_judged
from stylealign.metrics.diversity import intra_cluster_diversity, pairwise_distances
from stylealign.metrics.features import drawn_images, load_features
from stylealign.metrics.kid import kid_interval
from stylealign.metrics.region_change import region_columns
from stylealign.rank_correlation import RankedPair

if TYPE_CHECKING:
    from stylealign.judges.clip import ClipJudge
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

PathLike = str | os.PathLike[str]
KEY = "studies.adaptation"


@dataclass(frozen=True)
class Measured:
    """A model or its parent: its name, its generator, and what the judge kept of its images."""

    name: str
    G: "Generator"
    features: PathLike


def adaptation_row(
    child: Measured,
    parent: Measured,
    judge: "Judge",
    clip: "ClipJudge",
    direction: torch.Tensor | None,
    *,
    domain: str,
    domain_features: PathLike,
    attribute: str,
    num_images: int,
    num_diversity: int,
    truncation_psi: float,
    seed: int,
    regions_judge: "Judge | None" = None,
    regions: Sequence[str] = (),
) -> dict[str, Any]:
    """The measured part of a model's row of the table ``adaptation``; ``direction`` [E] is the one asked, if any.

    ``regions_judge`` finds ``regions`` in the parent's images; without it nothing is told of them. Raises
    :class:`JudgeError` for features that hold too few images, for an attribute that the judge does not read, and for a
    region that is not found.
    """
    drawn = {"num": num_images, "seed": seed, "psi": truncation_psi}
    row = {"model": child.name, "parent": parent.name, "clip": clip.name, "domain": domain, "judge": judge.name}
    row |= _direction_columns(child, parent, clip, direction, drawn)
    row |= _kid_columns(child, parent, domain, domain_features, num_images, seed)
    few = drawn | {"num": num_diversity}
    after, before = (torch.cat([part.cpu() for part in drawn_images(one.G, **few)]) for one in (child, parent))
    row |= _diversity_columns(child, judge, "diversity", after, seed)
    row |= _diversity_columns(parent, judge, "diversity_of_parent", before, seed)
    row |= region_columns(regions_judge, regions, before, after, seed, "adaptation", child.name)
    row |= _kept_columns(child, parent, attribute, num_images, seed)
    protocol = f"test-images-vs-gen-{num_images}-psi{truncation_psi:g}-fresh-noise-same-in-both"
    protocol += "" if regions_judge is None else f"-regions-by-{regions_judge.name}-in-parent"
    return row | {"protocol": protocol, "num_images": num_images, "num_diversity": num_diversity, "seed": seed}


def _direction_columns(
    child: Measured, parent: Measured, clip: "ClipJudge", direction: torch.Tensor | None, drawn: dict[str, Any]
) -> dict[str, float | None]:
    if direction is None:
        return dict.fromkeys(("clip_direction_similarity", "clip_low", "clip_high"))
    before, after = (torch.cat([clip.embed_pixels(p) for p in drawn_images(one.G, **drawn)]) for one in (parent, child))
    along = (F.normalize(after - before, dim=1) @ direction).double().cpu().numpy()  # [N]
    low, high = mean_interval(along, drawn["seed"], "adaptation", child.name, clip.name)
    return {"clip_direction_similarity": float(along.mean()), "clip_low": low, "clip_high": high}


def _kid_columns(
    child: Measured, parent: Measured, domain: str, domain_features: PathLike, num: int, seed: int
) -> dict[str, float]:
    real, columns = load_features(domain_features).of_split("test"), {}
    for one, name, low, high in (
        (child, "kid_to_target", "kid_low", "kid_high"),
        (parent, "kid_of_parent", "kid_of_parent_low", "kid_of_parent_high"),
    ):
        found = kid_interval(real, load_features(one.features).features[:num], seed, "adaptation", one.name, domain)
        columns |= {name: found.value, low: found.low, high: found.high}
    return columns


def _diversity_columns(one: Measured, judge: "Judge", column: str, pixels: torch.Tensor, seed: int) -> dict[str, float]:
    found = intra_cluster_diversity(pairwise_distances(judge, pixels), 1, seed, "adaptation", one.name)
    return {column: found.mean, f"{column}_low": found.low, f"{column}_high": found.high}


def _kept_columns(child: Measured, parent: Measured, attribute: str, num: int, seed: int) -> dict[str, Any]:
    ours, theirs = (read_judged(one.features, num, f"{KEY}.num_images") for one in (child, parent))
    known_attributes(ours.names, (attribute,), f"{KEY}.attribute")
    pair = RankedPair.of(theirs.of(attribute), ours.of(attribute))
    low, high = bootstrap_interval(pair.spearman, num, seed, "adaptation", child.name, parent.name, attribute)
    return {"attribute": attribute, "attribute_kept": pair.spearman(), "kept_low": low, "kept_high": high}
