"""The slices of a study that jobs of the adaptation ablation, of latent mappers and of edits by text depend on."""

from collections.abc import Mapping

from stylealign.config import ablation_plan as plan
from stylealign.config.adaptation import LossName
from stylealign.config.slices import Slice, judge
from stylealign.config.study import Study
from stylealign.lineage import relation


def latent_mapper(study: Study, model: str) -> Slice:
    """What a latent mapper depends on, beside the model: its target is the one that the model was adapted to."""
    asked, adapt = plan.mapping(study), plan.adaptation(study, model)
    assert asked is not None
    clips = [{**judge(study, name), "weight": weight} for name, weight in adapt.clips.items()]  # their order counts
    which = {"model": model, "target_text": adapt.target_text, "clips": clips, "seed": study.seed}
    return {**which, "settings": asked.model_dump(mode="json")}


def adaptation_ablation(study: Study, parent: str) -> Slice:
    """What the ablation's rows and pictures depend on, beside the models and the mapper."""
    asked = plan.ablation(study)
    adapts = {name: plan.adaptation(study, name) for name in asked.models}
    first = next((adapt for adapt in adapts.values() if adapt.source_text), adapts[asked.models[0]])
    texts = {"source_text": first.source_text, "target_text": first.target_text, "templates": first.templates}
    clip = judge(study, plan.ablation_clip(study))
    which = {"parent": parent, "models": list(asked.models), "domain": study.models[asked.models[0]].domain}
    ways = [{"loss": loss_words(adapt.loss), "num_layers": adapt.num_layers} for adapt in adapts.values()]
    settings = asked.model_dump(mode="json", include={"num_images", "num_diversity", "truncation_psi", "num"})
    seen = {"clip": clip["judge"], "clip_spec": clip["spec"], "mapped": next(iter(plan.mapped(study)), None)}
    return {**judge(study, asked.judge), **which, **texts, "ways": ways, **seen, **settings, "seed": study.seed}


def loss_words(loss: Mapping[LossName, float]) -> str:
    """Which losses a model was adapted by: ``directional``, or with weights where there are two."""
    named: dict[str, float] = {name: weight for name, weight in loss.items() if weight > 0}
    return next(iter(named)) if len(named) == 1 else " + ".join(f"{weight:g} {name}" for name, weight in named.items())


def clip_directions(study: Study, model: str, clip: str) -> Slice:
    """What a CLIP's view of a model's channels depends on, beside both: no text."""
    protocol = plan.global_directions(study).model_dump(mode="json", include={"num_images", "std", "truncation_psi"})
    return {**judge(study, clip), "model": model, "protocol": {**protocol, "seed": study.seed}}


def text_edits(study: Study, model: str, clip: str) -> Slice:
    """What the channels of edits by text depend on, beside a CLIP's view of all: a list, for canonical JSON sorts."""
    asked = plan.global_directions(study)
    edits = [[name, edit.model_dump(mode="json", exclude={"strength"})] for name, edit in asked.edits.items()]
    return {**judge(study, clip), "model": model, "edits": edits, "templates": asked.templates, "seed": study.seed}


def global_directions(study: Study, model: str) -> Slice:
    """What the measured effects of edits by text in one model depend on, beside the models and the edits' channels."""
    asked, first = plan.global_directions(study), plan.text_edited(study)
    related = "reference" if model == first else relation(study.full_size(), first, model)
    which = {"model": model, "reference": first, "relation": related, "domain": study.read_as(model, asked.judge)}
    strengths = [[name, edit.strength] for name, edit in asked.edits.items()]
    settings = asked.model_dump(mode="json", include={"num_z", "truncation_psi"})
    made = {"strengths": strengths, "clip": asked.clip, "seed": study.seed}
    return {**judge(study, asked.judge), **which, **made, "settings": settings}


def ablation_figure(study: Study) -> Slice:
    """What the figure adaptation_ablation depends on, beside its cell and table."""
    return {"parents": plan.ablated_parents(study)}
