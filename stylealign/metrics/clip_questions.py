"""What a CLIP is asked about the images of a domain, in the words of their captions (table ``clip_accuracy``).

Qualities that exclude one another make a question with an answer for each: which colour the hair has, which the
background, where the head is turned to. What a caption names only where it is there (glasses, a hat, an open mouth) has
no words for its absence, and makes a question of pairs. Every answer is said in several sentences.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from stylealign.worlds.caption_claims import Caption, Clause, composed

MIN_OF_VALUE = 20  # images that a value needs to be asked after
MAX_PRESENCES = 8  # of a domain: what most images differ in
ABSENT = ""

KINDS: Mapping[str, tuple[str, ...]] = {
    "colour": (
        *("dark_brown", "brown", "red", "copper", "blond"),
        *("orange", "yellow", "green", "teal", "blue", "indigo", "violet", "pink"),
    ),
    "length": ("short", "medium-length", "long"),
    "style": ("straight", "curly", "in_a_bun"),
    "light": ("light", "dark"),
    "expression": ("smiling", "serious"),
    "age": ("young", "middle-aged", "old"),
    "shape": ("erect", "floppy", "round"),
}
"""Qualities that exclude one another, by what they are of a thing."""

TURNS = ("turned to the left", "facing us", "turned to the right")


@dataclass(frozen=True)
class Question:
    """A question, its answers' sentences by value, and the value [N] of each image, ``ABSENT`` where it has none.

    ``neutral`` are sentences that leave it open, of a question of pairs.
    """

    name: str
    answers: Mapping[str, tuple[str, ...]]
    values: np.ndarray
    neutral: tuple[str, ...] = ()


def questions(captions: Sequence[Caption]) -> list[Question]:
    """Everything that is asked of the images of one domain."""
    return [*_choices(captions), *_presences(captions)]


def domain_question(captions: Mapping[str, Sequence[Caption]]) -> Question:
    """Which domain an image is of; those that captions call the same are one."""
    first = {domain: read[0] for domain, read in captions.items()}
    named = {domain: f"{one.medium} of {_plain(one.subject).words()}" for domain, one in first.items()}
    answers = {
        named[domain]: tuple(composed(called, _plain(one.subject), []) for called in _calls(one))
        for domain, one in first.items()
    }
    return Question("domain", answers, np.repeat(list(named.values()), [len(read) for read in captions.values()]))


def sentences(caption: Caption, clauses: Sequence[Clause], subject: Clause | None = None) -> tuple[str, ...]:
    """The sentences of one answer: with every word for the medium, and with none."""
    subject = _plain(caption.subject) if subject is None else subject
    return tuple(composed(medium, subject, clauses) for medium in (*dict.fromkeys(caption.called), None))


def _calls(caption: Caption) -> tuple[str | None, ...]:
    """The words for a caption's medium; none too where it leaves it out itself."""
    is_named = caption.text.startswith(caption.called)
    return (*dict.fromkeys(caption.called), *(() if is_named else (None,)))


def _choices(captions: Sequence[Caption]) -> list[Question]:
    """Questions with several answers, of which each image has one."""
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    values: dict[str, list[str]] = {}
    for row, caption in enumerate(captions):
        for clause in (caption.subject, *caption.clauses):
            for name, value, alone in _answers_of(clause):
                values.setdefault(name, [ABSENT] * len(captions))[row] = value
                if value not in found.setdefault(name, {}):
                    is_subject = clause is caption.subject
                    found[name][value] = sentences(
                        caption, [] if is_subject else [alone], alone if is_subject else None
                    )
    asked = [_frequent(Question(name, found[name], np.array(values[name]))) for name in found]
    return [question for question in asked if len(question.answers) > 1]


def _answers_of(clause: Clause) -> list[tuple[str, str, Clause]]:
    """(question, value, the clause that says this alone) of a clause's qualities."""
    if clause.thing in TURNS:
        return [("turn", clause.thing, clause)]
    qualities = [*clause.qualities, *([clause.after] if clause.after else [])]
    kinds = [next((kind for kind, known in KINDS.items() if quality in known), None) for quality in qualities]
    pairs = [(kind, quality) for kind, quality in zip(kinds, qualities, strict=True) if kind is not None]
    return [(f"{clause.thing} {kind}", quality, _only(clause, quality)) for kind, quality in pairs]


def _only(clause: Clause, quality: str) -> Clause:
    if quality == clause.after:
        return replace(clause, qualities=())
    return replace(clause, qualities=(quality,), after="")


def _plain(clause: Clause) -> Clause:
    return replace(clause, qualities=(), after="")


def _frequent(question: Question) -> Question:
    """Without values that few images have."""
    counts = Counter(question.values.tolist())
    answers = {value: said for value, said in sorted(question.answers.items()) if counts[value] >= MIN_OF_VALUE}
    return replace(
        question, answers=answers, values=np.where(np.isin(question.values, list(answers)), question.values, ABSENT)
    )


def _presences(captions: Sequence[Caption]) -> list[Question]:
    """Questions of what some images show and others do not, the most evenly shared first."""
    bare = {clause.thing: clause for one in captions for clause in one.clauses if clause == _plain(clause)}
    shows = {thing: np.array([thing in {c.thing for c in one.clauses} for one in captions]) for thing in bare}
    rarer = {thing: min(int(shown.sum()), int((~shown).sum())) for thing, shown in shows.items() if thing not in TURNS}
    asked = sorted((thing for thing in rarer if rarer[thing] >= MIN_OF_VALUE), key=lambda thing: -rarer[thing])
    one = captions[0]
    return [
        Question(
            thing.removeprefix("a ").removeprefix("with its "),
            {thing: sentences(one, [bare[thing]])},
            np.where(shows[thing], thing, ABSENT),
            sentences(one, []),
        )
        for thing in asked[:MAX_PRESENCES]
    ]
