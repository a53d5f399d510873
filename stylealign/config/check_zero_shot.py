"""Mistakes in zero-shot transfer (StyleAlign, 4.3, A.6), found before any job starts.

Only worlds are let in, whose attributes, kinds and values the catalogue knows: a question is checked word by word.
"""

from collections.abc import Iterator, Sequence

from stylealign.catalogue import CATALOGUE, WORLD_ATTRIBUTES, Attribute
from stylealign.config.application_plan import ZERO_SHOT
from stylealign.config.applications import ZeroShot, ZeroShotClass, ZeroShotClassification, ZeroShotRegression
from stylealign.config.check_inversion import QUALITY, check_split, inverted_models
from stylealign.config.check_translation import check_pair
from stylealign.config.domains import Photographs, WorldDomain
from stylealign.config.inversion import InversionQuality
from stylealign.config.inversion_plan import splits
from stylealign.config.problems import Problem, nearest
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Studies


def check_zero_shots(sketch: Sketch, studies: Studies) -> Iterator[Problem]:
    """Every mistake in the two comparisons."""
    for name in ZERO_SHOT:
        if (asked := getattr(studies, name)) is not None:
            yield from _check_directions(sketch, studies, f"studies.{name}", asked)
            yield from _check_space(studies, f"studies.{name}", asked)
            yield from _check_questions(sketch, studies, f"studies.{name}.attributes", asked)


def _check_directions(sketch: Sketch, studies: Studies, study: str, asked: ZeroShot) -> Iterator[Problem]:
    """Zero-shot transfer needs encoders, and exact labels on either side."""
    for direction in asked.directions:
        found = splits(direction, list(sketch.models))
        if len(found) != 1:
            cure = f"write parent2child with two of the models ({', '.join(sketch.models)})"
            yield Problem(
                f"{study}.directions", cure if not found else "can be read in two ways; rename a model", direction
            )
            continue
        yield from check_pair(sketch, f"{study}.directions", direction, found[0])
        if studies.inversion_quality is not None:
            yield from _check_images(sketch, studies.inversion_quality, study, direction, found[0])


def _check_images(
    sketch: Sketch, quality: InversionQuality, study: str, direction: str, pair: tuple[str, str]
) -> Iterator[Problem]:
    for name in pair:
        model = sketch.models[name]
        if name not in inverted_models(sketch, quality):
            cure = f"needs an encoder of {name}; add it to {QUALITY}.models"
            yield Problem(f"{study}.directions", cure, direction)
        domain = None if model is None else sketch.domains.get(model.domain)
        if model is None or domain is None:
            continue
        if isinstance(domain, Photographs):
            cure = f"the images of {model.domain} are photographs, whose attributes nobody knows; name models of worlds"
            yield Problem(f"{study}.directions", cure, direction)
            continue
        for split in ("train", "test"):
            yield from check_split(sketch, model.domain, split, f"{study} reads its {split} images", "or drop it")


def _check_space(studies: Studies, study: str, asked: ZeroShot) -> Iterator[Problem]:
    quality = studies.inversion_quality
    if quality is not None and f"{asked.space}_enc" not in quality.methods:
        cure = f"{QUALITY}.methods has no {asked.space}_enc, so nothing is encoded there; add it, or choose another"
        yield Problem(f"{study}.space", cure, asked.space)


def _check_questions(sketch: Sketch, studies: Studies, key: str, asked: ZeroShot) -> Iterator[Problem]:
    """That the images of either side can answer, and that the parent has a boundary."""
    parents, children = _worlds(sketch, asked, 0), _worlds(sketch, asked, 1)
    if isinstance(asked, ZeroShotRegression):
        for name in asked.attributes:
            found = list(_check_number(key, name, parents | children))
            yield from found or _check_boundary(studies, key, name)
    elif isinstance(asked, ZeroShotClassification):
        for name, question in asked.attributes.items():
            found = list(_check_class(f"{key}.{name}", question, parents, children))
            yield from found or _check_boundary(studies, key, question.parent.partition("=")[0])


def _worlds(sketch: Sketch, asked: ZeroShot, side: int) -> dict[str, str]:
    """The worlds (by domain) whose images the parents (side 0), or the children, of the directions are asked about."""
    pairs = [found[0] for one in asked.directions if len(found := splits(one, list(sketch.models))) == 1]
    models = [model for pair in pairs if (model := sketch.models[pair[side]]) is not None]
    domains = {model.domain: sketch.domains.get(model.domain) for model in models}
    return {name: domain.world for name, domain in domains.items() if isinstance(domain, WorldDomain)}


def _check_number(key: str, name: str, worlds: dict[str, str]) -> Iterator[Problem]:
    if unknown := _unknown(name, worlds):
        yield Problem(key, f"{unknown}{_instead(name, worlds)}", name)
    elif worlds and CATALOGUE[name].kind == "class":
        cure = f"is one of {_listed(CATALOGUE[name].values)}, no number; ask it in zero_shot_classification"
        yield Problem(key, cure, name)


def _check_class(
    key: str, asked: ZeroShotClass, parents: dict[str, str], children: dict[str, str]
) -> Iterator[Problem]:
    own = list(_check_question(f"{key}.parent", asked.parent, parents))
    yield from own or _check_second(f"{key}.parent", asked.parent, parents)
    if asked.child is not None:
        yield from _check_question(f"{key}.child", asked.child, children)
    elif not own and (unknown := _unknown(asked.parent.partition("=")[0], children)):
        yield Problem(key, f"{unknown}say in child what it becomes there", asked.parent)


def _check_question(key: str, question: str, worlds: dict[str, str]) -> Iterator[Problem]:
    """A number alone, one of two classes alone or with a value, one of more with a value."""
    name, equals, value = question.partition("=")
    if unknown := _unknown(name, worlds):
        yield Problem(key, f"{unknown}{_instead(name, worlds)}", question)
    elif worlds and (cure := _misasked(CATALOGUE[name], value, bool(equals))):
        yield Problem(key, cure, question)


def _misasked(attribute: Attribute, value: str, has_value: bool) -> str | None:
    """What is wrong with a known attribute's value, or its absence."""
    name, values = attribute.name, attribute.values
    if attribute.kind == "number":
        return f"is a number, which is split at its median; write {name} alone" if has_value else None
    if not has_value:
        return (
            f"has {len(values)} values; write {name}=value with one of {_listed(values)}" if len(values) > 2 else None
        )
    return None if value in values else f"there is no such value of {name}; {nearest(value, values)}"


def _check_second(key: str, question: str, worlds: dict[str, str]) -> Iterator[Problem]:
    """Of two values, the parent's boundary is the second's: its other side is the first."""
    name, equals, value = question.partition("=")
    values = CATALOGUE[name].values if worlds else ()
    if len(values) == 2 and equals and value == values[0]:
        cure = f"of two values only the second has a boundary; ask for {name}={values[1]}, the opposite"
        yield Problem(key, cure, question)


def _check_boundary(studies: Studies, key: str, attribute: str) -> Iterator[Problem]:
    known = None if studies.boundaries is None else studies.boundaries.attributes
    if known is not None and attribute not in known:
        yield Problem(key, f"studies.boundaries.attributes does not have it; {nearest(attribute, known)}", attribute)


def _unknown(name: str, worlds: dict[str, str]) -> str:
    """``the images of dog, cat have no exact 'beard'; ``, or nothing where all have it."""
    lacking = [domain for domain, world in worlds.items() if all(one.name != name for one in WORLD_ATTRIBUTES[world])]
    return f"the images of {', '.join(lacking)} have no exact {name!r}; " if lacking else ""


def _instead(name: str, worlds: dict[str, str]) -> str:
    """The nearest of the attributes that all of these worlds have."""
    known = [{one.name for one in WORLD_ATTRIBUTES[world]} for world in worlds.values()]
    return nearest(name, [one for one in CATALOGUE if all(one in names for names in known)])


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values)
