"""Mistakes in the studies of applications and limits, found before any job starts."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from stylealign.config.application_plan import ways
from stylealign.config.applications import (
    BlendSmoothness,
    MorphSmoothness,
    ReturnAlignment,
)
from stylealign.config.check_inversion import QUALITY, inverted_models
from stylealign.config.check_locality import check_locality
from stylealign.config.check_studies import check_judge_of
from stylealign.config.check_zero_shot import check_zero_shots
from stylealign.config.domains import WorldDomain
from stylealign.config.inversion import InversionQuality
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Studies
from stylealign.lineage import ancestors, circles, relation

MAX_GIF_RATE = 50  # a second: a GIF counts hundredths, and what stands for one is shown slowly
MORPH = "studies.morph_smoothness"
BLEND = "studies.blend_smoothness"
RETURN = "studies.return_alignment"


def check_applications(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in these studies."""
    if sketch.studies is None:
        return
    yield from check_zero_shots(sketch, sketch.studies)
    if sketch.studies.morph_smoothness is not None:
        yield from _check_morphs(sketch, sketch.studies.morph_smoothness, sketch.studies.inversion_quality)
    if sketch.studies.blend_smoothness is not None:
        yield from _check_blends(sketch, sketch.studies.blend_smoothness)
    if sketch.studies.return_alignment is not None:
        yield from _check_return(sketch, sketch.studies, sketch.studies.return_alignment)
    if sketch.studies.locality_bias is not None:
        yield from check_locality(sketch, sketch.studies, sketch.studies.locality_bias)


def _check_morphs(sketch: Sketch, asked: MorphSmoothness, quality: InversionQuality | None) -> Iterator[Problem]:
    if asked.num_shown > asked.num_pairs:
        cure = f"is more than num_pairs ({asked.num_pairs}); lower this or raise that"
        yield Problem(f"{MORPH}.num_shown", cure, asked.num_shown)
    if "gif" in asked.formats and asked.num_frames / asked.seconds > MAX_GIF_RATE:
        cure = f"with a GIF at most {MAX_GIF_RATE} frames a second can be shown; raise this, or lower num_frames"
        yield Problem(f"{MORPH}.seconds", cure, asked.seconds)
    if asked.source == "images":
        yield from _check_codes(sketch, asked, quality)
    for morph in asked.morphs:
        found = ways(morph, sketch.models)
        if len(found) != 1:
            cure = f"write two or more of the models joined with 2, as face2dog ({', '.join(sketch.models)})"
            yield Problem(f"{MORPH}.morphs", cure if not found else "can be read in two ways; rename a model", morph)
            continue
        yield from check_way(sketch, f"{MORPH}.morphs", morph, found[0])
        if asked.source == "images" and quality is not None:
            yield from _check_sources(sketch, asked, quality, morph, found[0])


def check_way(sketch: Sketch, key: str, name: str, models: Sequence[str]) -> Iterator[Problem]:
    """Weights are interpolated between relatives that differ, and are of one shape."""
    if any(before == after for before, after in pairwise(models)):
        yield Problem(key, "goes from a model to itself; name two", name)
        return
    parents = sketch.parents()
    if circles(parents) or any(model is None or model.checkpoint is not None for model in sketch.models.values()):
        return  # what a checkpoint descends from, and its shape, is in its card, which the job reads
    strangers = [other for other in models[1:] if relation(parents, models[0], other) == "unrelated"]
    if strangers:
        cure = f"{models[0]} and {strangers[0]} have no common ancestor, so halfway between them is nothing"
        yield Problem(key, f"{cure}; name relatives", name)


def _check_codes(sketch: Sketch, asked: MorphSmoothness, quality: InversionQuality | None) -> Iterator[Problem]:
    """Held-out images come with the codes that inversion_quality found."""
    if quality is None:
        cure = "morphs images with the codes of inversion_quality; add that study, or set source: z"
        yield Problem(MORPH, cure)
    elif asked.method not in quality.methods:
        cure = f"{QUALITY}.methods does not have it; {nearest(asked.method, quality.methods)}"
        yield Problem(f"{MORPH}.method", cure, asked.method)


def _check_sources(
    sketch: Sketch, asked: MorphSmoothness, quality: InversionQuality, morph: str, models: Sequence[str]
) -> Iterator[Problem]:
    inverted = inverted_models(sketch, quality)
    for name in dict.fromkeys(models):
        if name not in inverted or (quality.models is not None and name not in quality.models):
            cure = f"needs its own images inverted in {name}; add it to {QUALITY}.models, or set {MORPH}.source: z"
            yield Problem(f"{MORPH}.morphs", cure, morph)
    known = {name: num for name in models if (num := _num_codes(sketch, name)) is not None}
    fewest = min(known, key=known.__getitem__, default=None)
    if fewest is not None and known[fewest] < asked.num_pairs:
        cure = f"of {fewest} only {known[fewest]} images are inverted; lower this, or raise inversion.num_images"
        yield Problem(f"{MORPH}.num_pairs", cure, asked.num_pairs)


def _num_codes(sketch: Sketch, model: str) -> int | None:
    """How many images of a model's domain have codes, as far as that is known before they are read."""
    declared = sketch.models[model]
    domain = None if declared is None else sketch.domains.get(declared.domain)
    if sketch.inversion is None or not isinstance(domain, WorldDomain):
        return None
    num: int = getattr(domain, f"num_{sketch.inversion.split}")
    return num if sketch.inversion.num_images is None else min(num, sketch.inversion.num_images)


def _check_blends(sketch: Sketch, asked: BlendSmoothness) -> Iterator[Problem]:
    for pair in asked.pairs:
        found = [way for way in ways(pair, sketch.models) if len(way) == 2]
        if len(found) != 1:
            cure = f"write two of the models joined with 2, as face2dog ({', '.join(sketch.models)})"
            yield Problem(f"{BLEND}.pairs", cure if not found else "can be read in two ways; rename a model", pair)
            continue
        yield from check_way(sketch, f"{BLEND}.pairs", pair, found[0])
    if asked.num_shown > asked.num_z:
        yield Problem(f"{BLEND}.num_shown", f"is more than num_z ({asked.num_z}); lower this", asked.num_shown)


def _check_return(sketch: Sketch, studies: Studies, asked: ReturnAlignment) -> Iterator[Problem]:
    if asked.attributes_judge is not None:
        shown = {model.domain for model in sketch.models.values() if model is not None}
        known = [name for name in sketch.domains if name in shown]
        yield from check_judge_of(sketch, f"{RETURN}.attributes_judge", "attributes", asked.attributes_judge, known)
    if asked.num_shown > asked.num_z:
        yield Problem(f"{RETURN}.num_shown", f"is more than num_z ({asked.num_z}); lower this", asked.num_shown)
    yield from _check_returned_edits(studies, asked)
    if not circles(sketch.parents()) and None not in sketch.models.values() and not _any_returns(sketch):
        cure = "no model is of the domain of an ancestor with another domain between; declare one, or drop the study"
        yield Problem(RETURN, cure)


def _check_returned_edits(studies: Studies, asked: ReturnAlignment) -> Iterator[Problem]:
    if asked.edits and (studies.channel_effects is None or studies.boundaries is None):
        yield Problem(f"{RETURN}.edits", "needs channel_effects and boundaries; add them, or drop the edits")
        return
    measured = () if studies.channel_effects is None else studies.channel_effects.attributes
    known = None if studies.boundaries is None else studies.boundaries.attributes
    for attribute in asked.edits:
        if attribute not in measured:
            cure = f"studies.channel_effects does not measure it; {nearest(attribute, measured)}"
            yield Problem(f"{RETURN}.edits", cure, attribute)
        elif known is not None and attribute not in known:
            cure = f"studies.boundaries.attributes does not have it; {nearest(attribute, known)}"
            yield Problem(f"{RETURN}.edits", cure, attribute)


def _any_returns(sketch: Sketch) -> bool:
    """Whether a model is of the domain of an ancestor, and not of that of its parent."""
    domains = {name: model.domain for name, model in sketch.models.items() if model is not None}
    lines = ([domains[name], *(domains[one] for one in ancestors(sketch.parents(), name))] for name in domains)
    return any(own in above[1:] and own != above[0] for own, *above in lines if above)
