"""The slices of a study that single jobs of adapted models depend on."""

from stylealign.config import ablation_plan
from stylealign.config import adaptation_plan as plan
from stylealign.config.ablation_slices import loss_words
from stylealign.config.clip_accuracy import asked_clips, asked_worlds
from stylealign.config.slices import Slice, judge
from stylealign.config.study import Study


def adapted_model(study: Study, model: str) -> Slice:
    """What an adapted model depends on, beside its parent, the CLIPs' weights and the images that direct it."""
    adapt = ablation_plan.adaptation(study, model)
    judges = [judge(study, name) for name in plan.adapting_judges(study, model)]
    return {
        "model": study.resolved_model(model).tracked(),
        "clips": judges[: len(adapt.clips)],
        "region": judges[len(adapt.clips) :],
        "seed": study.seed,
    }


def adaptation(study: Study, model: str) -> Slice:
    """What an adapted model's row of adaptation depends on, beside models, weights and what the judge saw."""
    asked, adapt = plan.measuring(study), ablation_plan.adaptation(study, model)
    declared, clip = study.models[model], judge(study, asked.clip)
    told: dict[str, str | int] = {"source": plan.told_source(study, model), "target": plan.told_target(study, model)}
    told |= {"loss": loss_words(adapt.loss), "iterations": adapt.iterations}
    told |= {"num_layers": "all" if adapt.num_layers is None else str(adapt.num_layers)}
    which = {"model": model, "parent": declared.parent, "domain": declared.domain, "told": told}
    asks = adapt.model_dump(mode="json", include={"source_text", "target_text", "templates", "num_images"})
    settings = asked.model_dump(mode="json", include={"num_images", "num_diversity", "attribute"})
    drawn = {"truncation_psi": study.judged_psi(asked.judge), "model_seed": declared.seed, "seed": study.seed}
    seen = {"clip": clip["judge"], "clip_spec": clip["spec"], "resolution": study.resolution}
    seen |= _measured_region(study)
    return {**judge(study, asked.judge), **which, **seen, "asks": asks, "settings": settings, **drawn}


def _measured_region(study: Study) -> Slice:
    """Whose regions, and which; nothing where none is asked, so that what was made before regions were stays."""
    region = plan.measuring(study).region
    if region is None:
        return {}
    spec = judge(study, region.judge)["spec"]
    return {"regions_judge": region.judge, "regions_spec": spec, "regions": list(region.regions)}


def adaptations_figure(study: Study) -> Slice:
    """What the figure adaptations depends on, beside samples and table: who is whose child, and in which order."""
    return {"parents": [(name, study.models[name].parent) for name in study.adapted()]}


def quality_diversity(study: Study, domain: str) -> Slice:
    """What the rows of a domain's models depend on, beside the models and what the judge saw of them."""
    asked = plan.diversity(study)
    roles, psi = plan.diversity_roles(study, domain), study.judged_psi(asked.judge)
    which = {"domain": domain, "models": list(roles), "roles": list(roles.values()), "truncation_psi": psi}
    settings = asked.model_dump(mode="json", include={"num_images", "clusters"})
    return {**judge(study, asked.judge), **which, "settings": settings, "seed": study.seed}


def diversity_figure(study: Study) -> Slice:
    """What the figure quality_diversity depends on, beside its table: the order of its panels and points."""
    return {"domains": plan.diversity_domains(study), "models": list(study.models)}


def clip_space(study: Study, view: str) -> Slice:
    """What a plane through a CLIP's space depends on, beside the models and image sets."""
    asked = plan.clip_space(study)
    seen, notes = asked.views[view], plan.clip_notes(study, view)
    parents = [study.models[name].parent for name in seen.models]
    which = {"view": view, "domains": list(seen.domains), "texts": plan.clip_texts(study, view)}
    models = {"models": list(seen.models), "parents": parents, "notes": list(notes.values())}
    settings = asked.model_dump(mode="json", include={"num_images", "truncation_psi"})
    return {**judge(study, asked.clip), **which, **models, **settings, "seed": study.seed}


def clip_figure(study: Study) -> Slice:
    """What the figure clip_space depends on, beside its cells and table: their order."""
    return {"views": plan.clip_views(study)}


def edits_across_domains(study: Study, model: str) -> Slice:
    """What the rows and pictures of a parent's images and edits in an adapted model depend on, beside their files."""
    asked = plan.edits(study)
    parent, image_set, _ = plan.edited_codes(study, model)
    domains = [study.read_as(name, asked.judge) for name in (parent, model)]
    which = {"model": model, "parent": parent, "image_set": image_set, "domains": domains, "seed": study.seed}
    settings = asked.model_dump(mode="json", include={"attributes", "edits", "kept", "strength", "num"})
    named = list(asked.named.get(model, ()))
    return {**judge(study, asked.judge), **which, "settings": {**settings, "named": named}}


def edits_figure(study: Study) -> Slice:
    """What the figure edits_across_domains depends on, beside its cells and table: their order."""
    return {"models": plan.edited_models(study)}


def clip_accuracy(study: Study, clip: str) -> Slice:
    """What a CLIP's rows of clip_accuracy depend on."""
    asked = study.studies.clip_accuracy
    assert asked is not None
    return {**judge(study, clip), "domains": asked_worlds(study), "num_images": asked.num_images, "seed": study.seed}


def clip_accuracy_figure(study: Study) -> Slice:
    """What the figure clip_accuracy depends on, beside its table: the order of its bars."""
    return {"clips": asked_clips(study), "domains": asked_worlds(study)}
