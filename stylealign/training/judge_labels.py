"""What the judge learns from: images of several domains with exact labels, under one vocabulary.

Attributes and regions that domains share are shared (same name, same output); what a domain does not know is masked.

Legend: B images of a step, A attributes, R resolution.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from stylealign.data.batches import Batches
from stylealign.data.image_set import ImageSet, load_region_names, load_regions
from stylealign.errors import ImageSetError, JudgeError
from stylealign.judges.embedded_network import Attribute, Vocabulary
from stylealign.seeds import derive_seed

log = logging.getLogger(__name__)

UNKNOWN_REGION = 255
CURE = (
    "a judge of kind embedded learns from worlds or from domains with region masks (`regions` and `labels`); "
    "for photographs without labels use a judge of kind torchvision, inception, lpips or colour"
)


class Source(NamedTuple):
    """One domain's files, as the rule ``image_set`` made them."""

    domain: str
    images: Path
    index: Path
    regions: Path | None


@dataclass(frozen=True)
class LabelledSet:
    """One split of one domain, its labels in the judge's vocabulary."""

    domain: int
    image_set: ImageSet
    attributes: np.ndarray  # float64 [N, A], classes as codes, NaN unknown
    regions: np.ndarray | None  # uint8 [N, R, R], ids in the vocabulary; None: unknown


class Labels(NamedTuple):
    """One step's images and labels."""

    pixels: torch.Tensor  # uint8 [B, 3, R, R]
    domains: torch.Tensor  # int64 [B]
    attributes: torch.Tensor  # float32 [B, A], NaN unknown
    regions: torch.Tensor  # uint8 [B, R, R], UNKNOWN_REGION where unknown


def labelled_sources(sources: Sequence[Source], name: str, wanted: Sequence[str] | None) -> list[Source]:
    """The sources to learn from: those named, or all that have labels.

    Raises:
        JudgeError: a domain named has no labels, or none has any.
    """
    with_labels = [source for source in sources if _has_labels(source)]
    known = {source.domain for source in with_labels}
    missing = [domain for domain in wanted or () if domain not in known]
    if missing:
        raise JudgeError(f"judges.{name}.domains: {', '.join(missing)}: no labels; {CURE}")
    if not known:
        raise JudgeError(f"judges.{name}: none of {', '.join(s.domain for s in sources)} has labels; {CURE}")
    return [source for source in with_labels if wanted is None or source.domain in wanted]


def _has_labels(source: Source) -> bool:
    image_set = ImageSet.open(source.images, source.index)
    return bool(image_set.attribute_info) or bool(_region_names(source))


def _region_names(source: Source) -> list[str]:
    return load_region_names(source.regions) if source.regions is not None else []


def build_vocabulary(sources: Sequence[Source]) -> Vocabulary:
    """The union of the domains' attributes and regions, in order of first mention; scales are of the train splits."""
    attributes: dict[str, dict[str, Any]] = {}
    columns: dict[str, list[np.ndarray]] = {}
    region_names: dict[str, None] = {}
    for source in sources:
        image_set = ImageSet.open(source.images, source.index, "train")
        region_names |= dict.fromkeys(_region_names(source))
        for info in image_set.attribute_info:
            attributes[info["name"]] = _united(attributes.get(info["name"]), info, source.domain)
            columns.setdefault(info["name"], []).append(image_set.attributes[info["name"]].to_numpy())
    described = tuple(_attribute(info, np.concatenate(columns[name])) for name, info in attributes.items())
    if len(region_names) >= UNKNOWN_REGION:
        raise JudgeError(f"{len(region_names)} regions in all; name fewer than {UNKNOWN_REGION}")
    return Vocabulary(tuple(source.domain for source in sources), described, tuple(region_names))


def _united(known: dict[str, Any] | None, info: dict[str, Any], domain: str) -> dict[str, Any]:
    if known is None:
        return dict(info)
    if known["kind"] != info["kind"]:
        raise JudgeError(f"attribute {info['name']} is a {info['kind']} in {domain} and a {known['kind']} elsewhere")
    values = list(dict.fromkeys([*(known.get("values") or ()), *(info.get("values") or ())]))
    low, high = min(known["low"], info["low"]), max(known["high"], info["high"])
    return {**known, "values": values, "low": low, "high": high}


def _attribute(info: dict[str, Any], column: np.ndarray) -> Attribute:
    is_known = np.isfinite(column)
    mean, std = 0.0, 1.0
    if info["kind"] == "number" and is_known.any():
        mean, std = float(column[is_known].mean()), float(column[is_known].std()) or 1.0
    values = tuple(info.get("values") or ())
    return Attribute(info["name"], info["kind"], info["low"], info["high"], info["unit"], values, mean, std)


def open_labelled(source: Source, vocabulary: Vocabulary, split: str) -> LabelledSet:
    """One split of ``source`` in the words of ``vocabulary``; :class:`ImageSetError` when the split is empty."""
    image_set = ImageSet.open(source.images, source.index, split)
    infos = {info["name"]: info for info in image_set.attribute_info}
    attributes = np.full([image_set.num, len(vocabulary.attributes)], np.nan)
    for column, attribute in enumerate(vocabulary.attributes):
        if attribute.name in infos:
            values = image_set.attributes[attribute.name].to_numpy()
            attributes[:, column] = _codes(values, infos[attribute.name], attribute)
    domain = vocabulary.domains.index(source.domain)
    return LabelledSet(domain, image_set, attributes, _region_ids(source, vocabulary, image_set.rows))


def _codes(values: np.ndarray, info: dict[str, Any], attribute: Attribute) -> np.ndarray:
    """A class's own codes as codes of the vocabulary; numbers as they are."""
    if attribute.kind == "number":
        return values
    own = np.array([attribute.values.index(value) for value in info["values"]], dtype=np.float64)
    known = np.isfinite(values)
    return np.where(known, own[np.where(known, values, 0).astype(int)], np.nan)


def _region_ids(source: Source, vocabulary: Vocabulary, rows: np.ndarray) -> np.ndarray | None:
    if source.regions is None or not _region_names(source):
        return None
    ids, names = load_regions(source.regions, rows)
    table = np.array([vocabulary.region_names.index(name) for name in names], dtype=np.uint8)
    for one in ids:  # in place: a set's maps are the largest thing in memory, and there is one copy of them
        one[...] = table[one]
    return ids


class LabelledBatches:
    """Steps of B images, shared evenly among the domains: a pure function of (seed, step)."""

    def __init__(self, sets: Sequence[LabelledSet], batch_size: int, seed: int):
        if batch_size < len(sets):
            raise JudgeError(
                f"a judge's batch_size: {batch_size} is less than one image of each of {len(sets)} domains"
            )
        shares = [batch_size // len(sets) + (place < batch_size % len(sets)) for place in range(len(sets))]
        self.sets = sets
        self.batches = [
            Batches(labelled.image_set, share, derive_seed(seed, "judge", labelled.domain), num_workers=0)
            for labelled, share in zip(sets, shares, strict=True)
        ]

    def at(self, step: int) -> Labels:
        """The images and labels of ``step``."""
        parts = [self._of(labelled, batches, step) for labelled, batches in zip(self.sets, self.batches, strict=True)]
        return Labels(*(torch.cat(column) for column in zip(*parts, strict=True)))

    @staticmethod
    def _of(labelled: LabelledSet, batches: Batches, step: int) -> Labels:
        positions = batches.positions(step)
        return labels_at(labelled, positions, batches.at(step))


def labels_at(labelled: LabelledSet, positions: np.ndarray, pixels: torch.Tensor) -> Labels:
    """The labels of the images at ``positions``, whose pixels are given."""
    if labelled.regions is None:
        regions = np.full([len(positions), *pixels.shape[2:]], UNKNOWN_REGION, dtype=np.uint8)
    else:
        regions = labelled.regions[positions]
    domains = torch.full([len(positions)], labelled.domain, dtype=torch.int64)
    attributes = torch.from_numpy(labelled.attributes[positions]).float()
    return Labels(pixels, domains, attributes, torch.from_numpy(regions))


def open_test_sets(sources: Sequence[Source], vocabulary: Vocabulary) -> list[LabelledSet]:
    """The held-out splits; a domain without one is left out with a warning."""
    sets = []
    for source in sources:
        try:
            sets.append(open_labelled(source, vocabulary, "test"))
        except ImageSetError as error:
            log.warning("%s: the judge's quality on it stays unknown: %s", source.domain, error)
    return sets
