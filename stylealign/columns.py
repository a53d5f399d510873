"""What a table is made of: declared columns, and the report's headings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Column:
    """One column: its name, its type (``string``, ``int``, ``float`` or ``bool``) and what it holds, with the unit."""

    name: str
    dtype: str
    meaning: str


# The report's headings, by the sections of StyleAlign.
MODELS = "1 Models and data"
TRANSFER = "2 What changes in transfer (StyleAlign 3, A.1, A.7)"
ALIGNMENT = "3 What stays aligned (StyleAlign 3, A.2)"
CHANNELS_SECTION = "4 Channels and directions (StyleAlign 3, A.2, A.9)"
TRANSLATION_SECTION = "5 Inversion and translation (StyleAlign 4.1, A.5)"
APPLICATIONS = "6 Morphing, blending and zero-shot transfer (StyleAlign 4.2, 4.3, A.6, A.7)"
LIMITS = "7 Limits: locality, resolution, far domains (StyleAlign A.2 to A.4)"
ADAPTATION = "8 Adaptation by text and by few images (StyleGAN-NADA)"
REPRODUCIBILITY = "9 Reproducibility"


@dataclass(frozen=True)
class Table:
    """A table: its name, where the papers have it, the report's heading, its title, its columns, what sorts it."""

    name: str
    paper: str
    section: str
    title: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = field(default=())

    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


def string(name: str, meaning: str) -> Column:
    return Column(name, "string", meaning)


def integer(name: str, meaning: str) -> Column:
    return Column(name, "int", meaning)


def number(name: str, meaning: str) -> Column:
    return Column(name, "float", meaning)


def boolean(name: str, meaning: str) -> Column:
    return Column(name, "bool", meaning)
