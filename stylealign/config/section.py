"""What every section of a study's description has in common: frozen, no unknown keys, every key described.

A key marked with :func:`untracked` cannot change a result (where to run, how much memory to use): it stays out of a
job's tracked parameters, so that changing it re-runs nothing.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

NAME_PATTERN = r"^[a-z][a-z0-9_]{0,63}$"  # several stand in one file's name

Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]


def _switch(value: Any) -> Any:
    """YAML 1.1 readers turn ``on`` and ``off`` into booleans: turn them back."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["on", "off", "auto"], BeforeValidator(_switch)]


class Section(BaseModel):
    """One mapping of the description."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def key(default: Any, description: str, **constraints: Any) -> Any:
    """A key: its default (``...`` for none), what it means, and its bounds."""
    return Field(default, description=description, **constraints)


def untracked(default: Any, description: str, **constraints: Any) -> Any:
    """A key that cannot change a result."""
    return Field(default, description=description, json_schema_extra={"untracked": True}, **constraints)


def untracked_keys(section: type[Section]) -> set[str]:
    """The keys of a section that cannot change a result."""
    fields = section.model_fields.items()
    return {name for name, field in fields if (field.json_schema_extra or {}) == {"untracked": True}}


def newer(default: Any, description: str, **constraints: Any) -> Any:
    """A key that came later: at its default it stays out of slices and checkpoints, so that what was made stays."""
    return Field(default, description=description, json_schema_extra={"newer": True}, **constraints)


def unsaid_keys(section: Section) -> set[str]:
    """The :func:`newer` keys of a section that are at their defaults."""
    fields = type(section).model_fields.items()
    new = [(name, field) for name, field in fields if (field.json_schema_extra or {}) == {"newer": True}]
    return {name for name, field in new if getattr(section, name) == field.default}


class Download(Section):
    """A file to fetch once, refused unless its checksum is the one stated."""

    url: str = key(..., "where the file is", pattern=r"^https?://")
    sha256: str = key(..., "the file's sha256, 64 hexadecimal digits", pattern=r"^[0-9a-f]{64}$")


def is_positive_power_of_two(number: int) -> bool:
    """Whether a number is 1, 2, 4, 8, ..."""
    return number > 0 and number & (number - 1) == 0


def all_different(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """``values`` if none is named twice, for an ``AfterValidator``."""
    if len(set(values)) < len(values):
        raise ValueError("names one of them twice; keep one")
    return values
