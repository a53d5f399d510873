"""What the comparisons of a study need: judges that can measure, other comparisons, somebody to compare."""

from collections.abc import Iterator, Mapping, Sequence

from stylealign.config.domains import WorldDomain, has_labels, whole_of
from stylealign.config.judges import MEASURES, ColourJudge, EmbeddedClip, EmbeddedJudge, Judge, OpenClip
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import (
    BUILDS_ON,
    COMPARING,
    NEEDS,
    OF_ANY_RESOLUTION,
    OF_CHILDREN,
    READS_FEATURES,
    ChannelMaps,
    LocalizedChannels,
    Manipulations,
    ModelQuality,
    Studies,
)
from stylealign.lineage import circles, relatives


def check_studies(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in what the comparisons need."""
    if sketch.studies is None:
        return
    for name, need in NEEDS.items():
        study = getattr(sketch.studies, name)
        if study is not None:
            yield from _check_judge_of(sketch, name, "judge", need, study.judge)
    yield from _check_what_is_built_on(sketch.studies)
    yield from _check_edited_attributes(sketch.studies)
    if sketch.studies.model_quality is not None:
        yield from _check_quality(sketch, sketch.studies, sketch.studies.model_quality)
    if sketch.studies.channel_maps is not None:
        yield from _check_grid(sketch, sketch.studies.channel_maps)
    if sketch.studies.localized_channels is not None:
        yield from _check_parsers(sketch, sketch.studies.localized_channels)
        yield from _check_rates(sketch.studies.localized_channels)
    if sketch.studies.manipulations is not None:
        yield from _check_manipulations(sketch, sketch.studies.manipulations)
    yield from _check_comparisons(sketch)


def _check_what_is_built_on(studies: Studies) -> Iterator[Problem]:
    for name, needed in BUILDS_ON.items():
        missing = [other for other in needed if getattr(studies, other) is None]
        if getattr(studies, name) is not None and missing:
            yield Problem(
                f"studies.{name}", f"needs {' and '.join(missing)} beside it; add what is missing, or drop this one"
            )


def _check_edited_attributes(studies: Studies) -> Iterator[Problem]:
    """An edit's channels are those that were found to move its attribute."""
    if studies.channel_effects is None:
        return
    measured = studies.channel_effects.attributes
    for name, asked in (("effect_agreement", studies.effect_agreement), ("manipulations", studies.manipulations)):
        for attribute in sorted(set(() if asked is None else asked.attributes).difference(measured)):
            cure = f"studies.channel_effects does not measure it; {nearest(attribute, measured)}"
            yield Problem(f"studies.{name}.attributes", cure, attribute)


def _check_grid(sketch: Sketch, maps: ChannelMaps) -> Iterator[Problem]:
    """Cells are whole blocks of pixels."""
    if sketch.resolution is not None and sketch.resolution % min(maps.grid, sketch.resolution):
        cure = f"must divide the resolution ({sketch.resolution}); a power of 2 does"
        yield Problem("studies.channel_maps.grid", cure, maps.grid)


def _check_rates(localized: LocalizedChannels) -> Iterator[Problem]:
    if localized.loose_rate > localized.min_rate:
        cure = f"is above min_rate ({localized.min_rate:g}), so it is not the looser one; lower this or raise that"
        yield Problem("studies.localized_channels.loose_rate", cure, localized.loose_rate)


def _check_parsers(sketch: Sketch, localized: LocalizedChannels) -> Iterator[Problem]:
    shown = {model.domain for model in sketch.models.values() if model is not None}
    for domain in localized.domains or ():
        if domain not in shown and None not in sketch.models.values():
            cure = f"no model is of this domain; {nearest(domain, shown)}"
            yield Problem("studies.localized_channels.domains", cure, domain)
    for domain, parser in localized.judge_of.items():
        if domain not in sketch.domains:
            cure = f"there is no such domain; {nearest(domain, sketch.domains)}"
            yield Problem("studies.localized_channels.judge_of", cure, domain)
        else:
            yield from _check_judge_of(sketch, "localized_channels", f"judge_of.{domain}", "regions", parser)


def _check_manipulations(sketch: Sketch, manipulations: Manipulations) -> Iterator[Problem]:
    reference = manipulations.reference
    if reference is not None and reference not in sketch.models:
        cure = f"there is no such model; {nearest(reference, sketch.models)}"
        yield Problem("studies.manipulations.reference", cure, reference)
    if not manipulations.attributes and not manipulations.edits:
        yield Problem("studies.manipulations", "shows nothing: name `attributes`, `edits` or both")
    for place, edit in enumerate(manipulations.edits):
        if bool(edit.channels) + (edit.direction is not None) + (edit.text is not None) != 1:
            cure = "needs one of `channels`, `direction` and `text`"
            yield Problem(f"studies.manipulations.edits.{place}", cure, edit.title)
        elif not edit.title and edit.text is None:
            yield Problem(f"studies.manipulations.edits.{place}.title", "is missing; say what stands above the edit")


def _check_judge_of(sketch: Sketch, study: str, field: str, need: str, judge_name: str) -> Iterator[Problem]:
    shown = [field.partition(".")[2]] if "." in field else _judged_domains(sketch, study)
    yield from check_judge_of(sketch, f"studies.{study}.{field}", need, judge_name, shown)


def check_judge_of(sketch: Sketch, key: str, need: str, judge_name: str, shown: Sequence[str]) -> Iterator[Problem]:
    """Why the judge named at ``key`` cannot measure ``need`` on the domains ``shown``."""
    if judge_name not in sketch.judges:
        yield Problem(key, f"there is no such judge; {nearest(judge_name, sketch.judges)}", judge_name)
        return
    judge = sketch.judges[judge_name]
    if judge is None:
        return
    if need not in MEASURES[judge.kind]:
        able = [kind for kind, measures in MEASURES.items() if need in measures]
        yield Problem(
            key, f"a judge of kind {judge.kind} cannot measure {need}; these can: {', '.join(able)}", judge_name
        )
    unfit = [name for name in shown if not _fits(sketch, judge, name, need)]
    if unfit:
        yield Problem(key, f"{_why_unfit(judge)}; not {', '.join(unfit)}", judge_name)


def _judged_domains(sketch: Sketch, study: str) -> list[str]:
    """The declared domains whose images, real or generated, a study shows to its judge."""
    shown = {model.domain for model in sketch.models.values() if model is not None}
    quality = None if sketch.studies is None else sketch.studies.model_quality
    if study == "model_quality":
        named = None if quality is None else quality.domains
        shown |= set(sketch.domains if named is None else named)
    if study == "localized_channels":
        localized = None if sketch.studies is None else sketch.studies.localized_channels
        if localized is not None and localized.domains is not None:
            shown &= set(localized.domains)
        shown -= set() if localized is None else set(localized.judge_of)
    return [name for name in sketch.domains if name in shown]


def _fits(sketch: Sketch, judge: Judge, domain_name: str, need: str) -> bool:
    domain, whole = sketch.domains[domain_name], whole_of(domain_name, sketch.domains)
    if domain is None or isinstance(judge, ColourJudge | OpenClip):
        return True
    if isinstance(judge, EmbeddedClip):
        return (
            isinstance(domain, WorldDomain) if judge.domains is None else bool({domain_name, whole} & {*judge.domains})
        )
    if isinstance(judge, EmbeddedJudge):
        if need == "regions" and not isinstance(domain, WorldDomain):
            return True  # photographs are parsed by what learned from masks of others
        return has_labels(domain) if judge.domains is None else bool({domain_name, whole} & {*judge.domains})
    return not isinstance(domain, WorldDomain)


def _why_unfit(judge: Judge) -> str:
    if isinstance(judge, EmbeddedJudge):
        return "an embedded judge measures only the labelled domains it is trained on"
    if isinstance(judge, EmbeddedClip):
        return "an embedded CLIP knows only the worlds it is trained on"
    return f"a judge of kind {judge.kind} was made for photographs; worlds are measured by an embedded judge"


def _check_quality(sketch: Sketch, studies: Studies, quality: ModelQuality) -> Iterator[Problem]:
    for name in quality.domains or ():
        if name not in sketch.domains:
            cure = f"there is no such domain; {nearest(name, sketch.domains)}"
            yield Problem("studies.model_quality.domains", cure, name)
    for name in sketch.domains if quality.domains is None else quality.domains:
        domain, count = sketch.domains.get(name), f"num_{quality.split}"
        if isinstance(domain, WorldDomain) and getattr(domain, count) < 2:
            cure = "studies.model_quality measures it and needs two images at least"
            yield Problem(f"domains.{name}.{count}", cure, getattr(domain, count))
    for reader in (name for name in READS_FEATURES if name != "model_quality"):
        study = getattr(studies, reader)
        read = 0 if study is None or study.judge != quality.judge else getattr(study, "num_z", 0)
        if read > quality.num_gen:
            cure = f"the same judge looks at model_quality.num_gen = {quality.num_gen} images; lower this or raise that"
            yield Problem(f"studies.{reader}.num_z", cure, read)


def _check_comparisons(sketch: Sketch) -> Iterator[Problem]:
    """A comparison needs somebody to compare."""
    parents, everyone = sketch.full_size(), sketch.parents()
    if circles(everyone) or any(model is None for model in sketch.models.values()) or sketch.studies is None:
        return
    for name in COMPARING:
        taken = everyone if name in OF_ANY_RESOLUTION else parents
        if getattr(sketch.studies, name) is not None and not any(relatives(taken, model) for model in taken):
            yield Problem(
                f"studies.{name}", "compares models, and there is only one; declare another or drop the study"
            )
    for name in OF_CHILDREN:
        if getattr(sketch.studies, name) is not None and not any(parents.values()):
            yield Problem(f"studies.{name}", "compares a child with its parent, and no model has one; drop the study")
    yield from _check_parsed_comparisons(sketch, sketch.studies, parents)


def _check_parsed_comparisons(sketch: Sketch, studies: Studies, parents: Mapping[str, str | None]) -> Iterator[Problem]:
    """Those whose regions are found must be relatives of each other."""
    domains = None if studies.localized_channels is None else studies.localized_channels.domains
    models = {name: sketch.models[name] for name in parents}
    parsed = [name for name, model in models.items() if model is not None and model.domain in (domains or ())]
    if not parsed:
        return
    pairs = [(parents[name], *pair) for name in parsed for pair in relatives(parents, name) if pair[0] in parsed]
    compared = {
        "channel_overlap": any(relation != "unrelated" or parent is None for parent, _, relation in pairs),
        "channel_fate": any(parent == other for parent, other, _ in pairs),
    }
    for name, has_pairs in compared.items():
        if getattr(studies, name) is not None and not has_pairs:
            cure = "localized_channels.domains leaves it nobody to compare; name more domains there, or drop the study"
            yield Problem(f"studies.{name}", cure)
