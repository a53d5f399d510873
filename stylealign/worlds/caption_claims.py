"""What a caption claims, claim by claim, so that shorter texts can be said of the same picture and stay true.

A caption of :mod:`stylealign.worlds.captions` is a medium ("an oil painting"), a subject ("a smiling old person") and
clauses ("short straight brown hair", "a fringe", "turned to the left", "on a dark green background"). Each names one
thing and perhaps qualities of it; a claim is a thing, or a quality of a thing. A text that keeps some of the clauses,
and some of their qualities, claims a part of what the caption claims: it is true of every picture that claims all of
it, and of no picture that claims another quality in its place. That is what a CLIP in training must know: a text that
is true of another picture of the batch is not a wrong text for it.

Words that captions never use, but people do, stand for theirs: a photo for a portrait, a painting for an oil painting.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from stylealign.worlds.captions import with_article

Claims = frozenset[str]

MEDIA = {  # as captions begin -> what it is, and what it may be called
    "a portrait": ("photo", ("a portrait", "a photo", "a photo")),
    "a photo": ("photo", ("a photo",)),
    "an oil painting": ("painting", ("an oil painting", "a painting", "a painting")),
    "a cartoon": ("cartoon", ("a cartoon",)),
    "the outlines": ("outlines", ("the outlines",)),
}
UNSAID = ("photo", ("a photo",))  # of a caption that names no medium
SUBJECTS = {"person": ("person", "person", "person", "face")}

_QUALIFIED = ("hair", "fur", "ears", "collar", "background", "person")  # things whose qualities stand before them
_JOINED = {"dark brown": "dark_brown", "in a bun": "in_a_bun"}
_LEADS = ("wearing", "on")  # how a clause may begin before its article
_PLACES = ("facing us", "turned to", "under ", "with its", "and ", "on ", "wearing ")  # clauses that need no "with"


@dataclass(frozen=True)
class Clause:
    """One thing and its qualities: "on a dark green background" is on, a, (dark, green), background."""

    thing: str
    qualities: tuple[str, ...] = ()
    lead: str = ""  # what stands before its article
    has_article: bool = False
    after: str = ""  # a quality that stands behind the thing

    def claims(self) -> Claims:
        """The thing, and each of its qualities."""
        qualities = [*self.qualities, *([self.after] if self.after else [])]
        return frozenset([self.thing, *(f"{quality}|{self.thing}" for quality in qualities)])

    def words(self) -> str:
        """As a caption says it."""
        said = " ".join([*self.qualities, self.thing, *([self.after] if self.after else [])]).replace("_", " ")
        return " ".join([*([self.lead] if self.lead else []), with_article(said) if self.has_article else said])


@dataclass(frozen=True)
class Caption:
    """A caption in its parts: what it is (a medium, and how it may be called), of whom, and what else is said."""

    medium: str
    called: tuple[str, ...]
    subject: Clause
    clauses: tuple[Clause, ...]
    text: str

    def claims(self) -> Claims:
        """Everything that the caption says of its picture."""
        return frozenset().union(_medium_claim(self.medium), *(c.claims() for c in (self.subject, *self.clauses)))


def read_caption(text: str) -> Caption:
    """The parts of a caption; what is not understood more finely is a clause that is kept or dropped whole."""
    medium, called, rest = _without_medium(text)
    head, *clauses = _clauses(rest)
    return Caption(medium, called, _clause(head), tuple(_clause(clause) for clause in clauses), text)


def _without_medium(text: str) -> tuple[str, tuple[str, ...], str]:
    for beginning, (medium, called) in MEDIA.items():
        if text.startswith(f"{beginning} of "):
            return medium, called, text.removeprefix(f"{beginning} of ")
    return *UNSAID, text


def _clauses(rest: str) -> list[str]:
    """The subject, then the clauses, without the words that join them."""
    parts = [part for clause in rest.split(", ") for part in re.split(r" (?:with (?!its)|and (?=\w+ ears))", clause)]
    return [part.removeprefix("and ") for part in parts]


def _clause(text: str) -> Clause:
    """A clause of a thing that has qualities, else one that is a claim as a whole."""
    for long, short in _JOINED.items():
        text = text.replace(long, short)
    words = text.split(" ")
    after = words.pop() if words[-1] in _JOINED.values() else ""
    if words[-1] not in _QUALIFIED:
        return Clause(text.replace("_", " "))
    lead = words.pop(0) if words[0] in _LEADS else ""
    has_article = words[0] in ("a", "an")
    *qualities, thing = words[1:] if has_article else words
    return Clause(thing, tuple(qualities), lead, has_article, after)


KINDS_OF_TEXT = ("whole", "none", "one", "some")  # what is kept of the clauses


def shorter(caption: Caption, stream: np.random.Generator) -> tuple[str, Claims]:
    """A text that is true of the caption's picture, and what it claims: the caption, or a part of it in other words.

    A quarter are whole captions, a quarter name medium and subject alone, a quarter say one thing more, and the others
    keep each clause by the toss of a coin. Draws from ``stream`` alone.
    """
    kind = KINDS_OF_TEXT[stream.integers(len(KINDS_OF_TEXT))]
    if kind == "whole":
        return caption.text, caption.claims()
    subject = _fewer(caption.subject, stream, 0.5, keep_one=False)
    kept = [clause for clause in caption.clauses if kind == "some" and stream.random() < 0.5]
    if kind == "one" and caption.clauses:
        kept = [caption.clauses[stream.integers(len(caption.clauses))]]
    kept = [_fewer(clause, stream, 0.5, keep_one=True) for clause in kept]
    medium = str(stream.choice(caption.called)) if stream.random() < 0.75 else None
    return composed(medium, _renamed(subject, stream), kept), _claims_of(caption, medium, [subject, *kept])


def _fewer(clause: Clause, stream: np.random.Generator, dropped: float, *, keep_one: bool) -> Clause:
    """Without some of its qualities: all of them in the part ``dropped``, unless one must be kept."""
    num = len(clause.qualities) + bool(clause.after)
    is_kept = stream.random(num) < 0.6
    if num and keep_one and not is_kept.any():
        is_kept[stream.integers(num)] = True
    if not keep_one and stream.random() < dropped:
        is_kept[:] = False
    qualities = tuple(quality for quality, kept in zip(clause.qualities, is_kept, strict=False) if kept)
    return replace(clause, qualities=qualities, after=clause.after if num and is_kept[-1] else "")


def _renamed(subject: Clause, stream: np.random.Generator) -> Clause:
    called = SUBJECTS.get(subject.thing)
    return subject if called is None else replace(subject, thing=str(stream.choice(called)))


def composed(medium: str | None, subject: Clause, clauses: Sequence[Clause]) -> str:
    """A sentence: "a painting of an old person with red hair, a hat, on a blue background".

    ``medium`` is how it is called, or None for a sentence that names none.
    """
    words = [clause.words() for clause in clauses]
    worn = [text for text in words if not text.startswith(_PLACES)]
    text = subject.words() if medium is None else f"{medium} of {subject.words()}"
    if worn:
        text = f"{text} with {', '.join(worn)}"
    placed = [one for one in words if one.startswith(_PLACES)]
    return ", ".join([text, *placed]) if worn or len(placed) > 1 else " ".join([text, *placed])


def _claims_of(caption: Caption, medium: str | None, clauses: Sequence[Clause]) -> Claims:
    said = frozenset().union(*(clause.claims() for clause in clauses))
    return said if medium is None else said | _medium_claim(caption.medium)


def _medium_claim(medium: str) -> Claims:
    return frozenset([f"{medium}|medium"])


_SIDES = re.compile(r"\b(left|right)\b")


def names_a_side(text: str) -> bool:
    """Whether a text says left or right, which a mirrored picture would make untrue."""
    return _SIDES.search(text) is not None


def mirrored(claims: Claims) -> Claims:
    """What is claimed of the mirrored picture."""
    other = {"left": "right", "right": "left"}
    return frozenset(_SIDES.sub(lambda side: other[side[0]], claim) for claim in claims)
