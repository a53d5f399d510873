"""The plan of applications and limits: which models, pairs and attributes each of those studies takes."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from stylealign.config import inversion_plan
from stylealign.config.applications import MorphSmoothness, ZeroShot
from stylealign.config.domains import Photographs, WorldDomain, show_the_same
from stylealign.config.judges import MEASURES
from stylealign.config.models import Model
from stylealign.config.study import Study
from stylealign.lineage import ancestors, relation, roots


def morphing(study: Study) -> MorphSmoothness:
    """How models are morphed; only studies that do so ask."""
    assert study.studies.morph_smoothness is not None
    return study.studies.morph_smoothness


def morphs(study: Study) -> list[str]:
    """The morphs that are made, in declared order."""
    asked = study.studies.morph_smoothness
    return [] if asked is None else list(asked.morphs)


def video_formats(study: Study) -> list[str]:
    """In which formats morphs are filmed, the one that the report plays first."""
    asked = study.studies.morph_smoothness
    return [] if asked is None else list(asked.formats)


def models_on_way(study: Study, morph: str) -> list[str]:
    """The models of ``face2dog2cat``, in the order of the way."""
    return ways(morph, list(study.models))[0]


def ways(name: str, models: Collection[str]) -> list[list[str]]:
    """Every way to read a name as two or more of ``models``, joined with "2"; a model's own name may hold one."""
    return [way for way in _readings(name, models) if len(way) > 1]


def _readings(name: str, models: Collection[str]) -> list[list[str]]:
    places = [place for place, letter in enumerate(name) if letter == "2" and name[:place] in models]
    longer = [[name[:place], *rest] for place in places for rest in _readings(name[place + 1 :], models)]
    return [*([[name]] if name in models else []), *longer]


def morphed_sets(study: Study, morph: str) -> list[str]:
    """The image set whose images stand at each model of a morph's way; none where random z do."""
    if morphing(study).source == "z":
        return []
    return [inversion_plan.inverted_sets(study, model)[0] for model in models_on_way(study, morph)]


def blends(study: Study) -> list[str]:
    """The pairs of models that are blended, in declared order."""
    asked = study.studies.blend_smoothness
    return [] if asked is None else list(asked.pairs)


def blended(study: Study, pair: str) -> tuple[str, str]:
    """The two models of ``face2dog``, from the first to the second."""
    first, second = next(way for way in ways(pair, list(study.models)) if len(way) == 2)
    return first, second


@dataclass(frozen=True)
class Return:
    """A model that is back in the domain of an ancestor: by way of whom, and beside which controls."""

    model: str
    ancestor: str
    through: tuple[str, ...]  # from the ancestor down, another domain among them
    controls: tuple[str, ...]  # roots of that domain that are unrelated to it


def return_of(study: Study, model: str) -> Return | None:
    """What a model returns to: its nearest ancestor of its own domain, unless all between are of that domain too."""
    parents, domain = study.full_size(), study.models[model].domain
    above = ancestors(parents, model)
    alike = [place for place, name in enumerate(above) if study.models[name].domain == domain]
    if not alike or alike[0] == 0:
        return None
    ancestor = above[alike[0]]
    of_domain = [name for name in roots(parents) if study.models[name].domain == domain]
    strangers = tuple(name for name in of_domain if relation(parents, ancestor, name) == "unrelated")
    return Return(model, ancestor, tuple(reversed(above[: alike[0]])), strangers)


def returned(study: Study) -> list[str]:
    """The models that return to an ancestor's domain, where that is asked, in declared order."""
    asked = study.studies.return_alignment
    return [] if asked is None else [name for name in study.full_size() if return_of(study, name) is not None]


def attributes_reader(study: Study) -> str | None:
    """Who reads attributes of models that returned, if anybody can."""
    asked = study.studies.return_alignment
    if asked is None:
        return None
    if asked.attributes_judge is not None:
        return asked.attributes_judge
    return asked.judge if "attributes" in MEASURES[study.judges[asked.judge].kind] else None


def zero_shot(study: Study, comparison: str) -> ZeroShot:
    """The settings of a zero-shot comparison; only studies that make it ask."""
    asked: ZeroShot | None = getattr(study.studies, comparison)
    assert asked is not None
    return asked


def zero_shot_directions(study: Study, comparison: str) -> list[str]:
    """The directions of a zero-shot comparison, in declared order."""
    return list(zero_shot(study, comparison).directions) if getattr(study.studies, comparison) is not None else []


def zero_shot_parents(study: Study) -> list[str]:
    """The models whose labels are used, in declared order."""
    found = (one for name in ZERO_SHOT for one in zero_shot_directions(study, name))
    sources = {inversion_plan.split_direction(study, direction)[0] for direction in found}
    return [name for name in study.models if name in sources]


def directions(study: Study) -> list[str]:
    """The directions of all comparisons that go from one model to another, in declared order."""
    found = (one for name in ZERO_SHOT for one in zero_shot_directions(study, name))
    return list(dict.fromkeys([*inversion_plan.directions(study), *found]))


def image_kimg(study: Study) -> float:
    """Training of the networks on the parents' images: as long as the most demanding comparison asks."""
    return max(zero_shot(study, name).image_kimg for name in ZERO_SHOT if getattr(study.studies, name) is not None)


def zero_shot_examples(study: Study) -> list[tuple[str, str]]:
    """The cells that the figure zero_shot_examples shows: (comparison, direction)."""
    return [(name, direction) for name in ZERO_SHOT for direction in zero_shot_directions(study, name)]


def figures(study: Study) -> list[str]:
    """The figures of these studies."""
    made = [figure for figure, name in FIGURES.items() if name in study.studies.named()]
    return [*made, *(["zero_shot_examples"] if zero_shot_examples(study) else [])]


ZERO_SHOT = ("zero_shot_regression", "zero_shot_classification")
"""The comparisons that go from a parent's labels to a child's images."""


def is_moved(
    name: str, models: Mapping[str, Model | None], domains: Mapping[str, WorldDomain | Photographs | None]
) -> bool:
    """Whether a model's domain is its parent's with a transform, and the parent's has none."""
    model = models[name]
    parent = None if model is None or model.parent is None else models.get(model.parent)
    if model is None or parent is None:
        return False
    own, theirs = domains.get(model.domain), domains.get(parent.domain)
    if own is None or theirs is None or own.transform is None or theirs.transform is not None:
        return False
    return show_the_same(own, theirs) and getattr(own, "only", None) == getattr(theirs, "only", None)


def moved_children(study: Study) -> list[str]:
    """The children whose channels are compared with those of their parents, in declared order."""
    asked, localized = study.studies.locality_bias, study.studies.localized_channels
    if asked is None or localized is None:
        return []
    parsed = [
        name for name in study.full_size() if localized.domains is None or _domain(study, name) in localized.domains
    ]
    moved = [name for name in parsed if is_moved(name, study.models, study.domains)]
    return [
        name for name in moved if study.models[name].parent in parsed and (asked.models is None or name in asked.models)
    ]


def lowered(study: Study) -> list[str]:
    """The children of their parents' domain at a lower resolution, where they are compared, in declared order."""
    if study.studies.resolution_alignment is None:
        return []
    parents = study.parents()
    return [
        name
        for name in study.models
        if study.is_lowered(name) and _domain(study, name) == _domain(study, parents[name] or name)
    ]


def scratch_of(study: Study, model: str) -> str | None:
    """The first root of a model's own domain and resolution: the same, trained from nothing."""
    own, resolution = study.models[model].domain, study.resolution_of(model)
    of_domain = [name for name in roots(study.parents()) if study.models[name].domain == own]
    return next((name for name in of_domain if study.resolution_of(name) == resolution), None)


def resolution_reader(study: Study) -> str | None:
    """Who reads attributes of models of a lower resolution, if anybody can."""
    asked = study.studies.resolution_alignment
    if asked is None:
        return None
    if asked.attributes_judge is not None:
        return asked.attributes_judge
    return asked.judge if "attributes" in MEASURES[study.judges[asked.judge].kind] else None


def _domain(study: Study, model: str) -> str:
    return study.models[model].domain


CELLS: dict[str, Callable[[Study], list[str]]] = {
    "morph_smoothness": morphs,
    "blend_smoothness": blends,
    "return_alignment": returned,
    "zero_shot_regression": partial(zero_shot_directions, comparison="zero_shot_regression"),
    "zero_shot_classification": partial(zero_shot_directions, comparison="zero_shot_classification"),
    "locality_bias": moved_children,
    "resolution_alignment": lowered,
}
"""The tables of these studies, and by what their cells are called."""

FIGURES = {
    "morph_grid": "morph_smoothness",
    "morph_smoothness": "morph_smoothness",
    "blend_grid": "blend_smoothness",
    "blend_smoothness": "blend_smoothness",
    "return_alignment": "return_alignment",
    "zero_shot_regression": "zero_shot_regression",
    "zero_shot_classification": "zero_shot_classification",
    "locality_bias": "locality_bias",
    "resolution_alignment": "resolution_alignment",
}
"""The figures, and the study that each belongs to."""
