"""Our regions in the words of a parser: each names the classes it unites, in an order that counts.

A class is an id or a label. What is not named belongs to the last region, ``other``. Presets are the published merges.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from stylealign.config.problems import nearest

MAX_REGIONS = 255
_SHARED_PARTS = ("background", "leg", "head", "torso", "eye", "ear", "nose", "neck", "tail")

PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    "celebamask-hq": {
        "background": ("background",),
        "skin": ("skin",),
        "eyebrow": ("l_brow", "r_brow"),
        "eye": ("l_eye", "r_eye"),
        "ear": ("l_ear", "r_ear"),
        "nose": ("nose",),
        "mouth": ("mouth", "u_lip", "l_lip"),
        "neck": ("neck",),
        "cloth": ("cloth",),
        "hair": ("hair",),
    },
    "broden-dog": {name: (name,) for name in (*_SHARED_PARTS, "muzzle", "paw")},
    "broden-cat": {name: (name,) for name in (*_SHARED_PARTS, "paw")},
}
"""StyleSpace's merge of CelebAMask-HQ's 19 classes; the parts of Broden+ that StyleAlign's dog and cat tables have."""


class Regions(tuple[tuple[str, tuple[int | str, ...]], ...]):
    """(region, its classes) in order; a study writes a mapping, a list of pairs or the name of a preset."""

    @classmethod
    def read(cls, value: Any) -> "Regions":
        """What a study may write, as regions; ``ValueError`` for what is none of it."""
        if isinstance(value, str):
            if value not in PRESETS:
                raise ValueError(f"there is no such preset; {nearest(value, PRESETS)}")
            value = PRESETS[value]
        pairs = list(value.items()) if isinstance(value, Mapping) else value
        if not _is_list(pairs) or not all(_is_list(pair) and len(pair) == 2 for pair in pairs):
            raise ValueError("give a mapping of regions to lists of classes, or the name of a preset")
        if not pairs:
            raise ValueError("name at least one region, or leave it out for a region per class")
        return cls(_region(name, classes) for name, classes in pairs)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_pairs = core_schema.plain_serializer_function_ser_schema(_pairs, when_used="json")
        return core_schema.no_info_plain_validator_function(cls.read, serialization=as_pairs)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        classes = {"type": "array", "items": {"type": ["integer", "string"]}, "minItems": 1}
        pair = {"type": "array", "prefixItems": [{"type": "string"}, classes], "minItems": 2, "maxItems": 2}
        mapping = {"type": "object", "additionalProperties": classes}
        return {"anyOf": [{"enum": list(PRESETS)}, mapping, {"type": "array", "items": pair}]}


def _region(name: Any, classes: Any) -> tuple[str, tuple[int | str, ...]]:
    if not isinstance(name, str) or not name:
        raise ValueError(f"{name!r} is not the name of a region")
    if not _is_list(classes) or not classes:
        raise ValueError(f"give {name} a list of classes: ids or labels")
    if not all(isinstance(one, int | str) and not isinstance(one, bool) for one in classes):
        raise ValueError(f"a class of {name} is neither an id nor a label")
    return name, tuple(classes)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _pairs(regions: Regions) -> list[list[Any]]:
    return [[name, list(classes)] for name, classes in regions]
