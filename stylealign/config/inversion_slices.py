"""What single jobs of inversion and translation depend on; see :mod:`stylealign.config.slices`."""

from stylealign.config import inversion_plan as plan
from stylealign.config.inversion import TRUNCATED_SPACES, Encoders, is_encoder, space_of
from stylealign.config.section import untracked_keys
from stylealign.config.slices import Slice, figure, judge
from stylealign.config.study import Study

_FOR_ENCODING_ALONE = {"refine_steps", "from_parent", "published"}
_OF_WPLUS_ALONE = {"offset_weight", "adversarial_weight", "progressive_from", "progressive_until"}


def encoder(study: Study, model: str, space: str, start: str) -> Slice:
    """What an encoder's training depends on."""
    settings = plan.settings(study)
    left_out = _FOR_ENCODING_ALONE | untracked_keys(type(settings.encoders)) | _unused(settings.encoders, space, start)
    which = {"model": model, "space": space, "start": start, "seed": study.seed}
    how = settings.encoders.model_dump(mode="json", exclude=left_out)
    return {**judge(study, settings.judge), **which, "settings": how, "truncation_psi": _psi(study, space)}


def published_encoder(study: Study, model: str, space: str) -> Slice:
    """What a published encoder, as an encoder of the study, depends on beside its file and the model."""
    return {"model": model, "space": space, "seed": study.seed}


def _unused(settings: Encoders, space: str, start: str) -> set[str]:
    """The settings that an encoder into ``space`` from ``start`` does not ask for."""
    unused = set() if space == "wplus" else _OF_WPLUS_ALONE
    if start == "random":
        return unused | {"child_kimg"}
    return unused if settings.child_kimg is None else unused | {"total_kimg"}


def _psi(study: Study, space: str) -> float:
    """The truncation of codes in ``space``."""
    return plan.settings(study).truncation_psi if space in TRUNCATED_SPACES else 1.0


def inversion(study: Study, model: str, image_set: str, method: str, shard: str) -> Slice:
    """What the codes of one shard of an image set, by one method, depend on."""
    settings = plan.settings(study)
    num = plan.num_inverted(study, image_set)
    first = 0 if settings.images_per_job is None else int(shard) * settings.images_per_job
    many = num if num is None or settings.images_per_job is None else min(settings.images_per_job, num - first)
    where = {"model": model, "image_set": image_set, "first": first, "num": many, "seed": study.seed}
    return {**judge(study, settings.judge), **_regions(study), **where, "method": method, **_how(study, method)}


def _how(study: Study, method: str) -> Slice:
    """The settings that a method's codes depend on; those of other methods are left out."""
    settings = plan.settings(study).model_dump(mode="json", include={"judge", "split"})
    settings["truncation_psi"] = _psi(study, space_of(method))
    refine_steps = plan.settings(study).encoders.refine_steps
    if is_encoder(method):
        settings["encoders"] = {"refine_steps": refine_steps}
    if not is_encoder(method) or refine_steps:
        settings["optimisation"] = plan.settings(study).optimisation.model_dump(mode="json")
    return {"settings": settings}


def _regions(study: Study) -> Slice:
    name = plan.regions_judge(study)
    return {"regions_judge": name, "regions_spec": None if name is None else judge(study, name)["spec"]}


def inversions(study: Study, model: str, image_set: str, method: str) -> Slice:
    """What gathering the shards of an inversion depends on."""
    return {"model": model, "image_set": image_set, "method": method}


def inversion_quality(study: Study, model: str) -> Slice:
    """What a model's rows of inversion_quality depend on, beside the codes."""
    settings = plan.settings(study)
    made = {"model": model, "inversions": plan.inversions(study, model), "split": settings.split, "seed": study.seed}
    return {**judge(study, settings.judge), **made, "num_shown": plan.asked(study).num_shown, **_sampled(study)}


def _sampled(study: Study) -> Slice:
    return {"truncation_psi": plan.settings(study).truncation_psi}


def encoder_finetune(study: Study, model: str) -> Slice:
    """What a child's rows of encoder_finetune depend on, beside the courses."""
    compared = study.studies.encoder_finetune
    assert compared is not None
    line = {"model": model, "parent": study.models[model].parent, "spaces": list(compared.spaces)}
    return {**line, "judge": plan.settings(study).judge, "seed": study.seed}


def translation(study: Study, direction: str) -> Slice:
    """What a direction's rows of translation depend on, beside the codes."""
    made = _translation(study, direction, "translation")
    controls = {"stranger": plan.stranger(study, direction), **_sampled(study)}
    return {**made, **controls, "baselines": list(plan.baselines(study, direction))}


def reference_translation(study: Study, direction: str) -> Slice:
    """What a direction's rows of reference_translation depend on, beside the codes."""
    compared = study.studies.reference_translation
    assert compared is not None
    target = plan.split_direction(study, direction)[1]
    looking = plan.diversity_judge(study)
    own = {"references": study.models[target].domain, "num_references": compared.num_references}
    own |= {"diversity_judge": looking, "diversity_spec": judge(study, looking)["spec"]}
    return {**_translation(study, direction, "reference_translation"), **own, "switch_px": compared.switch_px}


def texture_translation(study: Study, direction: str) -> Slice:
    """What a direction's pictures of textures depend on, beside the codes."""
    compared = study.studies.texture_translation
    assert compared is not None
    source, target = plan.split_direction(study, direction)
    which = {"direction": direction, "source_model": source, "target_model": target, "seed": study.seed}
    which |= _sampled(study)
    return {**which, "image_set": plan.inverted_sets(study, source)[0], **compared.model_dump(exclude={"directions"})}


def _translation(study: Study, direction: str, comparison: str) -> Slice:
    """What both kinds of translation have in common."""
    compared = getattr(study.studies, comparison)
    source, target = plan.split_direction(study, direction)
    reader = plan.attributes_judge(study, comparison)
    return {
        **judge(study, compared.judge),
        "attributes_judge": reader,
        "attributes_spec": None if reader is None else judge(study, reader)["spec"],
        "direction": direction,
        "source_model": source,
        "target_model": target,
        "image_sets": plan.inverted_sets(study, source),
        "methods": plan.methods_of(study, comparison),
        "kept": compared.kept.model_dump(mode="json"),
        "split": plan.settings(study).split,
        "num_shown": compared.num_shown,
        "seed": study.seed,
    }


def inversions_figure(study: Study) -> Slice:
    """What the figure inversions depends on: beside :func:`figure`, the models that invert."""
    return {**figure(study), "models": plan.inverted_models(study)}


def translations_figure(study: Study) -> Slice:
    """What the figure translations depends on, beside its cells: their order."""
    return {"directions": plan.directions(study, "translation")}


def reference_translations_figure(study: Study) -> Slice:
    """What the figure reference_translations depends on, beside its cells: their order."""
    return {"directions": plan.directions(study, "reference_translation")}


def texture_translations_figure(study: Study) -> Slice:
    """What the figure texture_translations depends on, beside its cells: their order."""
    return {"directions": plan.directions(study, "texture_translation")}
