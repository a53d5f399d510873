"""The shards of an inversion in one file (each is what one job inverted). Needs no torch."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from stylealign.codes import Codes, join_codes, read_codes, write_codes
from stylealign.errors import CodesError


def gather(shards: Sequence[Path], output: Path) -> None:
    """Join files of codes in the order given.

    Raises :class:`CodesError` for a file that is damaged, for shards that were made in different ways (another
    generator, method, setting), and for an image that two of them hold.
    """
    parts = [read_codes(shard) for shard in shards]
    codes = _joined(parts, shards)
    repeated = [image_id for image_id, times in Counter(codes.image_ids).items() if times > 1]
    if repeated:
        holders = [str(shard) for shard, part in zip(shards, parts, strict=True) if repeated[0] in part.image_ids]
        raise CodesError(
            f"{len(repeated)} images are inverted twice, {repeated[0][:12]} in {' and '.join(holders)}; "
            "the image set changed between the shards: delete them and run again"
        )
    write_codes(output, codes)


def _joined(parts: Sequence[Codes], shards: Sequence[Path]) -> Codes:
    try:
        return join_codes(parts)
    except CodesError as error:
        raise CodesError(f"{shards[0].parent}: {error}") from error
