"""The plan of adapted models and of the studies of them: which models, domains and views each of those takes."""

from collections.abc import Callable, Iterable

from stylealign.config import ablation_plan, few_shot_plan, inversion_plan
from stylealign.config.adaptation import AdaptationStudy, image_files
from stylealign.config.adapted_studies import ClipSpace, EditsAcrossDomains, QualityDiversity
from stylealign.config.clip_accuracy import asked_clips
from stylealign.config.judges import OpenClip
from stylealign.config.study import Study


def kept_snapshots(study: Study) -> list[str]:
    """The adapted models of which snapshots are kept."""
    return [name for name in study.adapted() if ablation_plan.adaptation(study, name).snapshot_iterations]


def adapting_judges(study: Study, model: str) -> list[str]:
    """The judges that adapt a model: its CLIPs by their names, who finds the only region that may change, who holds
    the rest."""
    adapt = ablation_plan.adaptation(study, model)
    holding = () if adapt.region is None else (adapt.region.judge, adapt.region.distance_judge())
    return [*sorted(adapt.clips), *(name for name in holding if name is not None)]


def target_files(study: Study, model: str, path: str, index: str) -> list[str]:
    """The pictures that direct an adaptation: of a folder, or ``path`` and ``index`` of a ``{domain}``; else none."""
    adapt = ablation_plan.adaptation(study, model)
    if adapt.image_domain is not None:
        return [file.format(domain=adapt.image_domain) for file in (path, index)]
    return [] if adapt.images is None else [str(file) for file in image_files(adapt.images)]


def measuring(study: Study) -> AdaptationStudy:
    """How adapted models are measured; only studies that do so ask."""
    assert study.studies.adaptation is not None
    return study.studies.adaptation


def adapted_and_parents(study: Study) -> list[str]:
    """The adapted models and their parents, in declared order."""
    shown = {*study.adapted(), *(study.models[name].parent for name in study.adapted())}
    return [name for name in study.models if name in shown]


def measured_parser(study: Study) -> str | None:
    """Who finds the region inside and outside of which changes by adapting are measured, where they are."""
    asked = study.studies.adaptation
    return None if asked is None or asked.region is None else asked.region.judge


def told_source(study: Study, model: str) -> str:
    """What an adaptation starts from, in words."""
    adapt = ablation_plan.adaptation(study, model)
    if adapt.is_by_images:
        return f"images of {study.models[model].parent}"
    return adapt.source_text or ""


def told_target(study: Study, model: str) -> str:
    """What an adaptation aims at, in words."""
    adapt = ablation_plan.adaptation(study, model)
    if adapt.image_domain is not None:
        return f"{adapt.num_images} images of {adapt.image_domain}"
    return f"images in {adapt.images}" if adapt.images is not None else adapt.target_text or ""


def adaptation_sizes(study: Study, model: str) -> tuple[int, int, int, int]:
    """What the memory of an adaptation grows with: pixels, codes at once, channels, published CLIPs."""
    adapt = ablation_plan.adaptation(study, model)
    num_codes = max(adapt.batch_size, 0 if adapt.num_layers is None else adapt.selection.num_w)
    return study.resolution, num_codes, study.architecture.channel_base, num_published(study, adapt.clips)


def num_published(study: Study, judges: Iterable[str]) -> int:
    """How many of these judges are published CLIPs, which are large."""
    return sum(isinstance(study.judges[name], OpenClip) for name in judges)


def diversity(study: Study) -> QualityDiversity:
    """How quality and diversity are measured; only studies that do so ask."""
    assert study.studies.quality_diversity is not None
    return study.studies.quality_diversity


def diversity_domains(study: Study) -> list[str]:
    """The domains that adapted models are compared with, in declared order: a cell each."""
    asked = study.studies.quality_diversity
    if asked is None:
        return []
    shown = {study.models[name].domain for name in _chosen(study, asked.models)}
    return [name for name in study.domains if name in shown]


def diversity_roles(study: Study, domain: str) -> dict[str, str]:
    """The models that are compared with a domain, in declared order, and why.

    The adapted ones, their parents, and those that were trained on its images.
    """
    chosen = [name for name in _chosen(study, diversity(study).models) if study.models[name].domain == domain]
    parents = {study.models[name].parent for name in chosen}
    trained = {name for name in study.trained() if study.models[name].domain == domain}
    roles = {name: "adapted" if name in chosen else "parent" if name in parents else "trained" for name in study.models}
    return {name: roles[name] for name in study.full_size() if name in {*chosen, *parents, *trained}}


def clip_space(study: Study) -> ClipSpace:
    """How a CLIP's space is looked at; only studies that do so ask."""
    assert study.studies.clip_space is not None
    return study.studies.clip_space


def clip_views(study: Study) -> list[str]:
    """The planes through a CLIP's space, in declared order."""
    asked = study.studies.clip_space
    return [] if asked is None else list(asked.views)


def clip_texts(study: Study, view: str) -> list[str]:
    """The texts that are seen in a plane: those named, or those that its models were adapted by, source first."""
    seen = clip_space(study).views[view]
    if seen.texts is not None:
        return list(seen.texts)
    adapted = [adapt for name in seen.models if (adapt := study.models[name].adapt) is not None]
    found = [*(one.source_text for one in adapted), *(one.target_text for one in adapted)]
    return list(dict.fromkeys(text for text in found if text is not None))


def clip_notes(study: Study, view: str) -> dict[str, str]:
    """What a figure says below the name of each model of a plane."""
    return {name: _note(study, name) for name in clip_space(study).views[view].models}


def _note(study: Study, name: str) -> str:
    adapt = study.models[name].adapt
    if adapt is None:
        return "trained" if study.models[name].parent is not None else "the parent"
    losses = [loss for loss in ("directional", "global") if adapt.weight_of(loss) > 0]
    return f"{' and '.join(losses)} loss"


def edits(study: Study) -> EditsAcrossDomains:
    """How edits are carried over; only studies that do so ask."""
    assert study.studies.edits_across_domains is not None
    return study.studies.edits_across_domains


def edited_models(study: Study) -> list[str]:
    """The adapted models that a parent's images and edits are rendered by: those whose parent has images inverted."""
    asked = study.studies.edits_across_domains
    if asked is None:
        return []
    inverted = inversion_plan.inverted_models(study)
    return [name for name in _chosen(study, asked.models) if study.models[name].parent in inverted]


def edited_codes(study: Study, model: str) -> tuple[str, str, str]:
    """Parent, image set and method of the codes that an adapted model renders."""
    parent = study.models[model].parent
    assert parent is not None
    return parent, inversion_plan.inverted_sets(study, parent)[0], edits(study).method


def _chosen(study: Study, named: tuple[str, ...] | None) -> list[str]:
    """Adapted models: those named, or all, in declared order."""
    return [name for name in study.adapted() if named is None or name in named]


def asked_judges(study: Study) -> set[str | None]:
    """The judges that these studies ask beside the one that they call ``judge``."""
    return {
        None if study.studies.clip_space is None else study.studies.clip_space.clip,
        None if study.studies.adaptation is None else study.studies.adaptation.clip,
        measured_parser(study),
        *ablation_plan.asked_clips(study),
        *asked_clips(study),
        None if study.studies.few_shot is None else study.studies.few_shot.distance_judge,
    }


CELLS: dict[str, Callable[[Study], list[str]]] = {
    "adaptation": Study.adapted,
    "quality_diversity": diversity_domains,
    "clip_space": clip_views,
    "edits_across_domains": edited_models,
    "adaptation_ablation": ablation_plan.ablated_parents,
    "global_directions": ablation_plan.text_edited_models,
    "clip_accuracy": asked_clips,
    "few_shot": few_shot_plan.table_cells,
}
"""The tables of these studies, and by what their cells are called."""

FIGURES = {
    "adaptations": "adaptation",
    "quality_diversity": "quality_diversity",
    "clip_space": "clip_space",
    "edits_across_domains": "edits_across_domains",
    "adaptation_ablation": "adaptation_ablation",
    "clip_accuracy": "clip_accuracy",
    "few_shot": "few_shot",
}
"""Their figures, and the study that each belongs to."""
