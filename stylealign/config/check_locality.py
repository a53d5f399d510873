"""Mistakes in the study ``locality_bias``: children of moved domains, whose regions and their parents' are found."""

from collections.abc import Iterator, Sequence

from stylealign.config.application_plan import is_moved
from stylealign.config.applications import LocalityBias
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Studies

LOCALITY = "studies.locality_bias"


def check_locality(sketch: Sketch, studies: Studies, asked: LocalityBias) -> Iterator[Problem]:
    """Every mistake in what is asked."""
    moved = [name for name in sketch.full_size() if is_moved(name, sketch.models, sketch.domains)]
    for name in asked.models or ():
        if name not in sketch.models:
            yield Problem(f"{LOCALITY}.models", f"there is no such model; {nearest(name, sketch.models)}", name)
        elif sketch.models[name] is not None and not is_moved(name, sketch.models, sketch.domains):
            cure = "is no child whose domain is its parent's with a `transform`; give its domain one, or leave it out"
            yield Problem(f"{LOCALITY}.models", cure, name)
    if asked.models is None and not moved and None not in (*sketch.models.values(), *sketch.domains.values()):
        cure = "no model is a child whose domain is its parent's with a `transform`; declare one, or drop the study"
        yield Problem(LOCALITY, cure)
    localized = studies.localized_channels
    if localized is not None and localized.domains is not None:
        for name in (one for one in moved if asked.models is None or one in asked.models):
            yield from _check_parsed(sketch, name, localized.domains)


def _check_parsed(sketch: Sketch, name: str, parsed: Sequence[str]) -> Iterator[Problem]:
    """Regions are found in the child and in its parent."""
    line = [sketch.models[one] for one in (sketch.parents()[name], name) if one is not None]
    missing = [model.domain for model in line if model is not None and model.domain not in parsed]
    if missing:
        cure = f"{LOCALITY} looks for regions in {name} and its parent; add {' and '.join(missing)}, or leave it out"
        yield Problem("studies.localized_channels.domains", f"{cure} of {LOCALITY}.models")
