"""What models of a lower resolution need: a parent that is no smaller, models of the study's size beside them."""

from collections.abc import Iterable, Iterator
from typing import Any

from stylealign.config.problems import Problem
from stylealign.config.sketch import Sketch

NAMING = ("models", "image_sets", "directions", "morphs", "pairs", "reference", "model", "parent", "child", "children")
"""The keys of comparisons that name models, or pairs as source2target."""

WHOLE = (
    "is of a lower resolution than the study; only training, family, progress, mapping_drift and resolution_alignment "
    "take such models: name one of the study's resolution"
)


def check_resolution(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in the resolutions of models."""
    for name in sketch.models:
        yield from _check_model(sketch, name)
    if sketch.models and None not in sketch.models.values() and not sketch.full_size():
        cure = "no model has it; set it to the largest of the models', or drop `resolution` of one"
        yield Problem("resolution", cure, sketch.resolution)
    yield from _check_named(sketch)
    yield from _check_alignment(sketch)


def _check_model(sketch: Sketch, name: str) -> Iterator[Problem]:
    model, key = sketch.models[name], f"models.{name}"
    if model is None or sketch.resolution is None:
        return
    own = sketch.resolution_of(name)
    parent = sketch.parents()[name]
    if own > sketch.resolution:
        yield Problem(f"{key}.resolution", f"is above the study's ({sketch.resolution}); lower it", own)
    elif parent is not None and own > sketch.resolution_of(parent):
        cure = f"is above its parent's ({sketch.resolution_of(parent)}), which has no layers for it; lower it"
        yield Problem(f"{key}.resolution", cure, own)
    is_lowered = parent is not None and own < sketch.resolution_of(parent)
    if "from_rgb" in model.training.model_fields_set and not is_lowered:
        cure = "only a child of a lower resolution than its parent's needs another FromRGB; drop it here"
        yield Problem(f"{key}.training.from_rgb", cure, model.training.from_rgb)
    frozen = 0 if sketch.training is None else sketch.training.updated(model.training).freeze_d
    if is_lowered and frozen:
        cure = "would freeze the FromRGB that is made for this child, which counts as D's first layer; set it to 0 here"
        yield Problem(f"{key}.training.freeze_d", cure, frozen)
    late = [kimg for kimg in model.training.snapshot_kimg if kimg >= (model.total_kimg or kimg + 1)]
    if late:
        cure = f"lies at or beyond the end of its training ({model.total_kimg:g}), which is kept anyway; leave it out"
        yield Problem(f"{key}.training.snapshot_kimg", cure, late[0])


def _check_named(sketch: Sketch) -> Iterator[Problem]:
    """Comparisons of models of the study's size name no other."""
    if sketch.studies is None:
        return
    smaller = [name for name in sketch.models if name not in sketch.full_size()]
    for study, section in sketch.studies.named().items():
        for field in NAMING:
            for text in _texts(getattr(section, field, None)):
                if any(f"2{name}2" in f"2{text}2" for name in smaller):
                    yield Problem(f"studies.{study}.{field}", WHOLE, text)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value or () if isinstance(text, str)]


def _check_alignment(sketch: Sketch) -> Iterator[Problem]:
    asked = None if sketch.studies is None else sketch.studies.resolution_alignment
    if asked is None or sketch.resolution is None or None in sketch.models.values():
        return
    pairs = [(name, parent) for name, parent in sketch.parents().items() if parent is not None]
    if not any(_is_same_but_smaller(sketch, *pair) for pair in pairs):
        cure = "compares children of their parent's domain at a lower resolution, and there is none; give a child"
        yield Problem("studies.resolution_alignment", f"{cure} its own `resolution`, or drop the study")


def _is_same_but_smaller(sketch: Sketch, child: str, parent: str) -> bool:
    models = [sketch.models[name] for name in (child, parent)]
    domains = {None if model is None else model.domain for model in models}
    return len(domains) == 1 and sketch.resolution_of(child) < sketch.resolution_of(parent)
