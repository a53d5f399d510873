"""Files that are turned away: a small closed set of reasons, each with its cure.

A bad file never stops an import. The readers raise :class:`Reject`; the import lists the file in ``rejected.parquet``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from stylealign.errors import printable, shortened

MAX_DETAIL = 300  # characters


class Reason(StrEnum):
    """Why a file is not in the image set."""

    OTHER_FILE = "other_file"
    UNREADABLE = "unreadable"
    OUTSIDE = "outside"
    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    DUPLICATE = "duplicate"
    NO_MASK = "no_mask"
    BAD_MASK = "bad_mask"


CURES = {
    Reason.OTHER_FILE: "convert the pictures to PNG or JPEG",
    Reason.UNREADABLE: "make the files readable (permissions, no passwords)",
    Reason.OUTSIDE: "copy the linked files into the folder",
    Reason.EMPTY: "copy or download the files again",
    Reason.NOT_AN_IMAGE: "copy or download the files again",
    Reason.DAMAGED: "copy or download the files again",
    Reason.UNSUPPORTED: "convert the pictures to 8-bit RGB",
    Reason.TOO_LARGE: "shrink the pictures",
    Reason.TOO_SMALL: "lower `resolution` or bring larger pictures",
    Reason.DUPLICATE: "bring more different pictures",
    Reason.NO_MASK: "give every picture a mask of the same name, or drop `regions`",
    Reason.BAD_MASK: "make every mask a one-channel picture of its image's shape",
}


class Reject(Exception):
    """Raised by the readers of :mod:`stylealign.data` for one bad file; never reaches the user."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(detail)
        self.reason, self.detail = reason, shortened(printable(detail), MAX_DETAIL)


@dataclass(frozen=True)
class Rejected:
    """One row of ``rejected.parquet``."""

    origin: str
    reason: Reason
    detail: str


def count_reasons(rejected: Sequence[Rejected]) -> str:
    """``"12 too_small, 3 damaged"``, the commonest first."""
    counts = Counter(row.reason for row in rejected)
    return ", ".join(
        f"{count} {reason}" for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
