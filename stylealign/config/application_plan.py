"""The plan of applications and limits: which models, pairs and attributes each of those studies takes."""

from collections.abc import Callable, Collection

from stylealign.config import inversion_plan
from stylealign.config.applications import MorphSmoothness
from stylealign.config.study import Study


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


CELLS: dict[str, Callable[[Study], list[str]]] = {
    "morph_smoothness": morphs,
}
"""The tables of these studies, and by what their cells are called."""

FIGURES = {
    "morph_grid": "morph_smoothness",
    "morph_smoothness": "morph_smoothness",
}
"""The figures, and the study that each belongs to."""
