"""Translations against real images of the target domain: table ``translation`` (StyleAlign, Figure 5 and Table 5).

Protocol ``single``: one translation of each source image of a split against the target domain's images of that split
(as CUT is scored). Inversions, other methods' images and controls are measured alike; FID with so few images is biased
upwards, the same for all of equal n.

Legend: N translations, F features, R pixels a side.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from stylealign.images import from_hwc
from stylealign.judges.judge import FEATURES, Judge
from stylealign.metrics.features import load_features
from stylealign.metrics.fid import fid
from stylealign.metrics.kept import Known, image_attributes, kept_columns, readable, truth
from stylealign.metrics.kid import kid_interval, real_term
from stylealign.translated_images import SourceSet, Translated

PathLike = str | os.PathLike[str]

CHUNK = 1024  # images handed to a judge at a time


@dataclass(frozen=True)
class Seen:
    """What the judges saw in N images."""

    features: np.ndarray  # float32 [N, F]
    attributes: Mapping[str, np.ndarray]  # float64 [N] of yaw, tone, background, where read


class RealImages:
    """Real images of the target domain, to measure several sets of translations against.

    All are measured on the same resamples of the real images: a kernel that is computed once.
    """

    def __init__(self, path: PathLike, split: str | None, seed: int, *purpose: str):
        """Features of ``split`` (``None``: all) in ``path``; :class:`JudgeError` when it is not such a file."""
        self.features = load_features(path).of_split(split)  # [N, F]
        self.name = f"{split or 'all'}{len(self.features)}"  # as test2000
        self._seed, self._purpose = seed, purpose
        self._within = real_term(self.features, seed, *purpose)

    def score(self, features: np.ndarray, clusters: np.ndarray | None = None) -> dict[str, Any]:
        """FID, and KID with its interval, of ``features`` [M, F]; ``clusters`` [M] are the sources of several each."""
        fid_value = fid(self.features, features)
        found = kid_interval(
            self.features, features, self._seed, *self._purpose, within_real=self._within, clusters=clusters
        )
        return {"fid": fid_value, "kid": found.value, "low": found.low, "high": found.high}


def look(judge: Judge, attributes_judge: Judge | None, pixels: np.ndarray, names: Mapping[str, str]) -> Seen:
    """What the judges see in uint8 ``pixels`` [N, R, R, 3]: one pass where they are one.

    ``names`` are the attributes to read, as :func:`~stylealign.metrics.kept.readable` gives them.
    """
    starts = range(0, max(len(pixels), 1), CHUNK)
    parts = [_look(judge, attributes_judge, pixels[start : start + CHUNK], names) for start in starts]
    features = np.concatenate([part.features for part in parts])
    return Seen(features, {what: np.concatenate([part.attributes[what] for part in parts]) for what in names})


def _look(judge: Judge, attributes_judge: Judge | None, array: np.ndarray, names: Mapping[str, str]) -> Seen:
    pixels = from_hwc(array)
    if judge is attributes_judge and names and FEATURES in judge.measures:
        features, read = judge.features_and_attributes(pixels)
    else:
        features = judge.features(pixels)
        read = attributes_judge.attributes(pixels) if attributes_judge is not None and names else {}
    return Seen(features, {what: read[name] for what, name in names.items()})


def _protocol(translated: Translated, split: str | None, against: RealImages) -> str:
    """As ``single-test64-vs-test2000-psi0.7``; without psi where no generator of ours made the images."""
    psi = "" if translated.truncation_psi is None else f"-psi{translated.truncation_psi:g}"
    return f"single-{split or 'all'}{len(translated.pixels)}-vs-{against.name}{psi}"


def _clusters(source_ids: Sequence[str]) -> np.ndarray | None:
    """What translations are of one source, where some are (a folder may hold several of each): labels [N]."""
    known = [image_id for image_id in source_ids if image_id]
    if len(set(known)) == len(known):
        return None
    return np.array([image_id or f"of none, {place}" for place, image_id in enumerate(source_ids)])


def translation_rows(
    direction: str,
    translated: Sequence[Translated],
    *,
    judge: Judge,
    attributes_judge: Judge | None,
    kept: Mapping[str, str | None],
    real: PathLike,
    sets: Sequence[SourceSet],
    split: str | None,
    seed: int,
) -> list[dict[str, Any]]:
    """Rows of ``inversion_tables.TRANSLATION``, one for each of ``translated``, in that order.

    ``real`` holds the features by ``judge`` of the target's domain; ``sets`` the image sets that were translated;
    ``kept`` the name, by ``attributes_judge``, of yaw, tone and background. ``split`` is that of the source images and
    of the real ones. All methods are measured on the same resamples.

    Raises:
        JudgeError: a file that is not such features, features of another judge, a judge without features, images of
            another size than the judge takes, fewer than two images.
        ImageSetError: an image set is damaged, or does not hold the images that were translated.
    """
    against = RealImages(real, split, seed, "translation", direction)
    names = readable(kept, attributes_judge)
    known = {one.image_set: _known(one, translated, names, attributes_judge) for one in sets}
    rows = []
    for one in translated:
        seen = look(judge, attributes_judge, one.pixels, names)
        own, purpose = known[one.image_set], ("translation", direction, one.image_set)
        rows.append(
            {"direction": direction, "image_set": one.image_set, "method": one.method, "kind": one.kind}
            | against.score(seen.features, _clusters(one.source_ids))
            | {"protocol": _protocol(one, split, against)}
            | {"judge": judge.name, "num_source": len(one.pixels), "num_target": len(against.features)}
            | kept_columns(own, one.source_ids, seen.attributes, seed, *purpose)
            | {"truth": truth((own, one.source_ids)), "seed": seed}
        )
    return rows


def _known(
    sources: SourceSet, translated: Sequence[Translated], names: Mapping[str, str], judge: Judge | None
) -> dict[str, Known]:
    """What is known of all the images of one set that were translated."""
    image_ids = {image_id for one in translated if one.image_set == sources.image_set for image_id in one.source_ids}
    return image_attributes(sources, image_ids, names, judge)
