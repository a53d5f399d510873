"""Whether pre-training helps few-shot training, and most where images are fewest, as the table ``few_shot`` says it.

StyleGAN-NADA (Appendix C, Table 2) compares training from the parent with training from the adapted model whose D has
caught up. Here pre-training *helps* with so many images where its mean gain over methods is above 0 and most methods
gain; it helps *most at the fewest* where it helps there and its mean gain is larger than with the most images, by more
than the intervals of the two together (of each the mean over methods: they share their images, so that their errors do
not cancel). How many gains are beyond chance (the whole interval over seeds above 0) is said beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

BY_PREFERENCE = ("catch_up", "adapted", "tuned")


@dataclass(frozen=True)
class Gain:
    """What pre-training gained with so many images: the mean over methods, and how many of them gained."""

    num_images: int
    mean: float
    half_width: float  # of the methods' intervals over seeds, their mean
    num_methods: int
    num_gained: int
    num_beyond_chance: int

    @property
    def helps(self) -> bool:
        return self.mean > 0 and 2 * self.num_gained > self.num_methods

    @property
    def text(self) -> str:
        sure = f"{self.num_beyond_chance or 'none'} beyond chance"
        gained = f"lower in {self.num_gained} of {self.num_methods} methods, {sure}"
        return f"{self.num_images} images: FID {abs(self.mean):.1%} {'lower' if self.mean > 0 else 'higher'} ({gained})"


def pretraining(table: "pd.DataFrame") -> str | None:
    """The start that stands for pre-training: the paper's, D caught up, where it was trained."""
    trained = set(table[table["gain"].notna()]["start"])
    return next((start for start in BY_PREFERENCE if start in trained), None)


def gains(table: "pd.DataFrame", start: str) -> list[Gain]:
    """By the number of images, the fewest first."""
    rows = table[(table["start"] == start) & table["gain"].notna()]
    return [
        Gain(
            int(num),
            float(own["gain"].mean()),
            float((own["gain_high"] - own["gain_low"]).mean(skipna=False) / 2),
            len(own),
            int((own["gain"] > 0).sum()),
            int((own["gain_low"] > 0).sum()),
        )
        for num, own in rows.groupby("num_images")
    ]


def verdict(table: "pd.DataFrame") -> list[str]:
    """Lines that say what holds here, and by how much."""
    start = pretraining(table)
    if start is None:
        return [
            "Nothing was trained both from the parent and from an adapted model: whether that helps cannot be said."
        ]
    found = gains(table, start)
    return [f"Pre-training ({start}), beside the parent: " + "; ".join(gain.text for gain in found), _claims(found)]


def _claims(found: Sequence[Gain]) -> str:
    fewest, most = found[0], found[-1]
    said = [f"pre-training helps with {gain.num_images}: {_holds(gain.helps)}" for gain in found]
    if fewest is not most:
        said.append(_most_at(fewest, most))
    return "The paper's claims here: " + "; ".join(said)


def _most_at(fewest: Gain, most: Gain) -> str:
    """Whether the fewest images gain more, beyond the intervals of both; and by how many points."""
    if math.isnan(fewest.half_width + most.half_width):
        return f"and most with {fewest.num_images}: cannot be said of one seed"
    more, chance = fewest.mean - most.mean, math.hypot(fewest.half_width, most.half_width)
    points = f"{100 * more:+.1f} \N{PLUS-MINUS SIGN} {100 * chance:.1f} points"
    return f"and most with {fewest.num_images}: {_holds(fewest.helps and more > chance)} ({points})"


def _holds(claim: bool) -> str:
    return "holds" if claim else "does not hold"
