"""Mistakes in words: one line each, with the dotted key, the value, and the cure."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from stylealign.config.section import Section
from stylealign.errors import shortened

_TAGGED = {"domains": "source", "judges": "kind"}
_MISSING = object()


@dataclass(frozen=True)
class Problem:
    """One mistake: where, what stands there, what to do."""

    key: str
    cure: str
    value: Any = _MISSING

    def line(self) -> str:
        key = shortened(self.key, 120)
        return f"{key}: {self.cure}" if self.value is _MISSING else f"{key} = {_shown(self.value)}: {self.cure}"


def nearest(word: str, known: Iterable[str]) -> str:
    """``; did you mean 'x'?`` or, where nothing is near, the list of what is known."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known here: {', '.join(known)}" if known else "nothing is declared here"


def dotted(location: Iterable[str | int]) -> str:
    """``("domains", "face", "world", "num_train")`` as ``domains.face.num_train``: union tags are not keys."""
    parts = [str(part) for part in location if part != "[key]"]
    if len(parts) > 2 and parts[0] in _TAGGED:
        del parts[2]
    return ".".join(parts)


def from_pydantic(root: type[Section], errors: Iterable[ErrorDetails]) -> list[Problem]:
    """Pydantic's findings as problems; a list that only seems short because an item is wrong is not another one."""
    errors = list(errors)
    wrong_items = {error["loc"][:-1] for error in errors}
    return [_translate(root, one) for one in errors if not (one["type"] == "too_short" and one["loc"] in wrong_items)]


def _translate(root: type[Section], error: ErrorDetails) -> Problem:
    location, kind, context = error["loc"], error["type"], error.get("ctx", {})
    where = dotted(location)
    if kind == "extra_forbidden":
        cure = f"there is no such key; {nearest(str(location[-1]), _known_keys(root, location[:-1]))}"
        return Problem(where, cure, error["input"])
    if kind == "missing":
        return Problem(where, "is missing; add it")
    if kind == "union_tag_not_found":
        return Problem(f"{where}.{_TAGGED[str(location[0])]}", f"is missing; known here: {_tags(root, location)}")
    if kind == "union_tag_invalid":
        tag = str(context["tag"])
        cure = f"there is no such {_TAGGED[str(location[0])]}; known here: {_tags(root, location)}"
        return Problem(f"{where}.{_TAGGED[str(location[0])]}", cure, tag)
    return Problem(where, _cure(kind, context, error), error["input"])


def _cure(kind: str, context: dict[str, Any], error: ErrorDetails) -> str:
    if kind == "literal_error":
        choices = [str(choice).strip("'\"") for choice in str(context["expected"]).replace(" or ", ", ").split(", ")]
        close = difflib.get_close_matches(str(error["input"]), choices, n=1)
        return f"choose one of {', '.join(choices)}" + (f"; did you mean {close[0]!r}?" if close else "")
    if kind == "string_pattern_mismatch" and error["loc"][-1] == "[key]":
        return (
            "a name is lower-case letters, digits and underscores, begins with a letter, and has at most 64 characters"
        )
    if kind == "value_error":
        return str(context["error"])
    return _CURES.get(kind, error["msg"][0].lower() + error["msg"][1:]).format(**context)


_CURES = {
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "float_type": "give a number",
    "finite_number": "give a finite number",
    "bool_type": "give true or false",
    "string_type": "give a text",
    "string_too_short": "give a text that is not empty",
    "path_type": "give a path",
    "tuple_type": "give a list",
    "dict_type": "give a mapping of keys",
    "model_type": "give a mapping of keys",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "too_short": "give at least {min_length}",
    "string_pattern_mismatch": "must match {pattern}",
}


def _tags(root: type[Section], location: tuple[str | int, ...]) -> str:
    """The values that the tag of a union of sections may have."""
    tag = _TAGGED[str(location[0])]
    sections = _sections(root.model_fields[str(location[0])].annotation)
    return ", ".join(get_args(section.model_fields[tag].annotation)[0] for section in sections)


def _known_keys(root: type[Section], location: tuple[str | int, ...]) -> list[str]:
    """The keys of the section at a location (which has a name after a mapping, and then a union's tag)."""
    section: type[BaseModel] = root
    parts = [str(part) for part in location]
    while parts:
        annotation = _by_key(section)[parts.pop(0)].annotation
        choices = _sections(annotation)
        if get_origin(annotation) is dict:
            parts.pop(0)
        section = choices[0] if len(choices) == 1 else _with_tag(choices, parts.pop(0))
    return list(_by_key(section))


def _by_key(section: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _with_tag(sections: list[type[BaseModel]], tag: str) -> type[BaseModel]:
    tagged = {get_args(field.annotation): one for one in sections for field in one.model_fields.values()}
    return tagged[(tag,)]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    """The sections inside an annotation: of a mapping's values, a union, an optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (dict, tuple, Union, UnionType, Annotated):
        return [section for inner in get_args(annotation) for section in _sections(inner)]
    return []


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
