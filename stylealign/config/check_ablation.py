"""Mistakes in the adaptation ablation and in edits by text, found before any job starts."""

from collections.abc import Iterator

from stylealign.config.adaptation import Adaptation
from stylealign.config.adaptation_ablation import AdaptationAblation
from stylealign.config.check_studies import check_judge_of
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Manipulations
from stylealign.config.text_edits import GlobalDirections
from stylealign.lineage import circles, descendants

ABLATION, TEXTS, EDITS = "studies.adaptation_ablation", "studies.global_directions", "studies.manipulations.edits"

PARENT = "parent"  # what the ablation's table calls it, whatever its name


def check_ablation(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in these."""
    if sketch.studies is None:
        return
    if sketch.studies.adaptation_ablation is not None:
        yield from _check_ablation(sketch, sketch.studies.adaptation_ablation)
    if sketch.studies.global_directions is not None:
        yield from _check_directions(sketch, sketch.studies.global_directions)
    if sketch.studies.manipulations is not None:
        yield from _check_drawn(sketch, sketch.studies.manipulations, sketch.studies.global_directions)


def _check_ablation(sketch: Sketch, asked: AdaptationAblation) -> Iterator[Problem]:
    adapted = {name: model.adapt for name, model in sketch.models.items() if model is not None and model.adapt}
    unknown = [name for name in asked.models if name not in adapted]
    if unknown and None in (sketch.models.get(name, asked) for name in unknown):
        return  # a model that is itself wrong is told elsewhere
    for name in unknown:
        yield Problem(f"{ABLATION}.models", f"there is no such adapted model; {nearest(name, adapted)}", name)
    if unknown:
        return
    if PARENT in asked.models:
        yield Problem(f"{ABLATION}.models", "is what its table calls the model they come from; rename it", PARENT)
    yield from _check_comparable(sketch, {name: adapted[name] for name in asked.models})
    yield from _check_measures(sketch, asked)
    if asked.mapper is not None and asked.mapper.of not in asked.models:
        cure = f"must be one of {ABLATION}.models; {nearest(asked.mapper.of, asked.models)}"
        yield Problem(f"{ABLATION}.mapper.of", cure, asked.mapper.of)


def _check_comparable(sketch: Sketch, adapted: dict[str, Adaptation]) -> Iterator[Problem]:
    """One parent, one target text, one domain: else a row of pictures differs by more than what is compared."""
    models = {name: model for name in adapted if (model := sketch.models[name]) is not None}
    asked: dict[str, dict[str, str | None]] = {
        "parent": {name: model.parent for name, model in models.items()},
        "domain": {name: model.domain for name, model in models.items()},
        "adapt.target_text": {name: adapt.target_text for name, adapt in adapted.items()},
    }
    for what, values in asked.items():
        first, *others = values
        differing = [name for name in others if values[name] != values[first]]
        if differing:
            yield Problem(f"{ABLATION}.models", f"is of another {what} than {first}; leave it out", differing[0])
    by_images = [name for name, adapt in adapted.items() if adapt.target_text is None]
    if by_images:
        yield Problem(f"{ABLATION}.models", "was adapted by images; the ablation is of one text", by_images[0])


def _check_measures(sketch: Sketch, asked: AdaptationAblation) -> Iterator[Problem]:
    domains = {model.domain for name in asked.models if (model := sketch.models[name]) is not None}
    shown = [name for name in sketch.domains if name in domains]
    for need in ("features", "distance"):
        yield from check_judge_of(sketch, f"{ABLATION}.judge", need, asked.judge, shown)
    if asked.clip is not None:
        yield from check_judge_of(sketch, f"{ABLATION}.clip", "text", asked.clip, shown)
    if asked.num_diversity > asked.num_images:
        cure = f"is more than num_images ({asked.num_images}); lower this"
        yield Problem(f"{ABLATION}.num_diversity", cure, asked.num_diversity)


def _check_directions(sketch: Sketch, asked: GlobalDirections) -> Iterator[Problem]:
    for name, edit in asked.edits.items():
        if (edit.num_channels is None) == (edit.beta is None):
            yield Problem(f"{TEXTS}.edits.{name}", "needs either `num_channels` or `beta`")
        if edit.neutral == edit.target:
            yield Problem(f"{TEXTS}.edits.{name}.target", "is the neutral text too; say what is to change", edit.target)
    parents = sketch.full_size()
    if asked.model is not None and asked.model not in parents:
        cure = f"there is no such model of the study's resolution; {nearest(asked.model, parents)}"
        yield Problem(f"{TEXTS}.model", cure, asked.model)
        return
    first = next(iter(parents), None) if asked.model is None else asked.model
    if first is None or circles(parents):
        return
    line = [sketch.models[name] for name in (first, *descendants(parents, first))]
    domains = {model.domain for model in line if model is not None}
    shown = [name for name in sketch.domains if name in domains]
    yield from check_judge_of(sketch, f"{TEXTS}.judge", "attributes", asked.judge, shown)
    own = sketch.models[first]
    seen = [name for name in shown if own is not None and name == own.domain]
    yield from check_judge_of(sketch, f"{TEXTS}.clip", "text", asked.clip, seen)


def _check_drawn(sketch: Sketch, asked: Manipulations, texts: GlobalDirections | None) -> Iterator[Problem]:
    """Edits by text that the pictures show: they exist, and are of the pictures' reference."""
    drawn = {place: edit.text for place, edit in enumerate(asked.edits) if edit.text is not None}
    for place, name in drawn.items():
        if texts is None:
            yield Problem(f"{EDITS}.{place}.text", "needs studies.global_directions, which finds its channels", name)
        elif name not in texts.edits:
            cure = f"studies.global_directions.edits does not have it; {nearest(name, texts.edits)}"
            yield Problem(f"{EDITS}.{place}.text", cure, name)
    first = next(iter(sketch.full_size()), None)
    if drawn and texts is not None and (asked.reference or first) != (texts.model or first):
        cure = f"edits by text are found in {texts.model or first}; name the same model in both studies"
        yield Problem("studies.manipulations.reference", cure, asked.reference or first)
