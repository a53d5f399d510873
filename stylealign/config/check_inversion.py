"""What inversion needs: judges that can measure, models that are there, images to invert and to learn from."""

from collections.abc import Iterable, Iterator, Sequence

from stylealign.config.check_path import check_path
from stylealign.config.check_studies import check_judge_of
from stylealign.config.domains import Photographs, WorldDomain
from stylealign.config.inversion import EncoderFinetune, Inversion, InversionQuality, is_encoder, space_of
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch

QUALITY, PUBLISHED = "studies.inversion_quality", "inversion.encoders.from"


def check_inversion(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in how and what is inverted."""
    asked = None if sketch.studies is None else sketch.studies.inversion_quality
    if sketch.inversion is not None:
        yield from _check_settings(sketch, sketch.inversion, [] if asked is None else inverted_domains(sketch, asked))
    if asked is None:
        return
    if not sketch.has_inversion:
        yield Problem(f"{QUALITY}", "needs the section `inversion` beside studies; `inversion: {judge: ...}` is enough")
    yield from _check_inverted(sketch, asked)
    yield from _check_encoders(sketch, asked)
    yield from _check_published(sketch, asked)
    yield from _check_finetune(sketch, asked)


def _check_settings(sketch: Sketch, settings: Inversion, shown: Sequence[str]) -> Iterator[Problem]:
    """``shown`` are the domains whose images are inverted."""
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
    yield from _check_names(PUBLISHED, settings.encoders.published, list(sketch.models), "model")
    for model, files in settings.encoders.published.items():
        for space, file in files.items():
            yield from check_path(sketch, f"{PUBLISHED}.{model}.{space}", file, "file")
    for name in shown:
        yield from _check_images(sketch, settings, name)


def _check_images(sketch: Sketch, settings: Inversion, name: str) -> Iterator[Problem]:
    yield from check_split(sketch, name, settings.split, "its images are inverted", "or change inversion.split")
    domain = sketch.domains.get(name)
    unknown = domain is not None and not isinstance(domain, WorldDomain) and domain.max_images is None
    if unknown and settings.images_per_job is not None and settings.num_images is None:
        cure = f"how many jobs {name} needs is not known before it is read; set inversion.num_images too, or"
        yield Problem("inversion.images_per_job", f"{cure} domains.{name}.max_images", settings.images_per_job)


def check_split(sketch: Sketch, name: str, split: str, why: str, cure: str) -> Iterator[Problem]:
    """Whether a domain has two images in ``split``, as far as that is known before it is read."""
    domain = sketch.domains.get(name)
    if isinstance(domain, WorldDomain) and getattr(domain, f"num_{split}") < 2:
        key = f"domains.{name}.num_{split}"
        yield Problem(key, f"{why}, two at least; raise it, {cure}", getattr(domain, f"num_{split}"))
    if isinstance(domain, Photographs) and split == "train" and domain.test_fraction == 1:
        yield Problem(f"domains.{name}.test_fraction", f"{why}, and all are held out; set it below 1, {cure}", 1.0)


def inverted_models(sketch: Sketch, asked: InversionQuality) -> list[str]:
    """The models in which images are inverted, in declared order."""
    chosen = list(sketch.models) if asked.models is None else asked.models
    return [name for name in sketch.full_size() if name in chosen or name in asked.image_sets]


def inverted_domains(sketch: Sketch, asked: InversionQuality) -> list[str]:
    """The domains whose images are inverted, in declared order."""
    chosen = [name for name in sketch.full_size() if asked.models is None or name in asked.models]
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


def _check_encoders(sketch: Sketch, asked: InversionQuality) -> Iterator[Problem]:
    """Encoders learn from train images; a model that is trained here has some, a finished checkpoint may have none."""
    trained = [name for name in inverted_models(sketch, asked) if _encoded(asked) - set(_published(sketch, name))]
    models = (sketch.models[name] for name in trained)
    for domain in dict.fromkeys(model.domain for model in models if model is not None and model.checkpoint is not None):
        why = "an encoder learns from its train images"
        yield from check_split(sketch, domain, "train", why, f"or drop the encoders from {QUALITY}.methods")


def _encoded(asked: InversionQuality) -> set[str]:
    """The spaces for which images are encoded."""
    return {space_of(method) for method in asked.methods if is_encoder(method)}


def _published(sketch: Sketch, model: str | None) -> Iterable[str]:
    """The spaces for which a model uses published encoders."""
    return {} if sketch.inversion is None else sketch.inversion.encoders.published.get(model or "", {})


def _check_published(sketch: Sketch, asked: InversionQuality) -> Iterator[Problem]:
    """Published encoders that nothing would use."""
    inverted = inverted_models(sketch, asked)
    for model in sketch.models:
        spaces = list(_published(sketch, model))
        if spaces and model not in inverted:
            cure = f"no image is inverted in this model; add it to {QUALITY}.models, or drop it here"
            yield Problem(f"{PUBLISHED}.{model}", cure)
        for space in spaces:
            if space not in _encoded(asked):
                cure = f"{QUALITY}.methods has no {space}_enc; add it, or drop the file here"
                yield Problem(f"{PUBLISHED}.{model}.{space}", cure)


def _check_finetune(sketch: Sketch, asked: InversionQuality) -> Iterator[Problem]:
    compared = None if sketch.studies is None else sketch.studies.encoder_finetune
    if compared is None:
        return
    inverted, parents = inverted_models(sketch, asked), sketch.parents()
    for space in compared.spaces:
        if space not in _encoded(asked):
            cure = f"{QUALITY}.methods has no {space}_enc; add it, or drop the space here"
            yield Problem("studies.encoder_finetune.spaces", cure, space)
    children = [name for name in inverted if parents[name] is not None]
    yield from _check_names(
        "studies.encoder_finetune.models", compared.models or (), children, "child that is inverted"
    )
    yield from _check_taught(sketch, [name for name in children if name in (compared.models or children)], compared)
    if not children:
        yield Problem("studies.encoder_finetune", "compares children's encoders, and no inverted model has a parent")
    if sketch.inversion is not None and not sketch.inversion.encoders.from_parent:
        cure = "compares encoders that start from the parent's; set inversion.encoders.from_parent: true"
        yield Problem("studies.encoder_finetune", cure)


def _check_taught(sketch: Sketch, children: Iterable[str], compared: EncoderFinetune) -> Iterator[Problem]:
    """No encoder is trained on from a published one."""
    for child in children:
        published = {*_published(sketch, child), *_published(sketch, sketch.parents()[child])}
        for space in sorted(published & {*compared.spaces}):
            cure = f"no encoder is trained on from a published one, as {child}'s or its parent's is; drop the space, or"
            yield Problem(
                "studies.encoder_finetune.spaces", f"{cure} {child} from studies.encoder_finetune.models", space
            )
