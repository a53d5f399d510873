"""The plan of the adaptation ablation, its latent mapper, and edits by text: whose files each of their jobs reads."""

from stylealign.config.adaptation import Adaptation
from stylealign.config.adaptation_ablation import AdaptationAblation, LatentMapping
from stylealign.config.study import Study
from stylealign.config.text_edits import GlobalDirections
from stylealign.lineage import descendants


def ablation(study: Study) -> AdaptationAblation:
    """How adaptations are compared; only studies that do so ask."""
    assert study.studies.adaptation_ablation is not None
    return study.studies.adaptation_ablation


def ablated_parents(study: Study) -> list[str]:
    """The parent of the ablation's models, whose one cell holds all its rows; none where it is not made."""
    if study.studies.adaptation_ablation is None:
        return []
    parent = study.models[ablation(study).models[0]].parent
    assert parent is not None
    return [parent]


def adaptation(study: Study, model: str) -> Adaptation:
    """How a model was adapted; only of adapted models it is asked."""
    adapt = study.models[model].adapt
    assert adapt is not None
    return adapt


def ablation_clip(study: Study) -> str:
    """The CLIP that measures the ablation."""
    asked = ablation(study)
    return asked.clip or next(iter(adaptation(study, asked.models[0]).clips))


def mapping(study: Study) -> LatentMapping | None:
    """The latent mapper that is trained, if one is."""
    asked = study.studies.adaptation_ablation
    return None if asked is None else asked.mapper


def mapped(study: Study) -> list[str]:
    """The adapted models that a latent mapper is trained for."""
    asked = mapping(study)
    return [] if asked is None else [asked.of]


def global_directions(study: Study) -> GlobalDirections:
    """Which edits by text there are; only studies that have them ask."""
    assert study.studies.global_directions is not None
    return study.studies.global_directions


def text_edited(study: Study) -> str:
    """The model whose channels edits by text are made of."""
    return global_directions(study).model or next(iter(study.full_size()))


def text_edited_models(study: Study) -> list[str]:
    """That model and its descendants of full size, in all of which the edits are made and measured."""
    if study.studies.global_directions is None:
        return []
    first = text_edited(study)
    return [first, *descendants(study.full_size(), first)]


def drawn_text_edits(study: Study) -> list[str]:
    """The edits by text that the pictures of edits show, in their order."""
    asked = study.studies.manipulations
    return [] if asked is None else [edit.text for edit in asked.edits if edit.text is not None]


def asked_clips(study: Study) -> set[str]:
    """The CLIPs that these studies ask."""
    found = set() if study.studies.adaptation_ablation is None else {ablation_clip(study)}
    return found if study.studies.global_directions is None else {*found, global_directions(study).clip}
