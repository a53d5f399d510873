"""What a judge read in a model's images, and how far its word may be trusted: kept values, held-out scores.

Several rooms start from these. Row i of every file is the same z in every model of a study. Reading needs no torch.

Legend: N latent codes, A attributes.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from stylealign.catalogue import CATALOGUE
from stylealign.config.problems import nearest
from stylealign.errors import JudgeError
from stylealign.reading import Unreadable, read_npz
from stylealign.tables import read_table

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Judged:
    """The judged attributes of a model's images, and how they were made."""

    path: str
    values: np.ndarray  # float64 [N, A], classes as codes
    names: tuple[str, ...]
    protocol: str

    def of(self, attribute: str) -> np.ndarray:
        """The values of one attribute, float64 [N]."""
        return self.values[:, self.names.index(attribute)]


def known_attributes(names: Sequence[str], attributes: Iterable[str], key: str) -> tuple[str, ...]:
    """``attributes`` if all are among ``names``; else :class:`JudgeError` names ``key`` and the nearest."""
    chosen = tuple(attributes)
    for attribute in chosen:
        if attribute not in names:
            raise JudgeError(f"{key}: the judge reads no {attribute!r}; {nearest(attribute, names)}")
    return chosen


def read_judged(path: PathLike, num_z: int, key: str) -> Judged:
    """The first ``num_z`` rows of a features file.

    Raises :class:`JudgeError` when it is not such a file, or holds fewer, naming ``key``, which asks for them.
    """
    try:
        npz = read_npz(path, "attributes", "attribute_names", "protocol")
        names = tuple(str(name) for name in npz["attribute_names"])
        judged = Judged(str(path), npz["attributes"], names, str(npz["protocol"]))
    except Unreadable as error:
        raise JudgeError(f"{path} does not hold a judge's attributes ({error}); delete it and run again") from error
    if len(judged.values) < num_z:
        raise JudgeError(
            f"{path}: holds {len(judged.values)} latent codes, {key} asks for {num_z}; "
            "lower it, or raise studies.model_quality.num_gen"
        )
    return Judged(judged.path, judged.values[:num_z], names, judged.protocol)


@dataclass(frozen=True)
class Scores:
    """A judge's held-out score of each (domain, attribute), and which attributes are scored as classes."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()

    def lowest(self, domains: Iterable[str], attribute: str) -> float:
        """The score of ``attribute`` on that one of ``domains`` where it is worst read; NaN where one is unknown."""
        return float(np.min([self.scores.get((domain, attribute), float("nan")) for domain in domains]))

    def read_on(self, domain: str, names: Sequence[str]) -> tuple[str, ...]:
        """Those of ``names`` that the judge is scored on for ``domain``; all of them where nothing is known of it.

        A judge of several domains also gives images a value for what their domain has none of: a face's markings.
        """
        if not any(scored == domain for scored, _ in self.scores):
            return tuple(names)
        return tuple(name for name in names if (domain, name) in self.scores)

    def is_class(self, attribute: str) -> bool:
        """Whether the judge tells classes apart, rather than read a number; by the worlds' catalogue if unscored."""
        if any(scored == attribute for _, scored in self.scores):
            return attribute in self.classes
        return attribute in CATALOGUE and CATALOGUE[attribute].kind == "class"


def read_scores(quality: PathLike | None, judge: str) -> Scores:
    """From the table ``judge_quality``; nothing is known where there is none."""
    if not quality:
        return Scores()
    table = read_table(quality)
    chosen = table[(table["judge"] == judge) & (table["task"] == "attribute")]
    scores = dict(zip(zip(chosen["domain"], chosen["target"], strict=True), chosen["score"], strict=True))
    return Scores(scores, frozenset(chosen.loc[chosen["metric"] == "accuracy", "target"]))


def value_name(attribute: str, code: float) -> str:
    """What a class is called: its word in the worlds' catalogue, else its code."""
    words = CATALOGUE[attribute].values if attribute in CATALOGUE else ()
    return words[int(code)] if int(code) < len(words) else str(int(code))
