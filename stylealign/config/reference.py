"""The key reference (``docs/config.md``) and the JSON schema for editors, generated from the models themselves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stylealign.config.study import Study

_INTRO = """\
# Every key of a study

Generated from the models in `stylealign/config/` by `stylealign config-docs`; a test fails when they differ.

A study is one YAML file: `config.yaml`, or the one that `--configfile` names, which replaces it whole. Values on the
command line (`--config resolution=64`) are laid over the file. YAML is read as version 1.2 has it: `off` is a text and
`1e-3` a number. `stylealign check FILE` reports every mistake at once, as Snakemake does before any job.

A key marked ○ cannot change a result: changing it re-runs nothing. Paths are seen from the working directory.
"""


@dataclass(frozen=True)
class _Place:
    """Where a section stands in a file: its path, whether in a list there, and what chooses it among others."""

    path: str = ""
    listed: bool = False
    tag: str = ""  # kind, source
    value: str = ""

    def key(self, name: str) -> "_Place":
        return replace(self, path=f"{self.path}.{name}".lstrip("."))


def _sections(annotation: Any, place: _Place) -> Iterator[tuple[_Place, type[BaseModel]]]:
    """The sections that a value may be, and all in them, each at its place; a section comes before those in it."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if place.tag and not place.value:
            place = replace(place, value=get_args(annotation.model_fields[place.tag].annotation)[0])
        yield place, annotation
        for name, field in annotation.model_fields.items():
            yield from _sections(field.annotation, place.key(field.alias or name))
        return
    for mark in getattr(annotation, "__metadata__", ()):
        if isinstance(mark, FieldInfo) and isinstance(mark.discriminator, str):
            place = replace(place, tag=mark.discriminator)
    arguments = get_args(annotation)
    if get_origin(annotation) is dict:
        arguments, place = arguments[1:], place.key("NAME")
    if get_origin(annotation) is tuple:
        place = replace(place, listed=True)
    for one in arguments:
        yield from _sections(one, place)


def _pages() -> list[tuple[str, type[BaseModel]]]:
    """Every section of a study with its title: all places where it may stand."""
    found: dict[type[BaseModel], list[_Place]] = {}
    for place, section in _sections(Study, _Place()):
        found.setdefault(section, []).append(place)
    return [(_title(places), section) for section, places in found.items()]


def _title(places: list[_Place]) -> str:
    """``judges.NAME.download`` with `kind: torchvision`, `lpips`: the places of a section in words."""
    chosen: dict[_Place, list[str]] = {}
    for place in places:
        chosen.setdefault(replace(place, value=""), []).append(place.value)
    return ", ".join(_at(place, values) for place, values in chosen.items())


def _at(place: _Place, values: list[str]) -> str:
    if not place.path:
        return "The file"
    names = ", ".join(f"`{value}`" for value in values[1:])
    choice = f" with `{place.tag}: {values[0]}`" + (f", {names}" if names else "") if place.tag else ""
    return f"`{place.path}`{', each' if place.listed else ''}{choice}"


def config_page() -> str:
    """``docs/config.md``."""
    return "\n".join([_INTRO, *(line for title, section in _pages() for line in _section(title, section))])


def config_schema() -> str:
    """``docs/config.schema.json``: what an editor completes and checks."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Study.model_json_schema()}
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _section(title: str, section: type[BaseModel]) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"{' '.join((section.__doc__ or '').replace(':func:', '').split())}\n"
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in section.model_fields.items():
        mark = " ○" if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("untracked") else ""
        cells = (f"`{field.alias or name}`{mark}", _kind(field), _default(field), field.description or "")
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _kind(field: FieldInfo) -> str:
    """The values a key takes, in words, with its bounds."""
    words = _words(field.annotation)
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    bounds = [
        f"{sign} {getattr(one, mark):g}" for one in field.metadata for mark, sign in signs.items() if hasattr(one, mark)
    ]
    return ", ".join([words, *bounds])


_WORDS = {
    "int": "whole number",
    "float": "number",
    "str": "text",
    "bool": "true, false",
    "Path": "path",
    "NoneType": "null",
    "Regions": "mapping of regions to lists of classes, or a preset",
}


def _words(annotation: Any) -> str:
    arguments = [one for one in get_args(annotation) if not _is_metadata(one)]
    name = getattr(annotation, "__name__", str(annotation))
    if all(isinstance(one, str) for one in arguments) and arguments:
        return ", ".join(f"`{one}`" for one in arguments)
    if name == "dict":
        return f"mapping of names to {_words(arguments[1])}"
    if name == "tuple":
        return f"list of {_words(arguments[0])}s"
    if arguments:
        return " or ".join(dict.fromkeys(_words(one) for one in arguments))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "a section, below"
    return _WORDS.get(name, name)


def _is_metadata(argument: Any) -> bool:
    return argument is Ellipsis or not (isinstance(argument, type | str) or get_args(argument) or argument is None)


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, BaseModel):
        return "as below"
    return f"`{json.dumps(default)}`"
