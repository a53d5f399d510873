"""Where a result comes from: canonical JSON of its settings, a digest of the code that made it, versions, files.

Snakemake sees neither an edit of imported code nor a change inside an object. So each rule's parameters hold two texts:
:func:`canonical_json` of the settings it depends on, and :func:`code_digest` of its script and of the modules that the
script reaches. The digest is over syntax trees without docstrings: comments, layout and prose re-run nothing.
"""

import ast
import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGE = "stylealign"
UNTRACKED = (
    "stylealign.config",
    "stylealign.provenance",
    "stylealign.errors",
    "stylealign.tables",
    "stylealign.channel_tables",
    "stylealign.columns",
    "stylealign.signature",
    "stylealign.writing",
)
"""Rooms whose edits change no result: settings arrive as values, which are tracked; errors and columns are prose.

A table's declaration is a setting of the rule that collects it.
"""

_ROOT = Path(__file__).resolve().parent.parent
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_VERSIONED = ("stylealign", "torch", "numpy")
_SOFTWARE = (*_VERSIONED, "python", "platform")
_ORDER = ("rule", "config_digest", "config", "code_digest", "models", "judge", "judges", "seed", "inputs")
MAX_SETTINGS, MAX_TEXT = 4096, 400  # characters of a job's settings that its results hold whole, of one of them
MAX_LISTED = 32  # models or files that a result names one by one
MORE = "and more, "  # and a digest: the others


def canonical_json(value: Any) -> str:
    """One text for equal values: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def text_digest(text: str) -> str:
    """The first 16 hexadecimal digits of a text's sha256: enough to tell two settings or two codes apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def file_sha256(path: str | Path) -> str:
    """A file's sha256, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing_digest(*sources: str | Path) -> str:
    """Digest of what lies under folders (and of files): relative paths, sizes and modification times; empty for none.

    Contents are not read, so that 100,000 photographs take about a second. Linked folders are not followed.
    """
    if not sources:
        return ""
    digest = hashlib.sha256()
    for source in sources:
        for line in sorted(_listed(os.fsdecode(source), "")):
            digest.update(os.fsencode(line))
        digest.update(b"\0\0")
    return digest.hexdigest()[:16]


def _listed(path: str, name: str) -> Iterator[str]:
    """A line for a file; for a folder those of all below it."""
    if not os.path.isdir(path):
        yield _listing_line(name, os.stat(path))
        return
    waiting = [(path, name)]
    while waiting:
        folder, above = waiting.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                below = f"{above}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, f"{below}/"))
                else:
                    yield _listing_line(below, _status(entry))


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    """A file's status, its target's for a link; the link's own where the target is gone."""
    try:
        return entry.stat()
    except OSError:
        return entry.stat(follow_symlinks=False)


def _listing_line(name: str, status: os.stat_result) -> str:
    return f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n"


def describe(
    *,
    spec: str,
    code: str,
    judge: str | None = None,
    seed: int | None = None,
    rule: str | None = None,
    behind: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a result's file says of how it was made: no clock, no host, no place, so that equal runs give equal bytes.

    ``spec`` is the job's slice of the study as JSON, kept whole where it is small; of absolute paths the last parts
    count. ``behind`` is what :func:`stylealign.origins.gathered` found in the job's inputs.
    """
    settings = _told_settings(json.loads(spec))
    text = canonical_json(settings)
    return {
        **versions(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **({"rule": rule} if rule else {}),
        "config_digest": text_digest(text),
        **({"config": settings} if settings and len(text) <= MAX_SETTINGS else {}),
        "code_digest": code,
        "judge": judge,
        "seed": seed,
        **(behind or {}),
    }


def _told_settings(value: Any) -> Any:
    """Settings as results tell them: of an absolute path the last part, for where a study lies is not how it was made;
    of a long text its digest."""
    if isinstance(value, dict):
        return {key: _told_settings(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_told_settings(one) for one in value]
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"digest {text_digest(value)}"
    return os.path.basename(value) if isinstance(value, str) and os.path.isabs(value) else value


def capped(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The first entries of a long mapping; the others are counted, and the whole is told by its digest.

    Of entries that come from mappings that were cut themselves nobody knows how many are the same.
    """
    named = {key: value for key, value in entries.items() if not key.startswith(MORE)}
    num_cut = len(entries) - len(named)
    if len(named) <= MAX_LISTED and num_cut <= 1:
        return dict(entries)
    shown = dict(list(named.items())[:MAX_LISTED])
    others = "more, of lists that were cut already" if num_cut else f"{len(named) - MAX_LISTED} more"
    return {**shown, f"{MORE}{text_digest(canonical_json(entries))}": others}


def told(provenance: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Provenance for readers: its keys, the weightiest first, each with lines of text; what is unknown is left out."""
    first = [key for key in _ORDER if key in provenance]
    rest = [key for key in provenance if key not in _ORDER and key not in _SOFTWARE]
    entries = [(key, _lines(key, provenance[key])) for key in [*first, *rest] if provenance[key] is not None]
    software = [f"{key} {provenance[key]}" for key in _SOFTWARE if key in provenance]
    return [*entries, *([("made_with", [", ".join(software)])] if software else [])]


def _lines(key: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [_line(one) for one in value] if isinstance(value, list) else [_line(value)]
    entries = sorted((capped(value) if key == "parts" else value).items(), key=lambda entry: entry[0].startswith(MORE))
    tell = {"parts": _part, "models": _descent}.get(key, _line)
    return [f"{name}: {tell(one)}" for name, one in entries]


def _part(value: Any) -> str:
    """How a part of a table was made: its digests."""
    if not isinstance(value, Mapping):
        return _line(value)
    return ", ".join(f"{key} {_line(one)}" for key, one in value.items() if key.endswith("_digest"))


def _descent(value: Any) -> str:
    return " -> ".join(map(_line, value)) if isinstance(value, list) else _line(value)


def _line(value: Any) -> str:
    """One line for a value: text as it is, unless it has several lines."""
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
        return ", ".join(map(_line, value))
    is_line = isinstance(value, str) and len(value.splitlines()) <= 1
    return value if is_line else json.dumps(value, sort_keys=True, ensure_ascii=False)


def versions() -> dict[str, str]:
    """Versions of what computes the results."""
    return {name: _version(name) for name in _VERSIONED}


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"


def code_digest(script: str | Path, *, package_root: str | Path = _ROOT) -> str:
    """Digest of a script (its path, or a module's dotted name) and of every module of the package that it reaches.

    Imports are followed wherever they stand, inside functions too; those under ``if TYPE_CHECKING`` never run and
    do not count. ``SyntaxError`` and ``FileNotFoundError`` pass through.
    """
    root = Path(package_root)
    start = Path(script) if str(script).endswith(".py") else _module_file(root, str(script))
    if start is None:
        raise FileNotFoundError(f"{script}: there is no such script or module under {root}")
    files, waiting = set[Path](), [start]
    while waiting:
        file = waiting.pop()
        if file not in files:
            files.add(file)
            waiting += [path for name in _syntax(file, _stamp(file))[1] for path in _reached(root, name)]
    names = sorted(
        (file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name, file) for file in files
    )
    return text_digest("\n".join(f"{name} {_syntax(file, _stamp(file))[0]}" for name, file in names))


def _reached(root: Path, name: str) -> Iterator[Path]:
    """The files that importing ``stylealign.room.module`` or ``stylealign.room.module.attribute`` runs."""
    if name.startswith(UNTRACKED):
        return
    for candidate in (name, name.rpartition(".")[0]):
        if (file := _module_file(root, candidate)) is not None:
            yield file
            return


def _module_file(root: Path, name: str) -> Path | None:
    path = root.joinpath(*name.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if name and candidate.is_file():
            return candidate
    return None


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_mtime_ns, status.st_size


@cache
def _syntax(file: Path, stamp: tuple[int, int]) -> tuple[str, tuple[str, ...]]:
    """Digest of a file's syntax tree without docstrings, and the modules of the package it imports."""
    tree = ast.parse(file.read_bytes(), filename=str(file))
    words: list[str] = []
    _spell(tree, words)
    return text_digest(" ".join(words)), tuple(sorted(set(_imports(tree))))


def _spell(node: ast.AST, words: list[str]) -> None:
    """A tree as words. What is absent is not spelt, so that a field new in a later Python changes no digest."""
    words.append(type(node).__name__)
    without_first = isinstance(node, _DOCUMENTED) and _has_docstring(node)
    for field in node._fields:
        value = getattr(node, field, None)
        if isinstance(value, list):
            items = value[1:] if without_first and field == "body" else value
            words.append(f"{field}[{len(items)}]" if items else "")
            for item in items:
                _spell(item, words) if isinstance(item, ast.AST) else words.append(repr(item))
        elif isinstance(value, ast.AST):
            words.append(field)
            _spell(value, words)
        elif value is not None or field == "value":
            words.append(f"{field}={value!r}")


def _has_docstring(node: ast.AST) -> bool:
    body = getattr(node, "body", None)
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _imports(node: ast.AST) -> Iterator[str]:
    """Dotted names that a tree imports from the package (which uses absolute imports only)."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from (name for other in child.orelse for name in _imports(ast.Module([other], [])))
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names if _is_ours(alias.name))
        elif isinstance(child, ast.ImportFrom) and _is_ours(child.module or ""):
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            yield from _imports(child)


def _is_ours(name: str) -> bool:
    return name == PACKAGE or name.startswith(f"{PACKAGE}.")


def environment() -> dict[str, Any]:
    """Versions of everything installed, and the machine's kind: no names of hosts or people."""
    installed = {dist.metadata["Name"]: dist.version for dist in metadata.distributions()}
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "packages": dict(sorted(installed.items(), key=lambda item: item[0].lower())),
    }
