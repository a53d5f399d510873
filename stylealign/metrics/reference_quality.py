"""Translations with the style of references: table ``reference_translation`` (StyleAlign, Figure 6 and Table 6).

Protocol ``reference``: K translations of each source image of a split, each with another reference, against the
target domain's *train* images (as StarGAN v2 is scored). The K of one source are alike, so all intervals are over
sources, and KID leaves out pairs of one source; that sources share references is not resampled.

Legend: N sources, K references of each, M = N K translations, F features.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from stylealign.judges.judge import DISTANCE, Judge
from stylealign.metrics.diversity import diversity_columns
from stylealign.metrics.kept import Known, image_attributes, kept_columns, readable, taken_columns, truth
from stylealign.metrics.translation_quality import PathLike, RealImages, Seen, look, psi_of
from stylealign.translated_images import ReferenceTranslated, SourceSet

log = logging.getLogger(__name__)

REAL_SPLIT = "train"
NAN = float("nan")


def reference_rows(
    direction: str,
    translated: Sequence[ReferenceTranslated],
    *,
    judge: Judge,
    attributes_judge: Judge | None,
    kept: Mapping[str, str | None],
    real: PathLike,
    sources: SourceSet,
    references: SourceSet,
    switch_px: int,
    split: str | None,
    truncation_psi: float,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of ``inversion_tables.REFERENCE_TRANSLATION``, one for each of ``translated``, in that order.

    ``real`` holds the features by ``judge`` of the target's domain, of which the train images are taken; ``split`` is
    that of the ``sources``. ``kept`` is the name, by ``attributes_judge``, of yaw, tone and background. Diversity is
    NaN (with a warning) where ``judge`` measures no distance.

    Raises:
        JudgeError: as :func:`~stylealign.metrics.translation_quality.translation_rows`; fewer than two sources, or
            references of each.
        ImageSetError: an image set is damaged, or does not hold the images that were used.
    """
    against = RealImages(real, REAL_SPLIT, seed, "reference_translation", direction)
    names = readable(kept, attributes_judge)
    own = image_attributes(sources, _distinct(one.source_ids for one in translated), names, attributes_judge)
    theirs = image_attributes(references, _distinct(map(_references, translated)), names, attributes_judge)
    if DISTANCE not in judge.measures:
        log.warning("judge %s measures no distance, so diversity is left unknown (NaN)", judge.name)
    rows = []
    for one in translated:
        num, num_each = one.pixels.shape[:2]
        seen = look(judge, attributes_judge, one.pixels.reshape(-1, *one.pixels.shape[2:]), names)
        psi, purpose = psi_of(one.method, truncation_psi), ("reference_translation", direction, one.image_set)
        rows.append(
            {"direction": direction, "image_set": one.image_set, "method": one.method, "switch_px": switch_px}
            | against.score(seen.features, np.arange(num).repeat(num_each))
            | {"protocol": f"reference-{split or 'all'}{num}x{num_each}-vs-{against.name}-psi{psi:g}"}
            | {"judge": judge.name, "num_source": num, "num_target": len(against.features)}
            | _diversity(judge, one.pixels, seed, purpose)
            | {"num_references": num_each}
            | _attributes(one, own, theirs, seen, seed, purpose)
            | {"seed": seed}
        )
    return rows


def _distinct(several: Iterable[Sequence[str]]) -> set[str]:
    return {image_id for image_ids in several for image_id in image_ids}


def _references(translated: ReferenceTranslated) -> list[str]:
    """The reference of each translation [M], in the order of the pixels."""
    return [image_id for some in translated.reference_ids for image_id in some]


def _diversity(judge: Judge, pixels: np.ndarray, seed: int, purpose: tuple[str, ...]) -> dict[str, float]:
    if DISTANCE not in judge.measures:
        return dict.fromkeys(("diversity", "diversity_low", "diversity_high"), NAN)
    return diversity_columns(judge, pixels, seed, *purpose)


def _attributes(
    translated: ReferenceTranslated,
    own: Mapping[str, Known],
    theirs: Mapping[str, Known],
    seen: Seen,
    seed: int,
    purpose: tuple[str, ...],
) -> dict[str, Any]:
    """What is kept of the source and what is taken from the reference."""
    num_each = translated.pixels.shape[1]
    source_ids = [image_id for image_id in translated.source_ids for _ in range(num_each)]  # M
    reference_ids = _references(translated)
    kept = kept_columns(own, source_ids, seen.attributes, seed, *purpose)
    taken = taken_columns(theirs, reference_ids, seen.attributes)
    return kept | taken | {"truth": truth((own, source_ids), (theirs, reference_ids))}
