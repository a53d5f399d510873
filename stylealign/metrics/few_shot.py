"""Few-shot fine-tuning, measured (StyleGAN-NADA, Appendix C, Tables 1 and 2): table ``few_shot``.

Of every training: FID and KID of its images against the target's real ones; their intra-cluster diversity; and how near
they are to the training images, beside how near real images are that nobody trained on: a model that repeats what it
was shown is much nearer. Trainings of one cell differ by their seed, which draws the images too. Intervals over seeds
are Student's: of three numbers a bootstrap knows almost nothing.

Legend: N generated images, n training images, S seeds.
"""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stylealign.config.few_shot_plan import cell_of
from stylealign.intervals import t_interval
from stylealign.metrics.diversity import intra_cluster_diversity, pairwise_distances
from stylealign.metrics.features import drawn_images, load_features
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kid

if TYPE_CHECKING:
    import torch

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.judge import Judge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

PathLike = str | os.PathLike[str]
BATCH = 64
NUM_LOOKED_UP = 500  # images that are clustered, or whose nearest training image is looked up
MEASURES = ("fid", "kid", "diversity", "nearest_distance")
CELL = ("method", "num_images", "start")
BASELINE = "parent"


def few_shot_scores(
    trained: Mapping[int, PathLike],
    *,
    judge: "Judge",
    diversity_judge: "Judge",
    real: PathLike,
    image_set: "ImageSet",
    held_out: "ImageSet",
    cell: Mapping[str, Any],
    num_gen: int,
    split: str | None,
    num_clusters: int,
    seed: int,
) -> list[dict[str, Any]]:
    """Numbers of the models ``trained``, by the seeds of their trainings; a row each.

    ``cell`` says method, num_images (0: of no training) and start; ``real`` holds the features of the target's images
    by ``judge``; ``image_set`` is what trainings draw their images from, ``held_out`` what they never see.

    Raises:
        CheckpointError: a damaged model. JudgeError: a judge that does not measure what it is asked for; fewer images
        than clusters.
    """
    from stylealign.checkpoint import load_generator
    from stylealign.data.few_images import few_of

    reference, rows = load_features(real).of_split(split), []
    for training_seed, path in trained.items():
        G, card = load_generator(path, judge.device)
        features, pixels = _seen(judge, G, num_gen, seed)
        distances = pairwise_distances(diversity_judge, pixels)
        diversity = intra_cluster_diversity(distances, num_clusters, seed, "few_shot", card.model)
        shown = few_of(image_set, cell["num_images"], training_seed).all() if cell["num_images"] else None
        numbers = {"fid": fid(reference, features), "kid": kid(reference, features), "diversity": diversity.mean}
        numbers |= {"nearest_distance": mean_nearest(diversity_judge, pixels, shown)}
        numbers |= {"nearest_real": mean_nearest(diversity_judge, _first(held_out), shown)}
        protocol = f"{split or 'all'}-{len(reference)}-vs-gen-{num_gen}-psi1-fresh-noise"
        about = {"num_real": len(reference), "num_gen": num_gen, "protocol": protocol, "kimg": card.kimg}
        judges = {"judge": judge.name, "diversity_judge": diversity_judge.name}
        rows.append({**cell, "training_seed": training_seed, **numbers, **about, **judges, "seed": seed})
        log.info("%s: FID %.2f, KID %.3f, diversity %.3f", card.model, *(numbers[name] for name in MEASURES[:3]))
    return rows


def _seen(judge: "Judge", G: "Generator", num: int, seed: int) -> "tuple[np.ndarray, torch.Tensor]":
    """What ``judge`` sees in ``num`` images of ``G``, [num, F], and the first of them, uint8 [n, 3, R, R].

    They are those that model_quality looks at, and are never held all at once.
    """
    import torch

    features: list[np.ndarray] = []
    kept: list[torch.Tensor] = []
    for pixels in drawn_images(G, num=num, seed=seed, psi=1.0):
        features.append(judge.features(pixels.cpu()))
        kept += [pixels.cpu()] if sum(len(some) for some in kept) < NUM_LOOKED_UP else []
    return np.concatenate(features), torch.cat(kept)[:NUM_LOOKED_UP]


def mean_nearest(judge: "Judge", pixels: "torch.Tensor", shown: "torch.Tensor | None") -> float:
    """Mean over uint8 ``pixels`` [N, 3, R, R] of the distance to the nearest of ``shown`` [n, 3, R, R], if any."""
    if shown is None:
        return float("nan")
    from stylealign.images import at_once

    seen = judge.perceive(shown)
    batches = pixels.split(at_once(pixels.shape[-1], BATCH))
    parts = [judge.perceptual_distances(judge.perceive(some), seen).amin(1).cpu() for some in batches]
    return float(np.concatenate([part.numpy() for part in parts]).astype(np.float64).mean())


def _first(image_set: "ImageSet") -> "torch.Tensor":
    return image_set.read(range(min(NUM_LOOKED_UP, image_set.num)))


def training_seconds(costs: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], float]:
    """Mean time of the trainings of each cell, by (method, num_images, start), of rows of ``tables.TRAINING``."""
    found: dict[tuple[Any, ...], list[float]] = {}
    for cost in costs:
        cell = tuple(vars(cell_of(cost["model"])).values())
        found.setdefault(cell, []).append(cost["sec_per_kimg"] * cost["kimg"])
    return {cell: float(np.mean(values)) for cell, values in found.items()}


def few_shot_rows(
    scores: Sequence[Mapping[str, Any]], seconds: Mapping[tuple[Any, ...], float], target: str
) -> list[dict[str, Any]]:
    """Rows of ``adaptation_tables.FEW_SHOT``, one a cell, of the rows of all trainings.

    ``seconds`` are those of a cell's training, mean over its seeds, by (method, num_images, start); 0 of no training.
    ``gain`` is the part by which FID is lower than from the parent with the same method, images and seed.
    """
    cells: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for score in scores:
        cells.setdefault(tuple(score[name] for name in CELL), []).append(score)
    return [_row(cell, own, cells, seconds.get(cell, 0.0), target) for cell, own in cells.items()]


def _row(
    cell: tuple[Any, ...],
    own: Sequence[Mapping[str, Any]],
    cells: Mapping[tuple[Any, ...], Sequence[Mapping[str, Any]]],
    seconds: float,
    target: str,
) -> dict[str, Any]:
    one, row = own[0], {"target": target, **dict(zip(CELL, cell, strict=True))}
    for measure in MEASURES:
        row |= _columns(measure, [score[measure] for score in own])
    row |= {"nearest_real": float(np.mean([score["nearest_real"] for score in own]))}
    row |= _columns("gain", list(_gains(own, cells.get((*cell[:2], BASELINE), []), cell)))
    row |= {"num_seeds": len(own), "seconds": seconds}
    kept = ("num_real", "num_gen", "protocol", "judge", "diversity_judge", "kimg", "seed")
    return row | {name: one[name] for name in kept}


def _gains(
    own: Sequence[Mapping[str, Any]], baseline: Sequence[Mapping[str, Any]], cell: tuple[Any, ...]
) -> Iterator[float]:
    """Of each seed that was trained from the parent too; nothing of the parent's own cell, and of no training."""
    known = {score["training_seed"]: score["fid"] for score in baseline}
    if cell[1] == 0 or cell[2] == BASELINE:
        return
    for score in own:
        if score["training_seed"] in known:
            yield 1 - score["fid"] / known[score["training_seed"]]


def _columns(name: str, values: Sequence[float]) -> dict[str, float]:
    """The mean and the ends of its interval, as three columns; NaN of nothing, and the ends of one value."""
    low, high = t_interval(np.asarray(values, np.float64))
    mean = float(np.mean(values)) if len(values) else float("nan")
    return {name: mean, f"{name}_low": low, f"{name}_high": high}
