"""Mistakes in the regions that adaptations may change and that are measured: who finds them, whether they are there."""

from collections.abc import Iterator, Sequence

from stylealign.config.adapted_region import AdaptedRegion, JudgedRegion
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
    shown = _shown(sketch, [model])
    yield from _check_found(sketch, key, region, shown, "nothing is held")
    yield from _check_distance(sketch, key, region, shown)


def check_measured_region(sketch: Sketch, key: str, region: JudgedRegion) -> Iterator[Problem]:
    """Every mistake in the region that a study of all adapted models measures: one of their parents has it."""
    adapted = [model for model in sketch.models.values() if model is not None and model.adapt is not None]
    yield from _check_found(sketch, key, region, _shown(sketch, adapted), "nothing is outside")


def _shown(sketch: Sketch, adapted: Sequence[Model]) -> list[str]:
    """The domains whose images are parsed, where they are known: the parents'."""
    parents = [sketch.models.get(model.parent or "") for model in adapted]
    shown = {parent.domain for parent in parents if parent is not None}
    return [name for name in sketch.domains if name in shown]


def _check_found(sketch: Sketch, key: str, region: JudgedRegion, shown: list[str], so: str) -> Iterator[Problem]:
    """Whether somebody finds each of the regions in images of the domains ``shown``, and not everything."""
    yield from check_judge_of(sketch, f"{key}.judge", "regions", region.judge, shown)
    known = _known_regions(sketch, sketch.judges.get(region.judge), shown)
    for name in region.regions if known else ():
        if name not in known:
            where = " or ".join(shown) or "the parent"
            cure = f"judge {region.judge} finds no such region in images of {where}; {nearest(name, known)}"
            yield Problem(f"{key}.regions", cure, name)
    if known and set(known) <= set(region.regions):
        yield Problem(f"{key}.regions", f"is all there is, so {so}; drop `region`, or name fewer")


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
    """The regions that a judge can find in images of the domains ``shown``; none where a job alone can tell."""
    if isinstance(judge, EmbeddedJudge):
        worlds = [domain.world for name in shown if isinstance(domain := sketch.domains[name], WorldDomain)]
        drawn = [name for world in worlds for name in WORLD_REGIONS.get(world, ())]
        return tuple(dict.fromkeys(drawn)) if len(worlds) == len(shown) else ()
    if isinstance(judge, RegionParser) and judge.regions is not None:
        return (*(name for name, _ in judge.regions), OTHER)
    return ()
