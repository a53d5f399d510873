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
