"""The slices of a study that single jobs of the applications and limits depend on."""

from stylealign.config import application_plan as plan
from stylealign.config import inversion_plan
from stylealign.config.judges import EmbeddedJudge
from stylealign.config.slices import Slice, judge, thresholds
from stylealign.config.study import Study


def morph(study: Study, name: str) -> Slice:
    """What a morph's rows, pictures and videos depend on, beside the models and the codes of images."""
    asked = plan.morphing(study)
    left_out = {"judge", "morphs", *(("method",) if asked.source == "z" else ("truncation_psi",))}
    which = {"morph": name, "models": plan.models_on_way(study, name), "image_sets": plan.morphed_sets(study, name)}
    split = inversion_plan.settings(study).split if asked.source == "images" else None
    made = {**asked.model_dump(mode="json", exclude=left_out), "split": split, "seed": study.seed}
    return {**judge(study, asked.judge), **which, **made}


def morph_figures(study: Study) -> Slice:
    """What the figures of morphs depend on, beside their cells: their order."""
    return {"morphs": plan.morphs(study)}


def blend_smoothness(study: Study, pair: str) -> Slice:
    """What a pair's rows and pictures of blends depend on, beside the two models."""
    asked = study.studies.blend_smoothness
    assert asked is not None
    which = {"pair": pair, "models": list(plan.blended(study, pair)), "seed": study.seed}
    return {**judge(study, asked.judge), **which, **asked.model_dump(mode="json", exclude={"judge", "pairs"})}


def blend_figures(study: Study) -> Slice:
    """What the figures of blends depend on, beside their cells: their order."""
    return {"pairs": plan.blends(study)}


def return_alignment(study: Study, model: str) -> Slice:
    """What the rows and pictures of a model that returned depend on, beside the models."""
    asked, found, reader = study.studies.return_alignment, plan.return_of(study, model), plan.attributes_reader(study)
    assert asked is not None
    assert found is not None
    line = {"model": model, "ancestor": found.ancestor, "through": found.through, "controls": found.controls}
    shown = [model, found.ancestor, *found.through, *found.controls]
    reading = {"attributes_judge": reader, "attributes_spec": None if reader is None else judge(study, reader)["spec"]}
    settings = asked.model_dump(mode="json", exclude={"judge", "attributes_judge"})
    domains = {name: study.read_as(name, reader) for name in shown}
    return {**judge(study, asked.judge), **reading, **line, **settings, "domains": domains, "seed": study.seed}


def return_figure(study: Study) -> Slice:
    """What the figure return_alignment depends on, beside its cells and tables: their order."""
    return {"models": plan.returned(study)}


def image_reader(study: Study, model: str) -> Slice:
    """What the network on the images of a labelled parent depends on."""
    spec = EmbeddedJudge(kind="embedded", width=IMAGE_READER_WIDTH, total_kimg=plan.image_kimg(study))
    settings = spec.model_dump(mode="json", exclude={"domains"})
    return {"model": model, "domain": study.models[model].domain, "spec": settings, "seed": study.seed}


def zero_shot_regression(study: Study, direction: str) -> Slice:
    """What a direction's rows and pictures of zero_shot_regression depend on, beside encoders, boundaries, images."""
    return _zero_shot(study, "zero_shot_regression", direction)


def zero_shot_classification(study: Study, direction: str) -> Slice:
    """The same of zero_shot_classification; its questions are a list, since canonical JSON sorts keys."""
    asked = study.studies.zero_shot_classification
    assert asked is not None
    questions = [[name, one.parent, one.child or one.parent] for name, one in asked.attributes.items()]
    return {**_zero_shot(study, "zero_shot_classification", direction), "attributes": questions}


def _zero_shot(study: Study, comparison: str, direction: str) -> Slice:
    """What both have in common; the judge is the one whose word the parent's boundaries were fitted on."""
    asked, boundaries = plan.zero_shot(study, comparison), study.studies.boundaries
    assert boundaries is not None
    parent, model = inversion_plan.split_direction(study, direction)
    which = {"direction": direction, "parent": parent, "model": model, "judge": boundaries.judge, "seed": study.seed}
    return {**asked.model_dump(mode="json", exclude={"directions", "image_kimg"}), **which}


def zero_shot_figure(study: Study) -> Slice:
    """What the figures of zero-shot transfer depend on, beside cells and tables: their order."""
    return {"models": list(study.models)}


IMAGE_READER_WIDTH = 16
"""Half the judge's: the baseline reads one domain."""


def locality_bias(study: Study, model: str) -> Slice:
    """What a moved child's rows and pictures depend on, beside the models and their localized channels."""
    asked, parent = study.studies.locality_bias, study.models[model].parent
    assert asked is not None
    assert parent is not None
    domains = {"parent": study.read_as(parent, asked.judge), "model": study.read_as(model, asked.judge)}
    transform = study.domains[study.models[model].domain].transform
    which = {"model": model, "parent": parent, "seed": study.seed, "thresholds": thresholds(study)}
    settings = {**asked.model_dump(mode="json", exclude={"judge", "models"}), "domains": domains}
    return {**judge(study, asked.judge), **which, "settings": {**settings, "transform": str(transform)}}


def locality_figure(study: Study) -> Slice:
    """What the figure locality_bias depends on, beside its cells and table: their order."""
    return {"models": plan.moved_children(study)}


def resolution_alignment(study: Study, model: str) -> Slice:
    """What the rows and pictures of a child of a lower resolution depend on, beside the models."""
    asked, reader = study.studies.resolution_alignment, plan.resolution_reader(study)
    assert asked is not None
    declared = study.models[model]
    line = {"model": model, "parent": declared.parent, "scratch": plan.scratch_of(study, model)}
    reading = {"attributes_judge": reader, "attributes_spec": None if reader is None else judge(study, reader)["spec"]}
    settings = asked.model_dump(mode="json", exclude={"judge", "attributes_judge"})
    where = {"domain": study.read_as(model, reader), "judged_px": study.resolution, "seed": study.seed}
    return {**judge(study, asked.judge), **reading, **line, **where, "settings": settings}


def resolution_figure(study: Study) -> Slice:
    """What the figure resolution_alignment depends on, beside its cells and table: their order."""
    return {"models": plan.lowered(study)}
