"""What a lower resolution costs: KID as training goes on, of a child from its parent's lower layers and from scratch.

StyleAlign, A.4 (less than two days instead of more than a month). Real and generated images are looked at alike, at the
child's resolution. Moments are the snapshots that a training kept (``training.snapshot_kimg``), its start where it is
the parent's lower layers, and its end; between two moments nothing is known, so that "first reached" is a moment.

Legend: N real and M generated images, F features.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylealign.checkpoint import load_snapshots
from stylealign.metrics.features import judge_generator, judge_image_set
from stylealign.metrics.fid import fid
from stylealign.metrics.kid import kid_interval, real_term

if TYPE_CHECKING:
    import torch

    from stylealign.data.image_set import ImageSet
    from stylealign.judges.coarse import CoarseJudge
    from stylealign.networks.generator import Generator

log = logging.getLogger(__name__)

NAN = float("nan")
Row = dict[str, Any]


@dataclass(frozen=True)
class Moment:
    """A generator at one moment of a course, ``after`` or ``scratch``; ``state`` is what its row is called."""

    course: str
    state: str
    kimg: float
    G: "Generator"


def moments_of(
    states: "Mapping[str, Generator]",
    kimg: Mapping[str, float],
    snapshots: Path | None,
    scratch_snapshots: Path | None,
    device: "torch.device | str" = "cpu",
) -> list[Moment]:
    """Both courses in order: ``before``, snapshots and ``after``; and those of ``scratch``, where there is one."""
    courses = {"after": snapshots, **({"scratch": scratch_snapshots} if "scratch" in states else {})}
    found = [Moment("after", "before", kimg["before"], states["before"])]
    for course, path in courses.items():
        called = {"after": "training", "scratch": "scratch_training"}[course]
        kept = [] if path is None else load_snapshots(path, device)
        found += [Moment(course, called, at, G) for at, G in kept]
        found.append(Moment(course, course, kimg[course], states[course]))
    return found


def course_rows(
    moments: Sequence[Moment],
    judge: "CoarseJudge",
    image_set: "ImageSet",
    *,
    num_gen: int,
    split: str,
    seed: int,
    purpose: tuple[str, ...],
) -> list[Row]:
    """Rows ``fid`` and ``kid`` of every moment, and ``kimg_to_kid`` of every course where there is one from scratch.

    ``image_set`` holds the real images, those of ``split``. Raises :class:`JudgeError` for fewer than two images.
    """
    real = judge_image_set(judge, image_set).features
    named = ("resolution_alignment", *purpose)
    within_real = real_term(real, seed, *named)
    rows = []
    for moment in moments:
        seen = judge_generator(judge, moment.G, num=num_gen, seed=seed)
        distance = kid_interval(real, seen.features, seed, *named, within_real=within_real)
        log.info("%s at %.2f kimg: KID %.4f", moment.state, moment.kimg, distance.value)
        protocol = f"{split}-{len(real)}-vs-{seen.protocol}-at-{judge.resolution}px"
        about = {"state": moment.state, "kimg": moment.kimg, "n": num_gen, "protocol": protocol}
        kid = {"measure": "kid", "value": distance.value, "low": distance.low, "high": distance.high}
        rows += [about | kid, about | {"measure": "fid", "value": fid(real, seen.features), "low": NAN, "high": NAN}]
    return rows + _reaching_rows(moments, [row for row in rows if row["measure"] == "kid"])


def _reaching_rows(moments: Sequence[Moment], kids: Sequence[Row]) -> list[Row]:
    """When each course first is as near the real images as scratch is at its end."""
    target = next((row["value"] for row in kids if row["state"] == "scratch"), None)
    if target is None:
        return []
    rows = []
    for course in dict.fromkeys(moment.course for moment in moments):
        own = [row for row, moment in zip(kids, moments, strict=True) if moment.course == course]
        value, low, high = (first_reached(own, end, target) for end in ("value", "low", "high"))
        about = {"state": course, "kimg": max(row["kimg"] for row in own), "n": len(own)}
        about["protocol"] = f"to-kid-{target:.4g}, {own[0]['protocol']}"
        rows.append(about | {"measure": "kimg_to_kid", "value": value, "low": low, "high": high})
    return rows


def first_reached(rows: Sequence[Row], end: str, target: float) -> float:
    """The first kimg at which ``end`` (KID, or an end of its interval) is at most ``target``; NaN if it never is."""
    reached = [row["kimg"] for row in rows if row[end] <= target]
    return float(min(reached, default=NAN))
