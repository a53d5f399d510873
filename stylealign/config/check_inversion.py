"""What inversion and translation need: judges that can measure, models that are there and related, images to invert."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from stylealign.config.check_path import check_path
from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import WorldDomain
from stylealign.config.inversion import Inversion, InversionQuality, is_encoder, space_of
from stylealign.config.inversion_plan import TRANSLATING, splits
from stylealign.config.problems import Problem, nearest
from stylealign.config.section import is_positive_power_of_two
from stylealign.config.sketch import Sketch
from stylealign.lineage import circles, relation

QUALITY = "studies.inversion_quality"


def check_inversion(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in what is inverted, and in what is made of the codes."""
    studies = sketch.studies
    if studies is None or studies.inversion_quality is None:
        return
    asked = studies.inversion_quality
    if sketch.inversion is None:
        yield Problem(f"{QUALITY}", "needs the section `inversion` beside studies; `inversion: {judge: ...}` is enough")
    else:
        yield from _check_settings(sketch, sketch.inversion, asked)
    yield from _check_inverted(sketch, asked)
    yield from _check_finetune(sketch, asked)
    for name in TRANSLATING:
        if getattr(studies, name) is not None:
            yield from _check_directions(sketch, name, asked)
            yield from _check_methods(sketch, name, asked)
    yield from _check_comparisons(sketch)
    yield from _check_baselines(sketch)


def _check_settings(sketch: Sketch, settings: Inversion, asked: InversionQuality) -> Iterator[Problem]:
    shown = _inverted_domains(sketch, asked)
    yield from check_judge_of(sketch, "inversion.judge", "distance", settings.judge, shown)
    if settings.regions_judge is not None:
        yield from check_judge_of(sketch, "inversion.regions_judge", "regions", settings.regions_judge, shown)
    weights = settings.optimisation.perceptual_weight + settings.optimisation.pixel_weight
    if not weights:
        cure = "perceptual_weight and pixel_weight are both 0: there is nothing to optimise; raise one"
        yield Problem("inversion.optimisation.perceptual_weight", cure, 0)
    if settings.encoders.progressive_from > settings.encoders.progressive_until:
        cure = f"comes after progressive_until ({settings.encoders.progressive_until:g}); lower it"
        yield Problem("inversion.encoders.progressive_from", cure, settings.encoders.progressive_from)
    for name in shown:
        yield from _check_images(sketch, settings, name)


def _check_images(sketch: Sketch, settings: Inversion, name: str) -> Iterator[Problem]:
    domain, count = sketch.domains.get(name), f"num_{settings.split}"
    if isinstance(domain, WorldDomain) and getattr(domain, count) < 2:
        cure = "its images are inverted, two at least; raise it, or change inversion.split"
        yield Problem(f"domains.{name}.{count}", cure, getattr(domain, count))
    unknown = domain is not None and not isinstance(domain, WorldDomain) and domain.max_images is None
    if unknown and settings.images_per_job is not None and settings.num_images is None:
        cure = f"how many jobs {name} needs is not known before it is read; set inversion.num_images too, or"
        yield Problem("inversion.images_per_job", f"{cure} domains.{name}.max_images", settings.images_per_job)


def _inverted_models(sketch: Sketch, asked: InversionQuality) -> list[str]:
    chosen = list(sketch.models) if asked.models is None else asked.models
    return [name for name in sketch.models if name in chosen or name in asked.image_sets]


def _inverted_domains(sketch: Sketch, asked: InversionQuality) -> list[str]:
    """The domains whose images are inverted, in declared order."""
    chosen = [name for name in sketch.models if asked.models is None or name in asked.models]
    own = {model.domain for name in chosen if (model := sketch.models[name]) is not None}
    more = {name for sets in asked.image_sets.values() for name in sets}
    return [name for name in sketch.domains if name in own | more]


def _check_inverted(sketch: Sketch, asked: InversionQuality) -> Iterator[Problem]:
    yield from _check_names(f"{QUALITY}.models", asked.models or (), list(sketch.models), "model")
    yield from _check_names(f"{QUALITY}.image_sets", asked.image_sets, list(sketch.models), "model")
    for model, sets in asked.image_sets.items():
        yield from _check_names(f"{QUALITY}.image_sets.{model}", sets, list(sketch.domains), "domain")


def _check_names(key: str, names: Iterable[str], known: list[str], kind: str) -> Iterator[Problem]:
    for name in names:
        if name not in known:
            yield Problem(key, f"there is no such {kind}; {nearest(name, known)}", name)


def _check_finetune(sketch: Sketch, asked: InversionQuality) -> Iterator[Problem]:
    compared = None if sketch.studies is None else sketch.studies.encoder_finetune
    if compared is None:
        return
    inverted, parents = _inverted_models(sketch, asked), sketch.parents()
    encoded = sorted({space_of(method) for method in asked.methods if is_encoder(method)})
    for space in compared.spaces:
        if space not in encoded:
            cure = f"{QUALITY}.methods has no {space}_enc; add it, or drop the space here"
            yield Problem("studies.encoder_finetune.spaces", cure, space)
    children = [name for name in inverted if parents[name] is not None]
    yield from _check_names(
        "studies.encoder_finetune.models", compared.models or (), children, "child that is inverted"
    )
    if not children:
        yield Problem("studies.encoder_finetune", "compares children's encoders, and no inverted model has a parent")
    if sketch.inversion is not None and not sketch.inversion.encoders.from_parent:
        cure = "compares encoders that start from the parent's; set inversion.encoders.from_parent: true"
        yield Problem("studies.encoder_finetune", cure)


def _check_directions(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    key, known = f"studies.{study}.directions", list(sketch.models)
    inverted = _inverted_models(sketch, asked)
    for direction in getattr(sketch.studies, study).directions:
        ways = splits(direction, known)
        if len(ways) != 1:
            cure = f"write source2target with two of the models ({', '.join(known)})"
            yield Problem(key, cure if not ways else "can be read in two ways; rename a model", direction)
            continue
        yield from _check_pair(sketch, key, direction, ways[0])
        needed = [ways[0][0], *([ways[0][1]] if study == "reference_translation" else [])]
        for name in needed:
            if name not in inverted:
                yield Problem(key, f"needs images inverted in {name}; add it to {QUALITY}.models", direction)


def _check_pair(sketch: Sketch, key: str, direction: str, pair: tuple[str, str]) -> Iterator[Problem]:
    parents = sketch.parents()
    if circles(parents) or any(model is None or model.checkpoint is not None for model in sketch.models.values()):
        return  # what a checkpoint descends from is in its card, which the job reads
    kind = relation(parents, *pair)
    if kind == "same":
        yield Problem(key, "goes from a model to itself; name two", direction)
    if kind == "unrelated":
        cure = "the two have no common ancestor, so a code of one means nothing in the other; name relatives"
        yield Problem(key, cure, direction)


def _check_methods(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    compared = getattr(sketch.studies, study)
    chosen = [compared.method] if study == "texture_translation" else compared.methods or ()
    key = f"studies.{study}.method{'' if study == 'texture_translation' else 's'}"
    for method in chosen:
        if method not in asked.methods:
            yield Problem(key, f"{QUALITY}.methods does not have it; {nearest(method, asked.methods)}", method)
    switch = getattr(compared, "switch_px", None)
    if switch is not None and (not is_positive_power_of_two(switch) or switch > (sketch.resolution or switch)):
        cure = f"must be a power of two up to the resolution ({sketch.resolution})"
        yield Problem(f"studies.{study}.switch_px", cure, switch)


def _check_comparisons(sketch: Sketch) -> Iterator[Problem]:
    """Who reads attributes must be able to; diversity needs a distance."""
    shown = [name for name in sketch.domains if name in {model.domain for model in sketch.models.values() if model}]
    for name in ("translation", "reference_translation"):
        compared = getattr(sketch.studies, name)
        if compared is not None and compared.attributes_judge is not None:
            key = f"studies.{name}.attributes_judge"
            yield from check_judge_of(sketch, key, "attributes", compared.attributes_judge, shown)


def _check_baselines(sketch: Sketch) -> Iterator[Problem]:
    translation = None if sketch.studies is None else sketch.studies.translation
    if translation is None:
        return
    for method, folders in translation.baselines.items():
        for direction, folder in folders.items():
            key = f"studies.translation.baselines.{method}.{direction}"
            if direction not in translation.directions:
                cure = f"is not among studies.translation.directions; {nearest(direction, translation.directions)}"
                yield Problem(key, cure, direction)
            yield from check_path(sketch, key, Path(folder), "folder")
