"""The slices of a study that single jobs of the applications and limits depend on."""

from stylealign.config import application_plan as plan
from stylealign.config import inversion_plan
from stylealign.config.slices import Slice, judge
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


def blend(study: Study, pair: str) -> Slice:
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
    domains = {name: study.models[name].domain for name in shown}
    return {**judge(study, asked.judge), **reading, **line, **settings, "domains": domains, "seed": study.seed}


def return_figure(study: Study) -> Slice:
    """What the figure return_alignment depends on, beside its cells and tables: their order."""
    return {"models": plan.returned(study)}
