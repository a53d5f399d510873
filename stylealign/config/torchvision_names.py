"""The networks of the installed torchvision, read from its source: an import would cost every dry run seconds."""

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_REGISTERED = re.compile(r"^@register_model\(\)\n(?:@.*\n)*def (\w+)\(", re.MULTILINE)


@cache
def torchvision_networks() -> tuple[str, ...]:
    """The names in ``torchvision.models``, sorted; empty where torchvision is absent or written in another way."""
    found = find_spec("torchvision")
    folders = [] if found is None else list(found.submodule_search_locations or ())
    files = [file for folder in folders for file in Path(folder, "models").glob("*.py")]
    return tuple(sorted({name for file in files for name in _REGISTERED.findall(file.read_text(encoding="utf-8"))}))
