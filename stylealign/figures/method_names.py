"""What a method of translation is called in a figure, where it stands, and how it looks: one place for every figure.

Ways of inverting come first (optimised, then encoders, each from Z to W+), then other methods' images, then controls.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from stylealign.config.inversion import SPACES, is_encoder, space_of
from stylealign.figures import style
from stylealign.translated_images import BASELINE, CONTROL, INVERSION

SPACE_NAMES = {"z": "Z", "zplus": "Z+", "w": "W", "wplus": "W+"}
KINDS = (INVERSION, BASELINE, CONTROL)
COLOURS = {INVERSION: style.BLUE, BASELINE: style.GREEN, CONTROL: style.VERMILION}


@dataclass(frozen=True)
class MethodName:
    """A method in words: ``z_opt`` is ``Z``, ``optimised``; a baseline is its own name, ``baseline``."""

    method: str
    kind: str = INVERSION

    @property
    def name(self) -> str:
        return SPACE_NAMES[space_of(self.method)] if self.kind == INVERSION else self.method

    @property
    def way(self) -> str:
        """How it is done, in a word."""
        return ("encoder" if is_encoder(self.method) else "optimised") if self.kind == INVERSION else self.kind

    @property
    def text(self) -> str:
        """Both, for running text."""
        return f"{self.name} {self.way}"

    @property
    def colour(self) -> str:
        return COLOURS[self.kind]

    @property
    def face(self) -> str:
        """The inside of its mark: encoders are hollow."""
        return style.PAPER if self.way == "encoder" else self.colour

    @property
    def place(self) -> tuple[int, bool, int, str]:
        """Sorts methods."""
        if self.kind != INVERSION:
            return KINDS.index(self.kind), False, 0, self.method
        return KINDS.index(self.kind), is_encoder(self.method), SPACES.index(space_of(self.method)), self.method


def in_order(methods: Iterable[tuple[str, str]]) -> list[MethodName]:
    """Methods, each with its kind, once, as every figure orders them."""
    return sorted({MethodName(str(method), str(kind)) for method, kind in methods}, key=lambda name: name.place)
