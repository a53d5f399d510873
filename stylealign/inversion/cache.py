"""The private cache of an inversion: what was inverted once is not inverted again.

A folder for each key (:mod:`stylealign.inversion.key`), named by its digest; in it a file of codes for each finished
batch, named by its images. Codes are looked up by image, whatever file they lie in: image sets that share pictures
share their codes, and a picture added to a folder is the only one that is new. Files are written whole or not at all,
so several jobs may use one cache, and a job that is killed keeps every batch that it finished.
"""

import hashlib
import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from stylealign.codes import Codes, Passport, join_codes, no_codes, read_codes, read_image_ids, write_codes
from stylealign.errors import CodesError
from stylealign.provenance import text_digest
from stylealign.writing import write_text

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CodeCache:
    """The codes that are known for one key, which is ``passport.settings``."""

    root: Path
    passport: Passport

    @property
    def folder(self) -> Path:
        return self.root / text_digest(self.passport.settings)

    def known(self, image_ids: Sequence[str]) -> Codes:
        """Codes of those of ``image_ids`` that are known, each once, in the order of ``image_ids``."""
        found = join_codes([no_codes(self.passport), *self._parts_with(image_ids)])
        known = set(found.image_ids)
        return found.of_images([image_id for image_id in dict.fromkeys(image_ids) if image_id in known])

    def keep(self, codes: Codes) -> None:
        """Write the codes of a batch at once; on return a kill loses none of them."""
        assert codes.passport == self.passport, codes.passport
        write_codes(self.folder / f"{_name(codes.image_ids)}.parquet", codes)
        self._say_what_it_is()

    def _parts_with(self, image_ids: Sequence[str]) -> Iterator[Codes]:
        """Of every file that has some of ``image_ids`` the codes of those not met yet."""
        wanted = set(image_ids)
        for path in sorted(self.folder.glob("*.parquet")):
            part = self._read(path, wanted)
            if part is not None:
                wanted -= set(part.image_ids)
                yield part

    def _read(self, path: Path, wanted: Collection[str]) -> Codes | None:
        """The codes of images ``wanted`` in ``path``; none, with a warning, of a file that cannot be trusted."""
        try:
            passport, image_ids = read_image_ids(path)
            if passport != self.passport:
                raise CodesError(f"{path}: codes of another key; it does not belong into this folder")
            rows = [row for row, image_id in enumerate(image_ids) if image_id in wanted]
            return read_codes(path).take(rows) if rows else None
        except CodesError as error:
            log.warning("%s; its images are inverted again", str(error).replace("\n", " "))
            return None

    def _say_what_it_is(self) -> None:
        """The key beside the codes, for a reader who wonders which folder is which."""
        path = self.folder / "key.json"
        if not path.exists():
            write_text(path, self.passport.settings)


def _name(image_ids: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(image_ids).encode()).hexdigest()[:32]
