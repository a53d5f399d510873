"""What of an image survives in its translation: pose, tone, background (StyleAlign shows it in Figures 5, 6, 17 to 21).

The Spearman correlation of an attribute of the source image with the judged one of its translation. The source's own
is exact where the image set knows it (a world drew it, or a label says it); else the same judge reads it, and what it
always misreads alike looks kept. An angle of hue is ranked as the number it is, as in ``attribute_alignment``.

Translations of one source are not independent: sources are resampled and shuffled, whole.

Legend: M translations, C of their source images (C < M where one source has several).
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stylealign.errors import ImageSetError
from stylealign.intervals import bootstrap_interval
from stylealign.rank_correlation import RankedPair
from stylealign.seeds import numpy_stream

if TYPE_CHECKING:
    import pandas as pd

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.judge import Judge
    from stylealign.translated_images import SourceSet

log = logging.getLogger(__name__)

KEPT = ("yaw", "tone", "background")
MIN_SOURCES = 8  # fewer say nothing about a correlation
EXACT, JUDGED, NONE = "exact", "judged", "none"

NAN = float("nan")


@dataclass(frozen=True)
class Known:
    """An attribute of images, by their ids; ``is_exact`` when the image set knows it, else a judge read it."""

    values: Mapping[str, float]
    is_exact: bool

    def of(self, image_ids: Sequence[str]) -> np.ndarray:
        """float64 [M]; NaN for "", an image that is of no source."""
        return np.array([self.values[image_id] if image_id else NAN for image_id in image_ids], np.float64)


def readable(kept: Mapping[str, str | None], judge: "Judge | None") -> dict[str, str]:
    """Those attributes of ``kept`` (yaw, tone, background: the judge's name for it) that ``judge`` reads."""
    known = judge.attribute_names if judge is not None else ()
    return {what: name for what in KEPT if (name := kept.get(what)) is not None and name in known}


def image_attributes(
    sources: "SourceSet", image_ids: Iterable[str], names: Mapping[str, str], judge: "Judge | None"
) -> dict[str, Known]:
    """The attributes ``names`` (of :func:`readable`) of the images ``image_ids``, by what they stand for.

    An attribute that the image set does not know of every one of them is read by ``judge`` in all of them.

    Raises:
        ImageSetError: the image set is damaged, or has no such image.
    """
    from stylealign.data.image_set import ImageSet

    wanted = sorted(set(image_ids) - {""})
    if not names or not wanted:
        return {}
    images = ImageSet.open(sources.images, sources.index)
    positions = _positions(images, wanted, sources)
    table = images.attributes.iloc[positions]
    exact = {what: _exact(table, name) for what, name in names.items()}
    unknown = {what: name for what, name in names.items() if not np.isfinite(exact[what]).all()}
    if unknown:
        log.info("%s: %s of the images, as judge %s reads it", sources.image_set, ", ".join(unknown), judge.name)
    read = judge.attributes(images.read(positions)) if unknown else {}
    values = exact | {what: read[name] for what, name in unknown.items()}
    return {what: Known(dict(zip(wanted, values[what], strict=True)), what not in unknown) for what in names}


def _positions(images: "ImageSet", wanted: Sequence[str], sources: "SourceSet") -> list[int]:
    place = {image_id: position for position, image_id in enumerate(images.image_ids)}
    missing = [image_id for image_id in wanted if image_id not in place]
    if missing:
        raise ImageSetError(
            f"{sources.index}: {len(missing)} images that were translated are not in {sources.image_set} "
            f"(as {missing[0][:12]}); invert and translate the image set again"
        )
    return [place[image_id] for image_id in wanted]


def _exact(table: "pd.DataFrame", name: str) -> np.ndarray:
    """The image set's own values [C], NaN where unknown."""
    return table[name].to_numpy(np.float64) if name in table else np.full(len(table), NAN)


def kept_columns(
    known: Mapping[str, Known],
    source_ids: Sequence[str],
    read: Mapping[str, np.ndarray],
    seed: int,
    *purpose: str,
) -> dict[str, float]:
    """``<what>_kept``, ``_low``, ``_high`` and ``_shuffled`` for each of :data:`KEPT`.

    ``source_ids`` [M] may repeat, and be "" for translations of no source; ``read[what]`` float64 [M] is judged in the
    translations. NaN where a side is unknown or fewer than :data:`MIN_SOURCES` sources are left. ``purpose`` names the
    random streams of the intervals and of the shuffling.
    """
    columns = {}
    for what in KEPT:
        found = (NAN,) * 4
        if is_measured(known, source_ids, what):
            found = _correlations(known[what].of(source_ids), source_ids, read[what], seed, (*purpose, what))
        columns |= dict(zip((f"{what}_{end}" for end in ("kept", "low", "high", "shuffled")), found, strict=True))
    return columns


def taken_columns(
    known: Mapping[str, Known], reference_ids: Sequence[str], read: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """``<what>_taken`` for each of :data:`KEPT`: the correlation with the reference images ``reference_ids`` [M]."""
    return {
        f"{what}_taken": RankedPair.of(known[what].of(reference_ids), read[what]).spearman()
        if is_measured(known, reference_ids, what)
        else NAN
        for what in KEPT
    }


def is_measured(known: Mapping[str, Known], image_ids: Sequence[str], what: str) -> bool:
    """Whether the attribute is known of enough different images among ``image_ids``."""
    return what in known and len(set(image_ids) - {""}) >= MIN_SOURCES


def truth(*sides: tuple[Mapping[str, Known], Sequence[str]]) -> str:
    """``exact``, ``judged`` (if any attribute of any side is) or ``none`` (nothing is measured), for the table."""
    used = [known[what] for known, image_ids in sides for what in KEPT if is_measured(known, image_ids, what)]
    if not used:
        return NONE
    return EXACT if all(one.is_exact for one in used) else JUDGED


def _correlations(
    own: np.ndarray, source_ids: Sequence[str], read: np.ndarray, seed: int, purpose: tuple[str, ...]
) -> tuple[float, float, float, float]:
    """Estimate, both ends of its interval and the shuffled control, for the source's ``own`` and the ``read`` [M]."""
    rows = np.flatnonzero(np.isfinite(own))
    _, first, members = np.unique(np.asarray(source_ids)[rows], return_index=True, return_inverse=True)
    own, read, num = own[rows], read[rows], len(first)
    translations = np.split(np.argsort(members, kind="stable"), np.cumsum(np.bincount(members))[:-1])  # of each source
    pair = RankedPair.of(own, read)

    def resampled(sources: np.ndarray) -> float:
        return pair.spearman(np.concatenate([translations[source] for source in sources]))

    low, high = bootstrap_interval(resampled, num, seed, *purpose)
    others = first[numpy_stream(seed, *purpose, "shuffle").permutation(num)]  # each source's place taken by another's
    return pair.spearman(), low, high, RankedPair.of(own[others][members], read).spearman()
