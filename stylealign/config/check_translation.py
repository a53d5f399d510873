"""What translation needs: models that are related, codes of their images, judges that can measure, folders."""

from collections.abc import Iterator
from pathlib import Path

from stylealign.config.check_inversion import QUALITY, check_split, inverted_domains, inverted_models
from stylealign.config.check_path import check_path
from stylealign.config.check_studies import check_judge_of
from stylealign.config.inversion import InversionQuality
from stylealign.config.inversion_plan import CELLS_BY_DIRECTION, TRANSLATING, splits
from stylealign.config.judges import MEASURES
from stylealign.config.problems import Problem, nearest
from stylealign.config.section import is_positive_power_of_two
from stylealign.config.sketch import Sketch
from stylealign.lineage import circles, relation


def check_translation(sketch: Sketch) -> Iterator[Problem]:
    """Every mistake in what is made of codes."""
    studies = sketch.studies
    if studies is None or studies.inversion_quality is None:
        return
    for name in TRANSLATING:
        if getattr(studies, name) is not None:
            yield from _check_directions(sketch, name, studies.inversion_quality)
            yield from _check_methods(sketch, name, studies.inversion_quality)
    for name in CELLS_BY_DIRECTION:
        if getattr(studies, name) is not None:
            yield from _check_judges(sketch, name, studies.inversion_quality)
            yield from _check_targets(sketch, name, studies.inversion_quality)
    yield from _check_baselines(sketch)


def _check_directions(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    key, known = f"studies.{study}.directions", list(sketch.models)
    inverted = inverted_models(sketch, asked)
    for direction in getattr(sketch.studies, study).directions:
        ways = splits(direction, known)
        if len(ways) != 1:
            cure = f"write source2target with two of the models ({', '.join(known)})"
            yield Problem(key, cure if not ways else "can be read in two ways; rename a model", direction)
            continue
        yield from check_pair(sketch, key, direction, ways[0])
        needed = [ways[0][0], *([ways[0][1]] if study == "reference_translation" else [])]
        for name in needed:
            if name not in inverted:
                yield Problem(key, f"needs images inverted in {name}; add it to {QUALITY}.models", direction)


def check_pair(sketch: Sketch, key: str, direction: str, pair: tuple[str, str]) -> Iterator[Problem]:
    """A code of one model means nothing in another that is no relative."""
    parents = sketch.parents()
    if pair[0] == pair[1]:
        yield Problem(key, "goes from a model to itself; name two", direction)
        return
    if circles(parents) or any(model is None or model.checkpoint is not None for model in sketch.models.values()):
        return  # what a checkpoint descends from is in its card, which the job reads
    if relation(parents, *pair) == "unrelated":
        cure = "the two have no common ancestor, so a code of one means nothing in the other; name relatives"
        yield Problem(key, cure, direction)


def _check_methods(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    compared = getattr(sketch.studies, study)
    chosen = [compared.method] if study == "texture_translation" else compared.methods or ()
    key = f"studies.{study}.method{'' if study == 'texture_translation' else 's'}"
    for method in chosen:
        if method not in asked.methods:
            yield Problem(key, f"{QUALITY}.methods does not have it; {nearest(method, asked.methods)}", method)
    switch = getattr(compared, "switch_px", None)
    if switch is not None and (not is_positive_power_of_two(switch) or switch > (sketch.resolution or switch)):
        cure = f"must be a power of two up to the resolution ({sketch.resolution})"
        yield Problem(f"studies.{study}.switch_px", cure, switch)


def _check_judges(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    """Who measures must be able to, on images of the models' domains and on those that are translated beside them."""
    compared = getattr(sketch.studies, study)
    sources = [source for source, _ in _pairs(sketch, study)]
    own = {model.domain for model in sketch.models.values() if model is not None}
    beside = {name for source in sources for name in asked.image_sets.get(source, ())} - own
    named = [name for name in sketch.domains if name in beside]
    judge = sketch.judges.get(compared.judge)
    if (
        named and judge is not None and "features" in MEASURES[judge.kind]
    ):  # else it is refused with all studies' judges
        yield from check_judge_of(sketch, f"studies.{study}.judge", "features", compared.judge, named)
    shown = [name for name in sketch.domains if name in own | beside]
    for role, need in (("attributes_judge", "attributes"), ("diversity_judge", "distance")):
        if (name := getattr(compared, role, None)) is not None:
            yield from check_judge_of(sketch, f"studies.{study}.{role}", need, name, shown)


def _pairs(sketch: Sketch, study: str) -> list[tuple[str, str]]:
    """Source and target of a study's directions, as far as they can be read."""
    directions = getattr(sketch.studies, study).directions
    return [pair for direction in directions for pair in splits(direction, list(sketch.models))]


def _check_targets(sketch: Sketch, study: str, asked: InversionQuality) -> Iterator[Problem]:
    """Translations are compared with real images of the target's domain."""
    targets = (sketch.models[target] for _, target in _pairs(sketch, study))
    inverted = sketch.inversion.split if sketch.inversion else "test"
    split = "train" if study == "reference_translation" else inverted
    said = inverted_domains(sketch, asked) if split == inverted else []
    why = f"studies.{study} compares with its {split} images"
    for domain in dict.fromkeys(model.domain for model in targets if model is not None and model.domain not in said):
        yield from check_split(sketch, domain, split, why, "or drop the direction")


def _check_baselines(sketch: Sketch) -> Iterator[Problem]:
    translation = None if sketch.studies is None else sketch.studies.translation
    if translation is None:
        return
    for method, folders in translation.baselines.items():
        for direction, folder in folders.items():
            key = f"studies.translation.baselines.{method}.{direction}"
            if direction not in translation.directions:
                cure = f"is not among studies.translation.directions; {nearest(direction, translation.directions)}"
                yield Problem(key, cure, direction)
            yield from check_path(sketch, key, Path(folder), "folder")
