"""Reading a study: one file, every mistake at once."""

import copy
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from stylealign.config.check import find_problems
from stylealign.config.domains import Domain
from stylealign.config.inversion import Inversion
from stylealign.config.judges import Judge
from stylealign.config.models import Architecture, Device, Model, Resolution, Training
from stylealign.config.problems import from_pydantic
from stylealign.config.sketch import Sketch
from stylealign.config.studies import Studies
from stylealign.config.study import Study
from stylealign.config.yaml_file import read_yaml
from stylealign.errors import ConfigError


def read_study(path: Path | str, *overlays: Mapping[str, Any], root: Path | str = ".") -> Study:
    """The study a YAML file describes; :class:`ConfigError` holds every mistake found, one line each.

    ``overlays`` are laid over the file's mappings, later ones on top; paths in it are looked for from ``root``.
    """
    raw: dict[str, Any] = read_yaml(Path(path))
    for overlay in overlays:
        raw = merged(raw, overlay)
    return parse_study(raw, name=str(path), root=Path(root))


def parse_study(raw: Mapping[str, Any], *, name: str = "config", root: Path = Path()) -> Study:
    """The study that plain data describes; :class:`ConfigError` as :func:`read_study`."""
    text = json.dumps(raw)
    try:
        study, problems = Study.model_validate_json(text, strict=True), []
    except ValidationError as error:
        study, problems = None, from_pydantic(Study, error.errors(include_url=False))
    known = {problem.key for problem in problems}
    problems += [problem for problem in find_problems(_sketch(raw, root)) if not _is_told(problem.key, known)]
    if study is None or problems:
        raise ConfigError([problem.line() for problem in problems], name)
    return study


def _is_told(key: str, known: Iterable[str]) -> bool:
    """Whether a mistake is one of those ``known``, or in the whole of an `adapt` of which a key is wrong."""
    return key in known or (key.endswith(".adapt") and any(other.startswith(f"{key}.") for other in known))


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` laid over ``under``, mapping by mapping."""
    both = {key: merged(under[key], value) for key, value in over.items() if _are_mappings(under.get(key), value)}
    return {**under, **over, **both}


def _are_mappings(*values: Any) -> bool:
    return all(isinstance(value, Mapping) for value in values)


def _sketch(raw: Mapping[str, Any], root: Path) -> Sketch:
    """What of the data is right, part by part."""
    return Sketch(
        root=root,
        resolution=_right_part(Resolution, raw.get("resolution", 32)),
        device=_right_part(Device, raw.get("device", "auto")),
        architecture=_right_part(Architecture, raw.get("architecture", {})),
        training=_right_part(Training, raw.get("training", {})),
        domains=_right_parts(Domain, raw.get("domains")),
        models=_right_parts(Model, raw.get("models")),
        adapted=_having("adapt", raw.get("models")),
        judges=_right_parts(Judge, raw.get("judges")),
        inversion=None if raw.get("inversion") is None else _right_part(Inversion, raw["inversion"]),
        has_inversion=raw.get("inversion") is not None,
        studies=_right_part(Studies, raw.get("studies", {})),
    )


def _right_parts(kind: Any, raw: Any) -> dict[str, Any]:
    return {name: _right_part(kind, part) for name, part in raw.items()} if isinstance(raw, Mapping) else {}


def _having(key: str, raw: Any) -> set[str]:
    """The parts that say something under ``key``, right or wrong."""
    parts = raw.items() if isinstance(raw, Mapping) else ()
    return {name for name, part in parts if isinstance(part, Mapping) and part.get(key) is not None}


def _right_part(kind: Any, raw: Any) -> Any:
    """The value without the keys that are wrong; ``None`` where a key that it needs is missing."""
    try:
        return TypeAdapter(kind).validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        wrong = [one["loc"] for one in error.errors(include_url=False)]
    pruned = _without(raw, wrong)
    return None if pruned == raw else _right_part(kind, pruned)


def _without(raw: Any, locations: Iterable[tuple[str | int, ...]]) -> Any:
    """Data without what stands at some locations."""
    pruned = copy.deepcopy(raw)
    for *above, last in {_keys_to(raw, location) for location in locations} - {()}:
        part = pruned
        for key in above:
            part = part.get(key, {})
        part.pop(last, None)
    return pruned


def _keys_to(raw: Any, location: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys on the way to a location, as far as mappings go; a union's tag is not one."""
    keys: list[str] = []
    for part in location:
        if isinstance(raw, dict) and part in raw:
            keys.append(str(part))
            raw = raw[part]
    return tuple(keys)
