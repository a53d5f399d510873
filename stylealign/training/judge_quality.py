"""How well the judge reads held-out images whose truth is known: the rows of table ``judge_quality``.

R2 for numbers, accuracy for classes and domains, intersection over union for regions (over all pixels of the split).

Legend: N images, A attributes, K regions, R resolution.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from stylealign.judges.embedded import EmbeddedJudge
from stylealign.training.judge_labels import LabelledSet

log = logging.getLogger(__name__)

CHUNK = 1024
MEAN = "mean"


def quality_rows(judge: EmbeddedJudge, sets: Sequence[LabelledSet], *, seed: int) -> list[dict[str, Any]]:
    """Rows of ``tables.JUDGE_QUALITY`` for every domain, attribute and region of ``sets``."""
    rows = []
    for labelled in sets:
        common = {"judge": judge.name, "domain": judge.domains[labelled.domain], "seed": seed}
        for task, target, metric, score in scores(judge, labelled):
            row = {"task": task, "target": target, "metric": metric, "score": score}
            rows.append({**common, **row, "num_images": labelled.image_set.num})
    return rows


def scores(judge: EmbeddedJudge, labelled: LabelledSet) -> Iterator[tuple[str, str, str, float]]:
    """(task, target, metric, score) of one domain; what the domain does not know has no score."""
    values, confusion, num_right = _read(judge, labelled)
    name = judge.domains[labelled.domain]
    yield "domain", name, "accuracy", num_right / labelled.image_set.num
    for column, attribute in enumerate(judge.vocabulary.attributes):
        truth = labelled.attributes[:, column]
        known = np.isfinite(truth)
        if known.any():
            measure = accuracy if attribute.kind == "class" else r_squared
            metric = "accuracy" if attribute.kind == "class" else "r2"
            yield "attribute", attribute.name, metric, measure(truth[known], values[known, column])
    if labelled.regions is not None:
        overlaps = region_overlaps(confusion)
        of_regions = {region: overlaps[k] for k, region in enumerate(judge.region_names) if confusion[k].sum()}
        yield from (("region", region, "iou", overlap) for region, overlap in of_regions.items())
        yield "region", MEAN, "iou", float(np.mean(list(of_regions.values())))


def _read(judge: EmbeddedJudge, labelled: LabelledSet) -> tuple[np.ndarray, np.ndarray, int]:
    """Judged attributes [N, A], confusion of regions [K, K] (truth, judged), and how many domains are right."""
    num_regions = len(judge.region_names)
    confusion = np.zeros([num_regions, num_regions], dtype=np.int64)
    values, num_right, name = [], 0, judge.domains[labelled.domain]
    for start in range(0, labelled.image_set.num, CHUNK):
        positions = np.arange(start, min(start + CHUNK, labelled.image_set.num))
        pixels = labelled.image_set.read(positions)
        num_right += judge.judged_domains(pixels).count(name)
        judged = judge.attributes(pixels) if judge.attribute_names else {}
        values.append(np.stack([*judged.values()], 1) if judged else np.zeros([len(pixels), 0]))
        if labelled.regions is not None:
            confusion += confusion_matrix(labelled.regions[positions], judge.regions(pixels), num_regions)
    return np.concatenate(values), confusion, num_right


def confusion_matrix(truth: np.ndarray, judged: np.ndarray, num_regions: int) -> np.ndarray:
    """Pixels [K, K] by true and judged region, of two uint8 maps of the same shape."""
    pairs = truth.astype(np.int64) * num_regions + judged
    return np.bincount(pairs.ravel(), minlength=num_regions**2).reshape(num_regions, num_regions)


def region_overlaps(confusion: np.ndarray) -> np.ndarray:
    """Intersection over union [K] from a confusion matrix [K, K]; NaN for a region that is nowhere."""
    both = confusion.diagonal()
    either = confusion.sum(0) + confusion.sum(1) - both
    return np.where(either > 0, both / np.maximum(either, 1), np.nan)


def r_squared(truth: np.ndarray, judged: np.ndarray) -> float:
    """1 - squared error / variance; NaN where the truth does not vary."""
    spread = np.square(truth - truth.mean()).sum()
    return float(1 - np.square(truth - judged).sum() / spread) if spread > 0 else float("nan")


def accuracy(truth: np.ndarray, judged: np.ndarray) -> float:
    """The part that is right."""
    return float(np.mean(truth == judged))
