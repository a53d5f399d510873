"""What each part of an adaptation does (StyleGAN-NADA, Figure 14; table ``adaptation_ablation``).

The same z in the parent, in models that were adapted to one text in different ways, and in one of them after a latent
mapper has moved the codes. A CLIP says how near the images are to the text and whether they moved in the texts'
direction; a judge who knows no text says how near they are to the real images of the target domain, which no
adaptation has seen, and how much they still differ from each other.

Legend: V variants, n latent codes, E numbers of an embedding, R pixels a side.
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

from stylealign.checkpoint import load_generator
from stylealign.images import at_once, to_hwc, to_pixels
from stylealign.intervals import mean_interval
from stylealign.latents import sample_z
from stylealign.metrics.diversity import intra_cluster_diversity, pairwise_distances
from stylealign.metrics.features import load_features
from stylealign.metrics.kid import kid_interval
from stylealign.networks.latent_mapper import LatentMapper, load_mapper

if TYPE_CHECKING:
    from stylealign.judges.clip import ClipJudge
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

BATCH = 64
PARENT, MAPPED = "parent", "{} + mapper"

PathLike = str | os.PathLike[str]


@dataclass(frozen=True, eq=False)
class Variant:
    """One way to draw a z: a generator, and a mapper that moves its codes first, or none."""

    name: str
    model: str
    G: "Generator"
    mapper: LatentMapper | None = None

    def pixels(self, z: Tensor, truncation_psi: float) -> Tensor:
        """uint8 [n, 3, R, R] of ``z`` [n, z_dim] on the CPU, with constant noise."""
        with torch.inference_mode():
            return torch.cat(
                [self._drawn(some, truncation_psi) for some in z.split(at_once(self.G.img_resolution, BATCH))]
            )

    def _drawn(self, z: Tensor, truncation_psi: float) -> Tensor:
        ws = self.G.mapping(z.to(self.G.mapping.w_avg.device), truncation_psi=truncation_psi)
        moved = ws if self.mapper is None else self.mapper(ws)
        return to_pixels(self.G.synthesis(self.G.styles(moved), noise_mode="const")).cpu()


def open_variants(
    parent: PathLike, models: Mapping[str, PathLike], mapped: str | None, mapper: PathLike | None, device: str = "cpu"
) -> list[Variant]:
    """The parent, its adapted ``models``, and the model ``mapped`` once more with its mapper.

    Raises :class:`CheckpointError` for damaged files, :class:`LineageError` for a mapper of other weights.
    """
    G, card = load_generator(parent, device)
    found = [Variant(PARENT, card.model, G)]
    for name, path in models.items():
        G, card = load_generator(path, device)
        found.append(Variant(name, name, G))
        if name == mapped:
            assert mapper is not None
            moves = load_mapper(mapper, card.digest, str(G.mapping.w_avg.device))[0]
            found.append(Variant(MAPPED.format(name), name, G, moves))
    return found


def ablation_rows(
    variants: Sequence[Variant],
    clip: "ClipJudge",
    judge: "Judge",
    domain_features: PathLike,
    *,
    target_text: str,
    direction: Tensor | None,
    num_images: int,
    num_diversity: int,
    truncation_psi: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Measured columns of the table ``adaptation_ablation``, a row for each variant, the parent first.

    ``direction`` [E] is that of the texts (none: of images). Raises :class:`JudgeError` for a judge that measures no
    features or distance, or features of another one.
    """
    z = sample_z(num_images, variants[0].G.z_dim, seed, "adaptation_ablation")
    target = clip.embed_texts([target_text])[0]
    real, rows, before = load_features(domain_features).of_split("test"), [], None
    for variant in variants:
        seen, features = _seen(variant, z, clip, judge, truncation_psi)
        before = seen if before is None else before
        way = None if direction is None or variant.name == PARENT else _cosines(seen - before, direction)
        row = _with_interval("clip_similarity", (seen @ target).double().cpu().numpy(), seed, variant.name)
        row |= _with_interval("direction_similarity", way, seed, variant.name)
        kid = kid_interval(real, features, seed, "adaptation_ablation", variant.name)
        row |= {"kid": kid.value, "kid_low": kid.low, "kid_high": kid.high, "num_real": len(real)}
        row |= _diversity(judge, variant.pixels(z[:num_diversity], truncation_psi), seed, variant.name)
        about = {"target_text": target_text, "num_images": num_images, "num_diversity": num_diversity, "seed": seed}
        about |= {"protocol": f"psi{truncation_psi:g}-const-noise", "clip": clip.name, "judge": judge.name}
        rows.append({"variant": variant.name, "model": variant.model} | about | row)
        log.info("%s: similarity %.3f, KID %.4f", variant.name, row["clip_similarity"], kid.value)
    return rows


def _seen(
    variant: Variant, z: Tensor, clip: "ClipJudge", judge: "Judge", truncation_psi: float
) -> tuple[Tensor, np.ndarray]:
    """Embeddings [n, E] and features [n, F] of the images of ``z``, which are never held all at once."""
    parts = []
    for some in z.split(BATCH):
        pixels = variant.pixels(some, truncation_psi)
        parts.append((clip.embed_pixels(pixels), judge.features(pixels)))
    embeddings, features = zip(*parts, strict=True)
    return torch.cat(embeddings), np.concatenate(features)


def described_rows(
    rows: Sequence[Mapping[str, Any]], ways: Mapping[str, Mapping[str, Any]], about: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Measured rows with how each model was adapted (``ways``: its ``loss`` and ``num_layers``) and what holds of all.

    Where all layers are trained, ``num_layers`` is -1; the parent has none.
    """
    own = {PARENT: {"loss": "", "num_layers": 0}}
    for name, way in ways.items():
        own[name] = {"loss": way["loss"], "num_layers": -1 if way["num_layers"] is None else way["num_layers"]}
        own[MAPPED.format(name)] = own[name]
    mappers = {MAPPED.format(name) for name in ways}
    return [{**about, **own[row["variant"]], "mapper": row["variant"] in mappers, **row} for row in rows]


def _cosines(moves: Tensor, direction: Tensor) -> np.ndarray:
    """Of moves [n, E] and a unit direction [E], float64 [n]; 0 where nothing moved."""
    cosines: np.ndarray = (F.normalize(moves, dim=1) @ direction).double().cpu().numpy()
    return cosines


def _with_interval(name: str, values: np.ndarray | None, seed: int, variant: str) -> dict[str, float]:
    """The mean with its interval over codes; NaN where there is nothing to measure."""
    if values is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), float("nan"))
    low, high = mean_interval(values, seed, "adaptation_ablation", variant, name)
    return {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def _diversity(judge: "Judge", pixels: Tensor, seed: int, variant: str) -> dict[str, float]:
    """Mean perceptual distance over all pairs of images (one cluster), with its interval over images."""
    found = intra_cluster_diversity(pairwise_distances(judge, pixels), 1, seed, "adaptation_ablation", variant)
    return {"diversity": found.mean, "diversity_low": found.low, "diversity_high": found.high}


def ablation_pictures(
    variants: Sequence[Variant], *, num: int, truncation_psi: float, seed: int
) -> dict[str, np.ndarray]:
    """For the figure: ``names`` [V] and ``pixels`` uint8 [V, num, R, R, 3] of the study's first fixed z."""
    z = sample_z(num, variants[0].G.z_dim, seed, "family")
    pixels = np.stack([to_hwc(variant.pixels(z, truncation_psi)) for variant in variants])
    return {"names": np.array([variant.name for variant in variants], dtype=str), "pixels": pixels}
