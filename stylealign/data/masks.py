"""Region masks of a folder or archive: a second folder whose files have the pictures' base names.

``labels`` says which numbers of the masks belong to which region. The first region named is the default: numbers that
no region lists, and what ``fit: pad`` adds around the picture, belong to it.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from stylealign.data.decode import decode_mask, turn
from stylealign.data.fit import Fit
from stylealign.data.rejection import Reason, Reject
from stylealign.data.sources import Candidate, list_folder
from stylealign.errors import ImageSetError

_NUM_LABELS = 65536


class Masks:
    """The masks under ``folder``, by the names of their pictures; :class:`ImageSetError` for unusable ``labels``."""

    def __init__(self, folder: Path, labels: Mapping[str, Sequence[int]] | None):
        self.names = tuple(labels or ())  # region k has id k
        self._region_of = _lookup_table(folder, labels or {})
        candidates = [entry for entry in list_folder(folder) if isinstance(entry, Candidate)]
        self._by_stem = {candidate.stem: candidate for candidate in candidates}
        self._by_base_name = _unique_base_names(candidates)

    def read(self, stem: str, width: int, height: int, resolution: int, fit: Fit) -> np.ndarray:
        """Region ids uint8 [R, R] of the picture named ``stem``; :class:`Reject` where there is no usable mask."""
        candidate = self._by_stem.get(stem) or self._by_base_name.get(PurePosixPath(stem).name)
        if candidate is None:
            raise Reject(Reason.NO_MASK, f"no mask named {PurePosixPath(stem).name}.* in the regions' folder")
        with turn(num_bytes=candidate.num_bytes), candidate.open() as stream:
            labels = decode_mask(stream, resolution, fit, width, height)
        if labels.max() >= _NUM_LABELS or labels.min() < -1:
            raise Reject(Reason.BAD_MASK, f"label numbers from {labels.min()} to {labels.max()}")
        return np.asarray(self._region_of[labels])  # -1, around a padded picture, is the last row: the default


def _lookup_table(folder: Path, labels: Mapping[str, Sequence[int]]) -> np.ndarray:
    """uint8 [65537]: the region of each label number; 0 where no region lists it."""
    if not labels or len(labels) > 256:
        raise ImageSetError(f"regions {folder}: `labels` names {len(labels)} regions; name 1 to 256")
    table, listed = np.zeros(_NUM_LABELS + 1, dtype=np.uint8), set()
    for region, numbers in enumerate(labels.values()):
        for number in numbers:
            if number in listed or not 0 <= number < _NUM_LABELS:
                raise ImageSetError(f"regions {folder}: `labels` lists {number} twice or out of range; list it once")
            listed.add(number)
            table[number] = region
    return table


def _unique_base_names(candidates: Sequence[Candidate]) -> dict[str, Candidate]:
    named: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        named.setdefault(PurePosixPath(candidate.stem).name, []).append(candidate)
    return {name: same[0] for name, same in named.items() if len(same) == 1}
