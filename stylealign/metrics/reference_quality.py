"""Translations with the style of references: table ``reference_translation`` (StyleAlign, Figure 6 and Table 6).

Protocol ``reference``: K translations of each source image of a split, each with another reference, against the
target domain's *train* images (as StarGAN v2 is scored). The K of one source are alike, so all intervals are over
sources, and KID leaves out pairs of one source; that sources share references is not resampled.

Legend: N sources, K references of each, M = N K translations, F features.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

from stylealign.judges.judge import Judge
from stylealign.metrics.diversity import diversity_columns
from stylealign.metrics.kept import Known, image_attributes, kept_columns, readable, taken_columns, truth
from stylealign.metrics.translation_quality import PathLike, RealImages, Seen, look
from stylealign.translated_images import ReferenceTranslated, SourceSet

REAL_SPLIT = "train"


def reference_rows(
    direction: str,
    translated: Iterable[ReferenceTranslated],
    *,
    judge: Judge,
    attributes_judge: Judge | None,
    diversity_judge: Judge,
    kept: Mapping[str, str | None],
    real: PathLike,
    sources: SourceSet,
    references: SourceSet,
    switch_px: int,
    split: str | None,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of ``inversion_tables.REFERENCE_TRANSLATION``, one for each of ``translated``, in that order.

    Of ``translated`` one is held at a time: a generator makes the next when this one is measured and gone. ``real``
    holds the features by ``judge`` of the target's domain, of which the train images are taken; ``split`` is that of
    the ``sources``. ``kept`` is the name, by ``attributes_judge``, of yaw, tone and background.

    Raises:
        JudgeError: as :func:`~stylealign.metrics.translation_quality.translation_rows`; ``diversity_judge`` measures no
            distance; fewer than two sources, or references of each.
        ImageSetError: an image set is damaged, or does not hold the images that were used.
    """
    against = RealImages(real, REAL_SPLIT, seed, "reference_translation", direction)
    names = readable(kept, attributes_judge)

    @cache  # all methods have the same sources and references: what is known of them is looked up once
    def known_of(images: str, image_ids: frozenset[str]) -> Mapping[str, Known]:
        return image_attributes(
            {"sources": sources, "references": references}[images], image_ids, names, attributes_judge
        )

    def row(one: ReferenceTranslated) -> dict[str, Any]:
        num, num_each = one.pixels.shape[:2]
        seen = look(judge, attributes_judge, one.pixels.reshape(-1, *one.pixels.shape[2:]), names)
        purpose = ("reference_translation", direction, one.image_set)
        own = known_of("sources", frozenset(one.source_ids))
        theirs = known_of("references", frozenset(_references(one)))
        protocol = f"reference-{split or 'all'}{num}x{num_each}-vs-{against.name}-psi{one.truncation_psi:g}"
        return (
            {"direction": direction, "image_set": one.image_set, "method": one.method, "switch_px": switch_px}
            | against.score(seen.features, np.arange(num).repeat(num_each))
            | {"protocol": protocol, "judge": judge.name, "num_source": num, "num_target": len(against.features)}
            | diversity_columns(diversity_judge, one.pixels, seed, *purpose)
            | {"diversity_judge": diversity_judge.name, "num_references": num_each}
            | _attributes(one, own, theirs, seen, seed, purpose)
            | {"seed": seed}
        )

    return list(map(row, translated))  # a loop's variable would keep one method's images while the next are made


def _references(translated: ReferenceTranslated) -> list[str]:
    """The reference of each translation [M], in the order of the pixels."""
    return [image_id for some in translated.reference_ids for image_id in some]


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
