"""The key reference (``docs/config.md``) and the JSON schema for editors, generated from the models themselves."""

import json
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from stylealign.config.adaptation_ablation import LatentMapping
from stylealign.config.domains import FolderDomain, Transform, WorldDomain, ZipDomain
from stylealign.config.inversion import Encoders, Inversion, Kept, Optimisation
from stylealign.config.judges import (
    BisenetParser,
    BrodenHead,
    ColourJudge,
    EmbeddedJudge,
    HubDownload,
    InceptionJudge,
    LpipsJudge,
    TorchvisionJudge,
    TransformersParser,
    UpernetParser,
)
from stylealign.config.models import Architecture, Model, Samples, Training
from stylealign.config.section import Download
from stylealign.config.studies import ChannelEdit, Studies
from stylealign.config.study import Study
from stylealign.config.text_edits import TextEdit

_INTRO = """\
# Every key of a study

Generated from the models in `stylealign/config/` by `stylealign config-docs`; a test fails when they differ.

A study is one YAML file: `config.yaml`, or the one that `--configfile` names, which replaces it whole. Values on the
command line (`--config resolution=64`) are laid over the file. YAML is read as version 1.2 has it: `off` is a text and
`1e-3` a number. `stylealign check FILE` reports every mistake at once, as Snakemake does before any job.

A key marked ○ cannot change a result: changing it re-runs nothing. Paths are seen from the working directory.
"""


def _sections_of(section: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """The sections in a section, by key, whether they may be left out or not."""
    for name, field in section.model_fields.items():
        for kind in (field.annotation, *get_args(field.annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield name, kind


_PAGES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("The file", Study),
    ("`domains.NAME` with `source: world`", WorldDomain),
    ("`domains.NAME` with `source: folder`", FolderDomain),
    ("`domains.NAME` with `source: zip`", ZipDomain),
    ("`domains.NAME.transform`", Transform),
    ("`architecture`", Architecture),
    ("`training`, and a model's own `training`", Training),
    ("`models.NAME`", Model),
    ("`judges.NAME` with `kind: embedded`", EmbeddedJudge),
    ("`judges.NAME` with `kind: torchvision`", TorchvisionJudge),
    ("`judges.NAME` with `kind: inception`", InceptionJudge),
    ("`judges.NAME` with `kind: lpips`", LpipsJudge),
    ("`judges.NAME` with `kind: colour`", ColourJudge),
    ("`judges.NAME` with `kind: transformers`", TransformersParser),
    ("`judges.NAME.download` with `kind: transformers`", HubDownload),
    ("`judges.NAME` with `kind: bisenet`", BisenetParser),
    ("`judges.NAME` with `kind: upernet`", UpernetParser),
    ("`judges.NAME.head` with `kind: upernet`", BrodenHead),
    ("`judges.NAME.download`", Download),
    ("`samples`", Samples),
    ("`inversion`", Inversion),
    ("`inversion.optimisation`", Optimisation),
    ("`inversion.encoders`", Encoders),
    ("`studies`", Studies),
    *((f"`studies.{name}`", section) for name, section in _sections_of(Studies)),
    ("`studies.manipulations.edits`, each", ChannelEdit),
    ("`studies.adaptation_ablation.mapper`", LatentMapping),
    ("`studies.global_directions.edits.NAME`", TextEdit),
    ("`studies.translation.kept`, `studies.reference_translation.kept`", Kept),
)


def config_page() -> str:
    """``docs/config.md``."""
    return "\n".join([_INTRO, *(line for title, section in _PAGES for line in _section(title, section))])


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
