"""YAML as the study's description needs it: plain data, YAML 1.2 words, no tags, no duplicate keys, no bombs.

``off`` is a text and ``1e-3`` a number, as in YAML 1.2; PyYAML alone would read a boolean and a text.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from stylealign.config.problems import Problem
from stylealign.errors import ConfigError

MAX_NODES = 10_000
MAX_BYTES = 300_000  # of a file: the default study is 15 kB, one of 500 models 60 kB


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader with the YAML 1.2 core words, collecting mistakes."""

    def __init__(self, stream: str):
        super().__init__(stream)
        self.problems: list[Problem] = []
        self._num_composed = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._num_composed += 1
        if self._num_composed > MAX_NODES:
            raise yaml.MarkedYAMLError(problem=_TOO_MANY, problem_mark=self.get_mark())
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, KeyError) as error:
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(None, None, f"is no {kind}", node.start_mark) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise yaml.constructor.ConstructorError(None, None, "is no map", node.start_mark)
        seen: set[str] = set()
        for key_node, _ in node.value:
            key, line = str(key_node.value), f"line {key_node.start_mark.line + 1}"
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(line, "a key is a single word"))
                return {}
            if key in seen and key != "<<":
                self.problems.append(Problem(line, f"the key {key!r} is given twice; keep one"))
            seen.add(key)
        return {str(key): value for key, value in super().construct_mapping(node, deep=deep).items()}


_TOO_MANY = f"has more than {MAX_NODES} values; a study has far fewer"
_NUMBER = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_WORDS = {
    "bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    "int": (r"[-+]?[0-9]+", "-+0123456789"),
    "float": (_NUMBER + r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "merge": (r"<<", "<"),
}
_KINDS = {"map", "seq", "str", "int", "float", "bool", "null"}

_Loader.yaml_implicit_resolvers = {}
for _kind, (_pattern, _first) in _WORDS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.yaml_constructors = {
    tag: constructor
    for tag, constructor in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in _KINDS
}
_Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))  # 012 is twelve, not octal ten


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file's mapping; :class:`ConfigError` with every duplicate key, tag or syntax mistake."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError([f"has more than {MAX_BYTES:,} bytes; a study has far fewer"], str(path))
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError([f"cannot be read: {error}; save it as UTF-8"], str(path)) from error
    except (OSError, ValueError) as error:
        raise ConfigError([f"cannot be read: {error}"], str(path)) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, name: str) -> dict[str, Any]:
    """The mapping that a YAML text holds."""
    loader = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if _num_nodes(node, {}) > MAX_NODES:
            raise ConfigError([f"its aliases unfold to more than {MAX_NODES} values; write them out"], name)
        value = {} if node is None else loader.construct_document(node)
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError([_syntax(error)], name) from error
    finally:
        if loader is not None:
            loader.dispose()
    if loader.problems:
        raise ConfigError([problem.line() for problem in loader.problems], name)
    if not isinstance(value, dict):
        raise ConfigError(["must be a mapping of keys, such as `seed: 0`"], name)
    return value


def _num_nodes(node: yaml.Node | None, known: dict[int, float]) -> float:
    """How many values a node unfolds to; infinitely many where it holds itself."""
    if node is None or isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) not in known:
        known[id(node)] = float("inf")
        pairs = node.value if isinstance(node, yaml.MappingNode) else [(item,) for item in node.value]
        known[id(node)] = 1 + sum(_num_nodes(item, known) for pair in pairs for item in pair)
    return known[id(node)]


def _syntax(error: BaseException) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return f"character {error.position + 1} is {error.character:#x}, which no text has; remove it"
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "is nested too deeply"
    if isinstance(error, yaml.constructor.ConstructorError):
        what = what if what.startswith("is no") else f"{what}; tags are not read here, write plain values"
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else str(what)
