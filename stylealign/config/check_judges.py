"""Judges as a whole: weights and networks that exist, domains to learn from, regions that exclude one another."""

from collections.abc import Iterator, Sequence

from stylealign.config.check_path import check_path
from stylealign.config.domains import WorldDomain, has_labels, whole_of
from stylealign.config.judges import (
    EmbeddedJudge,
    LpipsJudge,
    NetworkJudge,
    RegionParser,
    TorchvisionJudge,
    TransformersParser,
    UpernetParser,
)
from stylealign.config.problems import Problem, nearest
from stylealign.config.regions import MAX_REGIONS
from stylealign.config.sketch import Sketch
from stylealign.config.torchvision_names import torchvision_networks

MIN_LPIPS_RESOLUTION = 32
MAX_CLASS = 65535


def check_judges(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in the judges that no single key shows."""
    for name, judge in sketch.judges.items():
        if isinstance(judge, EmbeddedJudge):
            yield from _check_embedded(sketch, f"judges.{name}", judge)
        elif isinstance(judge, NetworkJudge):
            yield from check_path(sketch, f"judges.{name}.weights", judge.weights, "file")
            yield from _check_network(sketch, f"judges.{name}", judge)
            if (judge.weights is None) == (judge.download is None):
                yield Problem(f"judges.{name}", "needs either `weights` (a local file) or `download` (url and sha256)")
        elif isinstance(judge, RegionParser):
            yield from _check_parser(sketch, f"judges.{name}", judge)


def _check_network(sketch: Sketch, key: str, judge: NetworkJudge) -> Iterator[Problem]:
    if isinstance(judge, LpipsJudge) and sketch.resolution is not None and sketch.resolution < MIN_LPIPS_RESOLUTION:
        cure = f"needs images of {MIN_LPIPS_RESOLUTION} px or more, and the study has {sketch.resolution}"
        yield Problem(f"{key}.kind", f"{cure}; raise resolution, or take a judge of kind torchvision", judge.kind)
    if isinstance(judge, TorchvisionJudge):
        known = torchvision_networks()
        if known and judge.network not in known:
            yield Problem(
                f"{key}.network", f"torchvision has no such network; {nearest(judge.network, known)}", judge.network
            )


def _check_parser(sketch: Sketch, key: str, judge: RegionParser) -> Iterator[Problem]:
    yield from check_path(sketch, f"{key}.weights", judge.weights, "file" if judge.kind == "bisenet" else "folder")
    if judge.weights is None and isinstance(judge, UpernetParser):
        yield Problem(f"{key}.weights", "is missing; name the folder of the two published files")
    elif (judge.weights is None) == (judge.download is None):
        asked = "repo and revision" if isinstance(judge, TransformersParser) else "url and sha256"
        yield Problem(key, f"needs either `weights` (here) or `download` ({asked})")
    yield from _check_regions(f"{key}.regions", judge.regions or ())


def _check_regions(key: str, regions: Sequence[tuple[str, tuple[int | str, ...]]]) -> Iterator[Problem]:
    if len(regions) >= MAX_REGIONS:
        yield Problem(key, f"names {len(regions)} regions; name fewer than {MAX_REGIONS}")
    owner: dict[int | str, str] = {}
    names: set[str] = set()
    for region, classes in regions:
        if region in names:
            yield Problem(f"{key}.{region}", "is given twice; unite its classes under one")
        names.add(region)
        for one in classes:
            if one in owner:
                yield Problem(f"{key}.{region}", f"belongs to {owner[one]} already; list it once", one)
            elif isinstance(one, int) and not 0 <= one <= MAX_CLASS:
                yield Problem(f"{key}.{region}", f"class ids are from 0 to {MAX_CLASS}", one)
            owner.setdefault(one, region)


def _check_embedded(sketch: Sketch, key: str, judge: EmbeddedJudge) -> Iterator[Problem]:
    labelled = [name for name, domain in sketch.domains.items() if domain is None or has_labels(domain)]
    by_default = [name for name in labelled if whole_of(name, sketch.domains) == name]
    for name in judge.domains or ():
        if name not in sketch.domains:
            yield Problem(f"{key}.domains", f"there is no such domain; {nearest(name, sketch.domains)}", name)
        elif name not in labelled:
            yield Problem(
                f"{key}.domains", "has no exact labels to learn from; name worlds, or give it `regions`", name
            )
    if judge.domains is None and not labelled:
        yield Problem(key, "no domain has labels to learn from; photographs need another kind of judge")
    if judge.domains == ():
        yield Problem(f"{key}.domains", "name at least one domain, or leave it out for all that have labels", [])
    num_domains = len(by_default if judge.domains is None else judge.domains)
    if judge.batch_size < num_domains:
        cure = f"is less than one image of each of its {num_domains} domains; raise it"
        yield Problem(f"{key}.batch_size", cure, judge.batch_size)
    worlds = [name for name, domain in sketch.domains.items() if isinstance(domain, WorldDomain)]
    learned = [name for name in worlds if judge.domains is None or name in judge.domains]
    for changed in ("mirror", "move", "jitter"):
        if learned and getattr(judge, changed):
            cure = f"would make labels of {', '.join(learned)} untrue; it is for photographs with masks, name `domains`"
            yield Problem(f"{key}.{changed}", cure, getattr(judge, changed))
