"""Mistakes in the studies of what adapted models are worth, found before any job starts."""

from collections.abc import Iterator, Sequence

from stylealign.config.adapted_studies import ClipSpace, ClipView, EditsAcrossDomains, QualityDiversity
from stylealign.config.check_inversion import QUALITY, inverted_models
from stylealign.config.check_studies import check_judge_of
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Studies

DIVERSITY, SPACE, EDITS = "studies.quality_diversity", "studies.clip_space", "studies.edits_across_domains"


def check_adapted_studies(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in these."""
    if sketch.studies is None:
        return
    if sketch.studies.quality_diversity is not None:
        yield from _check_diversity(sketch, sketch.studies, sketch.studies.quality_diversity)
    if sketch.studies.clip_space is not None:
        yield from _check_space(sketch, sketch.studies.clip_space)
    if sketch.studies.edits_across_domains is not None:
        yield from _check_edits(sketch, sketch.studies, sketch.studies.edits_across_domains)


def _adapted(sketch: Sketch) -> list[str]:
    return [name for name, model in sketch.models.items() if model is not None and model.adapt is not None]


def _check_adapted(sketch: Sketch, key: str, chosen: Sequence[str] | None) -> Iterator[Problem]:
    """There must be adapted models, and those that are named must be of them."""
    if None in sketch.models.values():
        return
    known = _adapted(sketch)
    if not known:
        yield Problem(key, "compares adapted models, and no model has `adapt`; declare one, or drop the study")
    for name in (chosen or ()) if known else ():
        if name not in known:
            yield Problem(f"{key}.models", f"there is no such adapted model; {nearest(name, known)}", name)


def _check_diversity(sketch: Sketch, studies: Studies, asked: QualityDiversity) -> Iterator[Problem]:
    yield from _check_adapted(sketch, DIVERSITY, asked.models)
    if asked.clusters * 2 > asked.num_images:
        cure = f"leaves hardly two of {asked.num_images} images in a cluster; lower this or raise num_images"
        yield Problem(f"{DIVERSITY}.clusters", cure, asked.clusters)
    quality = studies.model_quality
    if quality is not None and quality.judge == asked.judge and asked.num_images > quality.num_gen:
        cure = f"the same judge looks at model_quality.num_gen = {quality.num_gen} images; lower this or raise that"
        yield Problem(f"{DIVERSITY}.num_images", cure, asked.num_images)
    shown = {model.domain for model in sketch.models.values() if model is not None and model.adapt is not None}
    known = [name for name in sketch.domains if name in shown]
    yield from check_judge_of(sketch, f"{DIVERSITY}.judge", "distance", asked.judge, known)


def _check_space(sketch: Sketch, asked: ClipSpace) -> Iterator[Problem]:
    for name, view in asked.views.items():
        yield from _check_view(sketch, f"{SPACE}.views.{name}", view)
    shown = {domain for view in asked.views.values() for domain in view.domains}
    known = [name for name in sketch.domains if name in shown]
    yield from check_judge_of(sketch, f"{SPACE}.clip", "text", asked.clip, known)


def _check_view(sketch: Sketch, key: str, view: ClipView) -> Iterator[Problem]:
    for domain in view.domains:
        if domain not in sketch.domains:
            yield Problem(f"{key}.domains", f"there is no such domain; {nearest(domain, sketch.domains)}", domain)
    for model in view.models:
        if model not in sketch.models:
            yield Problem(f"{key}.models", f"there is no such model; {nearest(model, sketch.models)}", model)


def _check_edits(sketch: Sketch, studies: Studies, asked: EditsAcrossDomains) -> Iterator[Problem]:
    yield from _check_adapted(sketch, EDITS, asked.models)
    yield from _check_codes(sketch, studies, asked)
    measured = () if studies.channel_effects is None else studies.channel_effects.attributes
    known = None if studies.boundaries is None else studies.boundaries.attributes
    for attribute in asked.attributes:
        if studies.channel_effects is not None and attribute not in measured:
            cure = f"studies.channel_effects does not measure it; {nearest(attribute, measured)}"
            yield Problem(f"{EDITS}.attributes", cure, attribute)
        elif known is not None and attribute not in known:
            cure = f"studies.boundaries.attributes does not have it; {nearest(attribute, known)}"
            yield Problem(f"{EDITS}.attributes", cure, attribute)
    for model in asked.named:
        if None not in sketch.models.values() and model not in _adapted(sketch):
            cure = f"there is no such adapted model; {nearest(model, _adapted(sketch))}"
            yield Problem(f"{EDITS}.named", cure, model)


def _check_codes(sketch: Sketch, studies: Studies, asked: EditsAcrossDomains) -> Iterator[Problem]:
    """The parent's own images come with the codes that inversion_quality found."""
    quality = studies.inversion_quality
    if quality is None:
        return  # what the study is built on is checked with all others
    if asked.method not in quality.methods:
        cure = f"{QUALITY}.methods does not have it; {nearest(asked.method, quality.methods)}"
        yield Problem(f"{EDITS}.method", cure, asked.method)
    inverted = inverted_models(sketch, quality)
    parents = {name: model.parent for name in _adapted(sketch) if (model := sketch.models[name]) is not None}
    without = [name for name, parent in parents.items() if parent not in inverted]
    for name in without if asked.models is None else [name for name in asked.models if name in without]:
        if asked.models is not None or len(without) == len(parents):
            cure = f"no image is inverted in its parent, {parents[name]}; add that to {QUALITY}.models"
            yield Problem(f"{EDITS}.models", cure, name)
