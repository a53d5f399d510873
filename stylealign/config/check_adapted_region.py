"""Mistakes in the region that an adaptation may change: who finds it, whether it is there, who measures the rest."""

from collections.abc import Iterator

from stylealign.config.adapted_region import AdaptedRegion
from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import WorldDomain
from stylealign.config.judges import MEASURES, EmbeddedJudge, Judge, RegionParser
from stylealign.config.models import Model
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.world_regions import WORLD_REGIONS

OTHER = "other"  # what classes that no region names are called


def check_region(sketch: Sketch, key: str, model: Model) -> Iterator[Problem]:
    """Every mistake in ``models.MODEL.adapt.region``; images are those of the parent's domain."""
    region = None if model.adapt is None else model.adapt.region
    if region is None:
        return
    shown = _shown(sketch, model)
    yield from check_judge_of(sketch, f"{key}.judge", "regions", region.judge, shown)
    yield from _check_distance(sketch, key, region, shown)
    known = _known_regions(sketch, sketch.judges.get(region.judge), shown)
    for name in region.regions if known else ():
        if name not in known:
            cure = f"judge {region.judge} finds no such region in images of {shown[0]}; {nearest(name, known)}"
            yield Problem(f"{key}.regions", cure, name)
    if known and set(known) <= set(region.regions):
        yield Problem(f"{key}.regions", "is all there is, so nothing is held; drop `region`, or name fewer")


def _shown(sketch: Sketch, model: Model) -> list[str]:
    """The domain whose images are parsed, where it is known: the parent's."""
    parent = sketch.models.get(model.parent or "")
    return [] if parent is None or parent.domain not in sketch.domains else [parent.domain]


def _check_distance(sketch: Sketch, key: str, region: AdaptedRegion, shown: list[str]) -> Iterator[Problem]:
    if region.perceptual_judge is not None and region.perceptual_weight == 0:
        cure = "means nothing where perceptual_weight is 0; drop one of them"
        yield Problem(f"{key}.perceptual_judge", cure, region.perceptual_judge)
    elif (asked := region.distance_judge()) is not None and not _is_told(sketch, region):
        yield from check_judge_of(sketch, f"{key}.perceptual_judge", "distance", asked, shown)


def _is_told(sketch: Sketch, region: AdaptedRegion) -> bool:
    """Whether what measures the distance is also what finds the regions, and cannot even do that."""
    judge = sketch.judges.get(region.judge)
    return region.perceptual_judge is None and (judge is None or "regions" not in MEASURES[judge.kind])


def _known_regions(sketch: Sketch, judge: Judge | None, shown: list[str]) -> tuple[str, ...]:
    """The regions that a judge can find in images of the domain ``shown``; none where a job alone can tell."""
    if isinstance(judge, EmbeddedJudge) and shown:
        domain = sketch.domains[shown[0]]
        return WORLD_REGIONS.get(domain.world, ()) if isinstance(domain, WorldDomain) else ()
    if isinstance(judge, RegionParser) and judge.regions is not None:
        return (*(name for name, _ in judge.regions), OTHER)
    return ()
